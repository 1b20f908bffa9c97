/*
 * The walk through an archive's gaps, as archive_walk.h says.
 */
#include "backend/xep/archive_walk.h"

#include <stdlib.h>
#include <string.h>

#include "backend/session/progress.h"
#include "backend/store/gaps.h"
#include "backend/store/store.h"
#include "backend/xep/archive.h"
#include "backend/xep/archive_poison.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"

enum {
	PAGES_MAX = 20 * 1000,	    /* of one gap: then its server never ends */
	PAGE_SMALL = 10,	    /* for a slow link */
	REFUSALS = 3,		    /* in a row, before one is believed */
	REWIND_MS = 60 * 60 * 1000, /* clocks differ; what comes twice is told apart */
};

struct archive_walk {
	char *room;	 /* bare JID; NULL: our own archive */
	int page_max;	 /* items of the next page: fewer behind one that was too large */
	int most;	 /* what the link carries in time */
	int refusals;	 /* in a row */
	bool is_charged; /* the gap has one try more for the page that is asked for */
	struct archive_trail trail;
	struct archive_single *single; /* an item that is read next … */
	archive_walked *fn;	       /* … and who is told then */
	void *data;
};

/* ---- for whoever reads an archive ---- */

const char *
archive_jid(const struct profile *profile, const char *room)
{
	return room ? room : profile_account(profile)->bare;
}

void
archive_receive(struct profile *profile, const char *room,
		const struct archive_item *item, int64_t gap)
{
	/* What has no sender would pass for ours. */
	if (!stanza_from(item->message))
		return;
	profile_receive(profile, &(struct forwarded){
					 .message = item->message,
					 .origin = INBOUND_ARCHIVE,
					 .stamp_ms = item->stamp_ms,
					 .archive_id = item->id,
					 .archive_by = archive_jid(profile, room),
					 .gap = gap,
				 });
}

size_t
archive_index_of(const struct archive_page *page, const char *id)
{
	size_t i = 0;
	while (id && i < page->count && strcmp(page->items[i].id, id) != 0)
		i++;
	return id ? i : page->count;
}

int
archive_smaller(int page_max)
{
	return page_max / 10 + 1;
}

void
archive_trail_reset(struct archive_trail *trail)
{
	mem_replace(&trail->checkpoint, NULL);
	trail->pages = 0;
	trail->next_checkpoint = 1;
}

/* One id is remembered and compared with all that follow; it moves on at powers of two,
 * so a loop of any length is found within three times round (Brent). */
bool
archive_trail_on(struct archive_trail *trail, const char *last)
{
	if (!last || ++trail->pages > PAGES_MAX)
		return false;
	if (trail->checkpoint && strcmp(trail->checkpoint, last) == 0)
		return false;
	if (trail->pages >= trail->next_checkpoint) {
		mem_replace(&trail->checkpoint, last);
		trail->next_checkpoint = trail->pages * 2;
	}
	return true;
}

/* ---- a walk ---- */

struct archive_walk *
archive_walk_new(const char *room)
{
	struct archive_walk *walk = mem_alloc(sizeof *walk);
	walk->room = mem_strdup(room);
	archive_walk_reset(walk);
	return walk;
}

void
archive_walk_free(struct archive_walk *walk)
{
	if (!walk)
		return;
	archive_walk_reset(walk);
	free(walk->room);
	free(walk);
}

void
archive_walk_reset(struct archive_walk *walk)
{
	archive_let_go(&walk->single);
	archive_trail_reset(&walk->trail);
	walk->page_max = walk->most = ARCHIVE_PAGE_MAX;
	walk->refusals = 0;
}

bool
archive_walk_is_holding(const struct archive_walk *walk)
{
	return walk->single != NULL;
}

static int
first_gap(struct profile *profile, const struct archive_walk *walk, struct arena *arena,
	  struct gap *ret_gap)
{
	return gaps_first(profile_store(profile), archive_jid(profile, walk->room), arena,
			  ret_gap);
}

bool
archive_walk_ask(struct profile *profile, struct archive_walk *walk, archive_paged *fn,
		 void *data)
{
	struct arena arena = {0};
	struct gap gap;
	if (first_gap(profile, walk, &arena, &gap) < 0) {
		arena_done(&arena);
		return false;
	}
	/* A link that ended at this page is no death: we are still here. */
	if (walk->is_charged)
		archive_forgive(profile, &gap);
	struct archive_request request = {
		.archive = walk->room,
		.after = gap.after_id,
		.start_ms = gap.after_id || gap.since_ms < REWIND_MS
				    ? 0
				    : gap.since_ms - REWIND_MS,
		.max = archive_try(profile, &gap, walk->page_max),
	};
	walk->is_charged = true;
	if (!walk->room)
		progress_count(profile, 0, -1);
	archive_ask(profile, &request, fn, data);
	arena_done(&arena);
	return true;
}

/* ---- a page ---- */

static void
close_gap(struct profile *profile, struct archive_walk *walk, const struct gap *gap,
	  const char *why)
{
	log_info("archive", "gap closed profile=%s of=%s pages=%lld why=%s",
		 profile_name(profile), walk->room ? "room" : "account",
		 (long long)walk->trail.pages, why);
	(void)profile_check(profile, gaps_close(profile_store(profile), gap->id));
	archive_trail_reset(&walk->trail);
	walk->page_max = walk->most;
}

/* The page is dealt with up to and with its item END. */
static void
go_behind(struct profile *profile, struct archive_walk *walk, const struct gap *gap,
	  const struct archive_page *page, size_t end)
{
	struct store *store = profile_store(profile);
	bool is_repeated =
		page->last && gap->after_id && strcmp(gap->after_id, page->last) == 0;
	if (end < page->count)
		close_gap(profile, walk, gap, "joined");
	else if (page->is_complete)
		close_gap(profile, walk, gap, "complete");
	else if (!page->last || is_repeated ||
		 !archive_trail_on(&walk->trail, page->last))
		close_gap(profile, walk, gap, "no way on");
	else if (profile_check(profile, gaps_advance(store, gap->id, page->last)) == 0)
		(void)profile_check(profile, gaps_set_tries(store, gap->id,
							    archive_tries_after(gap)));
}

/* The item at which GAP ends is here, but perhaps not behind what came before it. */
static void
store_page(struct profile *profile, struct archive_walk *walk, const struct gap *gap,
	   const struct archive_page *page)
{
	size_t end = archive_index_of(page, gap->before_id);
	size_t count = end < page->count ? end + 1 : page->count;
	bool is_poison = archive_is_poison(gap);
	if (is_poison)
		archive_pass_poison(profile, walk->room, page);
	for (size_t i = 0; i < count && !is_poison; i++)
		archive_receive(profile, walk->room, &page->items[i], gap->id);
	/* The server counts from where the question begins only if that is a time. */
	if (!walk->room)
		progress_count(profile, (int64_t)count,
			       gap->after_id && *gap->after_id ? -1 : page->total);
	/* What was too large is behind us, perhaps. */
	walk->page_max =
		walk->page_max < walk->most / 2 ? walk->page_max * 2 : walk->most;
	go_behind(profile, walk, gap, page, end);
}

/* An item whose try is committed. */
static void
on_single(struct profile *profile, const struct archive_page *page, void *data)
{
	struct archive_walk *walk = data;
	struct arena arena = {0};
	struct gap gap;
	if (first_gap(profile, walk, &arena, &gap) == 0) {
		gap.tries--; /* this one is no death */
		store_page(profile, walk, &gap, page);
	}
	arena_done(&arena);
	walk->fn(profile, walk->data);
}

/* No page came for GAP, and the same question would bring none. */
static void
go_round(struct profile *profile, struct archive_walk *walk, const struct gap *gap,
	 enum archive_outcome outcome)
{
	if (outcome == ARCHIVE_TOO_LARGE && walk->page_max > 1)
		walk->page_max = archive_smaller(walk->page_max);
	else if (gap->after_id && outcome != ARCHIVE_TOO_LARGE)
		(void)profile_check(profile,
				    gaps_rewind(profile_store(profile), gap->id));
	else
		close_gap(profile, walk, gap, "unusable");
}

/* Whether the same question may bring a page for GAP later. */
static bool
is_to_wait(struct archive_walk *walk, enum archive_outcome outcome)
{
	/* Perhaps the page was more than the link carries in time. */
	if (outcome == ARCHIVE_SILENT && walk->page_max > PAGE_SMALL)
		walk->page_max = walk->most = walk->page_max / 4 + 1;
	walk->refusals = outcome == ARCHIVE_REFUSED ? walk->refusals + 1 : 0;
	if (walk->refusals > REFUSALS)
		walk->refusals = 0;
	return outcome == ARCHIVE_SILENT || outcome == ARCHIVE_BUSY || walk->refusals > 0;
}

/* PAGE is the answer to the question for GAP, the oldest. */
static enum archive_step
take(struct profile *profile, struct archive_walk *walk, const struct gap *gap,
     const struct archive_page *page)
{
	if (is_to_wait(walk, page->outcome))
		return ARCHIVE_STEP_WAIT;
	if (page->outcome != ARCHIVE_PAGE) {
		go_round(profile, walk, gap, page->outcome);
	} else if (archive_is_to_be_held(gap)) {
		archive_hold(profile, &walk->single, gap, page, on_single, walk);
		return ARCHIVE_STEP_HELD;
	} else {
		store_page(profile, walk, gap, page);
	}
	return ARCHIVE_STEP_ON;
}

enum archive_step
archive_walk_take(struct profile *profile, struct archive_walk *walk,
		  const struct archive_page *page, archive_walked *fn, void *data)
{
	enum archive_step step = ARCHIVE_STEP_ON;
	struct arena arena = {0};
	struct gap gap;
	walk->is_charged = false;
	walk->fn = fn;
	walk->data = data;
	if (first_gap(profile, walk, &arena, &gap) == 0) {
		if (page->outcome != ARCHIVE_PAGE)
			archive_forgive(profile, &gap);
		step = take(profile, walk, &gap, page);
	}
	arena_done(&arena);
	return step;
}
