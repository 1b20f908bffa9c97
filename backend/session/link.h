/*
 * The link: keeps a profile connected as long as that is wished. A state, a timer and at
 * most one stream; it takes a login slot from the router before it connects, waits with
 * back-off and jitter after a failure, and stops where only the user can help.
 */
#ifndef TERN_SESSION_LINK_H
#define TERN_SESSION_LINK_H

#include <stdbool.h>

#include <uv.h>

#include "backend/xmpp/jid.h"
#include "bridge/schema.h"

struct profile;
struct stream;
struct stream_features;
struct slot_wait;

/* Told once the stream has ended. */
typedef void link_stopped(struct profile *profile);

/* A catch-up with the archive, see progress.h. */
struct link_progress {
	bool is_on;
	int64_t caught; /* messages so far */
	int64_t behind; /* of so many; 0: unknown */
	uint64_t since; /* loop time */
	uint64_t told;	/* when it was shown last; 0: not yet */
};

struct link {
	enum bridge_link_state state;
	bool is_wanted; /* the lasting wish */
	struct stream *stream;
	const struct stream_features *offered;	/* after authentication */
	const struct stream_features *features; /* the same, while online */
	struct jid full;			/* while online */
	struct jid bound;    /* of the session, which may outlive the stream */
	uint64_t generation; /* of the stream: one higher with each */
	bool is_at_place;    /* the server named where to resume, and we are there */
	bool has_slot;
	struct slot_wait *slot_wait; /* the router was asked for a slot */
	bool is_restart_due;	     /* link_start came while the stream said goodbye */
	unsigned failures;  /* in a row; a login that does not last counts as one */
	bool is_for_room;   /* it waits since something could not be stored */
	uint64_t online_at; /* loop time, while online */
	struct link_progress progress;
	int retry_in; /* seconds, while waiting */
	char *reason; /* a sentence, or NULL */
	char *condition;
	uv_timer_t timer; /* back-off while waiting */
	link_stopped *stopped;
};

/* Prepares PROFILE's link: offline. */
void link_init(struct profile *profile);

/* Connects now if it is wished and nothing is under way; ends a wait. */
void link_start(struct profile *profile);

/* Says goodbye and stays offline (or locked); STOPPED (may be NULL) is told when the
 * stream has ended, at once if there was none. */
void link_stop(struct profile *profile, link_stopped *stopped);

/* Gives the network what was said and drops the stream without goodbye, so that the next
 * process can resume it; STOPPED is told at the end of this. */
void link_suspend(struct profile *profile, link_stopped *stopped);

/* Says goodbye and connects anew, with what the settings are now. */
void link_restart(struct profile *profile);

/* Drops the stream without goodbye, for REASON, and tries again with back-off. */
void link_lose(struct profile *profile, const char *reason);

/* The same since something could not be stored, for the negative errno STATUS: never
 * waits long, for nobody tells when there is room. */
void link_lose_storage(struct profile *profile, int status);

/* Something was stored: if the link waits for room, it is tried at once. */
void link_stored(struct profile *profile);

/* The server resumed the session on this stream (XEP-0198): it is online. */
void link_resumed(struct profile *profile);

/* Gives up a stream whose own address is gone: nothing will come on it. Whether it did.
 */
bool link_lose_homeless(struct profile *profile);

/* The machine's network may be another, or it slept: tries at once if it waits, begins a
 * login anew; if it is online, gives a stream up whose address is gone and asks the
 * server else. */
void link_shake(struct profile *profile);

/* Sets the state without a stream (LOCKED, OFFLINE) and tells it. */
void link_set_state(struct profile *profile, enum bridge_link_state state);

/* Tells what link_fill says now. */
void link_tell(struct profile *profile);

/* Ends the timer and frees; the stream has ended. */
void link_done(struct profile *profile);

/* Fills the record that the bridge shows; strings are borrowed. */
void link_fill(const struct profile *profile, struct bridge_link *ret_link);

#endif
