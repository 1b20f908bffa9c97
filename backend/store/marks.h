/*
 * How far a conversation was read, as its people tell each other: which line a marker
 * names, which lines it shows as displayed, and what was told of our own reading. Looks
 * back a bounded number of lines, however long the conversation is.
 */
#ifndef TERN_STORE_MARKS_H
#define TERN_STORE_MARKS_H

#include <stddef.h>
#include <stdint.h>

#include "bridge/base/arena.h"

struct message;
struct store;

/* A line that can be named to others. */
struct mark {
	int64_t place;
	const char *id; /* its id attribute, or its id in the archive */
};

/* The place of the newest incoming line of CONVERSATION with that id attribute; -ENOENT.
 */
int marks_find_received(struct store *store, int64_t conversation, const char *wire_id,
			int64_t *ret_place);

/* The newest incoming line of CONVERSATION with a place above AFTER, up to and with UPTO,
 * whose sender wants to know when it was read; -ENOENT. */
int marks_markable(struct store *store, int64_t conversation, int64_t after, int64_t upto,
		   struct arena *arena, struct mark *ret_mark);

/* The newest line of CONVERSATION up to and with place UPTO that has an id in the archive
 * BY; -ENOENT. */
int marks_archived(struct store *store, int64_t conversation, const char *by,
		   int64_t upto, struct arena *arena, struct mark *ret_mark);

/* The own lines that were displayed if the own line LINE was: it and those before it that
 * are on the ladder from SENT to DELIVERED, oldest first. */
int marks_displayed_with(struct store *store, const struct message *line,
			 struct arena *arena, int64_t **ret_ids, size_t *ret_count);

/* Up to which place the others know of our reading of CONVERSATION. */
int marks_told(struct store *store, int64_t conversation, int64_t *ret_place);

/* Sets that, never backwards. Inside a job. */
int marks_set_told(struct store *store, int64_t conversation, int64_t place);

/* The conversations with one person that were read beyond what was told. */
int marks_untold(struct store *store, struct arena *arena, int64_t **ret_ids,
		 size_t *ret_count);

#endif
