/*
 * The rules of room.h: a presence and what it changes.
 */
#include "backend/muc/room.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/base/mem.h"

struct room *
room_new(const char *jid)
{
	struct room *room = mem_alloc(sizeof *room);
	room->jid = mem_strdup(jid);
	return room;
}

static void
occupant_free(struct occupant *occupant)
{
	free(occupant->nick);
	free(occupant->id);
	free(occupant->jid);
	free(occupant->text);
	free(occupant);
}

static void
drop(struct room *room, struct occupant *occupant)
{
	HASH_DEL(room->occupants, occupant);
	occupant_free(occupant);
}

void
room_clear(struct room *room)
{
	struct occupant *occupant, *next;
	HASH_ITER (hh, room->occupants, occupant, next)
		drop(room, occupant);
	mem_replace(&room->nick, NULL);
	room->state = room_state_OUT;
	room->step = ROOM_STEP_NONE;
	/* Who is there when we are in again has to be asked for. */
	room->watchers = 0;
}

void
room_free(struct room *room)
{
	if (!room)
		return;
	room_clear(room);
	if (room->password)
		explicit_bzero(room->password, strlen(room->password));
	char *texts[] = {room->jid,    room->wish,	room->password,
			 room->name,   room->subject,	room->subject_by,
			 room->reason, room->condition, room->elsewhere,
			 room->ignored};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		free(texts[i]);
	free(room);
}

struct occupant *
room_find(const struct room *room, const char *nick)
{
	struct occupant *occupant = NULL;
	HASH_FIND_STR(room->occupants, nick, occupant);
	return occupant;
}

struct occupant *
room_self(const struct room *room)
{
	return room->nick ? room_find(room, room->nick) : NULL;
}

static bool
is_text_same(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

/* True if that changed anything of OCCUPANT. */
static bool
update(struct occupant *occupant, const struct room_presence *presence)
{
	bool is_same = occupant->role == presence->role &&
		       occupant->affiliation == presence->affiliation &&
		       occupant->show == presence->show &&
		       is_text_same(occupant->id, presence->id) &&
		       is_text_same(occupant->jid, presence->jid) &&
		       is_text_same(occupant->text, presence->text);
	if (is_same)
		return false;
	occupant->role = presence->role;
	if (occupant->role != role_VISITOR)
		occupant->asked_ms = 0;
	occupant->affiliation = presence->affiliation;
	occupant->show = presence->show;
	mem_replace(&occupant->id, presence->id);
	mem_replace(&occupant->jid, presence->jid);
	mem_replace(&occupant->text, presence->text);
	return true;
}

static struct occupant *
add(struct room *room, const char *nick)
{
	if (HASH_COUNT(room->occupants) >= ROOM_OCCUPANTS_MAX)
		return NULL;
	struct occupant *occupant = mem_alloc(sizeof *occupant);
	occupant->nick = mem_strdup(nick);
	HASH_ADD_KEYPTR(hh, room->occupants, occupant->nick, strlen(occupant->nick),
			occupant);
	return occupant;
}

void
room_recall(struct room *room, const struct room_presence *presence, int64_t asked_ms)
{
	struct occupant *occupant = room_find(room, presence->nick);
	if (!occupant)
		occupant = add(room, presence->nick);
	if (!occupant)
		return;
	(void)update(occupant, presence);
	occupant->asked_ms = occupant->role == role_VISITOR ? asked_ms : 0;
}

static bool
may_give_voice(const struct room *room)
{
	const struct occupant *self = room_self(room);
	return self && self->role == role_MODERATOR;
}

bool
room_hear(struct room *room, struct occupant *occupant, int64_t now_ms)
{
	struct occupant *other, *next;
	unsigned asking = 0;
	if (!may_give_voice(room) || occupant->role != role_VISITOR)
		return false;
	HASH_ITER (hh, room->occupants, other, next) {
		asking += other->asked_ms > 0 && other != occupant;
		if (other->asked_ms >= now_ms)
			now_ms = other->asked_ms + 1; /* their order stays */
	}
	if (asking >= ROOM_ASKING_MAX)
		return false;
	occupant->asked_ms = now_ms;
	return true;
}

bool
room_forget_asking(struct room *room)
{
	struct occupant *occupant, *next;
	bool was_asked = false;
	if (may_give_voice(room))
		return false;
	HASH_ITER (hh, room->occupants, occupant, next) {
		was_asked |= occupant->asked_ms > 0;
		occupant->asked_ms = 0;
	}
	return was_asked;
}

static const char *
own_nick(const struct room *room)
{
	return room->nick ? room->nick : room->wish;
}

/* Services exist that leave status 110 out; but nobody else can have the nick for which
 * we were not refused. */
static bool
is_self(const struct room *room, const struct room_presence *presence)
{
	const char *own = own_nick(room);
	return presence->is_self || (own && strcmp(presence->nick, own) == 0);
}

static enum room_change
came(struct room *room, const struct room_presence *presence)
{
	struct occupant *occupant = room_find(room, presence->nick);
	bool is_new = !occupant;
	bool is_ours = is_self(room, presence);
	if (is_new)
		occupant = add(room, presence->nick);
	if (!occupant && !is_ours)
		return ROOM_NOTHING;
	bool is_changed = occupant && update(occupant, presence);
	if (is_ours && room->state == room_state_ENTERING) {
		mem_replace(&room->nick, presence->nick);
		room->state = room_state_IN;
		room->step = ROOM_STEP_NONE;
		return ROOM_ENTERED;
	}
	/* A nick that the room gave us later (210), without the 303 before it. */
	if (presence->is_self && room->nick && strcmp(room->nick, presence->nick) != 0)
		mem_replace(&room->nick, presence->nick);
	if (is_new)
		return ROOM_CAME;
	return is_changed ? ROOM_CHANGED : ROOM_NOTHING;
}

static enum room_change
renamed(struct room *room, const struct room_presence *presence)
{
	struct occupant *occupant = room_find(room, presence->nick);
	bool is_ours = room->nick &&
		       (presence->is_self || strcmp(room->nick, presence->nick) == 0);
	if (strcmp(presence->nick, presence->new_nick) == 0)
		return ROOM_NOTHING;
	if (is_ours) {
		mem_replace(&room->nick, presence->new_nick);
		mem_replace(&room->wish, presence->new_nick);
	}
	if (!occupant)
		return ROOM_NOTHING;
	struct occupant *other = room_find(room, presence->new_nick);
	if (other)
		drop(room, other);
	HASH_DEL(room->occupants, occupant);
	mem_replace(&occupant->nick, presence->new_nick);
	HASH_ADD_KEYPTR(hh, room->occupants, occupant->nick, strlen(occupant->nick),
			occupant);
	return ROOM_RENAMED;
}

static enum room_change
went(struct room *room, const struct room_presence *presence)
{
	struct occupant *occupant = room_find(room, presence->nick);
	/* Before we are in, an old session of ours may go from the nick that we wish for.
	 */
	const char *own = room->nick || presence->is_destroyed ? own_nick(room) : NULL;
	if (presence->is_self || (own && strcmp(presence->nick, own) == 0)) {
		room_clear(room);
		return ROOM_LEFT;
	}
	if (!occupant)
		return ROOM_NOTHING;
	drop(room, occupant);
	return ROOM_WENT;
}

enum room_change
room_take(struct room *room, const struct room_presence *presence)
{
	bool is_open = room->state == room_state_IN || room->step == ROOM_STEP_PRESENCE ||
		       room->step == ROOM_STEP_LEAVING;
	if (!is_open || !presence->nick || !*presence->nick)
		return ROOM_NOTHING;
	/* Who is thrown out while changing nick is out. */
	if (presence->is_gone && presence->end == occupant_end_LEFT &&
	    presence->new_nick && *presence->new_nick)
		return renamed(room, presence);
	if (presence->is_gone)
		return went(room, presence);
	return room->step == ROOM_STEP_LEAVING ? ROOM_NOTHING : came(room, presence);
}

void
room_watch(struct room *room, int64_t frontend)
{
	for (unsigned i = 0; i < room->watchers; i++) {
		if (room->watching[i] == frontend)
			return;
	}
	if (room->watchers == ROOM_WATCHERS_MAX)
		(void)room_unwatch(room, room->watching[0]);
	room->watching[room->watchers++] = frontend;
}

bool
room_unwatch(struct room *room, int64_t frontend)
{
	unsigned place = 0;
	while (place < room->watchers && room->watching[place] != frontend)
		place++;
	if (place == room->watchers)
		return false;
	room->watchers--;
	memmove(&room->watching[place], &room->watching[place + 1],
		(room->watchers - place) * sizeof *room->watching);
	return room->watchers == 0;
}
