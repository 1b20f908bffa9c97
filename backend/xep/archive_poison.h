/*
 * Poison in an archive, ours or a room's: what the process dies of each time it reads it.
 * A page is asked for after its try was committed. Two deaths in one page, and its gap
 * goes on item by item for a while; each is read after its own try was committed, so that
 * only reading it counts, and one at which we die twice is passed over unread, and told.
 */
#ifndef TERN_XEP_ARCHIVE_POISON_H
#define TERN_XEP_ARCHIVE_POISON_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/session/profile.h"
#include "backend/store/gaps.h"
#include "backend/xep/archive_query.h"

/* A gap's `tries` is the deaths so far plus so many times the items left to take singly.
 */
enum {
	ARCHIVE_DEATHS = 16,
	ARCHIVE_FATAL = 2,
	ARCHIVE_PAGE_MAX = 250,
};

/* Inside a job: the next page of GAP will be asked for, of up to PAGE_MAX items. How many
 * to ask for. A death in a page counts from here on, one in a single item does not yet.
 */
int archive_try(struct profile *profile, struct gap *gap, int page_max);

/* Inside a job: no page of GAP came, so there was none to die of. */
void archive_forgive(struct profile *profile, struct gap *gap);

/* Whether the item of GAP that came killed us too often: it is passed over. */
bool archive_is_poison(const struct gap *gap);

/* Whether the item of GAP that came has to be held until its try is committed. */
bool archive_is_to_be_held(const struct gap *gap);

/* GAP's tries once its page is done. */
int64_t archive_tries_after(const struct gap *gap);

/* Tells of the PAGE that is passed over, by its last id; JID is the room's, or NULL. */
void archive_pass_poison(struct profile *profile, const char *jid,
			 const struct archive_page *page);

/* A page of one item that waits for its try to be committed. */
struct archive_single;

/* Inside a job: counts the try of GAP, keeps a copy of PAGE in *SLOT, and tells FN with
 * DATA of it in a later job, when *SLOT is empty again. */
void archive_hold(struct profile *profile, struct archive_single **slot,
		  const struct gap *gap, const struct archive_page *page,
		  archive_paged *fn, void *data);

/* Forgets what *SLOT has, if anything; nobody is told. */
void archive_let_go(struct archive_single **slot);

#endif
