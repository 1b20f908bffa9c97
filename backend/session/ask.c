/*
 * Open iqs of ours: a table by id, each with the address it was sent to and a deadline.
 * An answer counts only if both match, so nobody can answer for another (RFC 6120 section
 * 8.2.3). One timer stands on the earliest deadline.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "backend/session/inner.h"
#include "backend/session/process.h"
#include "backend/store/session_scope.h"
#include "backend/store/store.h"
#include "bridge/base/mem.h"

enum { ASK_PATIENCE_MS = 60 * 1000 };

struct ask {
	UT_hash_handle hh;
	char id[STANZA_ID_SIZE];
	char *to;	 /* prepared; NULL: our own server, for our account */
	int row_level;	 /* as in struct module_ask */
	bool is_lasting; /* it is in the store as well; DATA is its note, and ours */
	uint64_t deadline;
	profile_answer *answer;
	void *data;
};

static uint64_t
patience(const struct profile *profile)
{
	return ASK_PATIENCE_MS / profile->process->hurry;
}

static void
ask_free(struct ask *ask)
{
	if (ask->is_lasting)
		free(ask->data);
	free(ask->to);
	free(ask);
}

/* An answer from nobody, our bare JID or our domain counts as our server's. */
static bool
is_own_server(struct profile *profile, const char *from)
{
	return !from || jid_is_same(from, profile->account.bare) ||
	       jid_is_same(from, profile->account.domain) ||
	       (profile->link.full.full && jid_is_same(from, profile->link.full.full));
}

static struct ask *
find(struct profile *profile, const char *id, const char *from)
{
	struct ask *ask = NULL;
	if (id)
		HASH_FIND_STR(profile->asks, id, ask);
	if (!ask)
		return NULL;
	/* Nobody is our own account (RFC 6120 section 8.1.2.1). */
	const char *sender = from ? from : profile->account.bare;
	bool is_match =
		ask->to ? jid_is_same(sender, ask->to) : is_own_server(profile, from);
	return is_match ? ask : NULL;
}

int
ask_row_level(struct profile *profile, const char *id, const char *from)
{
	struct ask *ask = find(profile, id, from);
	return ask ? ask->row_level : 0;
}

/* Gives the answer (NULL: none) to whoever asked, and forgets the question. In a job. */
static void
settle(struct profile *profile, struct ask *ask, const struct stanza *answer)
{
	if (ask->is_lasting)
		(void)profile_check(profile, session_ask_remove(profile->store, ask->id));
	ask->answer(profile, answer, true, ask->data);
	ask_free(ask);
}

/* A batch of questions that get no answer, on its way into a job. */
struct silence {
	struct profile *profile;
	struct ask *asks;
};

static int
silence_job(struct store *store, void *data)
{
	struct silence *silence = data;
	(void)store;
	silence->profile->job_error = 0;
	struct ask *ask, *next;
	HASH_ITER (hh, silence->asks, ask, next) {
		HASH_DEL(silence->asks, ask);
		settle(silence->profile, ask, NULL);
	}
	return silence->profile->job_error;
}

/* Without a job: whoever asked only has to be told, there is nothing to store. */
static void
answer_nothing(struct profile *profile, struct ask *asks)
{
	struct ask *ask, *next;
	HASH_ITER (hh, asks, ask, next) {
		HASH_DEL(asks, ask);
		ask->answer(profile, NULL, true, ask->data);
		ask_free(ask);
	}
}

static void
silence_done(void *data, int status)
{
	struct silence *silence = data;
	(void)status;
	/* Those are left where the store could not even begin the job. */
	answer_nothing(silence->profile, silence->asks);
	profile_release(silence->profile);
	free(silence);
}

/* Whether the answer may still come with a session that is to be resumed. */
static bool
may_come(const struct profile *profile, const struct ask *ask)
{
	return ask->is_lasting && !profile_is_online(profile);
}

/* Moves every question that is due at NOW into a job that answers it with NULL. */
static void
fail_due(struct profile *profile, uint64_t now)
{
	struct silence *silence = mem_alloc(sizeof *silence);
	silence->profile = profile;
	struct ask *ask, *next;
	HASH_ITER (hh, profile->asks, ask, next) {
		if (now != UINT64_MAX && (ask->deadline > now || may_come(profile, ask)))
			continue;
		HASH_DEL(profile->asks, ask);
		HASH_ADD_STR(silence->asks, id, ask);
	}
	if (!silence->asks) {
		free(silence);
		return;
	}
	profile_hold(profile);
	if (store_submit(profile->store, silence_job, silence_done, silence) < 0)
		silence_done(silence, 0);
}

static void on_timer(uv_timer_t *timer);

static void
set_timer(struct profile *profile)
{
	uint64_t earliest = UINT64_MAX;
	struct ask *ask, *next;
	HASH_ITER (hh, profile->asks, ask, next) {
		if (ask->deadline < earliest && !may_come(profile, ask))
			earliest = ask->deadline;
	}
	if (earliest == UINT64_MAX) {
		uv_timer_stop(&profile->ask_timer);
		return;
	}
	uint64_t now = uv_now(profile->process->loop);
	uv_timer_start(&profile->ask_timer, on_timer, earliest > now ? earliest - now : 0,
		       0);
}

static void
on_timer(uv_timer_t *timer)
{
	struct profile *profile = timer->data;
	fail_due(profile, uv_now(profile->process->loop));
	set_timer(profile);
}

/* Registers a question under ID. */
static struct ask *
add(struct profile *profile, const char *id, const char *to)
{
	struct ask *ask = mem_alloc(sizeof *ask);
	(void)snprintf(ask->id, sizeof ask->id, "%s", id);
	ask->to = jid_full(to);
	ask->deadline = uv_now(profile->process->loop) +
			(profile->link.stream ? patience(profile) : 0);
	HASH_ADD_STR(profile->asks, id, ask);
	set_timer(profile);
	return ask;
}

void
profile_ask(struct profile *profile, struct stanza *take_iq, enum profile_ask_kind kind,
	    profile_answer *answer, void *data)
{
	char id[STANZA_ID_SIZE];
	stanza_random_id(id);
	stanza_set(take_iq, "id", id);
	struct ask *ask = add(profile, id, stanza_to(take_iq));
	ask->row_level = kind == PROFILE_ASK_LARGE ? 1 : 0;
	ask->answer = answer;
	ask->data = data;
	profile_send(profile, take_iq);
}

void
profile_ask_lasting(struct profile *profile, struct stanza *take_iq,
		    const struct module_ask *kind, const char *note)
{
	char id[STANZA_ID_SIZE];
	stanza_random_id(id);
	stanza_set(take_iq, "id", id);
	struct ask *ask = add(profile, id, stanza_to(take_iq));
	ask->row_level = kind->row_level;
	ask->answer = kind->answer;
	ask->is_lasting = true;
	ask->data = mem_strdup(note);
	(void)profile_check(
		profile,
		session_ask_put(profile->store,
				&(struct session_ask){id, kind->name, ask->to, note}));
	profile_send(profile, take_iq);
}

static const struct module_ask *
find_kind(const char *name)
{
	for (int id = 0; id < MODULE_COUNT; id++) {
		const struct module_ask *row = modules[id]->asks;
		for (; row && row->name; row++) {
			if (strcmp(row->name, name) == 0)
				return row;
		}
	}
	return NULL;
}

void
ask_recall(struct profile *profile)
{
	struct arena arena = {0};
	struct session_ask *rows = NULL;
	size_t count = 0;
	(void)session_asks(profile->store, &arena, &rows, &count);
	for (size_t i = 0; i < count; i++) {
		const struct module_ask *kind = find_kind(rows[i].name);
		if (!kind)
			continue;
		struct ask *ask = add(profile, rows[i].id, rows[i].receiver);
		ask->row_level = kind->row_level;
		ask->answer = kind->answer;
		ask->is_lasting = true;
		ask->data = mem_strdup(rows[i].note);
	}
	arena_done(&arena);
}

void
ask_renew(struct profile *profile)
{
	struct ask *ask, *next;
	uint64_t deadline = uv_now(profile->process->loop) + patience(profile);
	HASH_ITER (hh, profile->asks, ask, next)
		ask->deadline = deadline;
	set_timer(profile);
}

void
ask_answer(struct profile *profile, const struct stanza *iq, bool is_last)
{
	struct ask *ask = find(profile, stanza_id(iq), stanza_from(iq));
	if (!ask)
		return;
	if (!is_last) {
		ask->deadline = uv_now(profile->process->loop) + patience(profile);
		ask->answer(profile, iq, false, ask->data);
		return;
	}
	HASH_DEL(profile->asks, ask);
	set_timer(profile);
	settle(profile, ask, iq);
}

void
ask_fail_all(struct profile *profile)
{
	fail_due(profile, UINT64_MAX);
	set_timer(profile);
}

void
ask_done(struct profile *profile)
{
	struct ask *asks = profile->asks;
	profile->asks = NULL;
	answer_nothing(profile, asks);
}
