/*
 * The counts of sm.h and the nonzas that carry them. Invariant: is_flowing is only true
 * while everything in the queue of the store was given to the present stream; so whatever
 * is committed while it is false is sent by the next resume, once and in order.
 */
#include "backend/session/sm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/session/inner.h"
#include "backend/session/lines.h"
#include "backend/session/sm_inner.h"
#include "backend/store/messages.h"
#include "backend/store/sm.h"
#include "backend/xmpp/ns.h"
#include "backend/xmpp/stanza.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"

enum {
	SM_ASK_EVERY = 25,	/* stanzas without a line before we ask */
	SM_IN_FLIGHT = 500,	/* stanzas unacknowledged before lines wait */
	SM_DEATHS = 2,		/* at one count: the session is given up */
	SM_ANSWERS = 64 * 1024, /* bytes that wait for the socket: <r/> gets no answer */
};

void
sm_discard(struct profile *profile, const char *why)
{
	log_warn("sm", "discarded profile=%s why=%s", profile->name, why);
	sm_end_session(profile);
}

int
sm_widen(const char *h, int64_t acked, int64_t last, int64_t *ret_count)
{
	char *end = NULL;
	errno = 0;
	unsigned long long number =
		h && *h >= '0' && *h <= '9' ? strtoull(h, &end, 10) : 0;
	if (!end || *end || errno || number >= (unsigned long long)SM_WRAP)
		return -EINVAL;
	int64_t more = ((int64_t)number - acked % SM_WRAP + SM_WRAP) % SM_WRAP;
	if (more > last - acked)
		return more < SM_WRAP / 2 ? -EINVAL : -ERANGE;
	*ret_count = acked + more;
	return 0;
}

void
sm_refuse_count(struct profile *profile, const char *h, int64_t last)
{
	unsigned long long claimed = h ? strtoull(h, NULL, 10) : 0;
	char *extra = mem_printf("<handled-count-too-high xmlns='" NS_SM
				 "' h='%llu' send-count='%lld'/>",
				 claimed, (long long)(last % SM_WRAP));
	sm_discard(profile, "count");
	stream_fail(profile->link.stream, "undefined-condition", extra);
	free(extra);
}
int
sm_take_acked(struct profile *profile, int64_t number)
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
sm_forget_chore(struct profile *profile, struct chore *chore)
{
	(void)chore;
	return sm_forget(profile->store);
}

/* ---- acknowledging ---- */

static void
say_answer(struct profile *profile)
{
	char xml[96];
	(void)snprintf(xml, sizeof xml, "<a xmlns='" NS_SM "' h='%lld'/>",
		       (long long)(profile->sm.in_done % SM_WRAP));
	sm_send_nonza(profile, xml);
}

static void
answer_now(struct profile *profile, struct chore *chore)
{
	if (!sm_is_current(profile, chore->stream) || !profile->sm.is_counting_in ||
	    stream_queued(profile->link.stream) > SM_ANSWERS)
		return;
	say_answer(profile);
}

void
sm_say_last(struct profile *profile)
{
	if (profile->sm.is_counting_in && profile_is_online(profile))
		say_answer(profile);
}

static void
on_request(struct profile *profile, const struct stanza *stanza)
{
	(void)stanza;
	if (profile->sm.is_counting_in)
		sm_submit(profile, &(struct chore){.then = answer_now});
}

static int
keep_acked(struct profile *profile, struct chore *chore)
{
	return sm_take_acked(profile, chore->number);
}

static void
pump_again(struct profile *profile, struct chore *chore)
{
	(void)chore;
	outbox_pump(profile);
}

/* The stream came past what the server repeated first. */
static int
forget_deaths(struct profile *profile, struct chore *chore)
{
	(void)chore;
	return sm_clear_deaths(profile->store);
}

static void
on_answer(struct profile *profile, const struct stanza *stanza)
{
	struct sm *sm = &profile->sm;
	int64_t count = 0;
	if (!sm->is_counting || !sm->is_flowing)
		return;
	const char *h = stanza_get(stanza, "h");
	int result = sm_widen(h, sm->acked, sm->out_sent, &count);
	if (result == -EINVAL) {
		sm_refuse_count(profile, h, sm->out_sent);
		return;
	}
	if (result < 0) /* it said more before, and we threw that away */
		count = sm->acked;
	bool was_full = sm_is_full(profile);
	sm->has_asked = false;
	sm->deaf = 0;
	sm_heard(profile);
	if (sm->has_died) {
		sm->has_died = false;
		sm_submit(profile, &(struct chore){.run = forget_deaths});
	}
	if (count > sm->acked) {
		sm->acked = count;
		sm_submit(profile, &(struct chore){.run = keep_acked,
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
	sm_send_nonza(profile, "<r xmlns='" NS_SM "'/>");
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
	return sm->is_counting &&
	       (!sm->is_flowing || sm->out_sent - sm->acked > SM_IN_FLIGHT);
}

bool
sm_take(struct profile *profile, const struct stanza *stanza)
{
	static const struct {
		const char *name;
		void (*take)(struct profile *profile, const struct stanza *stanza);
	} rows[] = {
		{"r", on_request},	    {"a", on_answer},
		{"enabled", sm_on_enabled}, {"resumed", sm_on_resumed},
		{"failed", sm_on_failed},
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
sm_may_arrive(struct profile *profile)
{
	if (!profile->sm.is_resuming)
		return true;
	stream_fail(profile->link.stream, "undefined-condition", NULL);
	return false;
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
		result = sm_count_in(profile->store, number, sm_boot_ms());
	if (result < 0)
		profile->sm.is_broken = true;
	return result;
}

void
sm_committed(struct profile *profile, int64_t number, int status)
{
	if (number == 0)
		return;
	if (status < 0)
		profile->sm.is_broken = true;
	else if (number > profile->sm.in_done)
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

/* Ends that may be the fault of a stanza. A server that never answers a resume may choke
 * on something as well. */
static bool
is_bad_end(const struct sm *sm, enum stream_fault fault)
{
	if (fault == STREAM_TIMEOUT)
		return sm->is_resuming;
	return (sm->is_resuming || sm->is_counting_in) &&
	       (fault == STREAM_REMOTE_ERROR || fault == STREAM_XML ||
		fault == STREAM_PROTOCOL || fault == STREAM_NOT_AUTHORIZED);
}

/* Whether the first stanza that is not acknowledged may be why the server ended it. */
static bool
is_blaming(const struct sm *sm, enum stream_fault fault, const char *condition)
{
	static const char *const innocent[] = {
		"connection-timeout",	    "host-gone",	   "host-unknown",
		"remote-connection-failed", "resource-constraint",
	};
	for (size_t i = 0; condition && i < sizeof innocent / sizeof *innocent; i++) {
		if (strcmp(condition, innocent[i]) == 0)
			return false;
	}
	return fault == STREAM_REMOTE_ERROR && condition && sm->out_sent > sm->acked;
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
	bool is_bad = is_bad_end(sm, fault);
	bool is_blamed = is_blaming(sm, fault, condition);
	sm->is_flowing = sm->is_counting_in = sm->is_resuming = sm->is_enabling = false;
	sm->has_asked = sm->is_portion_due = false;
	sm_heard(profile);
	if (fault == STREAM_CLOSED || fault == STREAM_CONFLICT)
		sm->is_resumable = false;
	if (!sm->is_resumable) {
		if (sm->is_counting)
			sm_end_session(profile);
		return false;
	}
	sm->has_died = sm->has_died || is_bad;
	char *text = is_bad && is_blamed
			     ? mem_printf("The server refused it: %s", condition)
			     : NULL;
	sm_submit(profile,
		  &(struct chore){.run = is_bad ? note_bad_end : note_end, .text = text});
	return true;
}

void
sm_end_session(struct profile *profile)
{
	sm_heard(profile);
	profile->sm = (struct sm){0};
	sm_submit(profile, &(struct chore){.run = sm_forget_chore});
}
