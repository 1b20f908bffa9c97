/*
 * The link of link.h. Invariant: `stream` is set from RESOLVING to ONLINE and at no other
 * time; a login slot is held from the router's grant to online or to the end of the try.
 */
#include "backend/session/link.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "backend/net/scram.h"
#include "backend/net/stream.h"
#include "backend/session/inner.h"
#include "backend/session/process.h"
#include "backend/session/vault_jobs.h"
#include "backend/store/settings.h"
#include "backend/store/store.h"
#include "backend/vault/vault.h"
#include "backend/xmpp/parser.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"
#include "bridge/peer.h"

enum {
	LINK_BACKOFF_MAX = 300,	     /* seconds */
	LINK_ROOM_MAX = 30,	     /* the same while something can't be stored */
	LINK_STEP_MS = 30 * 1000,    /* of a login: any one silent step */
	LINK_STEP_MIN_MS = 2 * 1000, /* however much in a hurry */
	LINK_LASTING_MS = 10 * 1000, /* online for so long: it was no failure */
};

void
link_tell(struct profile *profile)
{
	struct bridge_link record;
	link_fill(profile, &record);
	profile_emit(
		profile, EVENT_link_changed,
		&(struct bridge_link_event){.profile = profile->name, .link = &record});
	profile_status_changed(profile);
}

void
link_set_state(struct profile *profile, enum bridge_link_state state)
{
	struct link *link = &profile->link;
	if (link->state == state && state != link_state_WAITING)
		return;
	link->state = state;
	if (state != link_state_WAITING && state != link_state_REFUSED) {
		mem_replace(&link->reason, NULL);
		mem_replace(&link->condition, NULL);
	}
	link_tell(profile);
}

void
link_fill(const struct profile *profile, struct bridge_link *ret_link)
{
	const struct link *link = &profile->link;
	*ret_link = (struct bridge_link){
		.state = link->state,
		.reason = link->reason,
		.condition = link->condition,
		.retry_in = link->state == link_state_WAITING ? link->retry_in : 0,
		.address = link->full.full,
		.is_wanted = link->is_wanted,
	};
	if (link->state == link_state_ONLINE && link->progress.told) {
		ret_link->state = link_state_CATCHING_UP;
		ret_link->caught = link->progress.caught;
		ret_link->behind = link->progress.behind;
	}
}

static void
give_slot_back(struct profile *profile)
{
	if (!profile->link.has_slot)
		return;
	profile->link.has_slot = false;
	if (profile->process->router)
		peer_send_event(profile->process->router, EVENT_slot_give,
				&(struct bridge_slot_params){.profile = profile->name});
}

static void
on_timer(uv_timer_t *timer)
{
	struct profile *profile = timer->data;
	if (profile->link.state == link_state_WAITING)
		link_start(profile);
}

/* Seconds to wait after FAILURES failures in a row: none at first, then doubling, capped,
 * a quarter of it random so that many clients do not come back at once. */
static int
backoff(unsigned failures)
{
	if (failures == 0)
		return 0;
	unsigned base = failures < 10 ? 1u << (failures - 1) : LINK_BACKOFF_MAX;
	if (base > LINK_BACKOFF_MAX)
		base = LINK_BACKOFF_MAX;
	unsigned random = 0;
	(void)!getrandom(&random, sizeof random, 0);
	return (int)(base - base / 4 + random % (base / 2 + 1));
}

static void
wait_and_retry(struct profile *profile, const char *reason, const char *condition)
{
	struct link *link = &profile->link;
	mem_replace(&link->reason, reason);
	mem_replace(&link->condition, condition && *condition ? condition : NULL);
	link->retry_in = backoff(link->failures++);
	if (link->is_for_room && link->retry_in > LINK_ROOM_MAX)
		link->retry_in = LINK_ROOM_MAX;
	/* Half a second of chance more: profiles that fell together do not come back so.
	 */
	unsigned chance = 0;
	(void)!getrandom(&chance, sizeof chance, 0);
	uv_timer_start(&link->timer, on_timer,
		       (uint64_t)link->retry_in * 1000 + chance % 500, 0);
	link_set_state(profile, link_state_WAITING);
}

/* Without a stream and without a wish for one. */
static void
rest(struct profile *profile)
{
	link_set_state(profile, profile->phase == PROFILE_LOCKED ? link_state_LOCKED
								 : link_state_OFFLINE);
}

/* Forgets the stream, which ended with FAULT. The modules hear of it only if the session
 * is over with it. */
static void
forget_stream(struct profile *profile, enum stream_fault fault, const char *condition)
{
	struct link *link = &profile->link;
	bool was_online = link->features != NULL;
	if (was_online && uv_now(profile->process->loop) - link->online_at >=
				  LINK_LASTING_MS / profile->process->hurry)
		link->failures = 0;
	link->stream = NULL;
	link->features = NULL;
	jid_done(&link->full);
	uv_timer_stop(&link->timer);
	pulse_stop(profile);
	give_slot_back(profile);
	profile->outbox.is_pumping = false;
	if (link->is_at_place && !was_online)
		profile->sm.is_place_bad = true;
	link->is_at_place = false;
	if (!sm_stream_ended(profile, fault, condition) && profile->has_session)
		road_disconnected(profile);
}

/* The session is given up while no stream carries it. */
static void
give_up_session(struct profile *profile)
{
	if (!profile->has_session || !profile->store)
		return;
	sm_end_session(profile);
	road_disconnected(profile);
}

static void
on_phase(void *data, enum stream_phase phase)
{
	static const enum bridge_link_state states[] = {
		[STREAM_RESOLVING] = link_state_RESOLVING,
		[STREAM_CONNECTING] = link_state_CONNECTING,
		[STREAM_SECURING] = link_state_SECURING,
		[STREAM_AUTHENTICATING] = link_state_AUTHENTICATING,
		[STREAM_BINDING] = link_state_BINDING,
	};
	if (phase < sizeof states / sizeof *states)
		link_set_state(data, states[phase]);
}

static bool
on_password(void *data, struct buf *secret)
{
	struct profile *profile = data;
	struct secret password = {0};
	/* While the vault is written it is not ours; a new password reconnects anyway. */
	if (vault_job_is_busy(profile) ||
	    vault_get(profile->vault, VAULT_XMPP_PASSWORD, &password) < 0)
		return false;
	buf_add(secret, password.data, password.len);
	secret_done(&password);
	return true;
}

/* Stanzas go both ways from now on. */
static void
go_online(struct profile *profile, const struct stream_features *features,
	  bool is_resumed)
{
	struct link *link = &profile->link;
	jid_done(&link->full);
	(void)jid_parse(link->bound.full, &link->full, NULL);
	link->features = features;
	link->online_at = uv_now(profile->process->loop);
	give_slot_back(profile);
	link_set_state(profile, link_state_ONLINE);
	pulse_begin(profile);
	log_info("link", "%s profile=%s via=%s", is_resumed ? "resumed" : "online",
		 profile->name, stream_summary(link->stream));
	road_connected(profile, is_resumed);
	outbox_pump(profile);
}

static void
on_online(void *data, const struct jid *full, const struct stream_features *features)
{
	struct profile *profile = data;
	jid_done(&profile->link.bound);
	(void)jid_parse(full->full, &profile->link.bound, NULL);
	go_online(profile, features, false);
}

void
link_resumed(struct profile *profile)
{
	stream_resumed(profile->link.stream);
	go_online(profile, profile->link.offered, true);
}

static enum stream_next
on_before_bind(void *data, const struct stream_features *features)
{
	struct profile *profile = data;
	profile->link.offered = features;
	return sm_before_bind(profile, features);
}

static void
on_stanza(void *data, const struct stanza *stanza)
{
	struct profile *profile = data;
	if (sm_take(profile, stanza))
		return;
	if (sm_may_arrive(profile))
		road_arrive(profile, stanza, true, true);
}

static int
on_batch_level(void *data, const char *id, const char *from)
{
	return ask_row_level(data, id, from);
}

/* The answer to an iq of ours was cut or skipped: for who asked, that is an error. */
static void
spoil_answer(struct profile *profile, const char *id, const char *from, bool is_counted)
{
	struct stanza *iq = stanza_iq(profile_stanzas(profile), "error", NULL, id);
	stanza_set(iq, "from", from);
	stanza_add_error(iq, "cancel", "policy-violation", "The answer was too large.");
	road_arrive(profile, iq, true, is_counted);
	stanza_free(iq);
}

static void
on_batch(void *data, const struct parser_batch *batch)
{
	if (!sm_may_arrive(data))
		return;
	if (batch->is_last && batch->dropped)
		road_rows_dropped(data, batch->dropped);
	if (batch->is_cut)
		spoil_answer(data, stanza_id(batch->stanza), stanza_from(batch->stanza),
			     true);
	else
		road_arrive(data, batch->stanza, batch->is_last, batch->is_last);
}

static void
on_too_large(void *data, const struct parser_skipped *skipped)
{
	if (!sm_may_arrive(data))
		return;
	road_arrive(data, NULL, true, true);
	road_too_large(data, skipped->name, skipped->from);
	if (strcmp(skipped->name, "iq") != 0 || !skipped->id || !skipped->type)
		return;
	if (strcmp(skipped->type, "get") == 0 || strcmp(skipped->type, "set") == 0)
		road_refuse_large(data, skipped->id, skipped->from);
	else
		spoil_answer(data, skipped->id, skipped->from, false);
}

static void
on_drained(void *data)
{
	sm_drained(data);
	outbox_pump(data);
}

static void
on_closed(void *data, const struct stream_error *error)
{
	struct profile *profile = data;
	struct link *link = &profile->link;
	link_stopped *stopped = link->stopped;
	log_info("link", "closed profile=%s fault=%s condition=%s retry=%d",
		 profile->name, fault_name(error->fault), error->condition,
		 error->may_retry);
	forget_stream(profile, error->fault, error->condition);
	link->stopped = NULL;
	/* What was in the login when the profile was locked. */
	if (profile->phase == PROFILE_LOCKED)
		mem_wipe(profile->scram.data, profile->scram.len);
	if (stopped || error->fault == STREAM_CLOSED || profile->phase != PROFILE_READY) {
		rest(profile);
		if (stopped)
			stopped(profile);
		else if (link->is_restart_due)
			link_start(profile);
	} else if (error->may_retry) {
		wait_and_retry(profile, error->sentence, fault_name(error->fault));
	} else {
		mem_replace(&link->reason, error->sentence);
		mem_replace(&link->condition, *error->condition
						      ? error->condition
						      : fault_name(error->fault));
		link_set_state(profile, link_state_REFUSED);
	}
}

static const struct stream_events events = {
	.phase = on_phase,
	.password = on_password,
	.before_bind = on_before_bind,
	.online = on_online,
	.stanza = on_stanza,
	.batch_level = on_batch_level,
	.batch = on_batch,
	.too_large = on_too_large,
	.drained = on_drained,
	.closed = on_closed,
};

static void
connect_now(struct profile *profile)
{
	struct link *link = &profile->link;
	struct store *store = profile->store;
	struct arena arena = {0};
	const char *host = settings_get(store, SETTING_HOST, &arena);
	const char *ca_file = settings_get(store, SETTING_CA_FILE, &arena);
	bool is_set = host && *host;
	unsigned step = LINK_STEP_MS / profile->process->hurry;
	uint16_t place_port = 0;
	/* What the user set holds for a resume as well. */
	char *place = is_set ? NULL : sm_location(profile, &place_port);
	struct stream_config config = {
		.account = &profile->account,
		.resource = profile->resource,
		.host = is_set ? host : place,
		.port = place ? place_port
			      : (uint16_t)settings_get_int(store, SETTING_PORT, 0),
		.is_direct_tls = settings_get_int(store, SETTING_DIRECT_TLS, 0) != 0,
		.ca_file = ca_file && *ca_file ? ca_file : NULL,
		.times.step_ms = step > LINK_STEP_MIN_MS ? step : LINK_STEP_MIN_MS,
		.cache = (struct scram_cache *)(void *)profile->scram.data,
		.events = &events,
		.data = profile,
	};
	link_set_state(profile, link_state_RESOLVING);
	link->generation++;
	link->is_at_place = place != NULL;
	link->stream = stream_open(profile->process->net, &config);
	free(place);
	arena_done(&arena);
}

/* A question for a slot; it outlives the profile where that is closed meanwhile. */
struct slot_wait {
	struct profile *profile; /* NULL: nobody wants the slot any more */
};

static void
on_slot(void *data, const struct bridge_failure *failure, const void *result)
{
	struct slot_wait *wait = data;
	struct profile *profile = wait->profile;
	(void)result;
	free(wait);
	if (!profile)
		return;
	struct link *link = &profile->link;
	link->slot_wait = NULL;
	link->has_slot = failure == NULL;
	bool is_wanted = link->is_wanted && profile->phase == PROFILE_READY &&
			 !link->stream && link->state == link_state_RESOLVING;
	if (!is_wanted)
		give_slot_back(profile);
	else if (failure)
		wait_and_retry(profile, failure->message, "no-slot");
	else
		connect_now(profile);
}

static void
ask_slot(struct profile *profile)
{
	struct link *link = &profile->link;
	if (link->slot_wait || !profile->process->router)
		return;
	link->slot_wait = mem_alloc(sizeof *link->slot_wait);
	link->slot_wait->profile = profile;
	peer_call(profile->process->router, METHOD_slot_take,
		  &(struct bridge_slot_params){.profile = profile->name}, 0, on_slot,
		  link->slot_wait);
}

/* The router forgets the question; the answer finds nobody. */
static void
forget_slot(struct profile *profile)
{
	struct link *link = &profile->link;
	if (!link->slot_wait)
		return;
	link->slot_wait->profile = NULL;
	link->slot_wait = NULL;
	link->has_slot = true;
	give_slot_back(profile);
}

void
link_init(struct profile *profile)
{
	struct link *link = &profile->link;
	*link = (struct link){.state = link_state_OFFLINE};
	uv_timer_init(profile->process->loop, &link->timer);
	link->timer.data = profile;
	profile_hold(profile);
}

void
link_start(struct profile *profile)
{
	struct link *link = &profile->link;
	if (!link->is_wanted || profile->phase != PROFILE_READY)
		return;
	link->is_restart_due =
		link->stream && stream_phase(link->stream) == STREAM_CLOSING;
	if (link->stream)
		return;
	uv_timer_stop(&link->timer);
	link->is_for_room = false;
	link_set_state(profile, link_state_RESOLVING);
	ask_slot(profile);
}

void
link_stop(struct profile *profile, link_stopped *stopped)
{
	struct link *link = &profile->link;
	uv_timer_stop(&link->timer);
	link->is_restart_due = false;
	link->failures = 0;
	if (link->stream) {
		/* Whoever waits for the end already goes on waiting. */
		if (stopped)
			link->stopped = stopped;
		sm_say_last(profile);
		stream_close(link->stream);
		if (profile->phase == PROFILE_LOCKED)
			rest(profile);
		return;
	}
	give_up_session(profile);
	rest(profile);
	if (stopped)
		stopped(profile);
}

void
link_suspend(struct profile *profile, link_stopped *stopped)
{
	struct link *link = &profile->link;
	if (link->stream)
		stream_flush(link->stream);
	link->is_restart_due = false;
	if (link->stream) {
		link->stopped = stopped;
		link_lose(profile, NULL);
		return;
	}
	uv_timer_stop(&link->timer);
	rest(profile);
	stopped(profile);
}

void
link_restart(struct profile *profile)
{
	link_stop(profile, NULL);
	link_start(profile);
}

void
link_lose(struct profile *profile, const char *reason)
{
	struct link *link = &profile->link;
	if (!link->stream)
		return;
	link_stopped *stopped = link->stopped;
	link->stopped = NULL;
	stream_drop(link->stream);
	forget_stream(profile, STREAM_LOST, NULL);
	if (stopped || profile->phase != PROFILE_READY) {
		rest(profile);
		if (stopped)
			stopped(profile);
		return;
	}
	wait_and_retry(profile, reason, "lost");
}

bool
link_lose_homeless(struct profile *profile)
{
	if (!profile_is_online(profile) || !stream_is_homeless(profile->link.stream))
		return false;
	link_lose(profile, "The network changed.");
	return true;
}

void
link_lose_storage(struct profile *profile, int status)
{
	profile->link.is_for_room |= profile->link.stream != NULL;
	link_lose(profile, store_sentence(status));
}

void
link_stored(struct profile *profile)
{
	struct link *link = &profile->link;
	if (!link->is_for_room || link->state != link_state_WAITING)
		return;
	link->failures = 0;
	link_start(profile);
}

void
link_shake(struct profile *profile)
{
	struct link *link = &profile->link;
	link->failures = 0;
	if (link->state == link_state_WAITING)
		link_start(profile);
	else if (link_lose_homeless(profile))
		return;
	else if (profile_is_online(profile))
		pulse_check(profile);
	else if (link->stream && stream_phase(link->stream) != STREAM_CLOSING)
		link_lose(profile, "The network changed.");
}

static void
on_timer_closed(uv_handle_t *handle)
{
	profile_release(handle->data);
}

void
link_done(struct profile *profile)
{
	struct link *link = &profile->link;
	forget_slot(profile);
	uv_close((uv_handle_t *)&link->timer, on_timer_closed);
	mem_replace(&link->reason, NULL);
	mem_replace(&link->condition, NULL);
	jid_done(&link->full);
	jid_done(&link->bound);
}
