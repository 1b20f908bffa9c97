/*
 * Requests for a voice, as muc_voice.h says. What a visitor can make a room say is
 * bounded: each is heard once a minute, and all of them sixteen times. A request is kept
 * with its occupant, for frontends that attach later.
 */
#include "backend/muc/muc_voice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/muc/muc_inner.h"
#include "backend/session/alarm.h"
#include "backend/store/rooms.h"
#include "backend/xmpp/form.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"

enum {
	HEARD_MAX = 16,
	HEARD_MS = 60 * 1000,
	WORDS_MAX = 300,
	VOICES_MAX = 64, /* told to a frontend that attaches */
};

/* Who asked, as the address in the room. */
struct heard {
	char *who;
	uint64_t at_ms;
};

struct voices {
	struct heard heard[HEARD_MAX];
	size_t next;		      /* the oldest, which is replaced */
	char sent_id[STANZA_ID_SIZE]; /* our own request; "" for none */
	char *sent_room;
};

static struct voices *
state_of(const struct profile *profile)
{
	return profile_state(profile, MODULE_muc_voice);
}

/* ---- asking ---- */

void
muc_ask_voice(struct profile *profile, const struct room *room)
{
	struct voices *state = state_of(profile);
	stanza_random_id(state->sent_id);
	mem_replace(&state->sent_room, room->jid);
	struct stanza *message =
		stanza_message(profile_stanzas(profile), NULL, room->jid, state->sent_id);
	form_add_field(form_add(message, NS_MUC_REQUEST), "muc#role", "list-single",
		       "participant");
	profile_send(profile, message);
}

/* Our request came back. */
static enum module_verdict
bounced(struct profile *profile, const struct inbound *inbound)
{
	struct voices *state = state_of(profile);
	const char *id = stanza_id(inbound->stanza);
	struct stanza_error error;
	if (!id || !*state->sent_id || strcmp(state->sent_id, id) != 0 ||
	    strcmp(state->sent_room, inbound->from.bare) != 0 ||
	    stanza_read_error(inbound->stanza, &error) < 0)
		return MODULE_PASS;
	*state->sent_id = '\0';
	char *words = clean_text(error.text ? error.text : error.condition, CLEAN_LINE,
				 WORDS_MAX);
	char *said = mem_printf("%s does not pass on that you ask for a voice: %s",
				state->sent_room, words);
	profile_emit(profile, EVENT_notice,
		     &(struct bridge_notice_event){
			     .profile = profile_name(profile),
			     .text = said,
			     .jid = state->sent_room,
		     });
	free(said);
	free(words);
	return MODULE_TAKEN;
}

/* ---- hearing ---- */

/* Whether WHO may be told of; then not again for a while. */
static bool
is_new(struct profile *profile, const char *who)
{
	struct voices *state = state_of(profile);
	uint64_t now = alarm_now(profile);
	for (size_t i = 0; i < HEARD_MAX; i++) {
		const struct heard *heard = &state->heard[i];
		if (heard->who && strcmp(heard->who, who) == 0 &&
		    now - heard->at_ms < HEARD_MS)
			return false;
	}
	struct heard *heard = &state->heard[state->next];
	if (heard->who && now - heard->at_ms < HEARD_MS)
		return false;
	state->next = (state->next + 1) % HEARD_MAX;
	mem_replace(&heard->who, who);
	heard->at_ms = now;
	return true;
}

/* Tells that the occupant whom FORM names asks ROOM, if there is one without a voice. */
static void
hear(struct profile *profile, struct room *room, const struct jid *jid,
     const struct form *form)
{
	struct jid who = {0};
	const char *nick = form_value(form, "muc#roomnick");
	struct occupant *occupant = NULL;
	if (nick && jid_with_resource(jid, nick, &who) == 0)
		occupant = room_find(room, who.resource);
	if (occupant && occupant->role == role_VISITOR && is_new(profile, who.full)) {
		if (room_hear(room, occupant, profile_now_ms()))
			muc_keep_occupant(profile, room, occupant);
		profile_emit(profile, EVENT_voice_asked,
			     &(struct bridge_voice_event){
				     .profile = profile_name(profile),
				     .jid = room->jid,
				     .nick = occupant->nick,
				     .who = occupant->jid,
			     });
	}
	jid_done(&who);
}

/* ---- what is kept ---- */

void
muc_voice_check(struct profile *profile, struct room *room)
{
	if (room_forget_asking(room))
		(void)profile_check(
			profile, rooms_forget_asking(profile_store(profile), room->jid));
}

/* The oldest first, so that it is told first. */
static int
by_time(const void *one, const void *other)
{
	const struct bridge_voice *a = one;
	const struct bridge_voice *b = other;
	return a->time < b->time ? -1 : a->time > b->time;
}

const struct bridge_voice *
muc_voices(const struct profile *profile, struct arena *arena, size_t *ret_count)
{
	struct bridge_voice *list = arena_array(arena, VOICES_MAX, sizeof *list);
	struct room *room, *next_room;
	size_t count = 0;
	HASH_ITER (hh, muc_rooms(profile), room, next_room) {
		struct occupant *occupant, *next;
		HASH_ITER (hh, room->occupants, occupant, next) {
			if (occupant->asked_ms > 0 && count < VOICES_MAX)
				list[count++] = (struct bridge_voice){
					.jid = room->jid,
					.nick = occupant->nick,
					.who = occupant->jid,
					.time = occupant->asked_ms,
				};
		}
	}
	if (count > 1)
		qsort(list, count, sizeof *list, by_time);
	*ret_count = count;
	return list;
}

/* ---- hooks ---- */

static enum module_verdict
on_message(struct profile *profile, struct inbound *inbound)
{
	const char *type = stanza_type(inbound->stanza);
	const struct stanza *x = stanza_child(inbound->stanza, "x", NS_DATA_FORM);
	if (inbound->is_own || inbound->origin != INBOUND_LIVE ||
	    inbound->from.resource || (type && strcmp(type, "groupchat") == 0))
		return MODULE_PASS;
	if (type && strcmp(type, "error") == 0)
		return bounced(profile, inbound);
	struct room *room = x ? muc_find(profile, inbound->from.bare) : NULL;
	const struct occupant *self = room ? room_self(room) : NULL;
	if (!self)
		return MODULE_PASS;
	struct arena arena = {0};
	struct form form;
	const char *form_type =
		form_read(x, &arena, &form) == 0 ? form_value(&form, "FORM_TYPE") : NULL;
	bool is_request = form_type && strcmp(form_type, NS_MUC_REQUEST) == 0;
	if (is_request && self->role == role_MODERATOR && stanza_has_type(x, "form"))
		hear(profile, room, &inbound->from, &form);
	arena_done(&arena);
	return is_request ? MODULE_TAKEN : MODULE_PASS;
}

static void
start(struct profile *profile)
{
	profile_state_set(profile, MODULE_muc_voice, mem_alloc(sizeof(struct voices)));
}

static void
stop(struct profile *profile)
{
	struct voices *state = state_of(profile);
	for (size_t i = 0; i < HEARD_MAX; i++)
		free(state->heard[i].who);
	free(state->sent_room);
	free(state);
}

const struct module module_muc_voice = {
	.name = "muc_voice",
	.start = start,
	.stop = stop,
	.on_message = on_message,
};
