/*
 * Messages of rooms (XEP-0045 section 7.4 to 7.9): says of each whose it is and to which
 * conversation it belongs, so that it goes down the same road as any other. Our own line
 * comes back from the room, and only that proves that it was said there.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/muc/mention.h"
#include "backend/muc/muc_ignore.h"
#include "backend/muc/muc_inner.h"
#include "backend/session/lines.h"
#include "backend/store/gaps.h"
#include "backend/store/store.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"

enum { SUBJECT_MAX = 4096 };

/* A subject is told by a message with <subject/> and neither <body/> nor <thread/>. */
static bool
is_subject(const struct inbound *inbound)
{
	return stanza_child(inbound->stanza, "subject", NS_CLIENT) && !inbound->body &&
	       !stanza_child(inbound->stanza, "thread", NS_CLIENT);
}

/* The subject comes behind the history. What was said before we ever came is no news. */
static void
end_history(struct profile *profile, struct room *room)
{
	struct store *store = profile_store(profile);
	int64_t conversation;
	muc_history_ended(profile, room);
	if (!room->is_first)
		return;
	room->is_first = false;
	if (conversations_find(store, CONVERSATION_ROOM, room->jid, &conversation) == 0 &&
	    profile_check(profile,
			  conversations_set_read(store, conversation, INT64_MAX)) > 0)
		lines_emit_badge(profile, conversation);
}

static void
take_subject(struct profile *profile, struct room *room, const struct inbound *inbound)
{
	const char *text = stanza_child_text(inbound->stanza, "subject", NS_CLIENT);
	char *subject = mem_strndup(text, utf8_cut(text, strlen(text), SUBJECT_MAX));
	const char *by = inbound->from.resource;
	bool is_same = strcmp(room->subject ? room->subject : "", subject) == 0;
	if (!is_same) {
		mem_replace(&room->subject, *subject ? subject : NULL);
		mem_replace(&room->subject_by, by);
		muc_changed(profile, room);
	}
	free(subject);
	end_history(profile, room);
}

/* The room's own id of the message; anybody could write one for another (XEP-0359). */
static const char *
archive_id(const struct room *room, const struct stanza *message)
{
	const struct stanza *child = stanza_child(message, "stanza-id", NS_STANZA_ID);
	const char *found = NULL;
	if (!(room->features & (ROOM_HAS_ARCHIVE | ROOM_HAS_STANZA_IDS)))
		return NULL;
	for (; child; child = stanza_next(child, "stanza-id", NS_STANZA_ID)) {
		const char *by = stanza_get(child, "by");
		const char *id = stanza_get(child, "id");
		if (!by || !jid_is_same(by, room->jid))
			continue;
		if (found || !id || !*id)
			return NULL; /* a server removes all but its own */
		found = id;
	}
	return found;
}

/* Whether a line of ours has its id, and was said under that nick. */
static bool
is_written_here(struct profile *profile, const struct room *room,
		const struct inbound *inbound)
{
	struct store *store = profile_store(profile);
	const char *id = stanza_get(
		stanza_child(inbound->stanza, "origin-id", NS_STANZA_ID), "id");
	struct arena arena = {0};
	struct message line;
	int64_t conversation;
	id = id ? id : stanza_id(inbound->stanza);
	bool is_here = id &&
		       conversations_find(store, CONVERSATION_ROOM, room->jid,
					  &conversation) == 0 &&
		       messages_find_sent(store, conversation, id, &arena, &line) == 0 &&
		       strcmp(line.sender, inbound->from.full) == 0;
	arena_done(&arena);
	return is_here;
}

/* One account has one id in a room (XEP-0421), whatever its nick: another client of ours
 * may be there under another. */
static bool
has_our_id(const struct room *room, const struct inbound *inbound)
{
	const struct occupant *self = room_self(room);
	return self && self->id && inbound->occupant_id &&
	       strcmp(self->id, inbound->occupant_id) == 0;
}

static bool
is_ours(struct profile *profile, const struct room *room, const struct inbound *inbound)
{
	if (!inbound->from.resource || !room->nick)
		return false;
	if (has_our_id(room, inbound))
		return true;
	/* Of what is repeated from before we came, the nick alone tells nothing. */
	if (inbound->is_delayed || inbound->origin == INBOUND_ARCHIVE)
		return is_written_here(profile, room, inbound);
	return strcmp(inbound->from.resource, room->nick) == 0;
}

/* By our nick, or by a word that our user chose. */
static bool
names_us(struct profile *profile, const struct room *room, const char *body)
{
	return mention_has(body, room->nick, profile_option(profile, "mentions"));
}

static void
annotate(struct profile *profile, struct room *room, struct inbound *inbound)
{
	const struct stanza *stanza = inbound->stanza;
	inbound->kind = CONVERSATION_ROOM;
	inbound->peer = room->jid;
	inbound->sender = inbound->from.full;
	if (room->features & ROOM_HAS_OCCUPANT_IDS)
		inbound->occupant_id = stanza_get(
			stanza_child(stanza, "occupant-id", NS_OCCUPANT_ID), "id");
	if (!inbound->archive_id) {
		inbound->archive_id = archive_id(room, stanza);
		inbound->archive_by = inbound->archive_id ? room->jid : NULL;
	}
	inbound->is_own = is_ours(profile, room, inbound);
	inbound->is_mention = !inbound->is_own && inbound->body &&
			      names_us(profile, room, inbound->body);
	if (inbound->archive_id && inbound->origin == INBOUND_LIVE &&
	    !inbound->is_delayed)
		(void)profile_check(profile,
				    archives_move(profile_store(profile), room->jid,
						  inbound->archive_id, profile_now_ms()));
}

/* Its configuration, and who sees whose address, with or without that. */
static bool
is_code_of_change(const char *code)
{
	static const char *const codes[] = {"104", "172", "173", "174"};
	for (size_t i = 0; code && i < sizeof codes / sizeof *codes; i++) {
		if (strcmp(code, codes[i]) == 0)
			return true;
	}
	return false;
}

/* The room itself says that it changed (section 10.2.1). */
static bool
is_change_of_room(const struct inbound *inbound)
{
	const struct stanza *x = stanza_child(inbound->stanza, "x", NS_MUC_USER);
	const struct stanza *status = stanza_child(x, "status", NS_MUC_USER);
	if (inbound->from.resource || inbound->origin != INBOUND_LIVE)
		return false;
	for (; status; status = stanza_next(status, "status", NS_MUC_USER)) {
		if (is_code_of_change(stanza_get(status, "code")))
			return true;
	}
	return false;
}

/* Said by somebody of ROOM whom our user does not want to hear. */
static bool
is_ignored(struct profile *profile, struct room *room, const struct inbound *inbound)
{
	return !inbound->is_own && inbound->from.resource &&
	       muc_ignores(profile, room, inbound->from.resource, inbound->occupant_id);
}

static enum module_verdict
on_groupchat(struct profile *profile, struct room *room, struct inbound *inbound)
{
	muc_heard(profile, room);
	if (room->state != room_state_IN && room->step != ROOM_STEP_PRESENCE &&
	    inbound->origin == INBOUND_LIVE)
		return MODULE_TAKEN; /* we are not there */
	if (inbound->origin != INBOUND_LIVE &&
	    (!inbound->archive_by || strcmp(inbound->archive_by, room->jid) != 0))
		return MODULE_TAKEN; /* only the room tells what was said there */
	if (is_subject(inbound)) {
		if (inbound->origin == INBOUND_LIVE)
			take_subject(profile, room, inbound);
		return MODULE_TAKEN;
	}
	if (room->state == room_state_IN && is_change_of_room(inbound))
		muc_read_again(profile, room);
	annotate(profile, room, inbound);
	return is_ignored(profile, room, inbound) ? MODULE_TAKEN : MODULE_PASS;
}

/* A word between occupants, as XEP-0045 section 7.5 marks it; an invitation is none. */
static bool
is_private_word(const struct inbound *inbound)
{
	const struct stanza *x = stanza_child(inbound->stanza, "x", NS_MUC_USER);
	return x && inbound->body && !stanza_child(x, "invite", NS_MUC_USER) &&
	       !stanza_child(x, "decline", NS_MUC_USER);
}

/* What we said came back because nobody here knows us: perhaps we are not in. */
static void
doubt(struct profile *profile, struct room *room, const struct inbound *inbound)
{
	static const char *const conditions[] = {"not-acceptable", "item-not-found",
						 "gone"};
	struct stanza_error error;
	if (room->state != room_state_IN || inbound->from.resource ||
	    stanza_read_error(inbound->stanza, &error) < 0)
		return;
	for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
		if (strcmp(error.condition, conditions[i]) == 0)
			muc_doubt(profile, room, 0);
	}
}

static enum module_verdict
on_message(struct profile *profile, struct inbound *inbound)
{
	const char *type = stanza_type(inbound->stanza);
	const struct jid *other = inbound->is_own ? &inbound->to : &inbound->from;
	struct room *room = muc_find(profile, other->bare);
	bool is_groupchat = type && strcmp(type, "groupchat") == 0;
	if (is_groupchat)
		return room && !inbound->is_own ? on_groupchat(profile, room, inbound)
						: MODULE_TAKEN;
	if (room && type && strcmp(type, "error") == 0)
		doubt(profile, room, inbound);
	inbound->kind = muc_kind(profile, other, &inbound->peer);
	if (!room && other->resource && is_private_word(inbound)) {
		inbound->kind = CONVERSATION_PRIVATE;
		inbound->peer = other->full;
	}
	if (inbound->kind == CONVERSATION_PRIVATE && !inbound->is_own)
		inbound->sender = inbound->from.full;
	if (inbound->kind == CONVERSATION_PRIVATE && room && !inbound->is_own) {
		const struct occupant *who = room_find(room, inbound->from.resource);
		if (muc_ignores(profile, room, inbound->from.resource,
				who ? who->id : NULL))
			return MODULE_TAKEN;
	}
	return MODULE_PASS;
}

const struct module module_muc_talk = {
	.name = "muc_talk",
	.on_message = on_message,
};
