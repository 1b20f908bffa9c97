/*
 * The router: one loop that holds frontends, profiles and session processes together. It
 * knows no XMPP and opens no database. The struct is open to the files of this folder:
 * frontend.c (who asks), route.c (calls and events on their way), profile.c (what is
 * known of profiles), supervise.c and worker.c (the session processes), calls.c (what the
 * router answers itself).
 */
#ifndef TERN_ROUTER_ROUTER_H
#define TERN_ROUTER_ROUTER_H

#include <stdbool.h>
#include <uv.h>

#include "backend/router/door.h"
#include "backend/router/handover.h"
#include "backend/router/home.h"
#include "backend/router/keys.h"
#include "backend/router/slots.h"

struct frontend;
struct profile;
struct trial;
struct worker;

/* What a profile field says for the default profile. */
#define ROUTER_DEFAULT "@DEFAULT@"

struct router_options {
	const char *program;	  /* of the router, as it is found now; NULL: unknown */
	const char *session_path; /* of the session program */
	int per_process;	  /* profiles in one session process */
	int embedded_fd;	  /* serve just this connection; -1: be the daemon */
	int log_fd;		  /* standard error of session processes; -1: none */
	unsigned hurry; /* all waiting times are divided by this; 1 but in tests */
	/* 0: the daemon listens. Else it cannot start and SENTENCE says why; with
	 * -EALREADY another one is running. */
	void (*on_started)(void *data, int status, const char *sentence);
	void *data;
	/* From the router before this one, and to the next one. */
	struct handover *handover;
	const char *problem; /* why this is the old program still; NULL */
};

struct router {
	uv_loop_t loop;
	uint64_t started_ms; /* loop time */
	struct router_options options;
	struct home home;
	struct door door;
	bool has_door;

	struct frontend *frontends;
	int frontend_count;
	uint32_t last_frontend; /* its number */
	uv_timer_t deadline;	/* of the frontend that has the next one */

	struct profile *profiles; /* sorted by name */
	char *default_name;	  /* NULL: the oldest */

	struct worker *workers;
	struct slots slots;
	struct keys keys;
	uv_timer_t ping;
	uv_timer_t hung;   /* runs while a ping is unanswered */
	uint64_t hung_due; /* loop time at which it is to ring */

	uv_signal_t signals[3];
	struct trial *trial;  /* of a successor, under way; NULL */
	uv_timer_t last_call; /* while stopping: kills what does not end */
	bool is_stopping;
	bool is_restarting; /* is_stopping too: streams stay resumable */
	bool is_finished;
};

/* Runs a router until it is stopped. 0, or 1 when it could not start. */
int router_run(const struct router_options *options);

/* Begins to stop: no more visitors, session processes say goodbye and end. */
void router_stop(struct router *router, const char *why);

/* Begins to stop for a successor: session processes leave their streams resumable, and
 * the keys go into the options' handover. */
void router_restart(struct router *router);

/* A session process ended for good: ends the router if it was the last. */
void router_worker_ended(struct router *router);

#endif
