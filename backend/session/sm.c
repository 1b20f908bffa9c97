/*
 * The nonzas of XEP-0198 and the counts of sm.h. Invariant: is_flowing is only true while
 * everything in the queue of the store was given to the present stream; so whatever is
 * committed while it is false is sent by the next resume, once and in order.
 */
#include "backend/session/sm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend/session/inner.h"
#include "backend/session/lines.h"
#include "backend/session/process.h"
#include "backend/store/messages.h"
#include "backend/store/session_scope.h"
#include "backend/store/sm.h"
#include "backend/store/store.h"
#include "backend/xmpp/ns.h"
#include "backend/xmpp/stanza.h"
#include "backend/xmpp/xmltext.h"
#include "bridge/base/buf.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"

enum {
	SM_ID_MAX = 4096,   /* bytes of an id that we keep */
	SM_ASK_EVERY = 25,  /* stanzas without a line before we ask */
	SM_IN_FLIGHT = 500, /* stanzas unacknowledged before lines wait */
	SM_DEATHS = 2,	    /* at one count: the session is given up */
	SM_REPEAT_MAX = 100000,
};

/* The counts on the wire go modulo this. */
static const int64_t sm_wrap = INT64_C(1) << 32;

static int64_t
boot_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Which boot boot_ms counts in; "" where the kernel does not say. */
static void
read_boot_id(char *text, size_t size)
{
	text[0] = '\0';
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
	if (!file)
		return;
	if (fgets(text, (int)size, file))
		text[strcspn(text, "\n")] = '\0';
	else
		text[0] = '\0';
	(void)fclose(file);
}

static void
send_nonza(struct profile *profile, const char *xml)
{
	if (profile->link.stream)
		(void)stream_send(profile->link.stream, xml, strlen(xml));
}

/* ---- work in jobs that nobody answers ---- */

struct chore {
	struct profile *profile;
	uint64_t stream; /* the generation of the stream it belongs to */
	int (*run)(struct profile *profile, struct chore *chore);   /* may be NULL */
	void (*then)(struct profile *profile, struct chore *chore); /* durable; or NULL */
	int64_t number;
	char *text;
};

static int
chore_job(struct store *store, void *data)
{
	struct chore *chore = data;
	struct profile *profile = chore->profile;
	(void)store;
	profile->job_error = 0;
	int result = chore->run ? chore->run(profile, chore) : 0;
	return result < 0 ? result : profile->job_error;
}

static void
chore_done(void *data, int status)
{
	struct chore *chore = data;
	struct profile *profile = chore->profile;
	if (status < 0 && status != -ESHUTDOWN)
		link_lose(profile, store_sentence(status));
	else if (status == 0 && chore->then)
		chore->then(profile, chore);
	free(chore->text);
	free(chore);
	profile_release(profile);
}

/* Runs a copy of CHORE in a job; its text is taken over. */
static void
submit(struct profile *profile, const struct chore *chore)
{
	struct chore *row = mem_alloc(sizeof *row);
	*row = *chore;
	row->profile = profile;
	row->stream = profile->link.generation;
	profile_hold(profile);
	if (!profile->store ||
	    store_submit(profile->store, chore_job, chore_done, row) < 0)
		chore_done(row, -ESHUTDOWN);
}

static bool
is_current(const struct profile *profile, uint64_t generation)
{
	return profile->link.stream && profile->link.generation == generation;
}

/* ---- the session of another process ---- */

int
sm_recall(struct profile *profile)
{
	struct store *store = profile->store;
	struct sm *sm = &profile->sm;
	struct arena arena = {0};
	struct sm_row row;
	int64_t deaths = 0;
	int result = sm_load(store, &arena, &row);
	if (result == 0 && row.is_live)
		result = sm_add_death(store, &deaths);
	if (result == 0 && row.previd && deaths >= SM_DEATHS) {
		log_warn("sm", "given up profile=%s deaths=%lld", profile->name,
			 (long long)deaths);
		result = sm_give_up(store);
		row.previd = NULL;
	}
	if (result == 0 && row.previd) {
		*sm = (struct sm){
			.is_counting = true,
			.is_resumable = true,
			.in_seen = row.count_in,
			.in_done = row.count_in,
			.acked = row.acked,
		};
		(void)jid_parse(row.full_jid, &profile->link.bound, NULL);
		profile->has_session = true;
		ask_recall(profile);
	} else if (result == 0 || result == -ENOENT) {
		result = session_scope_clear(store);
	}
	arena_done(&arena);
	return result;
}

/* ---- resuming ---- */

/* Whether the server may still have it. Its own clock began when it lost us, so this
 * errs on the side of trying. */
static bool
is_young(struct profile *profile)
{
	char boot_id[64];
	struct arena arena = {0};
	struct sm_row row = {0};
	bool is_old = sm_load(profile->store, &arena, &row) < 0 || !row.previd;
	read_boot_id(boot_id, sizeof boot_id);
	if (!is_old && row.max_s > 0 && row.boot_id && strcmp(row.boot_id, boot_id) == 0)
		is_old = boot_ms() - row.alive_ms > (row.max_s + 60) * 1000;
	arena_done(&arena);
	return !is_old;
}

static void
send_resume(struct profile *profile, struct chore *chore)
{
	struct sm *sm = &profile->sm;
	struct arena arena = {0};
	struct sm_row row;
	struct buf xml = {0};
	if (!is_current(profile, chore->stream) || !sm->is_resuming)
		return;
	if (sm_load(profile->store, &arena, &row) < 0 || !row.previd) {
		sm->is_resuming = false;
		stream_bind(profile->link.stream);
		arena_done(&arena);
		return;
	}
	/* Everything that the last stream brought is stored now, or never will be. */
	sm->in_done = sm->in_seen = row.count_in;
	sm->acked = row.acked;
	sm->is_broken = false;
	buf_printf(&xml, "<resume xmlns='" NS_SM "' h='%lld' previd='",
		   (long long)(row.count_in % sm_wrap));
	xmltext_escape_attribute(&xml, row.previd);
	buf_add_text(&xml, "'/>");
	(void)stream_send(profile->link.stream, (const char *)xml.data, xml.len);
	buf_done(&xml);
	arena_done(&arena);
}

enum stream_next
sm_before_bind(struct profile *profile, const struct stream_features *features)
{
	struct sm *sm = &profile->sm;
	sm->is_resuming = false;
	sm->is_counting_in = false;
	if (!sm->is_resumable || !features->has_sm || !is_young(profile))
		return STREAM_DO_BIND;
	sm->is_resuming = true;
	submit(profile, &(struct chore){.then = send_resume});
	return STREAM_WAIT;
}

char *
sm_location(struct profile *profile, uint16_t *ret_port)
{
	struct arena arena = {0};
	struct sm_row row;
	char *host = NULL;
	if (profile->sm.is_resumable && !profile->sm.is_place_bad &&
	    sm_load(profile->store, &arena, &row) == 0 && row.location) {
		host = mem_strdup(row.location);
		char *colon = strrchr(host, ':');
		char *bracket = strchr(host, ']');
		bool is_bare_ipv6 = *host != '[' && strchr(host, ':') != colon;
		*ret_port = 0;
		if (colon && !is_bare_ipv6 && (!bracket || colon > bracket)) {
			*ret_port = (uint16_t)strtoul(colon + 1, NULL, 10);
			*colon = '\0';
		}
		if (*host == '[' && bracket) {
			*bracket = '\0';
			memmove(host, host + 1, strlen(host));
		}
	}
	arena_done(&arena);
	return host;
}

struct repeat {
	struct profile *profile;
	uint64_t stream;
	struct arena arena;
	struct sm_stanza_list list;
};

static void
repeat_now(void *data, int status)
{
	struct repeat *repeat = data;
	struct profile *profile = repeat->profile;
	struct sm *sm = &profile->sm;
	if (status == 0 && is_current(profile, repeat->stream)) {
		sm->is_flowing = true;
		sm->out_sent = sm->acked;
		for (size_t i = 0; i < repeat->list.count; i++) {
			const struct sm_stanza *stanza = &repeat->list.items[i];
			if (stream_send(profile->link.stream, stanza->xml, stanza->len) <
			    0) {
				link_lose(profile, "Too much waits to be sent again.");
				break;
			}
			sm->out_sent = stanza->number;
			if (stanza->message)
				sm->out_lines = stanza->number;
		}
		if (repeat->list.count > 0)
			(void)sm_ask(profile);
	}
	arena_done(&repeat->arena);
	free(repeat);
	profile_release(profile);
}

static int
take_acked(struct profile *profile, int64_t number)
{
	struct arena arena = {0};
	int64_t *ids = NULL;
	size_t count = 0;
	int result = sm_ack(profile->store, number, &arena, &ids, &count);
	for (size_t i = 0; result == 0 && i < count; i++) {
		int raised = messages_raise_state(profile->store, ids[i], MESSAGE_ACKED);
		if (raised > 0)
			lines_emit(profile, ids[i], false, NULL);
		else if (raised < 0 && raised != -ENOENT)
			result = raised;
	}
	arena_done(&arena);
	return result;
}

int
sm_resume_session(struct profile *profile)
{
	struct repeat *repeat = mem_alloc(sizeof *repeat);
	int result = take_acked(profile, profile->sm.acked);
	repeat->profile = profile;
	repeat->stream = profile->link.generation;
	if (result == 0)
		result = sm_set_live(profile->store, true);
	if (result == 0)
		result = sm_unacked(profile->store, profile->sm.acked, SM_REPEAT_MAX,
				    &repeat->arena, &repeat->list);
	profile_hold(profile);
	store_on_commit(profile->store, repeat_now, repeat);
	return result;
}

static void
discard(struct profile *profile, const char *why)
{
	log_warn("sm", "discarded profile=%s why=%s", profile->name, why);
	sm_end_session(profile);
}

/* The wide count of which H is the wire's, not below ACKED; -EINVAL if it is above LAST
 * or no number. */
static int
widen(const char *h, int64_t acked, int64_t last, int64_t *ret_count)
{
	char *end = NULL;
	errno = 0;
	unsigned long long number =
		h && *h >= '0' && *h <= '9' ? strtoull(h, &end, 10) : 0;
	if (!end || *end || errno || number >= (unsigned long long)sm_wrap)
		return -EINVAL;
	int64_t count = acked + (((int64_t)number - acked % sm_wrap) + sm_wrap) % sm_wrap;
	if (count > last)
		return -EINVAL;
	*ret_count = count;
	return 0;
}

static void
on_resumed(struct profile *profile, const struct stanza *stanza)
{
	struct sm *sm = &profile->sm;
	struct arena arena = {0};
	struct sm_row row = {0};
	int64_t last = 0;
	int64_t count = 0;
	const char *previd = stanza_get(stanza, "previd");
	bool is_good = sm->is_resuming && sm_load(profile->store, &arena, &row) == 0 &&
		       row.previd && previd && strcmp(previd, row.previd) == 0 &&
		       sm_last_number(profile->store, &last) == 0;
	bool is_counted =
		is_good && widen(stanza_get(stanza, "h"), row.acked, last, &count) == 0;
	arena_done(&arena);
	if (!is_counted) {
		sm->is_resuming = false;
		discard(profile, is_good ? "count" : "unasked");
		stream_fail(profile->link.stream, "undefined-condition",
			    is_good ? "<handled-count-too-high xmlns='" NS_SM "'/>"
				    : NULL);
		return;
	}
	log_info("sm", "resumed profile=%s h=%lld again=%lld", profile->name,
		 (long long)count, (long long)(last - count));
	sm->is_resuming = false;
	sm->is_counting_in = true;
	sm->is_flowing = false;
	sm->has_asked = false;
	sm->is_place_bad = false;
	sm->acked = count;
	link_resumed(profile);
}

/* ---- enabling ---- */

struct enable {
	struct profile *profile;
	uint64_t stream;
};

static void
enable_now(void *data, int status)
{
	struct enable *enable = data;
	struct profile *profile = enable->profile;
	if (status == 0 && is_current(profile, enable->stream)) {
		profile->sm.is_enabling = true;
		profile->sm.is_flowing = true;
		send_nonza(profile, "<enable xmlns='" NS_SM "' resume='true'/>");
	}
	free(enable);
	profile_release(profile);
}

int
sm_begin_session(struct profile *profile)
{
	const struct stream_features *features = profile->link.features;
	profile->sm = (struct sm){0};
	int result = session_scope_clear(profile->store);
	if (result < 0)
		return result;
	if (!features || !features->has_sm)
		return sm_forget(profile->store);
	result = sm_begin(profile->store, profile->link.full.full);
	if (result < 0)
		return result;
	struct enable *enable = mem_alloc(sizeof *enable);
	*enable = (struct enable){profile, profile->link.generation};
	profile->sm.is_counting = true;
	profile_hold(profile);
	store_on_commit(profile->store, enable_now, enable);
	return 0;
}

static int
keep_enabled(struct profile *profile, struct chore *chore)
{
	char boot_id[64];
	char *location = strchr(chore->text, '\n');
	*location++ = '\0';
	read_boot_id(boot_id, sizeof boot_id);
	struct sm_row row = {
		.previd = *chore->text ? chore->text : NULL,
		.location = *location ? location : NULL,
		.max_s = chore->number,
		.boot_id = boot_id,
		.alive_ms = boot_ms(),
	};
	return sm_enabled(profile->store, &row);
}

static void
on_enabled(struct profile *profile, const struct stanza *stanza)
{
	struct sm *sm = &profile->sm;
	const char *id = stanza_get(stanza, "id");
	const char *resume = stanza_get(stanza, "resume");
	const char *location = stanza_get(stanza, "location");
	const char *max = stanza_get(stanza, "max");
	if (!sm->is_enabling)
		return;
	sm->is_enabling = false;
	sm->is_counting_in = true;
	sm->in_seen = sm->in_done = 0;
	sm->is_resumable = id && *id && strlen(id) <= SM_ID_MAX && resume &&
			   (strcmp(resume, "true") == 0 || strcmp(resume, "1") == 0);
	long long seconds = max ? strtoll(max, NULL, 10) : 0;
	bool is_place = location && *location && strlen(location) <= SM_ID_MAX;
	submit(profile,
	       &(struct chore){
		       .run = keep_enabled,
		       .number = seconds > 0 && seconds < INT32_MAX ? seconds : 0,
		       .text = mem_printf("%s\n%s", sm->is_resumable ? id : "",
					  is_place ? location : ""),
	       });
	if (sm->out_lines > sm->acked)
		(void)sm_ask(profile);
}

static int
forget(struct profile *profile, struct chore *chore)
{
	(void)chore;
	return sm_forget(profile->store);
}

static int
take_failed_count(struct profile *profile, struct chore *chore)
{
	int result = chore->number > 0 ? take_acked(profile, chore->number) : 0;
	return result < 0 ? result : sm_give_up(profile->store);
}

static void
bind_now(struct profile *profile, struct chore *chore)
{
	if (is_current(profile, chore->stream))
		stream_bind(profile->link.stream);
}

/* <failed/>: in answer to <resume/> it may say how much arrived; the rest is looked for
 * in the archive. */
static void
on_failed(struct profile *profile, const struct stanza *stanza)
{
	struct sm *sm = &profile->sm;
	int64_t last = 0;
	int64_t count = 0;
	if (sm->is_enabling) {
		*sm = (struct sm){0};
		submit(profile, &(struct chore){.run = forget});
		return;
	}
	if (!sm->is_resuming)
		return;
	if (sm_last_number(profile->store, &last) < 0 ||
	    widen(stanza_get(stanza, "h"), sm->acked, last, &count) < 0)
		count = 0;
	log_info("sm", "not resumed profile=%s h=%lld", profile->name, (long long)count);
	sm->is_resuming = false;
	sm->is_resumable = false;
	sm->is_counting = false;
	submit(profile, &(struct chore){.run = take_failed_count,
					.then = bind_now,
					.number = count});
}

/* ---- acknowledging ---- */

static void
answer_now(struct profile *profile, struct chore *chore)
{
	char xml[96];
	if (!is_current(profile, chore->stream) || !profile->sm.is_counting_in)
		return;
	(void)snprintf(xml, sizeof xml, "<a xmlns='" NS_SM "' h='%lld'/>",
		       (long long)(profile->sm.in_done % sm_wrap));
	send_nonza(profile, xml);
}

static void
on_request(struct profile *profile, const struct stanza *stanza)
{
	(void)stanza;
	if (profile->sm.is_counting_in)
		submit(profile, &(struct chore){.then = answer_now});
}

static int
keep_acked(struct profile *profile, struct chore *chore)
{
	return take_acked(profile, chore->number);
}

static void
pump_again(struct profile *profile, struct chore *chore)
{
	(void)chore;
	outbox_pump(profile);
}

static void
on_answer(struct profile *profile, const struct stanza *stanza)
{
	struct sm *sm = &profile->sm;
	int64_t count = 0;
	if (!sm->is_counting || !sm->is_flowing)
		return;
	if (widen(stanza_get(stanza, "h"), sm->acked, sm->out_sent, &count) < 0) {
		char *extra = mem_printf("<handled-count-too-high xmlns='" NS_SM
					 "' send-count='%lld'/>",
					 (long long)(sm->out_sent % sm_wrap));
		discard(profile, "count");
		stream_fail(profile->link.stream, "undefined-condition", extra);
		free(extra);
		return;
	}
	bool was_full = sm_is_full(profile);
	sm->has_asked = false;
	if (count > sm->acked) {
		sm->acked = count;
		submit(profile, &(struct chore){.run = keep_acked,
						.then = was_full ? pump_again : NULL,
						.number = count});
	}
	if (sm->out_lines > sm->acked && sm->asked_at < sm->out_lines)
		(void)sm_ask(profile);
}

bool
sm_ask(struct profile *profile)
{
	struct sm *sm = &profile->sm;
	if (!sm->is_counting || !sm->is_flowing || sm->is_enabling)
		return false;
	sm->has_asked = true;
	sm->asked_at = sm->out_sent;
	send_nonza(profile, "<r xmlns='" NS_SM "'/>");
	return true;
}

void
sm_said(struct profile *profile, int64_t number, bool is_line)
{
	struct sm *sm = &profile->sm;
	sm->out_sent = number;
	if (is_line)
		sm->out_lines = number;
	if (!sm->has_asked && (is_line || number - sm->asked_at >= SM_ASK_EVERY))
		(void)sm_ask(profile);
}

bool
sm_is_full(const struct profile *profile)
{
	const struct sm *sm = &profile->sm;
	return sm->is_counting && sm->out_sent - sm->acked > SM_IN_FLIGHT;
}

bool
sm_take(struct profile *profile, const struct stanza *stanza)
{
	static const struct {
		const char *name;
		void (*take)(struct profile *profile, const struct stanza *stanza);
	} rows[] = {
		{"r", on_request},	 {"a", on_answer},	{"enabled", on_enabled},
		{"resumed", on_resumed}, {"failed", on_failed},
	};
	if (!stanza_is(stanza, NULL, NS_SM))
		return false;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (stanza_is(stanza, rows[i].name, NS_SM)) {
			rows[i].take(profile, stanza);
			break;
		}
	}
	return true;
}

/* ---- what arrives and what is said ---- */

bool
sm_may_arrive(const struct profile *profile)
{
	return !profile->sm.is_resuming;
}

int64_t
sm_arrived(struct profile *profile)
{
	return profile->sm.is_counting_in ? ++profile->sm.in_seen : 0;
}

bool
sm_is_barred(const struct profile *profile, int64_t number)
{
	return number > 0 && profile->sm.is_broken;
}

int
sm_stored(struct profile *profile, int64_t number, int result)
{
	if (number == 0)
		return result;
	if (result == 0)
		result = sm_count_in(profile->store, number, boot_ms());
	if (result < 0)
		profile->sm.is_broken = true;
	return result;
}

void
sm_committed(struct profile *profile, int64_t number)
{
	if (number > profile->sm.in_done)
		profile->sm.in_done = number;
}

int64_t
sm_keep(struct profile *profile, const void *xml, size_t len, int64_t message)
{
	int64_t number = 0;
	int result = profile_check(profile,
				   sm_queue(profile->store, xml, len, message, &number));
	return result < 0 ? result : number;
}

/* ---- the end of streams and sessions ---- */

/* Ends that may be the fault of a stanza. */
static bool
is_bad_end(enum stream_fault fault)
{
	return fault == STREAM_REMOTE_ERROR || fault == STREAM_XML ||
	       fault == STREAM_PROTOCOL || fault == STREAM_NOT_AUTHORIZED;
}

/* A stanza at the head of the queue at two stream errors is what the server cannot take:
 * its line fails, and the session with it, since the numbers behind it hang on it. */
static int
blame_first(struct profile *profile, const char *condition, bool *ret_is_poison)
{
	struct arena arena = {0};
	struct sm_stanza_list list = {0};
	int result = sm_unacked(profile->store, profile->sm.acked, 1, &arena, &list);
	if (result == 0 && list.count > 0) {
		*ret_is_poison = list.items[0].errors > 0;
		result = sm_add_error(profile->store, list.items[0].number);
		if (result == 0 && *ret_is_poison && list.items[0].message)
			result = messages_set_state(profile->store, list.items[0].message,
						    MESSAGE_FAILED, condition);
		if (result == 0 && *ret_is_poison && list.items[0].message)
			lines_emit(profile, list.items[0].message, false, NULL);
		if (result == -ENOENT)
			result = 0;
	}
	arena_done(&arena);
	return result;
}

static int
note_bad_end(struct profile *profile, struct chore *chore)
{
	int64_t deaths = 0;
	bool is_poison = false;
	int result = sm_add_death(profile->store, &deaths);
	if (result == 0 && chore->text)
		result = blame_first(profile, chore->text, &is_poison);
	if (result < 0 || (deaths < SM_DEATHS && !is_poison))
		return result;
	profile->sm.is_resumable = false;
	profile->sm.is_counting = false;
	return sm_give_up(profile->store);
}

static int
note_end(struct profile *profile, struct chore *chore)
{
	(void)chore;
	return sm_set_live(profile->store, false);
}

bool
sm_stream_ended(struct profile *profile, enum stream_fault fault, const char *condition)
{
	struct sm *sm = &profile->sm;
	sm->is_flowing = sm->is_counting_in = sm->is_resuming = sm->is_enabling = false;
	sm->has_asked = false;
	if (fault == STREAM_CLOSED || fault == STREAM_CONFLICT)
		sm->is_resumable = false;
	if (!sm->is_resumable) {
		if (sm->is_counting)
			sm_end_session(profile);
		return false;
	}
	if (is_bad_end(fault))
		submit(profile,
		       &(struct chore){
			       .run = note_bad_end,
			       .text = fault == STREAM_REMOTE_ERROR && condition
					       ? mem_printf("The server refused it: %s",
							    condition)
					       : NULL});
	else
		submit(profile, &(struct chore){.run = note_end});
	return true;
}

void
sm_end_session(struct profile *profile)
{
	profile->sm = (struct sm){0};
	submit(profile, &(struct chore){.run = forget});
}
