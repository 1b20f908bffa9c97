/*
 * The roster module. A fetched roster is gathered from its parts in an arena and replaces
 * the stored one in one job; a push counts only from our own server (RFC 6121 section
 * 2.1.6). Presence is announced once the roster is known, so no presence comes before its
 * contact; a server that does not give it is asked again a few times, and meanwhile the
 * stored one holds.
 */
#include "backend/xep/roster.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend/net/stream.h"
#include "backend/session/alarm.h"
#include "backend/session/lines.h"
#include "backend/store/session_scope.h"
#include "backend/store/settings.h"
#include "backend/store/store.h"
#include "backend/store/tombstones.h"
#include "backend/xep/presence.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"

/* Fact of the session: "1" while the roster was asked for in vain, and no question is
 * open. */
#define FACT_MISSING "roster.missing"

enum {
	ROSTER_MAX = 100 * 1000, /* items; more are left out */
	MOMENT_MS = 1000,
	RETRY_MS = 60 * 1000,
	RETRIES = 3,
};

/* A roster on its way. */
struct fetch {
	struct arena arena;
	struct contact *items;
	size_t count;
	size_t room;
	char *version;
};

struct roster {
	struct fetch *fetch; /* NULL: none */
	struct alarm *alarm; /* of what follows from none */
	unsigned failures;
	bool is_told;
};

static void
emit_removed(struct profile *profile, const char *jid)
{
	profile_emit(profile, EVENT_contact_removed,
		     &(struct bridge_jid_event){
			     .profile = profile_name(profile),
			     .seq = store_position(profile_store(profile)).seq,
			     .jid = jid,
		     });
}

static void
emit_changed(struct profile *profile, const struct contact *contact)
{
	struct bridge_contact record;
	lines_fill_contact(contact, &record);
	profile_emit(profile, EVENT_contact_changed,
		     &(struct bridge_contact_event){
			     .profile = profile_name(profile),
			     .seq = contact->seq,
			     .contact = &record,
		     });
}

/* Every change since SEQ, as events. */
static void
emit_since(struct profile *profile, int64_t seq)
{
	struct store *store = profile_store(profile);
	struct arena arena = {0};
	struct contact_list list = {0};
	struct tombstone_list stones = {0};
	(void)profile_check(profile, contacts_changed(store, seq, &arena, &list));
	for (size_t i = 0; i < list.count; i++)
		emit_changed(profile, &list.items[i]);
	(void)profile_check(profile, tombstones_changed(store, seq, &arena, &stones));
	for (size_t i = 0; i < stones.count; i++) {
		if (stones.items[i].kind == TOMBSTONE_CONTACT)
			emit_removed(profile, stones.items[i].key);
	}
	arena_done(&arena);
}

static enum contact_subscription
subscription_of(const struct stanza *item)
{
	static const char *const names[] = {
		[CONTACT_NONE] = "none",
		[CONTACT_TO] = "to",
		[CONTACT_FROM] = "from",
		[CONTACT_BOTH] = "both",
	};
	const char *text = stanza_get(item, "subscription");
	for (int i = CONTACT_NONE; text && i <= CONTACT_BOTH; i++) {
		if (strcmp(names[i], text) == 0)
			return (enum contact_subscription)i;
	}
	return CONTACT_NONE;
}

/* Reads an <item/> into ARENA. -EINVAL without a fit address. */
static int
read_item(const struct stanza *item, struct arena *arena, struct contact *ret_contact)
{
	char *bare = jid_bare(stanza_get(item, "jid"));
	if (!bare)
		return -EINVAL;
	const char *name = stanza_get(item, "name");
	const char *ask = stanza_get(item, "ask");
	const char *approved = stanza_get(item, "approved");
	size_t room = stanza_count(item, "group", NULL);
	*ret_contact = (struct contact){
		.jid = arena_strdup(arena, bare),
		.name = name && *name ? arena_strdup(arena, name) : NULL,
		.subscription = subscription_of(item),
		.is_asking = ask && strcmp(ask, "subscribe") == 0,
		.is_approved = approved && strcmp(approved, "true") == 0,
		.groups = arena_array(arena, room, sizeof(char *)),
	};
	free(bare);
	const struct stanza *group = stanza_child(item, "group", NULL);
	for (; group; group = stanza_next(group, "group", NULL)) {
		const char *text = stanza_text(group);
		if (*text)
			ret_contact->groups[ret_contact->group_count++] =
				arena_strdup(arena, text);
	}
	return 0;
}

static void
fetch_free(struct fetch *fetch)
{
	arena_done(&fetch->arena);
	free(fetch->items);
	free(fetch->version);
	free(fetch);
}

static struct roster *
state_of(const struct profile *profile)
{
	return profile_state(profile, MODULE_roster);
}

/* What the parts of a large answer brought so far. */
static struct fetch *
scratch(struct roster *state)
{
	if (!state->fetch)
		state->fetch = mem_alloc(sizeof *state->fetch);
	return state->fetch;
}

static void
drop_scratch(struct roster *state)
{
	if (state->fetch)
		fetch_free(state->fetch);
	state->fetch = NULL;
}

static void
gather(struct fetch *fetch, const struct stanza *query)
{
	const char *version = stanza_get(query, "ver");
	if (version)
		mem_replace(&fetch->version, version);
	const struct stanza *item = stanza_child(query, "item", NS_ROSTER);
	for (; item && fetch->count < ROSTER_MAX;
	     item = stanza_next(item, "item", NS_ROSTER)) {
		if (fetch->count == fetch->room) {
			fetch->room = fetch->room ? fetch->room * 2 : 128;
			fetch->items = mem_resize(fetch->items, fetch->room,
						  sizeof *fetch->items);
		}
		if (read_item(item, &fetch->arena, &fetch->items[fetch->count]) == 0)
			fetch->count++;
	}
}

/* ---- asking for it ---- */

static void ask(struct profile *profile);

static void
set_missing(struct profile *profile, bool is_missing)
{
	(void)profile_check(profile,
			    session_fact_set(profile_store(profile), FACT_MISSING,
					     is_missing ? "1" : NULL));
}

static bool
is_missing(struct profile *profile)
{
	struct arena arena = {0};
	bool is = session_fact(profile_store(profile), FACT_MISSING, &arena) != NULL;
	arena_done(&arena);
	return is;
}

static void
on_retry(struct profile *profile, void *data)
{
	struct roster *state = data;
	state->alarm = NULL;
	if (profile_is_online(profile))
		ask(profile);
}

/* The stored roster holds, and is no reason to stay unseen. */
static void
do_without(struct profile *profile)
{
	struct roster *state = state_of(profile);
	log_info("roster", "not told profile=%s failures=%u", profile_name(profile),
		 state->failures);
	if (!state->is_told)
		profile_emit(profile, EVENT_notice,
			     &(struct bridge_notice_event){
				     .profile = profile_name(profile),
				     .text = "The server does not say who your contacts "
					     "are: those known from before are shown, "
					     "and it is asked again.",
			     });
	state->is_told = true;
	presence_begin(profile, PRESENCE_ROSTER);
	if (state->failures <= RETRIES && !state->alarm)
		state->alarm = alarm_set(profile, RETRY_MS, on_retry, state);
}

static void
on_moment(struct profile *profile, void *data)
{
	struct roster *state = data;
	state->alarm = NULL;
	if (profile_is_online(profile))
		do_without(profile);
}

/* No answer may also mean that the session is over: a new one begins within a moment, and
 * asks for itself. */
static void
failed(struct profile *profile, const struct stanza *answer)
{
	struct roster *state = state_of(profile);
	state->failures++;
	set_missing(profile, true);
	if (answer)
		do_without(profile);
	else if (!state->alarm)
		state->alarm = alarm_set(profile, MOMENT_MS, on_moment, state);
}

static void
take(struct profile *profile, const struct fetch *fetch)
{
	struct store *store = profile_store(profile);
	int64_t before = store_position(store).seq;
	if (profile_check(profile, contacts_replace(store, fetch->items, fetch->count,
						    fetch->version, profile_now_ms())) >=
	    0)
		emit_since(profile, before);
}

static void
on_roster(struct profile *profile, const struct stanza *answer, bool is_last, void *data)
{
	struct roster *state = state_of(profile);
	const struct stanza *query = stanza_child(answer, "query", NS_ROSTER);
	bool is_result = stanza_has_type(answer, "result");
	(void)data;
	if (!state || !profile_store(profile) || !store_is_in_job(profile_store(profile)))
		return;
	if (is_result && query)
		gather(scratch(state), query);
	if (!is_last)
		return;
	if (is_result && state->fetch)
		take(profile, state->fetch);
	drop_scratch(state);
	if (is_result)
		presence_begin(profile, PRESENCE_ROSTER);
	else
		failed(profile, answer);
}

static const struct module_ask asks[] = {
	{"roster", 1, on_roster},
	{NULL, 0, NULL},
};

static void
ask(struct profile *profile)
{
	struct arena arena = {0};
	struct stanza *iq = stanza_iq(profile_stanzas(profile), "get", NULL, NULL);
	struct stanza *query = stanza_add(iq, "query", NS_ROSTER);
	const struct stream_features *features = profile_features(profile);
	if (features && features->has_roster_versions) {
		const char *version = settings_get(profile_store(profile),
						   SETTING_ROSTER_VERSION, &arena);
		stanza_set(query, "ver", version ? version : "");
	}
	set_missing(profile, false);
	profile_ask_lasting(profile, iq, asks, NULL);
	arena_done(&arena);
}

static void
on_disconnect(struct profile *profile)
{
	struct roster *state = state_of(profile);
	alarm_stop(state->alarm);
	state->alarm = NULL;
}

static void
on_connect(struct profile *profile, bool is_resumed)
{
	struct roster *state = state_of(profile);
	on_disconnect(profile);
	/* What came of an answer that was cut off comes again, whole. */
	drop_scratch(state);
	state->failures = 0;
	if (!is_resumed) {
		state->is_told = false;
		ask(profile);
	} else if (is_missing(profile)) {
		presence_begin(profile, PRESENCE_ROSTER);
		state->alarm = alarm_set(profile, MOMENT_MS, on_retry, state);
	}
}

static void
start(struct profile *profile)
{
	profile_state_set(profile, MODULE_roster, mem_alloc(sizeof(struct roster)));
}

static void
stop(struct profile *profile)
{
	struct roster *state = state_of(profile);
	on_disconnect(profile);
	drop_scratch(state);
	free(state);
	profile_state_set(profile, MODULE_roster, NULL);
}

/* ---- pushes ---- */

static bool
is_from_server(struct profile *profile, const struct stanza *iq)
{
	const char *from = stanza_from(iq);
	return !from || jid_is_same(from, profile_account(profile)->bare);
}

static void
take_push(struct profile *profile, const struct stanza *item, const char *version)
{
	struct store *store = profile_store(profile);
	struct arena arena = {0};
	struct contact contact;
	const char *subscription = stanza_get(item, "subscription");
	if (read_item(item, &arena, &contact) == 0) {
		if (subscription && strcmp(subscription, "remove") == 0) {
			if (profile_check(profile, contacts_remove(store, contact.jid,
								   profile_now_ms())) > 0)
				emit_removed(profile, contact.jid);
		} else if (profile_check(profile, contacts_set(store, &contact)) > 0 &&
			   contacts_find(store, contact.jid, &arena, &contact) == 0) {
			emit_changed(profile, &contact);
		}
		if (version)
			(void)profile_check(
				profile,
				settings_set(store, SETTING_ROSTER_VERSION, version));
	}
	arena_done(&arena);
}

static void
on_push(struct profile *profile, const struct stanza *iq)
{
	const struct stanza *query = stanza_payload(iq);
	if (!is_from_server(profile, iq)) {
		profile_send(profile, stanza_reply_error(iq, "cancel",
							 "service-unavailable", NULL));
		return;
	}
	const struct stanza *item = stanza_child(query, "item", NS_ROSTER);
	if (!item || stanza_next(item, "item", NS_ROSTER)) {
		profile_send(profile,
			     stanza_reply_error(iq, "modify", "bad-request", NULL));
		return;
	}
	take_push(profile, item, stanza_get(query, "ver"));
	profile_send(profile, stanza_reply(iq));
}

/* ---- from here ---- */

void
roster_set(struct profile *profile, const struct contact *contact, profile_answer *answer,
	   void *data)
{
	struct stanza *iq = stanza_iq(profile_stanzas(profile), "set", NULL, NULL);
	struct stanza *item =
		stanza_add(stanza_add(iq, "query", NS_ROSTER), "item", NS_ROSTER);
	stanza_set(item, "jid", contact->jid);
	stanza_set(item, "name", contact->name);
	for (size_t i = 0; i < contact->group_count; i++)
		stanza_add_with_text(item, "group", NS_ROSTER, contact->groups[i]);
	profile_ask(profile, iq, PROFILE_ASK, answer, data);
}

void
roster_remove(struct profile *profile, const char *jid, profile_answer *answer,
	      void *data)
{
	struct stanza *iq = stanza_iq(profile_stanzas(profile), "set", NULL, NULL);
	struct stanza *item =
		stanza_add(stanza_add(iq, "query", NS_ROSTER), "item", NS_ROSTER);
	stanza_set(item, "jid", jid);
	stanza_set(item, "subscription", "remove");
	profile_ask(profile, iq, PROFILE_ASK, answer, data);
}

static const struct module_iq iqs[] = {
	{"set", "query", NS_ROSTER, on_push},
	{0},
};

const struct module module_roster = {
	.name = "roster",
	.iqs = iqs,
	.asks = asks,
	.start = start,
	.stop = stop,
	.on_connect = on_connect,
	.on_disconnect = on_disconnect,
};
