/*
 * The profile of stored_double.h.
 */
#include "tests/backend/xep/stored_double.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/session/alarm.h"
#include "backend/session/lines.h"
#include "backend/store/contacts.h"
#include "backend/store/conversations.h"
#include "backend/xmpp/ns.h"
#include "backend/xmpp/snippet.h"
#include "bridge/base/mem.h"

/* ---- what the session core has ---- */

const char *
profile_name(const struct profile *profile)
{
	(void)profile;
	return "home";
}

const struct jid *
profile_account(const struct profile *profile)
{
	return &profile->account;
}

bool
profile_is_online(const struct profile *profile)
{
	return !profile->is_offline;
}

struct store *
profile_store(const struct profile *profile)
{
	return profile->bed.store;
}

struct stanza_ctx *
profile_stanzas(const struct profile *profile)
{
	return profile->ctx;
}

bool
profile_option_is_on(const struct profile *profile, const char *name)
{
	return strcmp(name, "receipts") == 0 ? !profile->is_receipts_off
					     : !profile->is_markers_off;
}

void *
profile_state(const struct profile *profile, enum module_id id)
{
	return profile->states[id];
}

void
profile_state_set(struct profile *profile, enum module_id id, void *state)
{
	profile->states[id] = state;
}

int64_t
profile_now_ms(void)
{
	return INT64_C(1700000000123);
}

int
profile_check(struct profile *profile, int result)
{
	(void)profile;
	assert_true(result >= 0);
	return result;
}

void
profile_status_changed(struct profile *profile)
{
	(void)profile;
}

void
profile_badge_changed(struct profile *profile, int64_t conversation)
{
	lines_tell_badge(profile, conversation);
}

void
profile_emit(struct profile *profile, enum bridge_event event, const void *record)
{
	if (event == EVENT_line_changed) {
		const struct bridge_line *line =
			((const struct bridge_line_event *)record)->line;
		buf_printf(&profile->lines, "line %s %s\n", line->body,
			   line->state == line_state_DELIVERED	 ? "delivered"
			   : line->state == line_state_DISPLAYED ? "displayed"
								 : "other");
	} else if (event == EVENT_conversation_changed) {
		const struct bridge_conversation *row =
			((const struct bridge_conversation_event *)record)->conversation;
		buf_printf(&profile->lines, "badge %s %d\n", row->jid, (int)row->unread);
	} else if (event == EVENT_bookmark_changed) {
		const struct bridge_bookmark *row =
			((const struct bridge_bookmark_event *)record)->bookmark;
		buf_printf(&profile->lines, "bookmark-changed %s\n", row->jid);
	}
}

void
profile_send(struct profile *profile, struct stanza *take_stanza)
{
	/* Random ids would make every line another. */
	if (!stanza_is(take_stanza, "iq", NULL))
		stanza_set(take_stanza, "id", "ours");
	buf_add_text(&profile->lines, "send ");
	(void)stanza_write(take_stanza, &profile->lines, SIZE_MAX);
	buf_add_byte(&profile->lines, '\n');
	stanza_free(take_stanza);
}

void
profile_ask_lasting(struct profile *profile, struct stanza *take_iq,
		    const struct module_ask *kind, const char *note)
{
	mem_replace(&profile->note, note);
	profile->kind = kind;
	profile->asked++;
	stanza_set(take_iq, "id", "q");
	profile_send(profile, take_iq);
}

void
profile_receive(struct profile *profile, const struct forwarded *forwarded)
{
	const struct stanza *message = forwarded->message;
	const char *body = stanza_child_text(message, "body", NS_CLIENT);
	buf_printf(&profile->lines, "receive %d %s > %s: %s at %lld\n",
		   (int)forwarded->origin, stanza_from(message), stanza_to(message),
		   body ? body : "-", (long long)forwarded->stamp_ms);
}

struct alarm {
	struct profile *profile;
	uint64_t time_ms;
	alarm_ring *ring;
	void *data;
};

struct alarm *
alarm_set(struct profile *profile, uint64_t ms, alarm_ring *ring, void *data)
{
	assert_null(profile->alarm);
	profile->alarm = mem_alloc(sizeof *profile->alarm);
	*profile->alarm = (struct alarm){profile, profile->now_ms + ms, ring, data};
	return profile->alarm;
}

uint64_t
alarm_now(const struct profile *profile)
{
	return profile->now_ms;
}

void
alarm_stop(struct alarm *alarm)
{
	if (alarm)
		alarm->profile->alarm = NULL;
	free(alarm);
}

/* ---- what tests call ---- */

static int
befriend_job(struct store *store, void *data)
{
	(void)data;
	int result = contacts_set(
		store, &(struct contact){.jid = FRIEND, .subscription = CONTACT_BOTH});
	return result < 0 ? result : 0;
}

struct profile *
stored_new(const struct module *module)
{
	struct profile *profile = mem_alloc(sizeof *profile);
	bed_make(&profile->bed);
	bed_open(&profile->bed);
	profile->ctx = stanza_ctx_new();
	profile->module = module;
	assert_int_equal(jid_parse(ME, &profile->account, NULL), 0);
	assert_int_equal(bed_run(&profile->bed, befriend_job, NULL), 0);
	module_reading.start(profile);
	if (module != &module_reading && module->start)
		module->start(profile);
	return profile;
}

void
stored_free(struct profile *profile)
{
	if (profile->module != &module_reading && profile->module->stop)
		profile->module->stop(profile);
	module_reading.stop(profile);
	bed_done(&profile->bed);
	jid_done(&profile->account);
	buf_done(&profile->lines);
	arena_done(&profile->arena);
	stanza_ctx_free(profile->ctx);
	free(profile->note);
	free(profile);
}

struct addition {
	const char *jid;
	struct message *message;
};

static int
add_job(struct store *store, void *data)
{
	struct addition *addition = data;
	int result = conversations_ensure(store, CONVERSATION_CHAT, addition->jid,
					  &addition->message->conversation);
	return result ? result : messages_add(store, addition->message);
}

int64_t
stored_line(struct profile *profile, const char *jid, const char *id, bool is_outgoing,
	    enum message_state state)
{
	struct message message = {
		.kind = MESSAGE_CHAT,
		.state = state,
		.is_outgoing = is_outgoing,
		.is_markable = !is_outgoing,
		.sent_ms = profile_now_ms(),
		.received_ms = profile_now_ms(),
		.sender = is_outgoing ? ME : jid,
		.wire_id = id,
		.archive_id = arena_printf(&profile->arena, "archive-%s", id),
		.archive_by = ME,
		.body = id,
	};
	struct addition addition = {jid, &message};
	assert_int_equal(bed_run(&profile->bed, add_job, &addition), 0);
	return message.id;
}

struct waiting {
	int64_t id;
	enum message_state state;
};

static int
wait_job(struct store *store, void *data)
{
	const struct waiting *waiting = data;
	int error = messages_send_again(store, waiting->id, false);
	return error ? error
		     : messages_set_state(store, waiting->id, waiting->state, NULL);
}

void
stored_send_again(struct profile *profile, int64_t id, enum message_state state)
{
	struct waiting waiting = {id, state};
	assert_int_equal(bed_run(&profile->bed, wait_job, &waiting), 0);
}

struct message
stored_get(struct profile *profile, int64_t id)
{
	struct message message;
	assert_int_equal(messages_get(profile->bed.store, id, &profile->arena, &message),
			 0);
	return message;
}

static int
read_job(struct store *store, void *data)
{
	struct message *line = data;
	int result = conversations_set_read(store, line->conversation, line->place);
	return result < 0 ? result : 0;
}

int64_t
stored_read(struct profile *profile, int64_t line)
{
	struct message message = stored_get(profile, line);
	assert_int_equal(bed_run(&profile->bed, read_job, &message), 0);
	return message.conversation;
}

int64_t
stored_unread(struct profile *profile, const char *jid)
{
	struct conversation row;
	int64_t id;
	assert_int_equal(
		conversations_find(profile->bed.store, CONVERSATION_CHAT, jid, &id), 0);
	assert_int_equal(conversations_get(profile->bed.store, id, &profile->arena, &row),
			 0);
	return row.unread;
}

struct visit {
	struct profile *profile;
	struct inbound *inbound;
	void (*fn)(struct profile *profile);
	const struct stanza *answer;
	enum module_verdict verdict;
};

static int
message_job(struct store *store, void *data)
{
	struct visit *visit = data;
	(void)store;
	visit->verdict =
		visit->profile->module->on_message(visit->profile, visit->inbound);
	return 0;
}

static struct stanza *
read_text(struct profile *profile, const char *text)
{
	struct stanza *stanza = NULL;
	assert_int_equal(snippet_read(profile->ctx, text, strlen(text), &stanza), 0);
	return stanza;
}

enum module_verdict
stored_message(struct profile *profile, const char *text, enum inbound_origin origin)
{
	struct stanza *message = read_text(profile, text);
	const char *from = stanza_from(message);
	const char *to = stanza_to(message);
	int64_t stamp;
	struct inbound inbound = {
		.stanza = message,
		.origin = origin,
		.body = stanza_child_text(message, "body", NS_CLIENT),
		.archive_id = stanza_get(stanza_child(message, "stanza-id", NS_STANZA_ID),
					 "id"),
		.is_delayed = stanza_delay(message, NULL, &stamp) == 0,
	};
	assert_int_equal(jid_parse(from ? from : ME, &inbound.from, NULL), 0);
	assert_int_equal(jid_parse(to ? to : ME, &inbound.to, NULL), 0);
	inbound.is_own = !strcmp(inbound.from.bare, ME);
	inbound.peer = inbound.is_own ? inbound.to.bare : inbound.from.bare;
	struct visit visit = {.profile = profile, .inbound = &inbound};
	assert_int_equal(bed_run(&profile->bed, message_job, &visit), 0);
	jid_done(&inbound.from);
	jid_done(&inbound.to);
	stanza_free(message);
	return visit.verdict;
}

static int
fn_job(struct store *store, void *data)
{
	struct visit *visit = data;
	(void)store;
	visit->fn(visit->profile);
	return 0;
}

void
stored_job(struct profile *profile, void (*fn)(struct profile *profile))
{
	struct visit visit = {.profile = profile, .fn = fn};
	assert_int_equal(bed_run(&profile->bed, fn_job, &visit), 0);
}

static int
ring_job(struct store *store, void *data)
{
	struct profile *profile = data;
	struct alarm alarm = *profile->alarm;
	(void)store;
	alarm_stop(profile->alarm);
	alarm.ring(profile, alarm.data);
	return 0;
}

void
stored_wait(struct profile *profile, uint64_t ms)
{
	uint64_t end = profile->now_ms + ms;
	while (profile->alarm && profile->alarm->time_ms <= end) {
		profile->now_ms = profile->alarm->time_ms;
		assert_int_equal(bed_run(&profile->bed, ring_job, profile), 0);
	}
	profile->now_ms = end;
}

static int
answer_job(struct store *store, void *data)
{
	struct visit *visit = data;
	struct profile *profile = visit->profile;
	char *note = mem_strdup(profile->note);
	(void)store;
	profile->kind->answer(profile, visit->answer, true, note);
	free(note);
	return 0;
}

void
stored_answer(struct profile *profile, const char *text)
{
	struct stanza *answer = text ? read_text(profile, text) : NULL;
	struct visit visit = {.profile = profile, .answer = answer};
	assert_int_equal(bed_run(&profile->bed, answer_job, &visit), 0);
	stanza_free(answer);
}

char *
stored_lines(struct profile *profile)
{
	return buf_take_text(&profile->lines);
}

void
stored_assert(struct profile *profile, const char *wanted)
{
	char *lines = stored_lines(profile);
	assert_string_equal(lines, wanted);
	free(lines);
}
