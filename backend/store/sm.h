/*
 * The state of stream management (XEP-0198) that outlives a process: one row about the
 * session and the queue of stanzas that the server has not acknowledged. Counts are those
 * of the session since it began, 64 bits wide; on the wire they go modulo 2^32.
 */
#ifndef TERN_STORE_SM_H
#define TERN_STORE_SM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge/base/arena.h"

struct store;

struct sm_row {
	const char *previd;   /* what to resume; NULL: it can't be resumed */
	const char *location; /* where to resume; NULL: anywhere */
	const char *full_jid; /* the JID bound */
	int64_t max_s;	      /* seconds the server keeps it; 0: it did not say */
	int64_t count_in;     /* stanzas received and stored */
	int64_t acked;	      /* stanzas of ours that the server has */
	const char *boot_id;  /* of the boot that alive_ms counts in */
	int64_t alive_ms;     /* CLOCK_BOOTTIME when something was last received */
	bool is_live;	      /* a stream carries it, or a process died over it */
	int64_t deaths;	      /* times it ended badly in a row at count_in death_in */
	int64_t death_in;
};

struct sm_stanza {
	int64_t number; /* from 1 */
	const void *xml;
	size_t len;
	int64_t message; /* id of the line that it carries; 0: none */
	int64_t errors;	 /* stream errors while it was the first of the queue */
};

struct sm_stanza_list {
	struct sm_stanza *items;
	size_t count;
};

/* The session that is kept; -ENOENT without one. */
int sm_load(struct store *store, struct arena *arena, struct sm_row *ret_row);

/* A new session of FULL_JID: counts are 0, the queue is empty. Inside a job. */
int sm_begin(struct store *store, const char *full_jid);

/* The server will resume it: keeps previd, location, max_s, boot_id and alive_ms of ROW,
 * and that it is live. Inside a job. */
int sm_enabled(struct store *store, const struct sm_row *row);

/* Forgets the session and its queue. Inside a job. */
int sm_forget(struct store *store);

/* It can't be resumed any more, but its queue still counts. Inside a job. */
int sm_give_up(struct store *store);

/* COUNT_IN stanzas are stored, at ALIVE_MS. Inside a job. */
int sm_count_in(struct store *store, int64_t count_in, int64_t alive_ms);

/* Whether a stream carries it from now on. Inside a job. */
int sm_set_live(struct store *store, bool is_live);

/* It ended badly at what is stored now: how often in a row at this very count. Inside a
 * job. */
int sm_add_death(struct store *store, int64_t *ret_deaths);

/* What it received last did not harm it. Inside a job. */
int sm_clear_deaths(struct store *store);

/* Appends a stanza that carries the line MESSAGE (0: none); its number in *RET_NUMBER.
 * Inside a job. */
int sm_queue(struct store *store, const void *xml, size_t len, int64_t message,
	     int64_t *ret_number);

/* The server has the stanzas up to NUMBER: takes them from the queue. The ids of the
 * lines they carried are in ARENA, less those of rooms, whose arrival only the room can
 * prove. Inside a job. */
int sm_ack(struct store *store, int64_t number, struct arena *arena,
	   int64_t **ret_messages, size_t *ret_count);

/* The number of the last stanza of ours. */
int sm_last_number(struct store *store, int64_t *ret_number);

/* What is queued above AFTER, in order, LIMIT at most. */
int sm_unacked(struct store *store, int64_t after, int limit, struct arena *arena,
	       struct sm_stanza_list *ret_list);

/* Notes a stream error while NUMBER was first in the queue. Inside a job. */
int sm_add_error(struct store *store, int64_t number);

/* Whether the line MESSAGE is in the queue: 1 or 0. */
int sm_holds_message(struct store *store, int64_t message);

#endif
