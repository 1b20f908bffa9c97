/*
 * Handlers of conversations: sending, single lines, reading, drafts, typing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend/muc/muc.h"
#include "backend/session/handlers.h"
#include "backend/session/inner.h"
#include "backend/session/jobs.h"
#include "backend/session/lines.h"
#include "backend/store/store.h"
#include "backend/store/tokens.h"
#include "backend/xep/chat_state.h"
#include "backend/xep/reading.h"
#include "backend/xmpp/xmltext.h"
#include "bridge/base/utf8.h"
#include "bridge/serve.h"

enum {
	BODY_MAX = 64 * 1024, /* bytes; below every server's stanza limit once escaped */
	STANZA_ROOM = 8 * 1024, /* for all of a stanza but its body */
};

/* ---- message.send ---- */

/* What a token's result holds. */
struct sent {
	int64_t id;
};

static int
add_line(struct profile *profile, const struct conversation_key *key, const char *body,
	 int64_t *ret_id, int64_t *ret_conversation)
{
	char id[STANZA_ID_SIZE];
	struct arena arena = {0};
	int result = lines_conversation(profile, key, ret_conversation);
	if (result < 0)
		return result;
	const struct room *room =
		key->kind == CONVERSATION_ROOM ? muc_find(profile, key->jid) : NULL;
	stanza_random_id(id);
	struct message message = {
		.conversation = *ret_conversation,
		.kind = MESSAGE_CHAT,
		.state = MESSAGE_QUEUED,
		.is_outgoing = true,
		.sent_ms = profile_now_ms(),
		.received_ms = profile_now_ms(),
		.sender =
			room ? muc_own_jid(profile, room, &arena) : profile->account.bare,
		.resource = profile->resource,
		.wire_id = id,
		.origin_id = id,
		.body = body,
	};
	result = messages_add(profile->store, &message);
	*ret_id = message.id;
	arena_done(&arena);
	return result;
}

static int
send_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_message_send_params *params = request->params;
	struct conversation_key key;
	if (!request_conversation(profile, request, params->jid, &key))
		return 0;
	struct buf spoken = {0};
	buf_printf(&spoken, "%s\n%s", key.jid, params->body);
	struct token_call call = {params->token.data, "message.send", spoken.data,
				  spoken.len};
	const void *kept = NULL;
	size_t kept_len = 0;
	struct sent sent = {0};
	int64_t conversation;
	int found = tokens_find(profile->store, &call, &request->arena, &kept, &kept_len);
	int result = found == -ENOENT || found == -EEXIST ? 0 : found;
	if (found == -EEXIST) {
		profile_refuse(profile, request, ERROR_TOKEN_REUSED,
			       "That token was used for another message.");
	} else if (found == -ENOENT) {
		result = add_line(profile, &key, params->body, &sent.id, &conversation);
		if (result == 0)
			result = tokens_put(profile->store, &call, &sent, sizeof sent,
					    profile_now_ms());
		if (result == 0) {
			struct bridge_message_send_result answer = {
				.id = sent.id, .state = line_state_QUEUED};
			lines_emit(profile, sent.id, true, &params->token);
			lines_emit_badge(profile, conversation);
			outbox_wake(profile);
			/* It may have to wait for what the server was asked before: who
			 * wrote it wants to know whether that still comes. */
			pulse_said(profile);
			profile_reply(profile, request, &answer);
		}
	} else if (result == 0 && kept_len == sizeof sent) {
		struct message message = {.state = MESSAGE_SENT};
		memcpy(&sent, kept, sizeof sent);
		(void)messages_get(profile->store, sent.id, &request->arena, &message);
		struct bridge_line line;
		lines_fill(&key, &message, &line);
		struct bridge_message_send_result answer = {.id = sent.id,
							    .state = line.state};
		profile_reply(profile, request, &answer);
	} else if (result == 0) {
		result = -EBADMSG; /* nothing that we kept */
	}
	buf_done(&spoken);
	return result;
}

/* Whether the stanza of BODY fits what a server takes: each of & < > counts as several
 * bytes on the wire. What a server announced beyond that is seen when it is sent. */
static bool
fits_the_wire(const char *body)
{
	struct buf escaped = {0};
	xmltext_escape(&escaped, body);
	bool fits = escaped.len + STANZA_ROOM <= STANZA_SEND_MAX;
	buf_done(&escaped);
	return fits;
}

void
serve_message_send(struct process *process, struct profile *profile,
		   struct serve_request *request)
{
	const struct bridge_message_send_params *params = request->params;
	size_t len = strlen(params->body);
	(void)process;
	if (params->token.len != TOKEN_LEN)
		serve_fail(request, ERROR_BAD_PARAMS, "A token is 16 random bytes.");
	else if (len == 0)
		serve_fail(request, ERROR_BAD_TEXT, "There is nothing to send.");
	else if (len > BODY_MAX)
		serve_fail(request, ERROR_TOO_LARGE,
			   "The message has %zu bytes; at most %d can be sent.", len,
			   BODY_MAX);
	else if (!stanza_text_check(params->body))
		serve_fail(
			request, ERROR_BAD_TEXT,
			"The message holds control characters that XMPP cannot carry.");
	else if (!fits_the_wire(params->body))
		serve_fail(request, ERROR_TOO_LARGE,
			   "The message holds so many of the characters & < > that it is "
			   "too long to be sent; send it in parts.");
	else
		request_in_job(profile, request, send_job);
}

/* ---- reading ---- */

static int
get_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_line_params *params = request->params;
	struct message message;
	struct conversation row;
	struct bridge_line line;
	if (messages_get(profile->store, params->id, &request->arena, &message) < 0 ||
	    conversations_get(profile->store, message.conversation, &request->arena,
			      &row) < 0) {
		profile_refuse(profile, request, ERROR_NOT_FOUND,
			       "There is no such line.");
		return 0;
	}
	lines_fill(&(struct conversation_key){row.kind, row.jid}, &message, &line);
	profile_reply(profile, request, &(struct bridge_line_result){.line = &line});
	return 0;
}

void
serve_message_get(struct process *process, struct profile *profile,
		  struct serve_request *request)
{
	(void)process;
	request_in_job(profile, request, get_job);
}

/* ---- badges ---- */

/* Changes the conversation of a request by CHANGE (1: changed, 0: not, negative errno).
 */
static int
change_conversation(struct profile *profile, struct serve_request *request,
		    const char *text,
		    int (*change)(struct profile *, struct serve_request *, int64_t))
{
	int64_t id;
	struct conversation_key key;
	if (!request_conversation(profile, request, text, &key))
		return 0;
	int result = conversations_ensure(profile->store, key.kind, key.jid, &id);
	if (result == 0)
		result = change(profile, request, id);
	if (result < 0)
		return result;
	if (result > 0)
		lines_emit_badge(profile, id);
	profile_reply(profile, request, NULL);
	return 0;
}

static int
set_open(struct profile *profile, struct serve_request *request, int64_t id)
{
	return conversations_set_open(profile->store, id,
				      request->method == METHOD_conversation_open);
}

static int
open_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_jid_params *params = request->params;
	return change_conversation(profile, request, params->jid, set_open);
}

void
serve_conversation_open(struct process *process, struct profile *profile,
			struct serve_request *request)
{
	(void)process;
	request_in_job(profile, request, open_job);
}

void
serve_conversation_close(struct process *process, struct profile *profile,
			 struct serve_request *request)
{
	(void)process;
	request_in_job(profile, request, open_job);
}

static int
set_read(struct profile *profile, struct serve_request *request, int64_t id)
{
	const struct bridge_conversation_read_params *params = request->params;
	int changed = conversations_set_read(profile->store, id, params->place);
	if (changed > 0)
		reading_here(profile, id);
	return changed;
}

static int
read_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_conversation_read_params *params = request->params;
	return change_conversation(profile, request, params->jid, set_read);
}

void
serve_conversation_read(struct process *process, struct profile *profile,
			struct serve_request *request)
{
	(void)process;
	request_in_job(profile, request, read_job);
}

static int
set_draft(struct profile *profile, struct serve_request *request, int64_t id)
{
	const struct bridge_draft_params *params = request->params;
	return conversations_set_draft(profile->store, id, params->text);
}

static int
draft_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_draft_params *params = request->params;
	return change_conversation(profile, request, params->jid, set_draft);
}

void
serve_draft_set(struct process *process, struct profile *profile,
		struct serve_request *request)
{
	const struct bridge_draft_params *params = request->params;
	(void)process;
	if (strlen(params->text) > BODY_MAX)
		serve_fail(request, ERROR_TOO_LARGE,
			   "The unsent line is too long to be kept for later.");
	else
		request_in_job(profile, request, draft_job);
}

static int
typing_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_typing_params *params = request->params;
	const char *jid = request_address(profile, request, params->jid);
	if (!jid)
		return 0;
	chat_state_send(profile, jid, params->state);
	profile_reply(profile, request, NULL);
	return 0;
}

void
serve_typing_set(struct process *process, struct profile *profile,
		 struct serve_request *request)
{
	(void)process;
	request_in_job(profile, request, typing_job);
}
