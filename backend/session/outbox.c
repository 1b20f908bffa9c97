/*
 * The outbox: own lines that are stored and not yet sent, oldest first; those that waited
 * too long are put aside. A pump is a job
 * that reads the next few, builds their stanzas and marks them sent; the stanzas leave
 * when that is durable. One pump at a time, so lines keep their order.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend/net/stream.h"
#include "backend/session/inner.h"
#include "backend/session/lines.h"
#include "backend/store/conversations.h"
#include "backend/store/gaps.h"
#include "backend/store/messages.h"
#include "backend/store/store.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/buf.h"
#include "bridge/base/mem.h"

enum {
	OUTBOX_BATCH = 50,
	OUTBOX_STREAM_MAX = 1024 * 1024,
	OUTBOX_ROOM = 1024, /* for what modules add to a message */
};

static struct stanza *
build(struct profile *profile, const struct conversation *row,
      const struct message *message)
{
	bool is_room = row->kind == CONVERSATION_ROOM;
	struct stanza *stanza =
		stanza_message(profile_stanzas(profile), is_room ? "groupchat" : "chat",
			       row->jid, message->wire_id);
	if (row->kind == CONVERSATION_PRIVATE)
		stanza_add(stanza, "x", NS_MUC_USER); /* XEP-0045 section 7.5 */
	stanza_add_with_text(stanza, "body", NULL, message->body);
	struct stanza *origin = stanza_add(stanza, "origin-id", NS_STANZA_ID);
	stanza_set(origin, "id", message->origin_id);
	if (profile_now_ms() - message->sent_ms > 60 * 1000)
		stanza_add_delay(stanza, profile->account.bare, message->sent_ms);
	return stanza;
}

/* Whether STANZA, with what modules will add to it, is within the server's limit. */
static bool
fits(const struct profile *profile, const struct stanza *stanza)
{
	const struct stream_features *features = profile_features(profile);
	size_t limit = STANZA_SEND_MAX;
	if (features && features->max_bytes && features->max_bytes < limit)
		limit = features->max_bytes;
	struct buf xml = {0};
	bool is_fit = limit > OUTBOX_ROOM &&
		      stanza_write(stanza, &xml, limit - OUTBOX_ROOM) == 0;
	buf_done(&xml);
	return is_fit;
}

static int
fail_one(struct profile *profile, const struct message *message)
{
	int set = messages_set_state(profile->store, message->id, MESSAGE_FAILED,
				     "The server takes no message of this length.");
	if (set < 0)
		return set;
	lines_emit(profile, message->id, false, NULL);
	lines_emit_badge(profile, message->conversation);
	return 0;
}

/* Whether MESSAGE waited so long that whoever wrote it has to be asked. */
static bool
is_stale(const struct profile *profile, const struct message *message)
{
	int64_t hours = options_number(&profile->options, OPTION_ASK_AFTER);
	return hours > 0 &&
	       profile_now_ms() - message->received_ms > hours * 60 * 60 * 1000;
}

static int
hold_one(struct profile *profile, const struct message *message)
{
	int set = messages_set_state(profile->store, message->id, MESSAGE_HELD, NULL);
	if (set < 0)
		return set;
	lines_emit(profile, message->id, false, NULL);
	lines_emit_badge(profile, message->conversation);
	return 0;
}

/* What the archive is known to hold now: if MESSAGE's fate is ever open, it is looked for
 * behind that. And its place is behind what came while it waited. */
static int
settle_place(struct profile *profile, const struct message *message, struct arena *arena)
{
	struct archive_position position = {0};
	const char *archive = profile->account.bare;
	int found = archives_get(profile->store, archive, arena, &position);
	if (found < 0 && found != -ENOENT)
		return found;
	if (position.newest_id) {
		int set = messages_set_mark(profile->store, message->id,
					    position.newest_id);
		if (set < 0)
			return set;
	}
	int moved = messages_move_to_end(profile->store, message->id);
	return moved < 0 ? moved : 0;
}

static int
send_one(struct profile *profile, const struct message *message, struct arena *arena)
{
	struct conversation row;
	int found = conversations_get(profile->store, message->conversation, arena, &row);
	if (found == 0)
		found = settle_place(profile, message, arena);
	if (found < 0)
		return found;
	struct stanza *stanza = build(profile, &row, message);
	if (!fits(profile, stanza)) {
		stanza_free(stanza);
		return fail_one(profile, message);
	}
	int set = messages_set_state(profile->store, message->id, MESSAGE_SENT, NULL);
	if (set < 0) {
		stanza_free(stanza);
		return set;
	}
	speak_line(profile, stanza, message->id);
	lines_emit(profile, message->id, false, NULL);
	return 0;
}

static void
tell_held(struct profile *profile, int count)
{
	char *text = mem_printf("%d of your lines waited too long to be sent without "
				"asking: /retry sends, /cancel takes back.",
				count);
	profile_emit(
		profile, EVENT_notice,
		&(struct bridge_notice_event){.profile = profile->name, .text = text});
	free(text);
}

static int
pump_job(struct store *store, void *data)
{
	struct profile *profile = data;
	struct message_list list = {0};
	struct arena arena = {0};
	int held = 0;
	profile->job_error = 0;
	if (!profile_is_online(profile) || profile->outbox.is_held)
		return 0;
	int result =
		messages_waiting(store, MESSAGE_QUEUED, 0, OUTBOX_BATCH, &arena, &list);
	for (size_t i = 0; result == 0 && i < list.count; i++) {
		bool is_old = is_stale(profile, &list.items[i]);
		held += is_old ? 1 : 0;
		result = is_old ? hold_one(profile, &list.items[i])
				: send_one(profile, &list.items[i], &arena);
	}
	if (held > 0)
		tell_held(profile, held);
	profile->outbox.is_pumping = result == 0 && list.count == OUTBOX_BATCH;
	arena_done(&arena);
	return result < 0 ? result : profile->job_error;
}

static void
pump_done(void *data, int status)
{
	struct profile *profile = data;
	bool is_more = status == 0 && profile->outbox.is_pumping;
	profile->outbox.is_pumping = false;
	/* What waits is tried again by the next connection, when there may be room. */
	if (status < 0 && status != -ESHUTDOWN)
		link_lose_storage(profile, status);
	if (is_more)
		outbox_pump(profile);
	profile_release(profile);
}

void
outbox_pump(struct profile *profile)
{
	if (profile->outbox.is_pumping || profile->outbox.is_held ||
	    !profile_is_online(profile) || sm_is_full(profile) ||
	    stream_queued(profile->link.stream) > OUTBOX_STREAM_MAX)
		return;
	profile->outbox.is_pumping = true;
	profile_hold(profile);
	if (store_submit(profile->store, pump_job, pump_done, profile) < 0)
		pump_done(profile, -ESHUTDOWN);
}

static void
wake(void *data, int status)
{
	struct profile *profile = data;
	if (status == 0) {
		link_stored(profile);
		outbox_pump(profile);
	}
	profile_release(profile);
}

void
outbox_wake(struct profile *profile)
{
	profile_hold(profile);
	store_on_commit(profile->store, wake, profile);
}

void
outbox_hold(struct profile *profile)
{
	profile->outbox.is_held = true;
}

void
outbox_release(struct profile *profile)
{
	profile->outbox.is_held = false;
	outbox_pump(profile);
}

bool
outbox_is_held(const struct profile *profile)
{
	return profile->outbox.is_held;
}
