/*
 * Invitations, as muc_invite.h says. One that comes is a line of the conversation it came
 * in, so that it is there when somebody looks, and an event. What strangers send is
 * bounded: a few passwords are remembered, the oldest go.
 */
#include "backend/muc/muc_invite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/muc/muc_inner.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"

enum {
	SENT_MAX = 16, /* whose refusal is understood */
	OFFERS_MAX = 16,
	WORDS_MAX = 300,
	PASSWORD_MAX = 1024,
};

struct sent {
	char id[STANZA_ID_SIZE];
	char *to; /* who would refuse it */
	char *who, *room;
};

struct offer {
	char *room, *password;
};

struct invitations {
	struct sent sent[SENT_MAX];
	struct offer offers[OFFERS_MAX];
	size_t next_sent, next_offer; /* the oldest, which is replaced */
	char *body;		      /* of the last one that had none */
};

/* An invitation as it came; strings are borrowed or of its own. */
struct invitation {
	struct jid room;
	const char *password;
	char *by, *reason; /* cleaned; "" where unknown */
};

static struct invitations *
state_of(const struct profile *profile)
{
	return profile_state(profile, MODULE_muc_invite);
}

/* ---- ours ---- */

static void
remember_sent(struct profile *profile, const char *id, const char *to, const char *who,
	      const char *room)
{
	struct invitations *state = state_of(profile);
	struct sent *sent = &state->sent[state->next_sent];
	state->next_sent = (state->next_sent + 1) % SENT_MAX;
	(void)snprintf(sent->id, sizeof sent->id, "%s", id);
	mem_replace(&sent->to, to);
	mem_replace(&sent->who, who);
	mem_replace(&sent->room, room);
}

void
muc_invite(struct profile *profile, const char *jid, const char *who, const char *reason)
{
	const struct room *room = muc_find(profile, jid);
	bool is_in = room && room->state == room_state_IN;
	bool is_mediated = is_in && (room->features & ROOM_IS_MEMBERS_ONLY);
	const char *to = is_mediated ? jid : who;
	const char *said = reason && *reason ? reason : NULL;
	char id[STANZA_ID_SIZE];
	stanza_random_id(id);
	struct stanza *message = stanza_message(profile_stanzas(profile), NULL, to, id);
	if (is_mediated) {
		struct stanza *x = stanza_add(message, "x", NS_MUC_USER);
		struct stanza *invite = stanza_add(x, "invite", NULL);
		stanza_set(invite, "to", who);
		if (said)
			stanza_add_with_text(invite, "reason", NULL, said);
	} else {
		struct stanza *x = stanza_add(message, "x", NS_CONFERENCE);
		stanza_set(x, "jid", jid);
		stanza_set(x, "reason", said);
		if (room && room->password)
			stanza_set(x, "password", room->password);
	}
	remember_sent(profile, id, to, who, jid);
	profile_send(profile, message);
}

static void
notice(struct profile *profile, const char *jid, char *take_text)
{
	profile_emit(profile, EVENT_notice,
		     &(struct bridge_notice_event){
			     .profile = profile_name(profile),
			     .text = take_text,
			     .jid = jid,
		     });
	free(take_text);
}

/* An invitation of ours came back. */
static enum module_verdict
bounced(struct profile *profile, const struct inbound *inbound)
{
	struct invitations *state = state_of(profile);
	const char *id = stanza_id(inbound->stanza);
	struct stanza_error error;
	for (size_t i = 0; id && i < SENT_MAX; i++) {
		struct sent *sent = &state->sent[i];
		if (!*sent->id || strcmp(sent->id, id) != 0 ||
		    strcmp(sent->to, inbound->from.bare) != 0 ||
		    stanza_read_error(inbound->stanza, &error) < 0)
			continue;
		char *words = clean_text(error.text ? error.text : error.condition,
					 CLEAN_LINE, WORDS_MAX);
		*sent->id = '\0';
		notice(profile, sent->room,
		       mem_printf("%s could not be invited to %s: %s.", sent->who,
				  sent->room, words));
		free(words);
		return MODULE_TAKEN;
	}
	return MODULE_PASS;
}

/* ---- theirs ---- */

static void
remember_offer(struct profile *profile, const struct invitation *invitation)
{
	struct invitations *state = state_of(profile);
	const char *password = invitation->password;
	struct offer *offer = NULL;
	if (!password || !*password || strlen(password) > PASSWORD_MAX)
		return;
	for (size_t i = 0; i < OFFERS_MAX; i++) {
		if (state->offers[i].room &&
		    strcmp(state->offers[i].room, invitation->room.bare) == 0)
			offer = &state->offers[i];
	}
	if (!offer) {
		offer = &state->offers[state->next_offer];
		state->next_offer = (state->next_offer + 1) % OFFERS_MAX;
	}
	mem_replace(&offer->room, invitation->room.bare);
	mem_replace(&offer->password, password);
}

const char *
muc_invite_password(const struct profile *profile, const char *jid)
{
	const struct invitations *state = state_of(profile);
	for (size_t i = 0; i < OFFERS_MAX; i++) {
		if (state->offers[i].room && strcmp(state->offers[i].room, jid) == 0)
			return state->offers[i].password;
	}
	return NULL;
}

/* Reads who invites whereto; false where it is no invitation. What a room says of who
 * sent it is the room's word; a direct one has its true sender. */
static bool
read_invitation(const struct inbound *inbound, struct invitation *ret_invitation)
{
	const struct stanza *user = stanza_child(inbound->stanza, "x", NS_MUC_USER);
	const struct stanza *invite = stanza_child(user, "invite", NS_MUC_USER);
	const struct stanza *direct = stanza_child(inbound->stanza, "x", NS_CONFERENCE);
	bool is_mediated = invite && !inbound->from.resource;
	const char *jid = is_mediated ? inbound->from.bare : stanza_get(direct, "jid");
	const char *reason = is_mediated
				     ? stanza_child_text(invite, "reason", NS_MUC_USER)
				     : stanza_get(direct, "reason");
	struct jid by = {0};
	*ret_invitation = (struct invitation){0};
	if (!jid || jid_parse(jid, &ret_invitation->room, NULL) < 0)
		return false;
	if (!ret_invitation->room.local) {
		jid_done(&ret_invitation->room);
		return false;
	}
	ret_invitation->password =
		is_mediated ? stanza_child_text(user, "password", NS_MUC_USER)
			    : stanza_get(direct, "password");
	const char *who = inbound->kind == CONVERSATION_PRIVATE ? inbound->from.full
								: inbound->from.bare;
	if (is_mediated && jid_parse(stanza_get(invite, "from"), &by, NULL) == 0)
		who = strcmp(by.bare, inbound->from.bare) == 0 ? by.full : by.bare;
	ret_invitation->by = clean_text(who, CLEAN_LINE, JID_MAX);
	ret_invitation->reason = clean_text(reason ? reason : "", CLEAN_LINE, WORDS_MAX);
	jid_done(&by);
	return true;
}

static void
tell(struct profile *profile, const struct inbound *inbound,
     const struct invitation *invitation)
{
	const char *reason = *invitation->reason ? invitation->reason : NULL;
	profile_emit(
		profile, EVENT_room_invited,
		&(struct bridge_invited_event){
			.profile = profile_name(profile),
			.jid = invitation->room.bare,
			.by = invitation->by,
			.reason = reason,
			.has_password = invitation->password && *invitation->password,
		});
	notice(profile, inbound->peer,
	       mem_printf("%s invites you to %s%s%s. /join %s goes there.",
			  invitation->by, invitation->room.bare, reason ? ": " : "",
			  reason ? reason : "", invitation->room.bare));
}

/* Most invitations have no text of their own; as a line it says what it is. */
static void
put_into_words(struct profile *profile, struct inbound *inbound,
	       const struct invitation *invitation)
{
	struct invitations *state = state_of(profile);
	bool is_own_words = strcmp(invitation->room.bare, inbound->from.bare) != 0;
	if (inbound->body && *inbound->body)
		return;
	free(state->body);
	state->body = mem_printf("%s invites you to %s%s%s%s",
				 is_own_words ? "/me" : invitation->by,
				 invitation->room.bare, *invitation->reason ? " (" : "",
				 invitation->reason, *invitation->reason ? ")" : "");
	inbound->body = state->body;
}

static enum module_verdict
declined(struct profile *profile, const struct inbound *inbound,
	 const struct stanza *decline)
{
	const struct room *room = muc_find(profile, inbound->from.bare);
	const char *reason = stanza_child_text(decline, "reason", NS_MUC_USER);
	char *who = jid_bare(stanza_get(decline, "from"));
	if (room && room->state == room_state_IN && !inbound->from.resource && who) {
		char *words = clean_text(reason ? reason : "", CLEAN_LINE, WORDS_MAX);
		notice(profile, room->jid,
		       mem_printf("%s does not come to %s%s%s.", who, room->jid,
				  *words ? ": " : "", words));
		free(words);
	}
	free(who);
	return MODULE_TAKEN;
}

/* ---- hooks ---- */

static enum module_verdict
on_message(struct profile *profile, struct inbound *inbound)
{
	const char *type = stanza_type(inbound->stanza);
	const struct stanza *user = stanza_child(inbound->stanza, "x", NS_MUC_USER);
	const struct stanza *decline = stanza_child(user, "decline", NS_MUC_USER);
	struct invitation invitation;
	if (inbound->is_own || (type && strcmp(type, "groupchat") == 0))
		return MODULE_PASS;
	if (type && strcmp(type, "error") == 0)
		return bounced(profile, inbound);
	if (decline)
		return declined(profile, inbound, decline);
	if (!read_invitation(inbound, &invitation))
		return MODULE_PASS;
	const struct room *room = muc_find(profile, invitation.room.bare);
	bool is_there = room && room->state == room_state_IN;
	bool is_news = inbound->origin != INBOUND_ARCHIVE;
	/* Where we are already, it is nothing but what else it says. */
	if (!is_there) {
		put_into_words(profile, inbound, &invitation);
		remember_offer(profile, &invitation);
		if (is_news)
			tell(profile, inbound, &invitation);
	}
	bool is_rooms = strcmp(invitation.room.bare, inbound->from.bare) == 0;
	jid_done(&invitation.room);
	free(invitation.by);
	free(invitation.reason);
	return is_there && is_rooms ? MODULE_TAKEN : MODULE_PASS;
}

static void
start(struct profile *profile)
{
	profile_state_set(profile, MODULE_muc_invite,
			  mem_alloc(sizeof(struct invitations)));
}

static void
stop(struct profile *profile)
{
	struct invitations *state = state_of(profile);
	for (size_t i = 0; i < SENT_MAX; i++) {
		free(state->sent[i].to);
		free(state->sent[i].who);
		free(state->sent[i].room);
	}
	for (size_t i = 0; i < OFFERS_MAX; i++) {
		char *password = state->offers[i].password;
		if (password)
			mem_wipe(password, strlen(password));
		free(password);
		free(state->offers[i].room);
	}
	free(state->body);
	free(state);
}

static const char *const features[] = {NS_CONFERENCE, NULL};

const struct module module_muc_invite = {
	.name = "muc_invite",
	.features = features,
	.start = start,
	.stop = stop,
	.on_message = on_message,
};
