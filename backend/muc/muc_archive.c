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
#include "backend/store/store.h"
#include "backend/store/waiting.h"
#include "backend/xep/archive.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"

enum {
	PAGE = 100,
	PAGES_MAX = 1000, /* of one walk: then its server never ends */
	TRIES_MAX = 3,	  /* deaths at one page */
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
	int64_t conversation, gap;
	room->has_gap = false;
	if (room->features & ROOM_HAS_ARCHIVE &&
	    conversations_find(store, CONVERSATION_ROOM, room->jid, &conversation) == 0 &&
	    marks_archived(store, conversation, room->jid, INT64_MAX, &arena, &newest) ==
		    0 &&
	    profile_check(profile, archives_move(store, room->jid, newest.id,
						 profile_now_ms())) == 0)
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

static void
store_page(struct profile *profile, const struct room *room, const struct gap *gap,
	   const struct archive_page *page)
{
	bool is_end = page->is_complete || !page->last || page->count == 0 ||
		      (gap->after_id && strcmp(gap->after_id, page->last) == 0);
	for (size_t i = 0; i < page->count; i++) {
		const struct archive_item *item = &page->items[i];
		if (gap->before_id && strcmp(item->id, gap->before_id) == 0) {
			is_end = true;
			break;
		}
		if (!stanza_from(item->message))
			continue;
		profile_receive(profile, &(struct forwarded){
						 .message = item->message,
						 .origin = INBOUND_ARCHIVE,
						 .stamp_ms = item->stamp_ms,
						 .archive_id = item->id,
						 .archive_by = room->jid,
						 .gap = gap->id,
					 });
	}
	if (is_end)
		close_gap(profile, gap, "filled");
	else
		(void)profile_check(profile, gaps_advance(profile_store(profile), gap->id,
							  page->last));
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
	if (gaps_first(store, room->jid, &arena, &gap) == 0) {
		if (page->outcome == ARCHIVE_PAGE && ++room->pages < PAGES_MAX)
			store_page(profile, room, &gap, page);
		else
			close_gap(profile, &gap, "unusable");
	}
	arena_done(&arena);
	ask_next(profile, room);
}

static void
ask_next(struct profile *profile, struct room *room)
{
	struct store *store = profile_store(profile);
	struct arena arena = {0};
	struct gap gap;
	bool is_open = gaps_first(store, room->jid, &arena, &gap) == 0;
	/* A link that ended at this page is no death: we are still here. */
	if (is_open && gap.tries > 0 && room->is_charged)
		gap.tries--;
	if (!is_open) {
		room->has_gap = false;
		settle(profile, room);
	} else if (gap.tries >= TRIES_MAX) {
		close_gap(profile, &gap, "deadly");
		ask_next(profile, room);
	} else {
		struct archive_request request = {
			.archive = room->jid, .after = gap.after_id, .max = PAGE};
		(void)profile_check(profile,
				    gaps_set_tries(store, gap.id, gap.tries + 1));
		room->is_charged = true;
		room->is_asking = true;
		archive_ask(profile, &request, on_page, mem_strdup(room->jid));
	}
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
}
