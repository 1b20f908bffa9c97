/*
 * Retractions of lines that are not here yet: an archive is read from its newest page on,
 * and a room may repeat its history. Each waits for its line over sessions and processes.
 * The table is bounded, for anybody can say that something was taken back: the oldest of
 * a conversation give way, so nobody pushes out what waits in another's.
 */
#ifndef TERN_STORE_RETRACTIONS_H
#define TERN_STORE_RETRACTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/store/conversations.h"
#include "bridge/base/arena.h"

struct store;

enum {
	RETRACTIONS_MAX = 4096,
	/* of one conversation: of the room itself, of us, of all others */
	RETRACTIONS_PEER_MAX = 256,
	RETRACTION_ID_MAX = 1024, /* bytes of each id */
};

/* What was said, by whom. Strings may be NULL but for those of the conversation and the
 * line; they are borrowed. */
struct retraction_row {
	int64_t id; /* 0 before it is kept */
	struct conversation_key key;
	const char *line; /* its id, whosever it is */
	bool is_own;
	bool is_room; /* the room itself said it */
	const char *sender, *occupant_id;
	const char *by; /* as in messages_retract; never NULL when read */
	const char *reason;
};

struct retraction_list {
	struct retraction_row *items;
	size_t count;
};

/* Keeps ROW; what is the same is kept once. One with an id that is too long is dropped.
 * Inside a job. */
int retractions_put(struct store *store, const struct retraction_row *row);

/* What waits in the conversation KEY for a line that has one of the COUNT (1 to 3) IDS
 * (each may be NULL), oldest first, in ARENA. */
int retractions_find(struct store *store, const struct conversation_key *key,
		     const char *const *ids, size_t count, struct arena *arena,
		     struct retraction_list *ret_list);

/* The one with that id waits no longer. Inside a job. */
int retractions_remove(struct store *store, int64_t id);

/* Whether any waits: 1 or 0. */
int retractions_exist(struct store *store);

#endif
