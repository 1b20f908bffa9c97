/*
 * Stream management's beginnings: the session that another process left, resuming, what
 * is said again then, and enabling. Repeating goes in portions, each read in a job and
 * given to a stream whose queue is empty; is_flowing begins behind the last one.
 *
 * Some sessions are resumed by a server that then hears nothing in them: Prosody 0.12
 * keeps the half stanza at which the link broke, and takes what follows as the rest of
 * it. Bytes come all the while, so only the question that was not answered tells.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/session/alarm.h"
#include "backend/session/inner.h"
#include "backend/session/sm_inner.h"
#include "backend/store/session_scope.h"
#include "backend/store/sm.h"
#include "backend/store/store.h"
#include "backend/xep/proof.h"
#include "backend/xmpp/ns.h"
#include "backend/xmpp/stanza.h"
#include "backend/xmpp/xmltext.h"
#include "bridge/base/buf.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"

enum {
	SM_ID_MAX = 4096, /* bytes of an id that we keep */
	SM_DEATHS = 2,	  /* at one count: the session is given up */
	SM_PORTION = 50,  /* stanzas that are repeated at once */
	SM_DEAF = 2,	  /* resumes that are unheard: the session is given up */
};

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
			.has_died = deaths > 0,
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
		is_old = sm_boot_ms() - row.alive_ms > (row.max_s + 60) * 1000;
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
	if (!sm_is_current(profile, chore->stream) || !sm->is_resuming)
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
		   (long long)(row.count_in % SM_WRAP));
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
	sm_submit(profile, &(struct chore){.then = send_resume});
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
			unsigned long port = strtoul(colon + 1, NULL, 10);
			*ret_port = port <= UINT16_MAX ? (uint16_t)port : 0;
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

/* ---- whether we are heard ---- */

void
sm_heard(struct profile *profile)
{
	alarm_stop(profile->sm.unheard);
	profile->sm.unheard = NULL;
}

static uint64_t
dead_ms(const struct profile *profile)
{
	return (uint64_t)profile_option_number(profile, "dead_link") * 1000;
}

/* ---- saying again ---- */

struct portion {
	struct profile *profile;
	uint64_t stream;
	struct arena arena;
	struct sm_stanza_list list;
};

static void
lose_deaf(struct profile *profile, struct chore *chore)
{
	if (!sm_is_current(profile, chore->stream))
		return;
	sm_discard(profile, "unheard");
	link_lose(profile, "The server does not answer in the session that was resumed.");
}

static void
on_deaf(struct profile *profile, void *data)
{
	(void)data;
	profile->sm.unheard = NULL;
	sm_submit(profile, &(struct chore){.then = lose_deaf});
}

/* A link may die silently just after a resume, once; and much that is repeated may keep
 * an answer waiting, for some time. */
static void
on_unheard(struct profile *profile, void *data)
{
	struct sm *sm = &profile->sm;
	if (++sm->deaf >= SM_DEAF)
		on_deaf(profile, data);
	else
		sm->unheard = alarm_set(profile, dead_ms(profile) * 3 / 2, on_deaf, NULL);
}

/* Everything was given to the stream. The question at the end has an answer behind all
 * that the server repeats, so nothing of that was deadly. */
static void
flow(struct profile *profile)
{
	profile->sm.is_flowing = true;
	sm_heard(profile);
	profile->sm.unheard = alarm_set(profile, dead_ms(profile) / 2, on_unheard, NULL);
	(void)sm_ask(profile);
	outbox_pump(profile);
}

static void
say_portion(struct portion *portion)
{
	struct profile *profile = portion->profile;
	struct sm *sm = &profile->sm;
	for (size_t i = 0; i < portion->list.count; i++) {
		const struct sm_stanza *stanza = &portion->list.items[i];
		if (stream_send(profile->link.stream, stanza->xml, stanza->len) < 0) {
			/* The server's limits shrank: it would never pass. */
			sm_discard(profile, "limits");
			link_lose(profile, "What waits for the server is too large for "
					   "it now.");
			return;
		}
		sm->out_sent = stanza->number;
		if (stanza->message)
			sm->out_lines = stanza->number;
	}
	/* Nothing else may be said for long, and this link may be dead again. */
	pulse_said(profile);
	if (portion->list.count < SM_PORTION) {
		flow(profile);
		return;
	}
	sm->is_portion_due = true;
	stream_flush(profile->link.stream);
	if (sm_is_current(profile, portion->stream) &&
	    stream_queued(profile->link.stream) == 0)
		sm_drained(profile);
}

static void
portion_read(void *data, int status)
{
	struct portion *portion = data;
	if (status == 0 && sm_is_current(portion->profile, portion->stream))
		say_portion(portion);
	arena_done(&portion->arena);
	profile_release(portion->profile);
	free(portion);
}

/* Inside a job: what is next to be repeated goes out when that is done. */
static int
read_portion(struct profile *profile)
{
	struct portion *portion = mem_alloc(sizeof *portion);
	portion->profile = profile;
	portion->stream = profile->link.generation;
	int result = sm_unacked(profile->store, profile->sm.out_sent, SM_PORTION,
				&portion->arena, &portion->list);
	profile_hold(profile);
	store_on_commit(profile->store, portion_read, portion);
	return result;
}

static int
read_more(struct profile *profile, struct chore *chore)
{
	return sm_is_current(profile, chore->stream) ? read_portion(profile) : 0;
}

void
sm_drained(struct profile *profile)
{
	if (!profile->sm.is_portion_due)
		return;
	profile->sm.is_portion_due = false;
	sm_submit(profile, &(struct chore){.run = read_more});
}

int
sm_resume_session(struct profile *profile)
{
	struct sm *sm = &profile->sm;
	int result = sm_take_acked(profile, sm->acked);
	if (result == 0)
		result = sm_set_live(profile->store, true);
	sm->out_sent = sm->out_lines = sm->acked;
	return result == 0 ? read_portion(profile) : result;
}
void
sm_on_resumed(struct profile *profile, const struct stanza *stanza)
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
	bool is_counted = is_good &&
			  sm_widen(stanza_get(stanza, "h"), row.acked, last, &count) == 0;
	arena_done(&arena);
	sm->is_resuming = false;
	if (is_good && !is_counted) {
		sm_refuse_count(profile, stanza_get(stanza, "h"), last);
		return;
	}
	if (!is_good) {
		sm_discard(profile, "unasked");
		stream_fail(profile->link.stream, "undefined-condition", NULL);
		return;
	}
	log_info("sm", "resumed profile=%s h=%lld again=%lld", profile->name,
		 (long long)count, (long long)(last - count));
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
pump_uncounted(struct profile *profile, struct chore *chore)
{
	if (!sm_is_current(profile, chore->stream))
		return;
	proof_ask(profile);
	outbox_pump(profile);
}

/* The server does not count: what was kept for the count is not, nothing waits, and what
 * was said is proven otherwise. */
static void
go_uncounted(struct profile *profile)
{
	sm_heard(profile);
	profile->sm = (struct sm){.is_refused = true};
	sm_submit(profile,
		  &(struct chore){.run = sm_forget_chore, .then = pump_uncounted});
}

static void
on_no_offer(struct profile *profile, void *data)
{
	(void)data;
	profile->sm.unheard = NULL;
	log_warn("sm", "no answer to enable profile=%s", profile->name);
	go_uncounted(profile);
}

static void
enable_now(void *data, int status)
{
	struct enable *enable = data;
	struct profile *profile = enable->profile;
	if (status == 0 && sm_is_current(profile, enable->stream)) {
		profile->sm.is_enabling = true;
		profile->sm.is_flowing = true;
		sm_heard(profile);
		profile->sm.unheard =
			alarm_set(profile, dead_ms(profile), on_no_offer, NULL);
		sm_send_nonza(profile, "<enable xmlns='" NS_SM "' resume='true'/>");
		outbox_pump(profile);
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
	char *location = chore->text + strcspn(chore->text, "\n");
	if (*location)
		*location++ = '\0';
	read_boot_id(boot_id, sizeof boot_id);
	struct sm_row row = {
		.previd = *chore->text ? chore->text : NULL,
		.location = *location ? location : NULL,
		.max_s = chore->number,
		.boot_id = boot_id,
		.alive_ms = sm_boot_ms(),
	};
	return sm_enabled(profile->store, &row);
}

/* Not without end, and in one line (keep_enabled). */
static bool
is_storable(const char *text)
{
	return strlen(text) <= SM_ID_MAX && !strchr(text, '\n');
}

void
sm_on_enabled(struct profile *profile, const struct stanza *stanza)
{
	struct sm *sm = &profile->sm;
	const char *id = stanza_get(stanza, "id");
	const char *resume = stanza_get(stanza, "resume");
	const char *location = stanza_get(stanza, "location");
	const char *max = stanza_get(stanza, "max");
	if (!sm->is_enabling)
		return;
	sm_heard(profile);
	sm->is_enabling = false;
	sm->is_counting_in = true;
	sm->in_seen = sm->in_done = 0;
	sm->is_resumable = id && *id && is_storable(id) && resume &&
			   (strcmp(resume, "true") == 0 || strcmp(resume, "1") == 0);
	long long seconds = max ? strtoll(max, NULL, 10) : 0;
	bool is_place = location && *location && is_storable(location);
	sm_submit(profile,
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
take_failed_count(struct profile *profile, struct chore *chore)
{
	int result = chore->number > 0 ? sm_take_acked(profile, chore->number) : 0;
	return result < 0 ? result : sm_give_up(profile->store);
}

static void
bind_now(struct profile *profile, struct chore *chore)
{
	if (sm_is_current(profile, chore->stream))
		stream_bind(profile->link.stream);
}

/* <failed/>: in answer to <resume/> it may say how much arrived; the rest is looked for
 * in the archive. */
void
sm_on_failed(struct profile *profile, const struct stanza *stanza)
{
	struct sm *sm = &profile->sm;
	int64_t last = 0;
	int64_t count = 0;
	if (sm->is_enabling) {
		go_uncounted(profile);
		return;
	}
	if (!sm->is_resuming)
		return;
	if (sm_last_number(profile->store, &last) < 0 ||
	    sm_widen(stanza_get(stanza, "h"), sm->acked, last, &count) < 0)
		count = 0;
	log_info("sm", "not resumed profile=%s h=%lld", profile->name, (long long)count);
	sm->is_resuming = false;
	sm->is_resumable = false;
	sm->is_counting = false;
	sm_submit(profile, &(struct chore){.run = take_failed_count,
					   .then = bind_now,
					   .number = count});
}
