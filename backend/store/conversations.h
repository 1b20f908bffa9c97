/*
 * Conversations: one row per partner with its badge (unread, mentions, draft, last line).
 * Rows are never deleted: closing one only takes it from the list of open ones.
 */
#ifndef TERN_STORE_CONVERSATIONS_H
#define TERN_STORE_CONVERSATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/store/messages.h"
#include "bridge/base/arena.h"

struct store;

enum conversation_kind {
	CONVERSATION_CHAT = 0,	  /* jid is bare */
	CONVERSATION_ROOM = 1,	  /* jid is bare */
	CONVERSATION_PRIVATE = 2, /* jid is an occupant's */
};

/* What tells a conversation from all others. */
struct conversation_key {
	enum conversation_kind kind;
	const char *jid;
};

struct conversation {
	int64_t id;
	enum conversation_kind kind;
	const char *jid;
	bool is_open;
	int64_t unread;	    /* incoming lines behind read_place */
	int64_t mentions;   /* those of them that mention us, where that counts */
	int64_t read_place; /* read up to and with this place; 0 for nothing yet */
	const char *draft;  /* the unsent line; NULL for none */
	int64_t last_ms;    /* sent_ms of the last line; 0 without one */
	int64_t seq;
	bool has_last;
	struct message last; /* the line with the highest place, if has_last */
};

struct conversation_list {
	struct conversation *items;
	size_t count;
};

/* The conversation of KIND with JID; made (closed, empty) where there is none. Inside a
 * job. */
int conversations_ensure(struct store *store, enum conversation_kind kind,
			 const char *jid, int64_t *ret_id);

/* The id of that conversation, or -ENOENT. */
int conversations_find(struct store *store, enum conversation_kind kind, const char *jid,
		       int64_t *ret_id);

/* The chat with JID goes on as the room that JID turned out to be: 1 if there was one,
 * else 0. Inside a job. */
int conversations_become_room(struct store *store, const char *jid);

/* The row ID with its last line; -ENOENT. */
int conversations_get(struct store *store, int64_t id, struct arena *arena,
		      struct conversation *ret_conversation);

/* What tells the conversation ID from all others; -ENOENT. */
int conversations_key(struct store *store, int64_t id, struct arena *arena,
		      struct conversation_key *ret_key);

/* Rows changed after SINCE in the order of change; SINCE 0 gives all that are open. A new
 * line, a changed state of the last line, unread, draft and open are changes. */
int conversations_changed(struct store *store, int64_t since, struct arena *arena,
			  struct conversation_list *ret_list);

/* Opens or closes. Returns 1 if that changed it, else 0. Inside a job. */
int conversations_set_open(struct store *store, int64_t id, bool is_open);

/* Keeps the unsent line (NULL or "" for none): 1 if it changed, else 0. Inside a job. */
int conversations_set_draft(struct store *store, int64_t id, const char *draft);

/* Read up to and with PLACE (never backwards) and counts what is left unread: 1 if that
 * changed anything, else 0. Inside a job. */
int conversations_set_read(struct store *store, int64_t id, int64_t place);

/* Gives the row a new seq: what is shown with it changed elsewhere. Inside a job. */
int conversations_touch(struct store *store, int64_t id);

/* When the newest line of all was sent; 0 without any. */
int conversations_newest(struct store *store, int64_t *ret_ms);

/* Where the archive's older lines of it go on: the oldest id that was fetched (in ARENA;
 * NULL for none), and whether all of it is here. -ENOENT. */
int conversations_oldest(struct store *store, int64_t id, struct arena *arena,
			 const char **ret_oldest_id, bool *ret_is_whole);

/* Sets that. Inside a job. */
int conversations_set_oldest(struct store *store, int64_t id, const char *oldest_id,
			     bool is_whole);

/* Sums over all open conversations, for a status line; of rooms only what their rule
 * tells of counts as unread. */
int conversations_unread(struct store *store, int64_t *ret_unread, int64_t *ret_mentions);

#endif
