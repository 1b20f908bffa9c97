/*
 * Messages into the store (RFC 6121 section 5): the last module of the pipeline. A body
 * becomes a line of its conversation; an error that bounces with the id of a line of ours
 * fails that line; a copy of what is here already (XEP-0359) adds to its line what it
 * proves; everything else passes unseen.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend/session/lines.h"
#include "backend/session/profile.h"
#include "backend/store/gaps.h"
#include "backend/store/settings.h"
#include "backend/store/store.h"
#include "backend/xep/retraction.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/arena.h"
#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"

enum {
	REASON_MAX = 300, /* bytes of what a bounce says */
	REPLAY_MS = 15 * 60 * 1000,
};

static void
bounced(struct profile *profile, const struct inbound *inbound)
{
	struct store *store = profile_store(profile);
	const char *id = stanza_id(inbound->stanza);
	struct arena arena = {0};
	struct stanza_error error;
	struct message message;
	int64_t conversation;
	if (id && stanza_read_error(inbound->stanza, &error) == 0 &&
	    conversations_find(store, inbound->kind, inbound->peer, &conversation) == 0 &&
	    messages_find_sent(store, conversation, id, &arena, &message) == 0 &&
	    message.state < MESSAGE_DELIVERED) {
		char *text = clean_text(error.text, CLEAN_LINE, REASON_MAX);
		const char *reason =
			*text ? arena_printf(&arena, "%s (%s)", text, error.condition)
			      : error.condition;
		free(text);
		if (profile_check(profile, messages_set_state(store, message.id,
							      MESSAGE_FAILED, reason)) ==
		    0) {
			lines_emit(profile, message.id, false, NULL);
			lines_emit_badge(profile, conversation);
		}
	}
	arena_done(&arena);
}

/* ---- sameness ---- */

static const char *
origin_of(const struct inbound *inbound)
{
	return stanza_get(stanza_child(inbound->stanza, "origin-id", NS_STANZA_ID), "id");
}

/* Whether an own line was written here: then its id is random and enough. */
static bool
is_from_here(const struct profile *profile, const struct message *line)
{
	const struct jid *full = profile_full_jid(profile);
	return full && full->resource && line->resource &&
	       strcmp(full->resource, line->resource) == 0;
}

/* Clients exist that use an id twice, so the mere id of a live message tells a copy only
 * from the same client and soon after: a server that gives again what we had. */
static bool
is_replay(const struct inbound *inbound, const struct message *line)
{
	const char *resource = inbound->from.resource ? inbound->from.resource : "";
	return strcmp(resource, line->resource ? line->resource : "") == 0 &&
	       profile_now_ms() - line->received_ms < REPLAY_MS;
}

/* The line that the store has of this very message. The archive's id decides where both
 * have one; else the sender's own id with the text. An origin-id is the message's own,
 * also where the archive holds it twice because it was sent again. What we say to
 * ourselves it holds twice as well: as sent and as received. */
static bool
find_copy(struct profile *profile, const struct inbound *inbound, int64_t conversation,
	  struct arena *arena, struct message *ret_line)
{
	struct store *store = profile_store(profile);
	const char *origin_id = origin_of(inbound);
	bool is_to_self =
		inbound->is_own && strcmp(inbound->peer, inbound->from.bare) == 0;
	struct message_twin twin = {
		.conversation = conversation,
		.sender = inbound->sender,
		.id = origin_id ? origin_id : stanza_id(inbound->stanza),
		.body = inbound->body,
		.is_unarchived = inbound->archive_id && !origin_id && !is_to_self,
	};
	if (inbound->archive_id &&
	    messages_find_archived(store, inbound->archive_by, inbound->archive_id, arena,
				   ret_line) == 0 &&
	    ret_line->conversation == conversation)
		return true;
	if (!twin.id)
		return false;
	/* Our nick may have changed since it was written; its id is random and ours. */
	if (inbound->kind == CONVERSATION_ROOM && inbound->is_own &&
	    messages_find_sent(store, conversation, twin.id, arena, ret_line) == 0)
		return true;
	if (messages_find_same(store, &twin, arena, ret_line) == 0)
		return origin_id || inbound->is_own || inbound->is_delayed ||
		       inbound->origin != INBOUND_LIVE || is_replay(inbound, ret_line);
	twin.body = NULL;
	return inbound->is_own &&
	       messages_find_same(store, &twin, arena, ret_line) == 0 &&
	       is_from_here(profile, ret_line);
}

/* A copy of ours proves that the server has it, whatever we thought of it. */
static bool
prove(struct profile *profile, const struct message *line)
{
	struct store *store = profile_store(profile);
	if (!line->is_outgoing)
		return false;
	/* It waited to be sent again. */
	if (line->state == MESSAGE_QUEUED || line->state == MESSAGE_HELD)
		return profile_check(profile, messages_set_state(store, line->id,
								 MESSAGE_ACKED, NULL)) ==
		       0;
	return profile_check(profile,
			     messages_raise_state(store, line->id, MESSAGE_ACKED)) > 0;
}

/* Whether the gap that comes to LINE only now is to show it. What the archive has before
 * it is shown before it, so an own line goes behind what came before it was sent, and one
 * that was live already (from the offline store, or because the walk is so far) goes
 * before what is newer. What has the archive's id, or is of somebody else, was in its
 * place when it came: it only goes behind what the gap has brought; in a room, where ours
 * has its id from its reflection, that may have been another gap. */
static bool
is_due_in_gap(struct profile *profile, const struct inbound *inbound,
	      const struct message *line)
{
	struct store *store = profile_store(profile);
	enum gap_side side = GAP_FITS;
	if (profile_check(profile,
			  gaps_compare(store, inbound->gap, line->place, &side)) < 0)
		return false;
	if (side != GAP_EARLY)
		return side == GAP_LATE;
	bool is_placed = !line->is_outgoing ||
			 (line->archive_id && inbound->kind != CONVERSATION_ROOM);
	int is_behind = is_placed ? gaps_has_brought(store, inbound->gap,
						     line->conversation, line->place)
				  : gaps_overtake(store, inbound->gap, line->conversation,
						  line->place);
	return profile_check(profile, is_behind) > 0;
}

static bool
take_its_place(struct profile *profile, const struct inbound *inbound,
	       const struct message *line)
{
	struct store *store = profile_store(profile);
	int64_t place;
	if (inbound->gap <= 0)
		return false;
	if (!is_due_in_gap(profile, inbound, line)) {
		(void)profile_check(profile, gaps_pass(store, inbound->gap, line->place));
		return false;
	}
	return profile_check(profile, gaps_take_place(store, inbound->gap,
						      line->conversation, &place)) == 0 &&
	       profile_check(profile, messages_move(store, line->id, place)) == 0;
}

/* A room says what we said to everybody in one order, us included. */
static bool
is_reflection(const struct inbound *inbound)
{
	return inbound->kind == CONVERSATION_ROOM && inbound->origin == INBOUND_LIVE;
}

static bool
go_last(struct profile *profile, const struct message *line)
{
	return profile_check(profile,
			     messages_move_to_end(profile_store(profile), line->id)) > 0;
}

/* LINE gets the archive's id of INBOUND, if it has none. Whether that tells that it was
 * taken back: a room names lines by that id alone. */
static bool
name_it(struct profile *profile, const struct inbound *inbound,
	const struct message *line)
{
	struct message named = *line;
	if (!inbound->archive_id || line->archive_id)
		return false;
	named.archive_id = inbound->archive_id;
	named.archive_by = inbound->archive_by;
	(void)profile_check(profile,
			    messages_set_archived(profile_store(profile), line->id,
						  named.archive_id, named.archive_by));
	return retraction_settle(profile, inbound, &named);
}

static void
merge(struct profile *profile, const struct inbound *inbound, const struct message *line)
{
	bool is_proven = inbound->is_own && prove(profile, line);
	bool is_moved = take_its_place(profile, inbound, line) ||
			(is_proven && is_reflection(inbound) && go_last(profile, line));
	bool is_gone = name_it(profile, inbound, line);
	if (!is_proven && !is_moved && !is_gone)
		return;
	lines_emit(profile, line->id, false, NULL);
	lines_emit_badge(profile, line->conversation);
}

/* ---- delivery ---- */

static int
find_place(struct profile *profile, const struct inbound *inbound,
	   struct message *message)
{
	struct store *store = profile_store(profile);
	if (inbound->gap == GAP_BELOW)
		return messages_place_below(store, message->conversation,
					    &message->place);
	return gaps_take_place(store, inbound->gap, message->conversation,
			       &message->place);
}

static int
add(struct profile *profile, const struct inbound *inbound, struct message *message)
{
	struct store *store = profile_store(profile);
	if (!inbound->gap)
		return messages_add(store, message);
	int result = find_place(profile, inbound, message);
	if (result == -ENOSPC || result == -ENOENT)
		return messages_add(store, message);
	return result < 0
		       ? result
		       : messages_add_placed(store, message, inbound->gap != GAP_BELOW);
}

static void
deliver(struct profile *profile, const struct inbound *inbound)
{
	struct store *store = profile_store(profile);
	struct arena arena = {0};
	struct message line;
	int64_t conversation;
	struct conversation_key key = {inbound->kind, inbound->peer};
	bool is_copy = conversations_find(store, key.kind, key.jid, &conversation) == 0 &&
		       find_copy(profile, inbound, conversation, &arena, &line);
	if (is_copy)
		merge(profile, inbound, &line);
	arena_done(&arena);
	if (is_copy || lines_conversation(profile, &key, &conversation) < 0)
		return;
	struct message message = {
		.conversation = conversation,
		.kind = MESSAGE_CHAT,
		.state = inbound->is_own ? MESSAGE_ACKED : MESSAGE_RECEIVED,
		.is_outgoing = inbound->is_own,
		.is_delayed = inbound->is_delayed,
		.is_mention = inbound->is_mention,
		.is_markable = !inbound->is_own &&
			       stanza_child(inbound->stanza, "markable", NS_MARKERS),
		.sent_ms = inbound->time_ms,
		.received_ms = profile_now_ms(),
		.sender = inbound->sender,
		.resource = inbound->from.resource,
		.occupant_id = inbound->occupant_id,
		.wire_id = stanza_id(inbound->stanza),
		.origin_id = origin_of(inbound),
		.archive_id = inbound->archive_id,
		.archive_by = inbound->archive_by,
		.body = inbound->body,
	};
	if (profile_check(profile, add(profile, inbound, &message)) < 0)
		return;
	(void)retraction_settle(profile, inbound, &message);
	/* Who answers elsewhere has read what is before that. */
	if (inbound->is_own && inbound->gap != GAP_BELOW)
		(void)profile_check(profile, conversations_set_read(store, conversation,
								    message.place));
	/* Who reads back asks for older lines; they are no news. */
	if (inbound->gap != GAP_BELOW)
		lines_emit(profile, message.id, true, NULL);
	lines_emit_badge(profile, conversation);
}

static enum module_verdict
on_message(struct profile *profile, struct inbound *inbound)
{
	const char *type = stanza_type(inbound->stanza);
	if (type && strcmp(type, "error") == 0) {
		bounced(profile, inbound);
		return MODULE_TAKEN;
	}
	bool is_talk = !type || strcmp(type, "chat") == 0 ||
		       strcmp(type, "normal") == 0 || strcmp(type, "headline") == 0 ||
		       inbound->kind == CONVERSATION_ROOM;
	if (is_talk && inbound->body && *inbound->body)
		deliver(profile, inbound);
	return MODULE_PASS;
}

static void
on_connect(struct profile *profile, bool is_resumed)
{
	(void)is_resumed;
	/* This account was online once: its address is right. */
	if (settings_get_int(profile_store(profile), "account.proven", 0) == 0)
		(void)profile_check(profile, settings_set_int(profile_store(profile),
							      "account.proven", 1));
}

const struct module module_message = {
	.name = "message",
	.on_connect = on_connect,
	.on_message = on_message,
};
