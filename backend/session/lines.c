/*
 * Translation between the store's rows and the bridge's records, and the events of lines.
 */
#include "backend/session/lines.h"

#include <string.h>

#include "backend/session/profile.h"
#include "backend/store/store.h"
#include "bridge/base/utf8.h"

enum { BADGE_BODY_MAX = 1000 }; /* bytes of the newest line in a badge */

static enum bridge_line_state
state_of(const struct message *message)
{
	static const enum bridge_line_state states[] = {
		[MESSAGE_RECEIVED] = line_state_RECEIVED,
		[MESSAGE_QUEUED] = line_state_QUEUED,
		[MESSAGE_SENT] = line_state_SENT,
		[MESSAGE_ACKED] = line_state_ACKED,
		[MESSAGE_DELIVERED] = line_state_DELIVERED,
		[MESSAGE_DISPLAYED] = line_state_DISPLAYED,
		[MESSAGE_FAILED] = line_state_FAILED,
		[MESSAGE_HELD] = line_state_HELD,
	};
	size_t state = (size_t)message->state;
	return state < sizeof states / sizeof *states ? states[state]
						      : line_state_RECEIVED;
}

static enum bridge_conversation_kind
kind_of(enum conversation_kind kind)
{
	static const enum bridge_conversation_kind kinds[] = {
		[CONVERSATION_CHAT] = conversation_kind_CHAT,
		[CONVERSATION_ROOM] = conversation_kind_ROOM,
		[CONVERSATION_PRIVATE] = conversation_kind_PRIVATE,
	};
	return kinds[kind];
}

void
lines_fill(const struct conversation_key *key, const struct message *message,
	   struct bridge_line *ret_line)
{
	*ret_line = (struct bridge_line){
		.id = message->id,
		.jid = key->jid,
		.kind = kind_of(key->kind),
		.place = message->place,
		.seq = message->seq,
		.is_own = message->is_outgoing,
		.sender = message->sender,
		.body = message->retracted_by ? "" : message->body,
		.time = message->sent_ms,
		.is_delayed = message->is_delayed,
		.state = state_of(message),
		.reason = message->reason,
		.may_repeat = message->may_repeat,
		.is_mention = message->is_mention,
		.is_retracted = message->retracted_by != NULL,
		.retracted_by = message->retracted_by && *message->retracted_by
					? message->retracted_by
					: NULL,
	};
}

void
lines_fill_badge(const struct conversation *row, struct arena *arena,
		 struct bridge_conversation *ret_record)
{
	*ret_record = (struct bridge_conversation){
		.jid = row->jid,
		.is_open = row->is_open,
		.unread = row->unread,
		.mentions = row->mentions,
		.read_place = row->read_place,
		.draft = row->draft,
		.seq = row->seq,
		.kind = kind_of(row->kind),
	};
	if (row->has_last) {
		struct bridge_line *last = arena_alloc(arena, sizeof *last);
		lines_fill(&(struct conversation_key){row->kind, row->jid}, &row->last,
			   last);
		size_t len = strlen(last->body);
		last->body = arena_strndup(arena, last->body,
					   utf8_cut(last->body, len, BADGE_BODY_MAX));
		ret_record->last = last;
	}
}

void
lines_fill_contact(const struct contact *row, struct bridge_contact *ret_record)
{
	static const enum bridge_subscription subscriptions[] = {
		[CONTACT_NONE] = subscription_NONE,
		[CONTACT_TO] = subscription_TO,
		[CONTACT_FROM] = subscription_FROM,
		[CONTACT_BOTH] = subscription_BOTH,
	};
	*ret_record = (struct bridge_contact){
		.jid = row->jid,
		.name = row->name,
		.subscription = subscriptions[row->subscription],
		.is_asking = row->is_asking,
		.groups = row->groups,
		.groups_count = row->group_count,
		.seq = row->seq,
	};
}

void
lines_emit(struct profile *profile, int64_t id, bool is_new,
	   const struct bridge_bin *token)
{
	struct store *store = profile_store(profile);
	struct arena arena = {0};
	struct message message;
	struct conversation_key key;
	if (profile_check(profile, messages_get(store, id, &arena, &message)) == 0 &&
	    profile_check(profile, conversations_key(store, message.conversation, &arena,
						     &key)) == 0) {
		struct bridge_line line;
		lines_fill(&key, &message, &line);
		if (token)
			line.token = *token;
		profile_emit(profile, EVENT_line_changed,
			     &(struct bridge_line_event){
				     .profile = profile_name(profile),
				     .seq = message.seq,
				     .line = &line,
				     .is_new = is_new,
			     });
	}
	arena_done(&arena);
}

void
lines_tell_badge(struct profile *profile, int64_t conversation)
{
	struct arena arena = {0};
	struct conversation row;
	if (conversations_get(profile_store(profile), conversation, &arena, &row) == 0) {
		struct bridge_conversation record;
		lines_fill_badge(&row, &arena, &record);
		profile_emit(profile, EVENT_conversation_changed,
			     &(struct bridge_conversation_event){
				     .profile = profile_name(profile),
				     .seq = row.seq,
				     .conversation = &record,
			     });
	}
	arena_done(&arena);
}

void
lines_emit_badge(struct profile *profile, int64_t conversation)
{
	profile_badge_changed(profile, conversation);
	profile_status_changed(profile);
}

int
lines_conversation(struct profile *profile, const struct conversation_key *key,
		   int64_t *ret_id)
{
	struct store *store = profile_store(profile);
	int result = profile_check(
		profile, conversations_ensure(store, key->kind, key->jid, ret_id));
	if (result < 0)
		return result;
	result = profile_check(profile, conversations_set_open(store, *ret_id, true));
	return result < 0 ? result : 0;
}
