/*
 * The lines of all conversations. id never changes; place is the order of display within
 * a conversation (with room between, for the archive's lines); seq the order of changes.
 * The outbox is not a table: it is the lines in state MESSAGE_QUEUED, by id.
 */
#ifndef TERN_STORE_MESSAGES_H
#define TERN_STORE_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge/base/arena.h"

struct store;

enum message_kind {
	MESSAGE_CHAT = 0,
	MESSAGE_NOTICE =
		1, /* something about the conversation, counts as nothing unread */
};

/* Kept as numbers: never renumber. */
enum message_state {
	MESSAGE_RECEIVED = 0,
	MESSAGE_QUEUED = 1, /* durable here, not yet sent */
	MESSAGE_SENT = 2,   /* its bytes went to the link */
	MESSAGE_ACKED = 3,  /* the server has it */
	MESSAGE_DELIVERED = 4,
	MESSAGE_DISPLAYED = 5,
	MESSAGE_FAILED = 6, /* with a reason */
	MESSAGE_HELD = 7,   /* waited too long to be sent without asking */
};

struct message {
	int64_t id;	      /* 0 before it is added */
	int64_t conversation; /* id of the conversation's row */
	int64_t place;
	int64_t seq;
	enum message_kind kind;
	enum message_state state;
	bool is_outgoing;
	bool is_delayed; /* sent_ms is from a delay stamp (XEP-0203) */
	bool is_mention;
	bool is_markable;    /* its sender wants to know when it was read (XEP-0333) */
	bool may_repeat;     /* sent again without proof that it was not there */
	int64_t sent_ms;     /* wall clock, ms since 1970 */
	int64_t received_ms; /* when it reached this store */
	const char *sender; /* true sender: bare JID one-to-one, occupant JID in a room */
	const char *resource;  /* of the sending client; NULL where unknown */
	const char *wire_id;   /* the stanza's id attribute; NULL where it has none */
	const char *origin_id; /* XEP-0359; NULL where it has none */
	const char
		*archive_id; /* trusted stanza-id (XEP-0359); NULL where there is none */
	const char *archive_by; /* who gave it */
	const char *body;	/* never NULL when read */
	const char *reason;	/* why it failed or was taken back; else NULL */
	const char
		*occupant_id; /* of the sender in a room (XEP-0421), trusted; or NULL */
	const char *retracted_by; /* nick, or "" for its author; NULL: it stands */
	const char *mark; /* own: behind this id of the archive it is looked for, the
			     newest one before it was first sent; "" for an empty
			     archive, NULL where nothing was known */
};

/* What tells two copies of one message without the archive's ids (XEP-0359). */
struct message_twin {
	int64_t conversation;
	const char *sender;
	const char *id;	    /* origin-id, or else id */
	const char *body;   /* NULL: any */
	bool is_unarchived; /* only a line that has no archive id yet */
};

struct message_list {
	struct message *items;
	size_t count;
};

/* A page of lines of one conversation, always given in the order of place. */
struct message_range {
	int64_t conversation;
	int64_t before; /* places lower than this; 0: no bound. The newest LIMIT of
			   them... */
	int64_t after;	/* ...or if not 0: the oldest LIMIT of those higher than this */
	int limit;	/* 1 to 501: a page of 500 and whether there is more */
};

/* Appends MESSAGE to its conversation: fills in id, place and seq. An incoming chat line
 * raises unread (and mentions); the conversation's row changes as well. Inside a job. */
int messages_add(struct store *store, struct message *message);

/* The same at the place that MESSAGE has, which no line of its conversation has: what an
 * archive brought (see gaps.h). With IS_NEWS it counts as unread where it is behind what
 * was read. Inside a job. */
int messages_add_placed(struct store *store, struct message *message, bool is_news);

/* The place below the first line of CONVERSATION, for an older one. */
int messages_place_below(struct store *store, int64_t conversation, int64_t *ret_place);

/* Moves the line ID to PLACE, which no line of its conversation has, with a new seq;
 * downwards, what is read goes with it. Inside a job. -ENOENT. */
int messages_move(struct store *store, int64_t id, int64_t place);

/* Moves the own line ID, which is about to be sent first or was said by its room now,
 * behind all that came since it was written: 1 if anything did, else 0. Inside a job.
 * -ENOENT. */
int messages_move_to_end(struct store *store, int64_t id);

/* Keeps the mark of the own line ID, if it has none yet. Inside a job. */
int messages_set_mark(struct store *store, int64_t id, const char *mark);

/* The own line ID is not in the archive up to and with the id MARK, nor will it ever be:
 * its mark is that. Inside a job. */
int messages_move_mark(struct store *store, int64_t id, const char *mark);

/* Puts the own line ID, which was sent without proof that it arrived, back into the
 * outbox; MAY_REPEAT is kept with it. Inside a job. -ENOENT. */
int messages_send_again(struct store *store, int64_t id, bool may_repeat);

/* Moves the line ID to STATE with REASON (NULL for none) and gives it a new seq. Inside a
 * job. -ENOENT. */
int messages_set_state(struct store *store, int64_t id, enum message_state state,
		       const char *reason);

/* Moves the own line ID up the ladder SENT, ACKED, DELIVERED, DISPLAYED to STATE: 1 with
 * a new seq if it was lower on it, 0 if it was there or beyond, or is not on it. One that
 * waits to be sent again is on it for DELIVERED and DISPLAYED. Inside a job. -ENOENT. */
int messages_raise_state(struct store *store, int64_t id, enum message_state state);

/* Keeps the archive's id of the line ID, without a new seq: nothing of it shows. Inside a
 * job. */
int messages_set_archived(struct store *store, int64_t id, const char *archive_id,
			  const char *archive_by);

/* The line ID was taken back by BY (a nick; "": by its author) for REASON (NULL: none):
 * it gets a new seq, and counts as unread no more. A second time changes nothing. Inside
 * a job. -ENOENT. */
int messages_retract(struct store *store, int64_t id, const char *by, const char *reason);

/* Removes a line that was never sent (/cancel). Inside a job. -ENOENT if there is no such
 * line in state QUEUED, HELD or FAILED. */
int messages_withdraw(struct store *store, int64_t id);

/* The line ID; -ENOENT. */
int messages_get(struct store *store, int64_t id, struct arena *arena,
		 struct message *ret_message);

/* The newest line that is the same as TWIN; -ENOENT. */
int messages_find_same(struct store *store, const struct message_twin *twin,
		       struct arena *arena, struct message *ret_message);

/* The own line sent with this id attribute (for errors and receipts) in CONVERSATION; the
 * newest; -ENOENT. */
int messages_find_sent(struct store *store, int64_t conversation, const char *wire_id,
		       struct arena *arena, struct message *ret_message);

/* The line with that archive id; -ENOENT. */
int messages_find_archived(struct store *store, const char *archive_by,
			   const char *archive_id, struct arena *arena,
			   struct message *ret_message);

/* A page. Costs the same in a conversation of ten and of a million lines. */
int messages_page(struct store *store, const struct message_range *range,
		  struct arena *arena, struct message_list *ret_list);

/* Lines of CONVERSATION (0: of all) changed after SINCE, oldest change first, LIMIT at
 * most (1 to 500). */
int messages_changed(struct store *store, int64_t conversation, int64_t since, int limit,
		     struct arena *arena, struct message_list *ret_list);

/* The outbox: own lines in state STATE (QUEUED; SENT: what a break leaves open) with an
 * id above AFTER_ID, in order, LIMIT at most (1 to 500). Lines of rooms are left out
 * while we are not in the room, and once they are sent: their fate is the room's to tell.
 */
int messages_waiting(struct store *store, enum message_state state, int64_t after_id,
		     int limit, struct arena *arena, struct message_list *ret_list);

/* How many lines of CONVERSATION have a place above AFTER. */
int messages_count(struct store *store, int64_t conversation, int64_t after,
		   int64_t *ret_count);

#endif
