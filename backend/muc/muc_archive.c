/*
 * A room's archive (XEP-0313 section 4): what was said there since we were last in it.
 * As with our own archive, the gap is opened before anything new is stored, its lines go
 * below that, page by page in one transaction each, and an interrupted walk goes on where
 * it stopped. At its end it is known which of our own lines the room never said: these go
 * out again before any later one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend/muc/muc_inner.h"
#include "backend/session/alarm.h"
#include "backend/session/lines.h"
#include "backend/session/outbox.h"
#include "backend/store/gaps.h"
#include "backend/store/marks.h"
#include "backend/store/messages.h"
#include "backend/store/store.h"
#include "backend/store/waiting.h"
#include "backend/xep/archive.h"
#include "backend/xep/archive_poison.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"

enum {
	PAGE = 100,
	PAGES_MAX = 1000,	    /* of one walk: then its server never ends */
	REWIND_MS = 60 * 60 * 1000, /* clocks differ; what comes twice is told apart */
	AGAIN_MS = 30 * 1000,
	HISTORY_MS =
		10 * 1000, /* until the history of a room without an archive is over */
};

static void ask_next(struct profile *profile, struct room *room);

void
muc_open_gap(struct profile *profile, struct room *room)
{
	struct store *store = profile_store(profile);
	struct arena arena = {0};
	struct mark newest;
	struct message line;
	int64_t conversation, gap;
	room->has_gap = false;
	if (room->features & ROOM_HAS_ARCHIVE &&
	    conversations_find(store, CONVERSATION_ROOM, room->jid, &conversation) == 0 &&
	    marks_archived(store, conversation, room->jid, INT64_MAX, &arena, &newest) ==
		    0 &&
	    messages_find_archived(store, room->jid, newest.id, &arena, &line) == 0 &&
	    profile_check(profile,
			  archives_move(store, room->jid, newest.id, line.sent_ms)) == 0)
		room->has_gap =
			profile_check(profile, gaps_open(store, room->jid, 0, &gap)) == 0;
	arena_done(&arena);
}

/* ---- what the room never said ---- */

static bool
has_open_lines(struct profile *profile, const struct room *room, struct arena *arena,
	       struct waiting_list *ret_list)
{
	struct store *store = profile_store(profile);
	int64_t conversation;
	*ret_list = (struct waiting_list){0};
	return conversations_find(store, CONVERSATION_ROOM, room->jid, &conversation) ==
		       0 &&
	       waiting_open(store, conversation, arena, ret_list) == 0 &&
	       ret_list->count > 0;
}

/* All that could prove them was read. */
static void
settle(struct profile *profile, struct room *room)
{
	struct arena arena = {0};
	struct waiting_list open;
	bool is_sure = room->features & ROOM_HAS_ARCHIVE;
	alarm_stop(room->settling);
	room->settling = NULL;
	if (!room->is_settling)
		return;
	room->is_settling = false;
	(void)has_open_lines(profile, room, &arena, &open);
	for (size_t i = 0; i < open.count; i++) {
		if (profile_check(profile, messages_send_again(profile_store(profile),
							       open.ids[i], !is_sure)) ==
		    0)
			lines_emit(profile, open.ids[i], false, NULL);
	}
	log_info("muc", "settled profile=%s again=%zu", profile_name(profile),
		 open.count);
	arena_done(&arena);
	muc_changed(profile, room);
	outbox_wake(profile);
}

static void
on_settling_over(struct profile *profile, void *data)
{
	struct room *room = data;
	room->settling = NULL;
	settle(profile, room);
}

void
muc_history_ended(struct profile *profile, struct room *room)
{
	if (!room->has_gap)
		settle(profile, room);
}

/* ---- the walk ---- */

static void
close_gap(struct profile *profile, const struct gap *gap, const char *why)
{
	log_info("muc", "gap closed profile=%s why=%s", profile_name(profile), why);
	(void)profile_check(profile, gaps_close(profile_store(profile), gap->id));
}

/* What has no sender would pass for ours. */
static void
receive(struct profile *profile, const struct room *room, const struct gap *gap,
	const struct archive_item *item)
{
	if (!stanza_from(item->message))
		return;
	profile_receive(profile, &(struct forwarded){
					 .message = item->message,
					 .origin = INBOUND_ARCHIVE,
					 .stamp_ms = item->stamp_ms,
					 .archive_id = item->id,
					 .archive_by = room->jid,
					 .gap = gap->id,
				 });
}

/* The item at which GAP ends is here, but perhaps not behind what came before it. */
static void
store_page(struct profile *profile, const struct room *room, const struct gap *gap,
	   const struct archive_page *page)
{
	struct store *store = profile_store(profile);
	bool is_poison = archive_is_poison(gap);
	bool is_end = page->is_complete || !page->last || page->count == 0 ||
		      (gap->after_id && strcmp(gap->after_id, page->last) == 0);
	bool is_joined = false;
	if (is_poison)
		archive_pass_poison(profile, room->jid, page);
	for (size_t i = 0; i < page->count && !is_joined; i++) {
		const struct archive_item *item = &page->items[i];
		is_joined = gap->before_id && strcmp(item->id, gap->before_id) == 0;
		if (!is_poison)
			receive(profile, room, gap, item);
	}
	if (is_end || is_joined)
		close_gap(profile, gap, "filled");
	else if (profile_check(profile, gaps_advance(store, gap->id, page->last)) == 0)
		(void)profile_check(profile, gaps_set_tries(store, gap->id,
							    archive_tries_after(gap)));
}

/* An item whose try is committed. */
static void
on_single(struct profile *profile, const struct archive_page *page, void *data)
{
	struct room *room = data;
	struct arena arena = {0};
	struct gap gap;
	room->is_asking = false;
	if (gaps_first(profile_store(profile), room->jid, &arena, &gap) == 0) {
		gap.tries--; /* this one is no death */
		store_page(profile, room, &gap, page);
	}
	arena_done(&arena);
	ask_next(profile, room);
}

/* The room answered the question for GAP, its oldest. False if that has to wait. */
static bool
answered(struct profile *profile, struct room *room, const struct gap *gap,
	 const struct archive_page *page)
{
	if (page->outcome == ARCHIVE_UNKNOWN && gap->after_id) {
		(void)profile_check(profile,
				    gaps_rewind(profile_store(profile), gap->id));
	} else if (page->outcome == ARCHIVE_TOO_LARGE && room->page_max > 1) {
		room->page_max = room->page_max / 10 + 1;
	} else if (page->outcome != ARCHIVE_PAGE || ++room->pages >= PAGES_MAX) {
		close_gap(profile, gap, "unusable");
	} else if (archive_is_to_be_held(gap)) {
		room->is_asking = true;
		archive_hold(profile, &room->single, gap, page, on_single, room);
		return false;
	} else {
		/* What was too large is behind us, perhaps. */
		room->page_max = room->page_max < PAGE / 2 ? room->page_max * 2 : PAGE;
		store_page(profile, room, gap, page);
	}
	return true;
}

static void
on_again(struct profile *profile, void *data)
{
	struct room *room = data;
	room->walking = NULL;
	if (room->state == room_state_IN)
		ask_next(profile, room);
}

static void
on_page(struct profile *profile, const struct archive_page *page, void *data)
{
	char *jid = data;
	struct store *store = profile_store(profile);
	struct room *room = muc_rooms(profile) ? muc_find(profile, jid) : NULL;
	struct arena arena = {0};
	struct gap gap;
	free(jid);
	if (room)
		room->is_asking = false;
	if (!room || room->state != room_state_IN || !store || !store_is_in_job(store))
		return; /* the next stay goes on */
	if (page->outcome == ARCHIVE_SILENT || page->outcome == ARCHIVE_BUSY) {
		alarm_stop(room->walking);
		room->walking = alarm_set(profile, AGAIN_MS, on_again, room);
		return;
	}
	room->is_charged = false;
	bool is_done = true;
	if (gaps_first(store, room->jid, &arena, &gap) == 0) {
		if (page->outcome != ARCHIVE_PAGE)
			archive_forgive(profile, &gap);
		is_done = answered(profile, room, &gap, page);
	}
	arena_done(&arena);
	if (is_done)
		ask_next(profile, room);
}

static void
ask_next(struct profile *profile, struct room *room)
{
	struct store *store = profile_store(profile);
	struct arena arena = {0};
	struct gap gap;
	if (gaps_first(store, room->jid, &arena, &gap) < 0) {
		arena_done(&arena);
		room->has_gap = false;
		settle(profile, room);
		return;
	}
	room->page_max = room->page_max ? room->page_max : PAGE;
	/* A link that ended at this page is no death: we are still here. */
	if (room->is_charged)
		archive_forgive(profile, &gap);
	struct archive_request request = {
		.archive = room->jid,
		.after = gap.after_id,
		.start_ms = gap.after_id || gap.since_ms < REWIND_MS
				    ? 0
				    : gap.since_ms - REWIND_MS,
		.max = archive_try(profile, &gap, room->page_max),
	};
	room->is_charged = true;
	room->is_asking = true;
	archive_ask(profile, &request, on_page, mem_strdup(room->jid));
	arena_done(&arena);
}

void
muc_catch_up(struct profile *profile, struct room *room)
{
	struct arena arena = {0};
	struct waiting_list open;
	room->pages = 0;
	room->is_settling = has_open_lines(profile, room, &arena, &open);
	arena_done(&arena);
	if (room->features & ROOM_HAS_ARCHIVE)
		ask_next(profile, room);
	else if (room->is_settling)
		room->settling = alarm_set(profile, HISTORY_MS, on_settling_over, room);
}

void
muc_catch_up_again(struct profile *profile, struct room *room)
{
	if (room->features & ROOM_HAS_ARCHIVE && !room->is_asking && !room->walking)
		ask_next(profile, room);
}

void
muc_catch_up_stop(struct room *room)
{
	alarm_stop(room->walking);
	alarm_stop(room->settling);
	room->walking = room->settling = NULL;
	room->is_settling = false;
	room->page_max = 0;
	if (room->single)
		room->is_asking = false;
	archive_let_go(&room->single);
}
