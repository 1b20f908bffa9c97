/*
 * The rooms' module: its hooks, and how a presence of an occupant is read. What it means
 * is for room.c to say.
 */
#include "backend/muc/muc.h"

#include <stdlib.h>
#include <string.h>

#include "backend/muc/muc_inner.h"
#include "backend/muc/muc_voice.h"
#include "backend/session/alarm.h"
#include "backend/xep/presence.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"

enum { TEXT_MAX = 1024, ID_MAX = 256 };

/* ---- reading (XEP-0045 section 15.5 and 15.6) ---- */

static const char *const role_words[role_COUNT] = {
	[role_NONE] = "none",
	[role_VISITOR] = "visitor",
	[role_PARTICIPANT] = "participant",
	[role_MODERATOR] = "moderator",
};

static const char *const affiliation_words[affiliation_COUNT] = {
	[affiliation_NONE] = "none",	 [affiliation_OUTCAST] = "outcast",
	[affiliation_MEMBER] = "member", [affiliation_ADMIN] = "admin",
	[affiliation_OWNER] = "owner",
};

/* The row of WORDS that is TEXT, else FALLBACK. */
static int
word_of(const char *const *words, int count, const char *text, int fallback)
{
	for (int i = 0; text && i < count; i++) {
		if (strcmp(words[i], text) == 0)
			return i;
	}
	return fallback;
}

static const struct {
	int code;
	enum bridge_occupant_end end;
} ends[] = {
	{301, occupant_end_BANNED},	  {307, occupant_end_KICKED},
	{321, occupant_end_UNAFFILIATED}, {322, occupant_end_MEMBERS_ONLY},
	{332, occupant_end_SHUTDOWN},	  {333, occupant_end_ERROR},
};

/* Three digits; 0: it is none. */
static int
status_code(const char *text)
{
	if (!text || strlen(text) != 3 || strspn(text, "0123456789") != 3)
		return 0;
	return (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
}

static void
read_status(const struct stanza *x, struct room_presence *presence, bool *ret_is_rename)
{
	const struct stanza *status = stanza_child(x, "status", NS_MUC_USER);
	for (; status; status = stanza_next(status, "status", NS_MUC_USER)) {
		int code = status_code(stanza_get(status, "code"));
		presence->is_self |= code == 110;
		presence->is_new_room |= code == 201;
		*ret_is_rename |= code == 303;
		for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
			/* 333 comes with 307 where a fault looks like a kick. */
			if (ends[i].code == code && presence->end != occupant_end_ERROR)
				presence->end = ends[i].end;
		}
	}
}

/* What was read and must outlive it. */
struct reading {
	struct arena arena;
	struct jid renamed;
	struct jid real;
};

static void
read_item(const struct stanza *item, const struct jid *from, bool is_rename,
	  struct room_presence *presence, struct reading *reading)
{
	const char *nick = stanza_get(item, "nick");
	const char *jid = stanza_get(item, "jid");
	presence->role = (enum bridge_role)word_of(role_words, role_COUNT,
						   stanza_get(item, "role"), role_NONE);
	presence->affiliation = (enum bridge_affiliation)word_of(
		affiliation_words, affiliation_COUNT, stanza_get(item, "affiliation"),
		affiliation_NONE);
	if (jid && jid_parse(jid, &reading->real, NULL) == 0)
		presence->jid = reading->real.full;
	if (is_rename && nick && jid_with_resource(from, nick, &reading->renamed) == 0)
		presence->new_nick = reading->renamed.resource;
	const struct stanza *actor = stanza_child(item, "actor", NS_MUC_USER);
	presence->actor = stanza_get(actor, "nick");
	if (!presence->actor)
		presence->actor = stanza_get(actor, "jid");
	presence->why = stanza_child_text(item, "reason", NS_MUC_USER);
}

static const char *
shorten(struct arena *arena, const char *text, size_t max)
{
	return text && *text
		       ? arena_strndup(arena, text, utf8_cut(text, strlen(text), max))
		       : NULL;
}

static void
read_presence(const struct room *room, const struct stanza *stanza,
	      const struct jid *from, struct room_presence *presence,
	      struct reading *reading)
{
	const struct stanza *x = stanza_child(stanza, "x", NS_MUC_USER);
	const struct stanza *destroy = stanza_child(x, "destroy", NS_MUC_USER);
	bool is_rename = false;
	*presence = (struct room_presence){
		.nick = from->resource,
		.is_gone = stanza_has_type(stanza, "unavailable"),
		.show = presence_show_of(stanza),
		.role = role_NONE,
	};
	read_status(x, presence, &is_rename);
	read_item(stanza_child(x, "item", NS_MUC_USER), from,
		  is_rename && presence->is_gone, presence, reading);
	presence->text =
		shorten(&reading->arena, stanza_child_text(stanza, "status", NS_CLIENT),
			TEXT_MAX);
	if (room->features & ROOM_HAS_OCCUPANT_IDS)
		presence->id = shorten(
			&reading->arena,
			stanza_get(stanza_child(stanza, "occupant-id", NS_OCCUPANT_ID),
				   "id"),
			ID_MAX);
	if (destroy && presence->is_gone) {
		presence->is_destroyed = true;
		presence->end = occupant_end_DESTROYED;
		presence->elsewhere = stanza_get(destroy, "jid");
		presence->why = stanza_child_text(destroy, "reason", NS_MUC_USER);
	}
}

/* ---- hooks ---- */

static bool
is_own(const struct room *room, const struct room_presence *presence)
{
	return room->nick && strcmp(room->nick, presence->nick) == 0;
}

static void
apply(struct profile *profile, struct room *room, const struct room_presence *presence)
{
	bool was_leaving = room->step == ROOM_STEP_LEAVING;
	bool was_own = is_own(room, presence);
	enum room_change change = room_take(room, presence);
	switch (change) {
	case ROOM_NOTHING:
		return;
	case ROOM_ENTERED:
		muc_occupant_changed(profile, room, ROOM_CAME, presence);
		muc_entered(profile, room, presence->is_new_room);
		return;
	case ROOM_LEFT:
		alarm_stop(room->alarm);
		room->alarm = NULL;
		if (was_leaving)
			muc_leaving_ended(profile, room);
		else
			muc_left(profile, room, presence);
		return;
	case ROOM_CAME:
	case ROOM_CHANGED:
	case ROOM_RENAMED:
	case ROOM_WENT:
		muc_occupant_changed(profile, room, change, presence);
		/* Our role, affiliation or nick is told with the room. */
		if ((was_own || is_own(room, presence)) && change != ROOM_WENT) {
			muc_voice_check(profile, room);
			muc_changed(profile, room);
		}
		return;
	}
}

static enum module_verdict
on_presence(struct profile *profile, const struct stanza *stanza, const struct jid *from)
{
	struct room *room = muc_find(profile, from->bare);
	struct room_presence presence;
	struct reading reading = {0};
	/* Before it was asked to let us in it may be anybody. */
	if (!room || (room->is_trial &&
		      (room->step == ROOM_STEP_NONE || room->step == ROOM_STEP_INFO)))
		return MODULE_PASS;
	muc_heard(profile, room);
	const char *type = stanza_type(stanza);
	if (type && strcmp(type, "error") == 0) {
		muc_presence_error(profile, room, stanza);
	} else if (from->resource && (!type || strcmp(type, "unavailable") == 0)) {
		read_presence(room, stanza, from, &presence, &reading);
		apply(profile, room, &presence);
	}
	jid_done(&reading.renamed);
	jid_done(&reading.real);
	arena_done(&reading.arena);
	return MODULE_TAKEN;
}

static void
on_connect(struct profile *profile, bool is_resumed)
{
	muc_services_connected(profile);
	if (is_resumed)
		muc_session_resumed(profile);
	else
		muc_session_began(profile);
}

/* The session is over: we are in no room, and the store knows it (session_scope.h). */
static void
on_disconnect(struct profile *profile)
{
	struct room *room, *next;
	HASH_ITER (hh, muc_rooms(profile), room, next) {
		bool is_shown = room->state != room_state_OUT &&
				room->state != room_state_REFUSED;
		alarm_stop(room->alarm);
		room->alarm = NULL;
		room->step = ROOM_STEP_NONE;
		muc_catch_up_stop(room);
		if (room->is_trial && !room->is_wanted) {
			muc_drop(profile, room);
			continue;
		}
		if (!is_shown)
			continue;
		room_clear(room);
		muc_forget_occupants(profile, room);
		if (room->is_wanted)
			room->state = room_state_WAITING;
		muc_put_off(profile, room);
	}
}

const struct module module_muc = {
	.name = "muc",
	.start = muc_table_start,
	.stop = muc_table_stop,
	.on_connect = on_connect,
	.on_disconnect = on_disconnect,
	.on_presence = on_presence,
};
