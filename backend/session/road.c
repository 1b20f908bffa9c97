/*
 * The road of what arrives: every stanza becomes a store job, in order, that walks it
 * through the modules. When too many wait, the socket is not read.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend/net/stream.h"
#include "backend/session/inner.h"
#include "backend/session/process.h"
#include "backend/store/store.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"
#include "bridge/peer.h"

enum {
	ROAD_PAUSE = 512, /* stanzas that wait for their job */
	ROAD_RESUME = 64,
	ROAD_PAUSE_BYTES = 2 * 1024 * 1024, /* or their size on the wire */
	ROAD_RESUME_BYTES = 256 * 1024,
	ROAD_NOTICES = 10, /* about stanzas too large, a minute */
	ROAD_MINUTE_MS = 60 * 1000,
};
static const size_t road_queue_max = 8 * 1024 * 1024; /* bytes to the router */

struct arrival {
	struct profile *profile;
	struct stanza *stanza;
	int64_t number; /* in the session (XEP-0198); 0: it does not count */
	size_t bytes;	/* on the wire, about */
	bool is_last;	/* of the parts of a large result */
};

static void
refuse_iq(struct profile *profile, const struct stanza *iq)
{
	struct stanza *reply =
		stanza_reply_error(iq, "cancel", "service-unavailable", NULL);
	if (reply)
		profile_send(profile, reply);
}

static void
walk_iq(struct profile *profile, const struct stanza *iq, bool is_last)
{
	const char *type = stanza_type(iq);
	if (!type)
		return;
	if (strcmp(type, "result") == 0 || strcmp(type, "error") == 0) {
		ask_answer(profile, iq, is_last);
		return;
	}
	const struct stanza *payload = stanza_payload(iq);
	for (int id = 0; payload && id < MODULE_COUNT; id++) {
		const struct module_iq *row = modules[id]->iqs;
		for (; row && row->type; row++) {
			if (strcmp(row->type, type) == 0 &&
			    stanza_is(payload, row->name, row->ns)) {
				row->handle(profile, iq);
				return;
			}
		}
	}
	refuse_iq(profile, iq);
}

static void
walk_presence(struct profile *profile, const struct stanza *presence)
{
	struct jid from = {0};
	const char *text = stanza_from(presence);
	if (jid_parse(text ? text : profile->account.bare, &from, NULL) < 0)
		return;
	for (int id = 0; id < MODULE_COUNT; id++) {
		if (modules[id]->on_presence &&
		    modules[id]->on_presence(profile, presence, &from) == MODULE_TAKEN)
			break;
	}
	jid_done(&from);
}

/* A sender without an address is our own account (RFC 6120 section 8.1.2.1). */
static int
read_addresses(struct profile *profile, const struct stanza *message,
	       struct inbound *inbound)
{
	const char *from = stanza_from(message);
	const char *to = stanza_to(message);
	if (jid_parse(from ? from : profile->account.bare, &inbound->from, NULL) < 0)
		return -EINVAL;
	if (jid_parse(to ? to : profile->account.bare, &inbound->to, NULL) < 0) {
		jid_done(&inbound->from);
		return -EINVAL;
	}
	inbound->is_own = strcmp(inbound->from.bare, profile->account.bare) == 0;
	/* What we wrote to somebody comes to us as a carbon or from the archive only. */
	if (inbound->is_own && inbound->origin == INBOUND_LIVE &&
	    strcmp(inbound->to.bare, profile->account.bare) != 0) {
		jid_done(&inbound->from);
		jid_done(&inbound->to);
		return -EINVAL;
	}
	inbound->peer = inbound->is_own ? inbound->to.bare : inbound->from.bare;
	inbound->sender = inbound->from.bare;
	return 0;
}

void
profile_receive(struct profile *profile, const struct forwarded *forwarded)
{
	const struct stanza *message = forwarded->message;
	struct inbound inbound = {
		.stanza = message,
		.origin = forwarded->origin,
		.time_ms = profile_now_ms(),
		.body = stanza_child_text(message, "body", NS_CLIENT),
		.archive_id = forwarded->archive_id,
		.archive_by = forwarded->archive_by,
		.gap = forwarded->gap,
	};
	if (read_addresses(profile, message, &inbound) < 0)
		return;
	int64_t stamp = forwarded->stamp_ms;
	/* The oldest stamp is that of the first who held it back (XEP-0203). */
	int64_t inner;
	if (stanza_delay(message, NULL, &inner) == 0 && (!stamp || inner < stamp))
		stamp = inner;
	if (stamp && stamp < inbound.time_ms) {
		inbound.is_delayed = forwarded->origin != INBOUND_CARBON;
		inbound.time_ms = stamp;
	}
	for (int id = 0; id < MODULE_COUNT; id++) {
		if (modules[id]->on_message &&
		    modules[id]->on_message(profile, &inbound) == MODULE_TAKEN)
			break;
	}
	jid_done(&inbound.from);
	jid_done(&inbound.to);
}

static void
walk(struct profile *profile, const struct arrival *arrival)
{
	const struct stanza *stanza = arrival->stanza;
	const char *name = stanza ? stanza_name(stanza) : NULL;
	if (!name || !stanza_is(stanza, NULL, NS_CLIENT))
		return;
	if (strcmp(name, "iq") == 0)
		walk_iq(profile, stanza, arrival->is_last);
	else if (strcmp(name, "presence") == 0)
		walk_presence(profile, stanza);
	else if (strcmp(name, "message") == 0)
		profile_receive(profile, &(struct forwarded){.message = stanza});
}

static int
arrival_job(struct store *store, void *data)
{
	struct arrival *arrival = data;
	struct profile *profile = arrival->profile;
	(void)store;
	profile->job_error = 0;
	if (sm_is_barred(profile, arrival->number))
		return -ECANCELED;
	walk(profile, arrival);
	return sm_stored(profile, arrival->number, profile->job_error);
}

/* Reads the socket again once the jobs and the router have caught up. */
void
road_look_at_pressure(struct profile *profile)
{
	if (!profile->link.stream || !profile_is_online(profile))
		return;
	struct peer *router = profile->process->router;
	bool is_full = router && peer_queued(router) > road_queue_max;
	bool is_much = profile->arrivals > ROAD_PAUSE ||
		       profile->arrival_bytes > ROAD_PAUSE_BYTES;
	bool is_little = profile->arrivals < ROAD_RESUME &&
			 profile->arrival_bytes < ROAD_RESUME_BYTES;
	if (!profile->is_read_paused && (is_much || is_full)) {
		profile->is_read_paused = true;
		stream_pause_reading(profile->link.stream);
	} else if (profile->is_read_paused && is_little && !is_full) {
		profile->is_read_paused = false;
		stream_resume_reading(profile->link.stream);
	}
}

static void
arrival_done(void *data, int status)
{
	struct arrival *arrival = data;
	struct profile *profile = arrival->profile;
	profile->arrivals--;
	profile->arrival_bytes -= arrival->bytes;
	sm_committed(profile, arrival->number, status);
	if (status < 0 && status != -ESHUTDOWN && status != -ECANCELED) {
		log_warn("session", "stanza not stored error=%d", status);
		link_lose_storage(profile, status);
	}
	road_look_at_pressure(profile);
	stanza_free(arrival->stanza);
	free(arrival);
	profile_release(profile);
}

void
road_arrive(struct profile *profile, const struct stanza *stanza, bool is_last,
	    bool is_counted)
{
	struct arrival *arrival = mem_alloc(sizeof *arrival);
	arrival->profile = profile;
	arrival->stanza = stanza_share(stanza);
	arrival->is_last = is_last;
	arrival->number = is_counted ? sm_arrived(profile) : 0;
	if (profile->link.stream) {
		uint64_t all = stream_count(profile->link.stream).xml_bytes_in;
		arrival->bytes = (size_t)(all - profile->seen_bytes);
		profile->seen_bytes = all;
	}
	profile->arrivals++;
	profile->arrival_bytes += arrival->bytes;
	profile_hold(profile);
	if (store_submit(profile->store, arrival_job, arrival_done, arrival) < 0)
		arrival_done(arrival, -ESHUTDOWN);
	else
		road_look_at_pressure(profile);
}

/* A stranger can send many of them: what is over a few a minute is only logged. */
static void
notice(struct profile *profile, const char *text, const char *jid)
{
	uint64_t now = uv_now(profile->process->loop);
	if (now - profile->notices_since >= ROAD_MINUTE_MS) {
		profile->notices_since = now;
		profile->notices = 0;
	}
	if (++profile->notices > ROAD_NOTICES)
		return;
	profile_emit(profile, EVENT_notice,
		     &(struct bridge_notice_event){
			     .profile = profile->name, .text = text, .jid = jid});
}

void
road_too_large(struct profile *profile, const char *kind, const char *from)
{
	char *who = clean_text(from ? from : "the server", CLEAN_LINE, 200);
	char *bare = jid_bare(from);
	char *text = mem_printf("A %s from %s was too large and was left out.",
				strcmp(kind, "iq") == 0 ? "request" : kind, who);
	notice(profile, text, bare);
	log_info("session", "too large kind=%s from=%s", kind, who);
	free(text);
	free(bare);
	free(who);
}

void
road_refuse_large(struct profile *profile, const char *id, const char *from)
{
	struct stanza *reply = stanza_iq(profile_stanzas(profile), "error", from, id);
	stanza_add_error(reply, "modify", "policy-violation",
			 "The request is too large.");
	profile_send(profile, reply);
}

void
road_rows_dropped(struct profile *profile, unsigned count)
{
	char *text = mem_printf("%u entries of what the server answered were too large "
				"and were left out.",
				count);
	notice(profile, text, NULL);
	log_info("session", "rows dropped count=%u", count);
	free(text);
}

/* A session begins, goes on or ends. */
struct crossing {
	struct profile *profile;
	uint64_t stream; /* generation of the stream that brought it */
	bool is_connect;
	bool is_resumed;
};

static void
tell_disconnected(struct profile *profile)
{
	for (int id = 0; profile->has_session && id < MODULE_COUNT; id++) {
		if (modules[id]->on_disconnect)
			modules[id]->on_disconnect(profile);
	}
	profile->has_session = false;
}

static int
crossing_job(struct store *store, void *data)
{
	struct crossing *crossing = data;
	struct profile *profile = crossing->profile;
	(void)store;
	profile->job_error = 0;
	if (!crossing->is_connect) {
		tell_disconnected(profile);
		return profile->job_error;
	}
	if (!profile->link.stream || profile->link.generation != crossing->stream)
		return 0; /* it went as it came */
	if (!crossing->is_resumed)
		tell_disconnected(profile);
	profile->has_session = true;
	(void)profile_check(profile, crossing->is_resumed ? sm_resume_session(profile)
							  : sm_begin_session(profile));
	for (int id = 0; id < MODULE_COUNT; id++) {
		if (modules[id]->on_connect)
			modules[id]->on_connect(profile, crossing->is_resumed);
	}
	return profile->job_error;
}

static void
crossing_done(void *data, int status)
{
	struct crossing *crossing = data;
	if (status < 0 && status != -ESHUTDOWN && crossing->is_connect)
		link_lose_storage(crossing->profile, status);
	else if (crossing->is_connect)
		outbox_pump(crossing->profile);
	profile_release(crossing->profile);
	free(crossing);
}

static void
cross(struct profile *profile, bool is_connect, bool is_resumed)
{
	struct crossing *crossing = mem_alloc(sizeof *crossing);
	*crossing = (struct crossing){profile, profile->link.generation, is_connect,
				      is_resumed};
	profile_hold(profile);
	if (store_submit(profile->store, crossing_job, crossing_done, crossing) < 0)
		crossing_done(crossing, -ESHUTDOWN);
}

void
road_connected(struct profile *profile, bool is_resumed)
{
	profile->is_read_paused = false;
	profile->seen_bytes = stream_count(profile->link.stream).xml_bytes_in;
	if (is_resumed)
		ask_renew(profile);
	else
		ask_fail_all(profile);
	cross(profile, true, is_resumed);
}

void
road_disconnected(struct profile *profile)
{
	ask_fail_all(profile);
	cross(profile, false, false);
}
