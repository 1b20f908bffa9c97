/*
 * A place for a session process: the process that sits there now, its connection, and
 * when the next one is started after a death. Which profiles it holds is supervise.c's to
 * know.
 */
#ifndef TERN_ROUTER_WORKER_H
#define TERN_ROUTER_WORKER_H

#include <stdbool.h>
#include <uv.h>

#include "bridge/peer.h"

struct router;
struct worker_process;

struct worker {
	struct router *router;
	struct worker *next, *prev;
	struct peer *peer;		/* NULL while there is no process */
	struct worker_process *process; /* NULL likewise */
	uv_timer_t retry;
	uint64_t started_ms; /* loop time */
	unsigned failures;   /* deaths without a healthy minute between */
	int profile_count;
	int creating;	/* profile.create calls in flight */
	bool is_asked;	/* a ping is unanswered */
	bool is_lost;	/* its connection broke; the process is being killed */
	bool is_ending; /* is to end, and not to be started again */
	char *problem;	/* a sentence: why there is no process */
};

/* A new place with a process started in it (or a retry under way). */
struct worker *worker_new(struct router *router);

/* The process id; 0 while there is none. */
pid_t worker_pid(const struct worker *worker);

/* Asks for a sign of life. */
void worker_ping(struct worker *worker);

/* Asks the process to say its goodbyes (while the router restarts: to leave its streams
 * resumable) and end; the place goes with it. */
void worker_end(struct worker *worker);

/* Kills the process at once. */
void worker_kill(struct worker *worker);

#endif
