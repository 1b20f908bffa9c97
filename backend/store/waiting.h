/*
 * Own lines on which the user may still decide: queued, held or failed. They are few, and
 * a partial index of their own finds them in a conversation of any length.
 */
#ifndef TERN_STORE_WAITING_H
#define TERN_STORE_WAITING_H

#include <stddef.h>
#include <stdint.h>

#include "bridge/base/arena.h"

struct store;

struct waiting_list {
	const int64_t *ids;
	size_t count;
};

/* The newest own line of CONVERSATION, by place, that is queued, held or failed; -ENOENT.
 */
int waiting_newest(struct store *store, int64_t conversation, int64_t *ret_id);

/* The newest one that is held or failed; -ENOENT. */
int waiting_newest_stuck(struct store *store, int64_t conversation, int64_t *ret_id);

/* All held and failed lines of CONVERSATION in the order of their places. */
int waiting_stuck(struct store *store, int64_t conversation, struct arena *arena,
		  struct waiting_list *ret_list);

/* Own lines of CONVERSATION that were sent and are not known to have arrived, in the
 * order in which they were written. */
int waiting_open(struct store *store, int64_t conversation, struct arena *arena,
		 struct waiting_list *ret_list);

/* How many lines are held, over all conversations. */
int waiting_held(struct store *store, int64_t *ret_count);

/* Queues the held or failed line ID as if it were written at NOW_MS; a failed one is
 * another message on the wire and gets WIRE_ID. Inside a job. -ENOENT if there is no such
 * line in one of these states. */
int waiting_again(struct store *store, int64_t id, const char *wire_id, int64_t now_ms);

#endif
