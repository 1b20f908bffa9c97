/*
 * The last sentences that tern itself said in a conversation, so that they are still
 * there when one comes back to it: who was kicked and why stands nowhere else. Pure.
 */
#ifndef TERN_TUI_NOTICES_H
#define TERN_TUI_NOTICES_H

#include <stddef.h>
#include <stdint.h>

/* So many of a conversation are kept; the oldest go. */
#define NOTICES_KEEP 64

struct notice {
	uint64_t id;   /* from 1 on, in the order in which they were said */
	int64_t place; /* of the line that it stands behind; 0: not known yet */
	int64_t time;  /* milliseconds since 1970 UTC */
	int role;      /* its style */
	char *text;
};

/* Zero-initialise. */
struct notices {
	struct notice *rows; /* by id */
	size_t count;
	uint64_t last; /* the newest id that was given */
};

void notices_done(struct notices *notices);

/* A notice with an id of its own behind all others; the oldest goes where there are too
 * many. Borrowed, until the next call. */
struct notice *notices_add(struct notices *notices, int role, const char *text);

/* The notice ID, NULL if it is not kept; borrowed, until the next call. */
struct notice *notices_find(const struct notices *notices, uint64_t id);

/* Drops the notice ID, if it is kept. */
void notices_remove(struct notices *notices, uint64_t id);

#endif
