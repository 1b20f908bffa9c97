/*
 * The read positions module. What is read here is published after a short quiet, all of
 * it in one transaction, so that reading along costs one publish and not one a line; one
 * publish a conversation is in flight, and the newest position wins. A conversation whose
 * position is due has a setting, which outlives the session; a publish in flight and
 * whether the account can keep positions are facts of the session. Positions are
 * published only after those of the other clients were taken in, so an old one never
 * replaces a newer one. Foreign positions come from our own bare JID only.
 */
#include "backend/xep/read_positions.h"

#include <stdlib.h>
#include <string.h>

#include "backend/session/alarm.h"
#include "backend/store/conversations.h"
#include "backend/store/marks.h"
#include "backend/store/session_scope.h"
#include "backend/store/settings.h"
#include "backend/store/store.h"
#include "backend/xep/pep.h"
#include "backend/xep/reading.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"

#define DUE "read.due."			    /* setting, then the bare JID */
#define FACT_FLIGHT "read_positions.place." /* then the bare JID: what is published */
#define FACT_ABLE "read_positions.able"	    /* one of ABLE_…; none: not known yet */
#define FACT_RULES "read_positions.rules"   /* of the node: one of RULES_… */
#define RULES_SETTING "setting"
#define RULES_SET "set"
/* Setting: the server knows few of the rules in a publish (ejabberd 23.01), so the node
 * gets the others once. */
#define SETTING_FEW "read.few_rules"
#define ABLE_NO "no"
#define ABLE_KNOWN "known"   /* it is; we are not told of changes yet */
#define ABLE_SILENT "silent" /* it did not answer */
#define ABLE_FETCHING "fetching"
#define ABLE_AGAIN "again" /* fetching, and fetched once more after that */
#define ABLE_YES "yes"

enum {
	QUIET_MS = 2000,     /* after the last reading */
	PATIENCE_MS = 10000, /* after the first that is not published, at most */
};

struct read_positions {
	struct alarm *alarm;
	uint64_t first_ms; /* of what the alarm waits to publish */
	uint64_t last_ms;
};

/* ---- facts and settings ---- */

/* Whether the fact KEY is VALUE; with NULL: whether there is none. */
static bool
is_fact(struct profile *profile, const char *key, const char *value)
{
	struct arena arena = {0};
	const char *fact = session_fact(profile_store(profile), key, &arena);
	bool is = fact && value ? strcmp(fact, value) == 0 : !fact && !value;
	arena_done(&arena);
	return is;
}

static bool
is_able(struct profile *profile, const char *value)
{
	return is_fact(profile, FACT_ABLE, value);
}

static void
set_able(struct profile *profile, const char *value)
{
	(void)profile_check(profile,
			    session_fact_set(profile_store(profile), FACT_ABLE, value));
}

static void
set_fact(struct profile *profile, const char *prefix, const char *jid, const char *value)
{
	char *key = mem_printf("%s%s", prefix, jid);
	(void)profile_check(profile,
			    session_fact_set(profile_store(profile), key, value));
	free(key);
}

/* The place of JID's conversation that is being published; 0 for none. */
static int64_t
in_flight(struct profile *profile, const char *jid)
{
	struct arena arena = {0};
	char *key = mem_printf(FACT_FLIGHT "%s", jid);
	const char *value = session_fact(profile_store(profile), key, &arena);
	int64_t place = value ? strtoll(value, NULL, 10) : 0;
	free(key);
	arena_done(&arena);
	return place;
}

static void
set_due(struct profile *profile, const char *jid, bool is_due)
{
	char *key = mem_printf(DUE "%s", jid);
	(void)profile_check(
		profile, settings_set(profile_store(profile), key, is_due ? "1" : NULL));
	free(key);
}

/* ---- publishing ---- */

static void publish(struct profile *profile, const char *jid);

/* The newest line that was read and that the archive has: 0, or negative if there is
 * none. */
static int
find_position(struct profile *profile, const char *jid, struct arena *arena,
	      struct mark *ret_mark)
{
	struct store *store = profile_store(profile);
	struct conversation row = {0};
	int64_t id = 0;
	int result = conversations_find(store, CONVERSATION_CHAT, jid, &id);
	if (result == 0)
		result = conversations_get(store, id, arena, &row);
	if (result == 0)
		result = marks_archived(store, id, profile_account(profile)->bare,
					row.read_place, arena, ret_mark);
	return result;
}

static void
publish_all_due(struct profile *profile)
{
	struct arena arena = {0};
	struct setting_list list = {0};
	(void)profile_check(profile,
			    settings_list(profile_store(profile), DUE, &arena, &list));
	for (size_t i = 0; i < list.count; i++)
		publish(profile, list.items[i].key + strlen(DUE));
	arena_done(&arena);
}

static void
on_quiet(struct profile *profile, void *data)
{
	struct read_positions *state = data;
	uint64_t now = alarm_now(profile);
	uint64_t end = state->last_ms + QUIET_MS;
	state->alarm = NULL;
	/* What is due stays so: the next session or stream publishes it. */
	if (!profile_is_online(profile) || !is_able(profile, ABLE_YES))
		return;
	if (end > state->first_ms + PATIENCE_MS)
		end = state->first_ms + PATIENCE_MS;
	if (now < end)
		state->alarm = alarm_set(profile, end - now, on_quiet, state);
	else
		publish_all_due(profile);
}

/* What is due is published when nothing was read for a moment. */
static void
publish_soon(struct profile *profile)
{
	struct read_positions *state = profile_state(profile, MODULE_read_positions);
	state->last_ms = alarm_now(profile);
	if (state->alarm)
		return;
	state->first_ms = state->last_ms;
	state->alarm = alarm_set(profile, QUIET_MS, on_quiet, state);
}

static void
set_rules(struct profile *profile, const char *value)
{
	(void)profile_check(profile,
			    session_fact_set(profile_store(profile), FACT_RULES, value));
}

static void configure(struct profile *profile);

/* The node has our rules, or not, or nobody knows (ANSWER NULL: tried again later). */
static void
on_rules(struct profile *profile, const struct stanza *answer)
{
	bool is_set = stanza_has_type(answer, "result");
	set_rules(profile, is_set ? RULES_SET : NULL);
	if (is_set)
		publish_all_due(profile);
	else if (answer)
		set_able(profile, ABLE_NO);
}

static void
on_configured(struct profile *profile, const struct stanza *answer, bool is_last,
	      void *data)
{
	(void)is_last, (void)data;
	if (store_is_in_job(profile_store(profile)))
		on_rules(profile, answer);
}

static void
on_created(struct profile *profile, const struct stanza *answer, bool is_last, void *data)
{
	(void)is_last, (void)data;
	if (!store_is_in_job(profile_store(profile)))
		return;
	if (stanza_has_type(answer, "error"))
		configure(profile); /* it is there */
	else
		on_rules(profile, answer);
}

static void on_published(struct profile *profile, const struct stanza *answer,
			 bool is_last, void *data);

static void on_items(struct profile *profile, const struct stanza *answer, bool is_last,
		     void *data);

enum { ASK_FETCH, ASK_PUBLISH, ASK_CREATE, ASK_CONFIGURE };

static const struct module_ask asks[] = {
	[ASK_FETCH] = {"read_positions.fetch", 2, on_items},
	[ASK_PUBLISH] = {"read_positions.publish", 0, on_published},
	[ASK_CREATE] = {"read_positions.create", 0, on_created},
	[ASK_CONFIGURE] = {"read_positions.configure", 0, on_configured},
	{0},
};

static void
configure(struct profile *profile)
{
	profile_ask_lasting(profile,
			    pep_configure(profile_stanzas(profile), NS_READ_POSITIONS),
			    &asks[ASK_CONFIGURE], NULL);
}

/* Once a session the node is given our rules: another client made it with others, or the
 * server does not take them with what is published. */
static void
on_refused(struct profile *profile, const struct stanza *answer)
{
	struct stanza_error error;
	bool is_error = stanza_read_error(answer, &error) == 0;
	enum pep_remedy remedy = pep_remedy(answer);
	if (is_fact(profile, FACT_RULES, RULES_SETTING))
		return;
	if (remedy != PEP_NONE && is_fact(profile, FACT_RULES, NULL)) {
		set_rules(profile, RULES_SETTING);
		if (remedy == PEP_CONFIGURE) {
			configure(profile);
			return;
		}
		(void)profile_check(profile, settings_set_int(profile_store(profile),
							      SETTING_FEW, 1));
		profile_ask_lasting(
			profile, pep_create(profile_stanzas(profile), NS_READ_POSITIONS),
			&asks[ASK_CREATE], NULL);
		return;
	}
	log_info("read", "position refused profile=%s condition=%s",
		 profile_name(profile), is_error ? error.condition : "?");
	/* What may pass is tried again at the next reading or connection. */
	if (is_error && strcmp(error.type, "wait") != 0)
		set_able(profile, ABLE_NO);
}

static void
on_published(struct profile *profile, const struct stanza *answer, bool is_last,
	     void *data)
{
	const char *jid = data;
	struct arena arena = {0};
	struct mark mark = {0};
	(void)is_last;
	if (!jid || !profile_store(profile) || !store_is_in_job(profile_store(profile)))
		return;
	int64_t published = in_flight(profile, jid);
	set_fact(profile, FACT_FLIGHT, jid, NULL);
	if (answer && !stanza_has_type(answer, "result"))
		on_refused(profile, answer);
	else if (answer && find_position(profile, jid, &arena, &mark) == 0 &&
		 mark.place > published)
		publish_soon(profile);
	else if (answer)
		set_due(profile, jid, false);
	arena_done(&arena);
}

static void
publish(struct profile *profile, const char *jid)
{
	struct arena arena = {0};
	struct mark mark = {0};
	if (in_flight(profile, jid) || is_fact(profile, FACT_RULES, RULES_SETTING))
		return;
	if (find_position(profile, jid, &arena, &mark) < 0) {
		/* Nothing was read that others could find. */
		set_due(profile, jid, false);
		arena_done(&arena);
		return;
	}
	set_fact(profile, FACT_FLIGHT, jid,
		 arena_printf(&arena, "%lld", (long long)mark.place));
	struct stanza *iq = stanza_iq(profile_stanzas(profile), "set", NULL, NULL);
	struct stanza *pubsub = stanza_add(iq, "pubsub", NS_PUBSUB);
	struct stanza *node = stanza_add(pubsub, "publish", NULL);
	stanza_set(node, "node", NS_READ_POSITIONS);
	struct stanza *item = stanza_add(node, "item", NULL);
	stanza_set(item, "id", jid);
	struct stanza *line = stanza_add(stanza_add(item, "displayed", NS_READ_POSITIONS),
					 "stanza-id", NS_STANZA_ID);
	stanza_set(line, "by", profile_account(profile)->bare);
	stanza_set(line, "id", mark.id);
	pep_add_rules(pubsub,
		      settings_get_int(profile_store(profile), SETTING_FEW, 0) != 0);
	profile_ask_lasting(profile, iq, &asks[ASK_PUBLISH], jid);
	arena_done(&arena);
}

void
read_positions_tell(struct profile *profile, const char *jid)
{
	if (is_able(profile, ABLE_NO) && profile_is_online(profile))
		return;
	set_due(profile, jid, true);
	if (is_able(profile, ABLE_YES) && profile_is_online(profile))
		publish_soon(profile);
}

/* ---- what other clients read ---- */

/* Whether the line that ITEM names is here; true also for an item that says nothing. */
static bool
take_item(struct profile *profile, const struct stanza *item, const char *jid)
{
	const struct stanza *line =
		stanza_child(stanza_child(item, "displayed", NS_READ_POSITIONS),
			     "stanza-id", NS_STANZA_ID);
	const char *id = stanza_get(line, "id");
	if (!id || !*id ||
	    !jid_is_same(stanza_get(line, "by"), profile_account(profile)->bare))
		return true;
	return reading_elsewhere(profile, jid, READING_ARCHIVE, id);
}

static void
take_items(struct profile *profile, const struct stanza *items)
{
	const struct stanza *item = stanza_child(items, "item", NULL);
	for (; item; item = stanza_next(item, "item", NULL)) {
		char *jid = jid_bare(stanza_get(item, "id"));
		/* A line that we do not have is newer than what we read: ours waits. */
		if (jid && !take_item(profile, item, jid))
			set_due(profile, jid, false);
		free(jid);
	}
}

static void
fetch(struct profile *profile)
{
	set_able(profile, ABLE_FETCHING);
	struct stanza *iq = stanza_iq(profile_stanzas(profile), "get", NULL, NULL);
	struct stanza *items =
		stanza_add(stanza_add(iq, "pubsub", NS_PUBSUB), "items", NULL);
	stanza_set(items, "node", NS_READ_POSITIONS);
	profile_ask_lasting(profile, iq, &asks[ASK_FETCH], NULL);
}

static void
on_items(struct profile *profile, const struct stanza *answer, bool is_last, void *data)
{
	(void)data;
	if (!profile_store(profile) || !store_is_in_job(profile_store(profile)))
		return;
	if (!answer) {
		set_able(profile, ABLE_SILENT); /* the next stream asks again */
		return;
	}
	if (stanza_has_type(answer, "result"))
		take_items(profile,
			   stanza_child(stanza_child(answer, "pubsub", NS_PUBSUB),
					"items", NS_PUBSUB));
	if (!is_last)
		return;
	if (is_able(profile, ABLE_AGAIN)) {
		fetch(profile);
		return;
	}
	set_able(profile, ABLE_YES);
	publish_all_due(profile);
}

static enum module_verdict
on_message(struct profile *profile, struct inbound *inbound)
{
	const struct stanza *event =
		stanza_child(inbound->stanza, "event", NS_PUBSUB_EVENT);
	const struct stanza *items = stanza_child(event, "items", NS_PUBSUB_EVENT);
	const char *node = stanza_get(items, "node");
	if (!node || strcmp(node, NS_READ_POSITIONS) != 0)
		return MODULE_PASS;
	if (inbound->origin == INBOUND_LIVE &&
	    !stanza_has_type(inbound->stanza, "error") &&
	    jid_is_same(stanza_from(inbound->stanza), profile_account(profile)->bare))
		take_items(profile, items);
	return MODULE_TAKEN;
}

/* ---- the session ---- */

void
read_positions_look(struct profile *profile, const struct stanza *query)
{
	set_able(profile, pep_can_keep(query) ? ABLE_KNOWN : ABLE_NO);
}

void
read_positions_begin(struct profile *profile)
{
	if (is_able(profile, ABLE_FETCHING))
		set_able(profile, ABLE_AGAIN);
	else if (is_able(profile, ABLE_KNOWN) || is_able(profile, ABLE_YES))
		fetch(profile);
}

static void
on_connect(struct profile *profile, bool is_resumed)
{
	if (is_resumed && is_able(profile, ABLE_YES))
		publish_all_due(profile);
	else if (is_resumed && is_able(profile, ABLE_SILENT))
		fetch(profile);
}

static void
on_disconnect(struct profile *profile)
{
	struct read_positions *state = profile_state(profile, MODULE_read_positions);
	alarm_stop(state->alarm);
	state->alarm = NULL;
}

static void
start(struct profile *profile)
{
	profile_state_set(profile, MODULE_read_positions,
			  mem_alloc(sizeof(struct read_positions)));
}

static void
stop(struct profile *profile)
{
	on_disconnect(profile);
	free(profile_state(profile, MODULE_read_positions));
	profile_state_set(profile, MODULE_read_positions, NULL);
}

static const char *const features[] = {NS_READ_POSITIONS "+notify", NULL};

const struct module module_read_positions = {
	.name = "xep-0490",
	.features = features,
	.asks = asks,
	.start = start,
	.stop = stop,
	.on_connect = on_connect,
	.on_disconnect = on_disconnect,
	.on_message = on_message,
};
