/*
 * The walk through the gaps of one archive, ours or a room's (XEP-0313, paged by
 * XEP-0059): the oldest first, forward, page by page, each with the gap's advance in one
 * transaction, so an interrupted walk goes on where it stopped, in whatever process. When
 * to ask, and what to do at its end, is the caller's. Nothing of a gap is given up for a
 * server that is slow, busy, forgets its ids or lets us die at what it holds; a server
 * that runs in circles or refuses for good ends it.
 */
#ifndef TERN_XEP_ARCHIVE_WALK_H
#define TERN_XEP_ARCHIVE_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/session/profile.h"
#include "backend/xep/archive_query.h"

struct archive_walk;

enum archive_step {
	ARCHIVE_STEP_ON,   /* the page is dealt with: ask on */
	ARCHIVE_STEP_HELD, /* its one item is dealt with later, who asked will be told */
	ARCHIVE_STEP_WAIT, /* no page came: ask again in a while */
};

/* Told inside a job that the item that was held is dealt with: ask on. */
typedef void archive_walked(struct profile *profile, void *data);

/* A walk through the archive of ROOM, a bare JID, which is copied; NULL: our own. The
 * caller frees it. */
struct archive_walk *archive_walk_new(const char *room);

/* Frees it; nobody is told of what it holds. NULL is fine. */
void archive_walk_free(struct archive_walk *walk);

/* A new session, or stay in the room, begins: what is held is let go, and pages are as
 * large as ever. */
void archive_walk_reset(struct archive_walk *walk);

/* Whether it holds an item: who asked will be told. */
bool archive_walk_is_holding(const struct archive_walk *walk);

/* Inside a job: asks for the next page of the oldest gap, which FN will be told with
 * DATA. False, and FN is never told, if there is no gap. */
bool archive_walk_ask(struct profile *profile, struct archive_walk *walk,
		      archive_paged *fn, void *data);

/* Inside a job: takes PAGE, which was asked for; if it is held, FN is told with DATA. */
enum archive_step archive_walk_take(struct profile *profile, struct archive_walk *walk,
				    const struct archive_page *page, archive_walked *fn,
				    void *data);

/* ---- for whoever reads an archive ---- */

/* The bare JID of the archive of ROOM; NULL: of ours. Borrowed. */
const char *archive_jid(const struct profile *profile, const char *room);

/* Inside a job: receives ITEM of the archive of ROOM (NULL: ours) into GAP: the id of
 * one, or GAP_BELOW. */
void archive_receive(struct profile *profile, const char *room,
		     const struct archive_item *item, int64_t gap);

/* The index of the item ID of PAGE, or its count. ID may be NULL. */
size_t archive_index_of(const struct archive_page *page, const char *id);

/* How many items to ask for after a page of PAGE_MAX was too large. */
int archive_smaller(int page_max);

/* Watches over pages that a server might never let end: ids that come again. */
struct archive_trail {
	char *checkpoint; /* an id seen before */
	int64_t pages;
	int64_t next_checkpoint; /* pages, doubling */
};

/* Notes a page that ended with LAST: false if the ids repeat themselves or have no end.
 */
bool archive_trail_on(struct archive_trail *trail, const char *last);

/* It begins anew, and owns nothing. */
void archive_trail_reset(struct archive_trail *trail);

#endif
