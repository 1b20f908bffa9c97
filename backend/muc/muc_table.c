/*
 * All rooms of a profile by their address, what the store keeps of them, and what
 * frontends are told.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "backend/muc/muc_inner.h"
#include "backend/session/alarm.h"
#include "backend/session/lines.h"
#include "backend/store/rooms.h"
#include "backend/store/store.h"
#include "bridge/base/mem.h"
#include "bridge/serve.h"

enum { ROW_SIZE = 256 }; /* of a room's keys and numbers in an answer, at most */

static_assert(ROOM_RULE_ALL == notify_ALL, "kept as a number");
static_assert(ROOM_RULE_NOTHING == notify_NOTHING, "kept as a number");

struct muc_table {
	struct room *rooms;
	struct search *searches;
};

static struct muc_table *
table_of(const struct profile *profile)
{
	return profile_state(profile, MODULE_muc);
}

struct room *
muc_rooms(const struct profile *profile)
{
	struct muc_table *table = table_of(profile);
	return table ? table->rooms : NULL;
}

struct search **
muc_searches(struct profile *profile)
{
	return &table_of(profile)->searches;
}

struct room *
muc_find(const struct profile *profile, const char *jid)
{
	struct room *room = NULL;
	HASH_FIND_STR(muc_rooms(profile), jid, room);
	return room;
}

struct room *
muc_ensure(struct profile *profile, const char *jid)
{
	struct room *room = muc_find(profile, jid);
	if (room)
		return room;
	room = room_new(jid);
	HASH_ADD_KEYPTR(hh, table_of(profile)->rooms, room->jid, strlen(room->jid), room);
	return room;
}

/* ---- the store ---- */

static const struct {
	enum room_place place;
	enum bridge_room_state state;
} places[] = {
	{ROOM_OUT, room_state_OUT},
	{ROOM_ENTERING, room_state_ENTERING},
	{ROOM_IN, room_state_IN},
};

static enum room_place
place_of(const struct room *room)
{
	/* Until then nothing is said there (messages_waiting). */
	if (room->is_settling)
		return ROOM_ENTERING;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		if (places[i].state == room->state)
			return places[i].place;
	}
	return ROOM_OUT;
}

static void
recall_occupants(struct store *store, struct room *room)
{
	struct arena arena = {0};
	struct occupant_rows rows = {0};
	(void)rooms_occupants(store, room->jid, &arena, &rows);
	for (size_t i = 0; i < rows.count; i++) {
		const struct occupant_row *row = &rows.items[i];
		struct room_presence presence = {
			.nick = row->nick,
			.id = row->occupant_id,
			.jid = row->jid,
			.text = row->text,
			.role = (enum bridge_role)row->role,
			.affiliation = (enum bridge_affiliation)row->affiliation,
			.show = (enum bridge_show)row->show,
		};
		room_recall(room, &presence, row->asked_ms);
	}
	arena_done(&arena);
}

static void
recall(struct profile *profile, struct store *store)
{
	struct arena arena = {0};
	struct room_rows rows = {0};
	(void)rooms_list(store, &arena, &rows);
	for (size_t i = 0; i < rows.count; i++) {
		const struct room_row *row = &rows.items[i];
		struct room *room = muc_ensure(profile, row->jid);
		room->wish = mem_strdup(row->nick);
		room->name = mem_strdup(row->name);
		room->subject = mem_strdup(row->subject);
		room->subject_by = mem_strdup(row->subject_by);
		room->features = row->features;
		room->is_wanted = row->is_wanted;
		if (row->notify > 0 && row->notify < notify_COUNT)
			room->notify = (enum bridge_notify)row->notify;
		room->seq = row->seq;
		if (row->place == ROOM_OUT)
			continue;
		room->state = row->place == ROOM_IN && row->own_nick
				      ? room_state_IN
				      : room_state_ENTERING;
		room->nick = mem_strdup(row->own_nick);
		recall_occupants(store, room);
	}
	arena_done(&arena);
}

void
muc_table_start(struct profile *profile)
{
	profile_state_set(profile, MODULE_muc, mem_alloc(sizeof(struct muc_table)));
	if (profile_store(profile))
		recall(profile, profile_store(profile));
}

void
muc_table_stop(struct profile *profile)
{
	struct muc_table *table = table_of(profile);
	struct room *room, *next;
	muc_services_stop(profile);
	HASH_ITER (hh, table->rooms, room, next) {
		HASH_DEL(table->rooms, room);
		alarm_stop(room->alarm);
		muc_catch_up_forget(room);
		if (room->request)
			serve_fail(room->request, ERROR_OFFLINE,
				   "The profile is being closed.");
		room_free(room);
	}
	profile_state_set(profile, MODULE_muc, NULL);
	free(table);
}

void
muc_drop(struct profile *profile, struct room *room)
{
	alarm_stop(room->alarm);
	muc_catch_up_forget(room);
	(void)profile_check(profile, rooms_remove(profile_store(profile), room->jid));
	HASH_DEL(table_of(profile)->rooms, room);
	room_free(room);
}

void
muc_changed(struct profile *profile, struct room *room)
{
	struct room_row row = {
		.jid = room->jid,
		.nick = room->wish,
		.is_wanted = room->is_wanted,
		.name = room->name,
		.subject = room->subject,
		.subject_by = room->subject_by,
		.features = room->features,
		.place = place_of(room),
		.own_nick = room->nick,
		.notify = (int)room->notify,
	};
	if (profile_check(profile, rooms_put(profile_store(profile), &row)) < 0)
		return;
	room->seq = row.seq;
	if (room->is_trial)
		return;
	struct bridge_room record;
	muc_fill(room, &record);
	profile_emit(profile, EVENT_room_changed,
		     &(struct bridge_room_event){
			     .profile = profile_name(profile),
			     .seq = row.seq,
			     .room = &record,
		     });
}

void
muc_set_notify(struct profile *profile, struct room *room, enum bridge_notify rule)
{
	if (room->notify == rule)
		return;
	room->notify = rule;
	muc_changed(profile, room);
	/* Its mentions count now, or count no more. */
	struct store *store = profile_store(profile);
	int64_t conversation;
	if (conversations_find(store, CONVERSATION_ROOM, room->jid, &conversation) == 0 &&
	    profile_check(profile, conversations_touch(store, conversation)) == 0)
		lines_emit_badge(profile, conversation);
}

void
muc_forget_occupants(struct profile *profile, struct room *room)
{
	(void)profile_check(
		profile, rooms_occupant_remove(profile_store(profile), room->jid, NULL));
}

/* ---- occupants ---- */

static void
fill_occupant(const struct room *room, const struct occupant *occupant,
	      struct bridge_occupant *ret_record)
{
	*ret_record = (struct bridge_occupant){
		.nick = occupant->nick,
		.role = occupant->role,
		.affiliation = occupant->affiliation,
		.show = occupant->show,
		.text = occupant->text,
		.jid = occupant->jid,
		.id = occupant->id,
		.is_own = room->nick && strcmp(room->nick, occupant->nick) == 0,
	};
}

void
muc_keep_occupant(struct profile *profile, const struct room *room,
		  const struct occupant *occupant)
{
	struct occupant_row row = {
		.nick = occupant->nick,
		.occupant_id = occupant->id,
		.jid = occupant->jid,
		.text = occupant->text,
		.role = (int)occupant->role,
		.affiliation = (int)occupant->affiliation,
		.show = (int)occupant->show,
		.asked_ms = occupant->asked_ms,
	};
	(void)profile_check(profile,
			    rooms_occupant_put(profile_store(profile), room->jid, &row));
}

static void
tell_occupant(struct profile *profile, struct room *room, const struct occupant *occupant,
	      const char *was, bool is_new)
{
	struct bridge_occupant record;
	if (!room->watchers)
		return;
	fill_occupant(room, occupant, &record);
	profile_emit(profile, EVENT_occupant_changed,
		     &(struct bridge_occupant_event){
			     .profile = profile_name(profile),
			     .jid = room->jid,
			     .occupant = &record,
			     .was = was,
			     .is_new = is_new,
		     });
}

static void
tell_gone(struct profile *profile, struct room *room,
	  const struct room_presence *presence)
{
	if (!room->watchers)
		return;
	profile_emit(profile, EVENT_occupant_gone,
		     &(struct bridge_occupant_gone_event){
			     .profile = profile_name(profile),
			     .jid = room->jid,
			     .nick = presence->nick,
			     .end = presence->end,
			     .actor = presence->actor,
			     .text = presence->why ? presence->why : presence->text,
		     });
}

void
muc_occupant_changed(struct profile *profile, struct room *room, enum room_change change,
		     const struct room_presence *presence)
{
	struct store *store = profile_store(profile);
	const char *nick = change == ROOM_RENAMED ? presence->new_nick : presence->nick;
	struct occupant *occupant = room_find(room, nick);
	if (change == ROOM_RENAMED || change == ROOM_WENT)
		(void)profile_check(
			profile, rooms_occupant_remove(store, room->jid, presence->nick));
	if (change == ROOM_WENT)
		tell_gone(profile, room, presence);
	if (!occupant || change == ROOM_WENT || change == ROOM_NOTHING)
		return;
	muc_keep_occupant(profile, room, occupant);
	tell_occupant(profile, room, occupant,
		      change == ROOM_RENAMED ? presence->nick : NULL,
		      change == ROOM_CAME);
}

const struct bridge_occupant *
muc_occupants(const struct room *room, struct arena *arena, size_t *ret_count)
{
	struct bridge_occupant *list =
		arena_array(arena, HASH_COUNT(room->occupants), sizeof *list);
	struct occupant *occupant, *next;
	size_t count = 0;
	HASH_ITER (hh, room->occupants, occupant, next)
		fill_occupant(room, occupant, &list[count++]);
	*ret_count = count;
	return list;
}

static void
tell_unwatched(struct profile *profile, const char *jid)
{
	profile_emit(profile, EVENT_room_unwatched,
		     &(struct bridge_unwatched_event){
			     .profile = profile_name(profile),
			     .jid = jid,
		     });
}

void
muc_watch(struct room *room, int64_t frontend)
{
	if (room->state == room_state_IN)
		room_watch(room, frontend);
}

void
muc_unwatch(struct profile *profile, struct room *room, int64_t frontend)
{
	if (room_unwatch(room, frontend))
		tell_unwatched(profile, room->jid);
}

void
muc_unwatch_all(struct profile *profile)
{
	struct room *room, *next;
	bool was_watched = false;
	HASH_ITER (hh, muc_rooms(profile), room, next) {
		was_watched |= room->watchers > 0;
		room->watchers = 0;
	}
	if (was_watched)
		tell_unwatched(profile, NULL);
}

/* ---- records ---- */

void
muc_fill(const struct room *room, struct bridge_room *ret_record)
{
	const struct occupant *self = room_self(room);
	*ret_record = (struct bridge_room){
		.jid = room->jid,
		.state = room->state,
		.nick = room->nick ? room->nick : room->wish,
		.name = room->name,
		.subject = room->subject,
		.subject_by = room->subject_by,
		.is_wanted = room->is_wanted,
		.notify = room->notify,
		.reason = room->reason,
		.condition = room->condition,
		.moved_to = room->elsewhere,
		.role = self ? self->role : role_NONE,
		.affiliation = self ? self->affiliation : affiliation_NONE,
		.occupants = HASH_COUNT(room->occupants),
		.shows_addresses = room->features & ROOM_IS_OPEN_NAMED,
		.has_archive = room->features & ROOM_HAS_ARCHIVE,
		.can_moderate =
			room->features & (ROOM_CAN_MODERATE | ROOM_CAN_MODERATE_OLD),
		.seq = room->seq,
	};
}

static int
by_jid(const void *a, const void *b)
{
	const struct bridge_room *first = a;
	const struct bridge_room *second = b;
	return strcmp(first->jid, second->jid);
}

static size_t
length(const char *text)
{
	return text ? strlen(text) + 5 : 0;
}

/* In an answer, without its subject. */
static size_t
row_size(const struct bridge_room *row)
{
	return ROW_SIZE + length(row->jid) + length(row->nick) + length(row->name) +
	       length(row->subject_by) + length(row->reason) + length(row->condition) +
	       length(row->moved_to);
}

/* Cuts the *COUNT rows of LIST to what goes into BYTES. */
static void
fit(struct bridge_room *list, size_t *count, size_t bytes)
{
	size_t kept = 0;
	for (; kept < *count && row_size(&list[kept]) <= bytes; kept++)
		bytes -= row_size(&list[kept]);
	*count = kept;
	for (size_t i = 0; i < kept; i++) {
		size_t size = length(list[i].subject);
		if (size > bytes)
			list[i].subject = list[i].subject_by = NULL;
		else
			bytes -= size;
	}
}

const struct bridge_room *
muc_list(const struct profile *profile, struct arena *arena, size_t bytes,
	 size_t *ret_count, size_t *ret_left)
{
	struct room *rooms = muc_rooms(profile);
	struct bridge_room *list = arena_array(arena, HASH_COUNT(rooms), sizeof *list);
	struct room *room, *next;
	size_t count = 0;
	HASH_ITER (hh, rooms, room, next) {
		if (!room->is_trial)
			muc_fill(room, &list[count++]);
	}
	if (count > 1)
		qsort(list, count, sizeof *list, by_jid);
	*ret_count = count;
	fit(list, ret_count, bytes);
	*ret_left = count - *ret_count;
	return list;
}

enum conversation_kind
muc_kind(const struct profile *profile, const struct jid *jid, const char **ret_key)
{
	const struct room *room = muc_find(profile, jid->bare);
	bool is_room = room && !room->is_trial;
	int64_t id;
	/* Also of a room that was forgotten: what was said there in private stays. */
	bool is_private =
		jid->resource && (is_room || conversations_find(profile_store(profile),
								CONVERSATION_PRIVATE,
								jid->full, &id) == 0);
	if (ret_key)
		*ret_key = is_private ? jid->full : jid->bare;
	if (is_private)
		return CONVERSATION_PRIVATE;
	return is_room ? CONVERSATION_ROOM : CONVERSATION_CHAT;
}

const char *
muc_own_jid(const struct profile *profile, const struct room *room, struct arena *arena)
{
	const char *nick = room->nick ? room->nick : room->wish;
	if (!nick)
		nick = profile_account(profile)->local;
	return arena_printf(arena, "%s/%s", room->jid,
			    nick ? nick : profile_account(profile)->domain);
}
