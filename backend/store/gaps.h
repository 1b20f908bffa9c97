/*
 * What of the server's archives (XEP-0313) is not here yet: how far each archive is
 * known, and the gaps before that. A gap is a range of places, reserved above every line
 * there is when it is opened; what the archive holds of it goes in from its start upward,
 * page by page, and new lines land above it. Gaps are worked on from the oldest.
 */
#ifndef TERN_STORE_GAPS_H
#define TERN_STORE_GAPS_H

#include <stdint.h>

#include "bridge/base/arena.h"

struct store;

enum {
	GAP_BELOW = -1, /* in place of a gap's id: below the conversation's first line */
	GAP_STEP = 16,	/* from one line of an archive to the next */
};

/* How far an archive is known: everything up to and with NEWEST_ID is here or in a gap.
 */
struct archive_position {
	const char *newest_id; /* "": the archive was empty; NULL: nothing is known */
	int64_t newest_ms;     /* when that was so, wall clock */
};

struct gap {
	int64_t id;
	const char *archive;   /* its JID */
	const char *after_id;  /* everything up to and with it is here; "": from the first
				  one of the archive; NULL: from SINCE_MS */
	const char *before_id; /* where it ends; NULL: at the archive's end */
	int64_t next_place;    /* of the next line; see gaps_take_place */
	int64_t end_place;     /* first one behind the gap */
	int64_t since_ms;
	int64_t tries; /* at a page of it that was not finished; see archive_poison.h */
};

/* The position in the archive JID; -ENOENT. */
int archives_get(struct store *store, const char *jid, struct arena *arena,
		 struct archive_position *ret_position);

/* Sets the position in the archive JID to ID ("": it is empty). Inside a job. */
int archives_move(struct store *store, const char *jid, const char *id, int64_t ms);

/* A new gap of the archive JID from its position (unknown: from SINCE_MS, 0 for nothing
 * but the newest page) to its end, in places above all others; older ones end where it
 * begins. Inside a job. */
int gaps_open(struct store *store, const char *archive, int64_t since_ms,
	      int64_t *ret_id);

/* The oldest gap of that archive; -ENOENT. */
int gaps_first(struct store *store, const char *archive, struct arena *arena,
	       struct gap *ret_gap);

/* The gap ID; -ENOENT. */
int gaps_get(struct store *store, int64_t id, struct arena *arena, struct gap *ret_gap);

/* The place for the next line of gap ID, one of CONVERSATION; it goes on behind it.
 * Inside a job. -ENOSPC if the gap is full, -ENOENT. */
int gaps_take_place(struct store *store, int64_t id, int64_t conversation,
		    int64_t *ret_place);

/* A line in the gap's range is at PLACE already: what comes next goes behind it. Inside a
 * job. */
int gaps_pass(struct store *store, int64_t id, int64_t place);

/* The next line goes to PLACE. Inside a job. */
int gaps_set_place(struct store *store, int64_t id, int64_t place);

/* Where a line is shown, which gap ID comes to only now. */
enum gap_side {
	GAP_FITS,  /* in the gap's range */
	GAP_EARLY, /* below it */
	GAP_LATE,  /* above it, among the live lines */
};

/* That of a line at PLACE in *RET_SIDE. */
int gaps_compare(struct store *store, int64_t id, int64_t place, enum gap_side *ret_side);

/* Whether what the archive has before it is shown behind a line at PLACE of CONVERSATION,
 * or may yet be, once gap ID has come to that line: a line from a gap stands behind it
 * already, or one may still come from below the newest page. Of a room, whose archive
 * holds all that is said there, it is any line that has its id. Else 0, or negative. */
int gaps_overtake(struct store *store, int64_t id, int64_t conversation, int64_t place);

/* Whether gap ID has brought a line of CONVERSATION, and one at PLACE comes after that:
 * it stands behind the line where the gap begins (servers give older ones again). 1, 0 or
 * negative. */
int gaps_has_brought(struct store *store, int64_t id, int64_t conversation,
		     int64_t place);

/* Where the newest page goes: the upper part of the range that ends at END_PLACE. */
int64_t gaps_upper_place(int64_t end_place);

/* Everything up to and with the archive's AFTER_ID is here now; tries are 0. Inside a
 * job. */
int gaps_advance(struct store *store, int64_t id, const char *after_id);

/* The archive does not know its id to go on after: it goes on from its time. Inside a
 * job. */
int gaps_rewind(struct store *store, int64_t id);

/* What it knows no id to go on after for is asked from MS on. Inside a job. */
int gaps_set_since(struct store *store, int64_t id, int64_t ms);

/* Keeps how often it was tried, see archive_poison.h. Inside a job. */
int gaps_set_tries(struct store *store, int64_t id, int64_t tries);

/* The gap is filled. Inside a job. */
int gaps_close(struct store *store, int64_t id);

#endif
