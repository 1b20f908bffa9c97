/*
 * The session process: one loop, one connection to the router (descriptor 3), the
 * profiles that it holds, and what they share. It takes the router's requests apart and
 * hands each to the handler that the schema names.
 */
#ifndef TERN_SESSION_PROCESS_H
#define TERN_SESSION_PROCESS_H

#include <stdbool.h>

#include <uv.h>

#include "bridge/schema.h"

struct net;
struct outside;
struct peer;
struct profile;
struct serve_request;
struct stanza_ctx;

struct process {
	uv_loop_t *loop;
	struct peer *router;
	struct net *net;
	struct outside *outside;
	struct stanza_ctx *stanzas;
	char *root;		  /* the folder of all profiles */
	struct profile *profiles; /* doubly linked (utlist) */
	unsigned hurry;		  /* waiting times are divided by this; 1 but in tests */
	bool is_ending;		  /* session.end came: the last profile ends the loop */
	bool is_suspending;	  /* and it was session.suspend: no goodbyes */
	struct serve_request *end_request;
};

/* Connects PROCESS to the router at FD on LOOP. 0, or a negative errno. */
int process_start(struct process *process, uv_loop_t *loop, int fd);

/* Frees what process_start made; the loop has ended. */
void process_done(struct process *process);

/* The open (or opening) profile NAME, in any spelling of it; NULL. */
struct profile *process_find(struct process *process, const char *name);

/* Hands a request to its handler, now that PROFILE is open; refuses it if it is locked
 * and the method needs it open. */
void process_dispatch(struct process *process, struct profile *profile,
		      struct serve_request *request);

/* A profile went from the list: ends the loop if that was the last of an ending process.
 */
void process_profile_gone(struct process *process);

#endif
