/*
 * The timer runs to the next moment at which something may have to be done and is not set
 * anew by all that comes and goes meanwhile: then it looks when the last byte came.
 */
#include "backend/session/pulse.h"

#include "backend/net/stream.h"
#include "backend/session/inner.h"
#include "backend/session/process.h"
#include "backend/xmpp/ns.h"

enum {
	IDLE_MS = 4 * 60 * 1000, /* silence after which the server is asked */
	DEAD_MIN_MS = 200,	 /* however much in a hurry */
	GRACE_MIN_MS = 1000,
};

/* ---- the decision ---------------------------------------------------------------- */

static void
ask_at(struct pulse *pulse, uint64_t now, uint64_t grace)
{
	pulse->has_asked = true;
	pulse->asked_at = now;
	pulse->grace = grace;
}

/* An answer can come within the millisecond of its question. */
static void
take_answer(struct pulse *pulse, uint64_t heard)
{
	if (pulse->has_asked && heard >= pulse->asked_at)
		pulse->has_asked = false;
}

enum pulse_verdict
pulse_judge(struct pulse *pulse, uint64_t now, uint64_t heard, uint64_t dead,
	    uint64_t idle, uint64_t *ret_next)
{
	take_answer(pulse, heard);
	if (pulse->has_asked) {
		*ret_next = pulse->asked_at + pulse->grace;
		return now >= *ret_next ? PULSE_LOSE : PULSE_WAIT;
	}
	if (heard > pulse->last_said)
		pulse->is_unheard = false;
	uint64_t since = heard, limit = idle, grace = dead;
	if (pulse->is_unheard) {
		since = heard > pulse->first_said ? heard : pulse->first_said;
		limit = dead / 2;
		grace = dead - dead / 2;
	}
	*ret_next = since + limit;
	if (now < *ret_next)
		return PULSE_WAIT;
	ask_at(pulse, now, grace);
	*ret_next = now + grace;
	return PULSE_ASK;
}

bool
pulse_doubt(struct pulse *pulse, uint64_t now, uint64_t heard, uint64_t grace)
{
	take_answer(pulse, heard);
	if (pulse->has_asked && pulse->asked_at + pulse->grace <= now + grace)
		return false;
	ask_at(pulse, now, grace);
	return true;
}

/* ---- the profile's --------------------------------------------------------------- */

static uint64_t
dead_ms(const struct profile *profile)
{
	uint64_t dead = (uint64_t)profile_option_number(profile, "dead_link") * 1000 /
			profile->process->hurry;
	return dead > DEAD_MIN_MS ? dead : DEAD_MIN_MS;
}

/* Any byte counts, so the answer itself says nothing more. */
static void
answered(struct profile *profile, const struct stanza *answer, bool is_last, void *data)
{
	(void)profile;
	(void)answer;
	(void)is_last;
	(void)data;
}

static void
ask(struct profile *profile)
{
	if (sm_ask(profile))
		return;
	struct stanza *iq =
		stanza_iq(profile_stanzas(profile), "get", profile->account.domain, NULL);
	stanza_add(iq, "ping", NS_PING);
	profile_ask(profile, iq, PROFILE_ASK, answered, NULL);
}

static void
on_timer(uv_timer_t *timer)
{
	pulse_again(timer->data);
}

static void
look_at(struct profile *profile, uint64_t when)
{
	uint64_t now = uv_now(profile->process->loop);
	(void)uv_timer_start(&profile->pulse.timer, on_timer, when > now ? when - now : 0,
			     0);
}

/* When the last byte came; what we do not read we cannot hear. */
static uint64_t
heard_at(const struct profile *profile, uint64_t now)
{
	return profile->is_read_paused ? now : now - stream_idle_ms(profile->link.stream);
}

void
pulse_again(struct profile *profile)
{
	uint64_t now = uv_now(profile->process->loop);
	uint64_t next = 0;
	if (!profile_is_online(profile))
		return;
	enum pulse_verdict verdict =
		pulse_judge(&profile->pulse, now, heard_at(profile, now),
			    dead_ms(profile), IDLE_MS / profile->process->hurry, &next);
	/* A process that stood still (starved, SIGSTOP) wakes up with its timers first:
	 * the answer may lie unread. */
	bool is_sure = profile->pulse.is_last_look;
	profile->pulse.is_last_look = verdict == PULSE_LOSE && !is_sure;
	if (profile->pulse.is_last_look) {
		look_at(profile, now + 1);
		return;
	}
	if (verdict == PULSE_LOSE) {
		link_lose(profile, "The server stopped answering.");
		return;
	}
	look_at(profile, next);
	if (verdict == PULSE_ASK)
		ask(profile);
}

void
pulse_said(struct profile *profile)
{
	struct pulse *pulse = &profile->pulse;
	pulse->last_said = uv_now(profile->process->loop);
	if (pulse->is_unheard || !profile_is_online(profile))
		return;
	pulse->is_unheard = true;
	pulse->first_said = pulse->last_said;
	if (!pulse->has_asked)
		look_at(profile, pulse->first_said + dead_ms(profile) / 2);
}

void
pulse_check(struct profile *profile)
{
	uint64_t now = uv_now(profile->process->loop);
	uint64_t grace = dead_ms(profile) / 4;
	if (!profile_is_online(profile))
		return;
	if (grace < GRACE_MIN_MS)
		grace = GRACE_MIN_MS;
	if (!pulse_doubt(&profile->pulse, now, heard_at(profile, now), grace))
		return;
	look_at(profile, now + grace);
	ask(profile);
}

void
pulse_begin(struct profile *profile)
{
	struct pulse *pulse = &profile->pulse;
	pulse->has_asked = pulse->is_unheard = pulse->is_last_look = false;
	pulse_again(profile);
}

void
pulse_stop(struct profile *profile)
{
	(void)uv_timer_stop(&profile->pulse.timer);
}

void
pulse_init(struct profile *profile)
{
	profile->pulse = (struct pulse){0};
	(void)uv_timer_init(profile->process->loop, &profile->pulse.timer);
	profile->pulse.timer.data = profile;
	profile_hold(profile);
}

static void
on_closed(uv_handle_t *handle)
{
	profile_release(handle->data);
}

void
pulse_done(struct profile *profile)
{
	uv_close((uv_handle_t *)&profile->pulse.timer, on_closed);
}
