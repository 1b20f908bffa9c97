/*
 * Catching up with our archive after a login that resumed nothing: the gap that it leaves
 * is opened, the newest page put into its upper part, and then the gaps are walked
 * through (archive_walk.h).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/session/progress.h"
#include "backend/store/conversations.h"
#include "backend/store/gaps.h"
#include "backend/store/session_scope.h"
#include "backend/store/store.h"
#include "backend/xep/archive_inner.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"

#define FACT_GAP "archive.gap" /* id of the gap that this session's login left */

enum {
	NEWEST = 50, /* items */
};

static const char *
own(const struct profile *profile)
{
	return profile_account(profile)->bare;
}

void
archive_open_gap(struct profile *profile)
{
	struct store *store = profile_store(profile);
	int64_t newest_ms = 0;
	int64_t gap = 0;
	char text[24];
	if (profile_check(profile, conversations_newest(store, &newest_ms)) < 0 ||
	    profile_check(profile, gaps_open(store, own(profile), newest_ms, &gap)) < 0)
		return;
	(void)snprintf(text, sizeof text, "%lld", (long long)gap);
	(void)profile_check(profile, session_fact_set(store, FACT_GAP, text));
}

/* The gap of this session's login; -ENOENT. */
static int
own_gap(struct profile *profile, struct arena *arena, struct gap *ret_gap)
{
	const char *text = session_fact(profile_store(profile), FACT_GAP, arena);
	if (!text)
		return -ENOENT;
	return gaps_get(profile_store(profile), strtoll(text, NULL, 10), arena, ret_gap);
}

void
archive_close_gaps(struct profile *profile)
{
	struct arena arena = {0};
	struct gap gap;
	if (own_gap(profile, &arena, &gap) == 0)
		(void)profile_check(profile, gaps_close(profile_store(profile), gap.id));
	arena_done(&arena);
}

static void
receive_from(struct profile *profile, const struct archive_page *page, size_t first,
	     int64_t gap)
{
	for (size_t i = first; i < page->count; i++)
		archive_receive(profile, NULL, &page->items[i], gap);
}

/* ---- poison ---- */

/* Whether a page was worked on and not finished more often than chance allows. */
static bool
is_fatal(const struct gap *gap)
{
	return gap->tries > ARCHIVE_FATAL;
}

/* Whether an answer that did not come may be dealt with: at the very end of a profile
 * nothing is written any more. */
static bool
may_write(const struct profile *profile)
{
	struct store *store = profile_store(profile);
	return store && store_is_in_job(store);
}

/* ---- the newest page ---- */

/* Whether the page reaches back to what is here, or is all that there is to fetch at a
 * first login: then it is no island, and the gap goes on behind it. *RET_FIRST is its
 * first item that is not here. */
static bool
is_joined(const struct archive_page *page, const struct gap *gap, size_t *ret_first)
{
	*ret_first = 0;
	if (!gap->after_id)
		return gap->since_ms == 0;
	if (!*gap->after_id)
		return page->is_complete;
	size_t known = archive_index_of(page, gap->after_id);
	*ret_first = known < page->count ? known + 1 : 0;
	return known < page->count;
}

/* The newest page is an island in the upper part of the gap: the gap's own lines come
 * below, and what lies behind the page goes on above it. */
static void
receive_island(struct profile *profile, const struct archive_page *page,
	       const struct gap *gap)
{
	struct store *store = profile_store(profile);
	(void)profile_check(profile, gaps_set_place(store, gap->id,
						    gaps_upper_place(gap->end_place)));
	receive_from(profile, page, 0, gap->id);
	(void)profile_check(profile, gaps_set_place(store, gap->id, gap->next_place));
}

static void
move_position(struct profile *profile, const struct archive_page *page,
	      const struct gap *gap)
{
	struct store *store = profile_store(profile);
	struct arena arena = {0};
	struct archive_position now = {0};
	int found = archives_get(store, own(profile), &arena, &now);
	const char *here = found == 0 ? now.newest_id : NULL;
	/* A live message has moved it since the login: that is newer or as good. */
	bool is_moved = here && (!gap->after_id || strcmp(here, gap->after_id) != 0);
	const struct archive_item *last =
		page->count ? &page->items[page->count - 1] : NULL;
	int64_t now_ms = profile_now_ms();
	if (!is_moved && last)
		(void)profile_check(
			profile,
			archives_move(store, own(profile), last->id,
				      last->stamp_ms > 0 && last->stamp_ms < now_ms
					      ? last->stamp_ms
					      : now_ms));
	else if (!here)
		(void)profile_check(profile,
				    archives_move(store, own(profile), "", now_ms));
	arena_done(&arena);
}

/* Reading the newest page killed us: the walk reads it, item by item. */
static void
leave_to_walk(struct profile *profile, const struct archive_page *page,
	      const struct gap *gap)
{
	struct store *store = profile_store(profile);
	int64_t since = page->count ? page->items[0].stamp_ms : 0;
	if (gap->after_id || gap->since_ms)
		return;
	if (since > 0) {
		(void)profile_check(profile, gaps_set_since(store, gap->id, since));
		return;
	}
	archive_pass_poison(profile, NULL, page);
	(void)profile_check(profile,
			    gaps_advance(store, gap->id, page->last ? page->last : ""));
}

static void
store_newest(struct profile *profile, const struct archive_page *page)
{
	struct store *store = profile_store(profile);
	struct arena arena = {0};
	struct gap gap;
	size_t first;
	if (own_gap(profile, &arena, &gap) < 0) {
		arena_done(&arena);
		return;
	}
	bool is_blind = is_fatal(&gap);
	if (is_blind) {
		leave_to_walk(profile, page, &gap);
	} else if (is_joined(page, &gap, &first)) {
		receive_from(profile, page, first, gap.id);
		if (page->last || !gap.after_id)
			(void)profile_check(profile,
					    gaps_advance(store, gap.id,
							 page->last ? page->last : ""));
	} else {
		receive_island(profile, page, &gap);
	}
	if (!is_blind)
		(void)profile_check(profile, gaps_set_tries(store, gap.id, 0));
	move_position(profile, page, &gap);
	arena_done(&arena);
}

static void
on_newest(struct profile *profile, const struct archive_page *page, void *data)
{
	struct archive *archive = archive_of(profile);
	struct arena arena = {0};
	struct gap gap;
	(void)data;
	if (page->outcome != ARCHIVE_PAGE && may_write(profile) &&
	    own_gap(profile, &arena, &gap) == 0)
		archive_forgive(profile, &gap);
	arena_done(&arena);
	if ((page->outcome == ARCHIVE_SILENT || page->outcome == ARCHIVE_BUSY) &&
	    archive_retry(profile))
		return;
	archive->is_asking = false;
	if (page->outcome == ARCHIVE_TOO_LARGE && archive->page_max > 1) {
		archive->page_max = archive_smaller(archive->page_max);
		archive_ask_newest(profile);
		return;
	}
	archive->failures = 0;
	if (page->outcome == ARCHIVE_PAGE) {
		store_newest(profile, page);
	} else {
		log_info("archive", "no newest page profile=%s outcome=%d",
			 profile_name(profile), page->outcome);
	}
	archive->page_max = ARCHIVE_PAGE_MAX;
	archive_ready(profile);
	archive_go_on(profile);
}

void
archive_ask_newest(struct profile *profile)
{
	struct archive *archive = archive_of(profile);
	struct archive_request request = {.before = "", .max = NEWEST};
	struct arena arena = {0};
	struct gap gap;
	if (request.max > archive->page_max)
		request.max = archive->page_max;
	if (own_gap(profile, &arena, &gap) == 0 && gap.tries < ARCHIVE_DEATHS &&
	    gap.tries <= ARCHIVE_FATAL)
		(void)profile_check(profile, gaps_set_tries(profile_store(profile),
							    gap.id, gap.tries + 1));
	arena_done(&arena);
	archive->is_asking = true;
	archive_query_ask(profile, &archive->queries, &request, on_newest, NULL);
}

/* ---- the gaps ---- */

static void
on_single(struct profile *profile, void *data)
{
	(void)data;
	archive_of(profile)->is_asking = false;
	archive_go_on(profile);
}

static void
on_page(struct profile *profile, const struct archive_page *page, void *data)
{
	struct archive *archive = archive_of(profile);
	enum archive_step step = ARCHIVE_STEP_WAIT;
	(void)data;
	if (may_write(profile))
		step = archive_walk_take(profile, archive->walk, page, on_single, NULL);
	archive->is_asking = step == ARCHIVE_STEP_HELD;
	if (step != ARCHIVE_STEP_WAIT) {
		archive->failures = 0;
		archive_go_on(profile);
	} else if (!archive_retry(profile)) {
		archive_wait(profile);
	}
}

bool
archive_ask_gap(struct profile *profile)
{
	struct archive *archive = archive_of(profile);
	bool is_asked = archive_walk_ask(profile, archive->walk, on_page, NULL);
	archive->is_asking = archive->is_asking || is_asked;
	return is_asked;
}
