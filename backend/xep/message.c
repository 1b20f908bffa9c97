/*
 * Messages into the store (RFC 6121 section 5): the last module of the pipeline. A body
 * becomes a line of its conversation; an error that bounces with the id of a line of ours
 * fails that line; everything else passes unseen.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend/session/lines.h"
#include "backend/session/profile.h"
#include "backend/store/settings.h"
#include "backend/store/store.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/arena.h"
#include "bridge/base/utf8.h"

enum { REASON_MAX = 300 }; /* bytes of what a bounce says */

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
	    conversations_find(store, CONVERSATION_CHAT, inbound->peer, &conversation) ==
		    0 &&
	    messages_find_sent(store, conversation, id, &arena, &message) == 0 &&
	    message.state != MESSAGE_FAILED) {
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

/* Whether the store holds this very message already: a message of ours that came back, or
 * a delayed copy of one that came before. Live messages are never taken for copies, since
 * clients exist that use an id twice. */
static bool
is_copy(struct profile *profile, const struct inbound *inbound, int64_t conversation,
	const char *origin_id)
{
	struct arena arena = {0};
	struct message message;
	const char *id = origin_id ? origin_id : stanza_id(inbound->stanza);
	bool is_same =
		id &&
		messages_find_same(profile_store(profile),
				   &(struct message_twin){.conversation = conversation,
							  .sender = inbound->from.bare,
							  .id = id,
							  .body = inbound->body},
				   &arena, &message) == 0 &&
		(inbound->is_own || inbound->is_delayed);
	arena_done(&arena);
	return is_same;
}

static void
deliver(struct profile *profile, const struct inbound *inbound)
{
	const char *origin_id = stanza_get(
		stanza_child(inbound->stanza, "origin-id", NS_STANZA_ID), "id");
	int64_t conversation;
	if (lines_conversation(profile, inbound->peer, &conversation) < 0 ||
	    is_copy(profile, inbound, conversation, origin_id))
		return;
	struct message message = {
		.conversation = conversation,
		.kind = MESSAGE_CHAT,
		.state = inbound->is_own ? MESSAGE_SENT : MESSAGE_RECEIVED,
		.is_outgoing = inbound->is_own,
		.is_delayed = inbound->is_delayed,
		.sent_ms = inbound->time_ms,
		.received_ms = profile_now_ms(),
		.sender = inbound->from.bare,
		.resource = inbound->from.resource,
		.wire_id = stanza_id(inbound->stanza),
		.origin_id = origin_id,
		.body = inbound->body,
	};
	if (profile_check(profile, messages_add(profile_store(profile), &message)) < 0)
		return;
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
		       strcmp(type, "normal") == 0 || strcmp(type, "headline") == 0;
	if (is_talk && inbound->body && *inbound->body)
		deliver(profile, inbound);
	return MODULE_TAKEN;
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
