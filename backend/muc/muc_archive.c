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
#include "backend/xep/archive_walk.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"

enum {
	AGAIN_MS = 30 * 1000,
	REFUSED_MS = 1000,
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
on_again(struct profile *profile, void *data)
{
	struct room *room = data;
	room->walking = NULL;
	if (room->state == room_state_IN)
		ask_next(profile, room);
}

/* An item that was held is dealt with. */
static void
on_single(struct profile *profile, void *data)
{
	struct room *room = data;
	room->is_asking = false;
	ask_next(profile, room);
}

static void
on_page(struct profile *profile, const struct archive_page *page, void *data)
{
	char *jid = data;
	struct store *store = profile_store(profile);
	struct room *room = muc_rooms(profile) ? muc_find(profile, jid) : NULL;
	free(jid);
	if (room)
		room->is_asking = false;
	if (!room || !room->walk || room->state != room_state_IN || !store ||
	    !store_is_in_job(store))
		return; /* the next stay goes on */
	switch (archive_walk_take(profile, room->walk, page, on_single, room)) {
	case ARCHIVE_STEP_ON:
		ask_next(profile, room);
		break;
	case ARCHIVE_STEP_HELD:
		room->is_asking = true;
		break;
	case ARCHIVE_STEP_WAIT:
		alarm_stop(room->walking);
		room->walking = alarm_set(
			profile, page->outcome == ARCHIVE_REFUSED ? REFUSED_MS : AGAIN_MS,
			on_again, room);
		break;
	}
}

static void
ask_next(struct profile *profile, struct room *room)
{
	char *jid = mem_strdup(room->jid);
	if (!room->walk)
		room->walk = archive_walk_new(room->jid);
	room->is_asking = archive_walk_ask(profile, room->walk, on_page, jid);
	if (room->is_asking)
		return;
	free(jid);
	room->has_gap = false;
	settle(profile, room);
}

void
muc_catch_up(struct profile *profile, struct room *room)
{
	struct arena arena = {0};
	struct waiting_list open;
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
	if (!room->walk)
		return;
	if (archive_walk_is_holding(room->walk))
		room->is_asking = false;
	archive_walk_reset(room->walk);
}

void
muc_catch_up_forget(struct room *room)
{
	muc_catch_up_stop(room);
	archive_walk_free(room->walk);
	room->walk = NULL;
}
