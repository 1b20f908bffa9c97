/*
 * The blocking module. The list is fetched at each login and replaces the stored one;
 * after that the server's pushes change it, which count only from our own account. What
 * is told to the frontends is what changed in the store, so nothing is told twice.
 */
#include "backend/xep/blocking.h"

#include <stdlib.h>

#include "backend/store/contacts.h"
#include "backend/store/store.h"
#include "backend/store/tombstones.h"
#include "backend/xep/trust.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/arena.h"
#include "bridge/base/mem.h"

enum { BLOCKING_MAX = 50 * 1000 }; /* addresses; more are left out */

/* A list on its way. */
struct fetch {
	struct arena arena;
	const char **items;
	size_t count;
	size_t room;
	bool has_list;
};

static void
emit(struct profile *profile, enum bridge_event event, const char *jid, int64_t seq)
{
	profile_emit(profile, event,
		     &(struct bridge_jid_event){
			     .profile = profile_name(profile),
			     .seq = seq,
			     .jid = jid,
		     });
}

/* Every change since SEQ, as events. */
static void
emit_since(struct profile *profile, int64_t seq)
{
	struct store *store = profile_store(profile);
	struct arena arena = {0};
	struct contact_text_list list = {0};
	struct tombstone_list stones = {0};
	int64_t now = store_position(store).seq;
	(void)profile_check(profile, contacts_blocked_changed(store, seq, &arena, &list));
	for (size_t i = 0; i < list.count; i++)
		emit(profile, EVENT_block_added, list.items[i], now);
	(void)profile_check(profile, tombstones_changed(store, seq, &arena, &stones));
	for (size_t i = 0; i < stones.count; i++) {
		if (stones.items[i].kind == TOMBSTONE_BLOCKED)
			emit(profile, EVENT_block_removed, stones.items[i].key,
			     stones.items[i].seq);
	}
	arena_done(&arena);
}

/* What the parts of a large answer brought so far. */
static struct fetch *
scratch(struct profile *profile)
{
	if (!profile_state(profile, MODULE_blocking))
		profile_state_set(profile, MODULE_blocking,
				  mem_alloc(sizeof(struct fetch)));
	return profile_state(profile, MODULE_blocking);
}

static void
drop_scratch(struct profile *profile)
{
	struct fetch *fetch = profile_state(profile, MODULE_blocking);
	profile_state_set(profile, MODULE_blocking, NULL);
	if (!fetch)
		return;
	arena_done(&fetch->arena);
	free(fetch->items);
	free(fetch);
}

static void
gather(struct fetch *fetch, const struct stanza *list)
{
	fetch->has_list = true;
	const struct stanza *item = stanza_child(list, "item", NS_BLOCKING);
	for (; item && fetch->count < BLOCKING_MAX;
	     item = stanza_next(item, "item", NS_BLOCKING)) {
		char *jid = jid_full(stanza_get(item, "jid"));
		if (!jid)
			continue;
		if (fetch->count == fetch->room) {
			fetch->room = fetch->room ? fetch->room * 2 : 32;
			fetch->items = mem_resize(fetch->items, fetch->room,
						  sizeof *fetch->items);
		}
		fetch->items[fetch->count++] = arena_strdup(&fetch->arena, jid);
		free(jid);
	}
}

static void
replace(struct profile *profile, const char *const *jids, size_t count)
{
	struct store *store = profile_store(profile);
	int64_t before = store_position(store).seq;
	if (profile_check(profile, contacts_blocked_replace(store, jids, count,
							    profile_now_ms())) >= 0)
		emit_since(profile, before);
}

static void
on_list(struct profile *profile, const struct stanza *answer, bool is_last, void *data)
{
	struct fetch *fetch = scratch(profile);
	(void)data;
	const struct stanza *list = stanza_child(answer, "blocklist", NS_BLOCKING);
	if (stanza_has_type(answer, "result") && list)
		gather(fetch, list);
	if (!is_last)
		return;
	/* An error is a server without blocking: what is stored stays. */
	if (stanza_has_type(answer, "result") && fetch->has_list)
		replace(profile, fetch->items, fetch->count);
	drop_scratch(profile);
}

static const struct module_ask asks[] = {
	{"blocklist", 1, on_list},
	{NULL, 0, NULL},
};

static void
on_connect(struct profile *profile, bool is_resumed)
{
	/* What came of an answer that was cut off comes again, whole. */
	drop_scratch(profile);
	if (is_resumed)
		return;
	struct stanza *iq = stanza_iq(profile_stanzas(profile), "get", NULL, NULL);
	(void)stanza_add(iq, "blocklist", NS_BLOCKING);
	profile_ask_lasting(profile, iq, asks, NULL);
}

static void
set_one(struct profile *profile, const char *jid, bool is_blocked)
{
	struct store *store = profile_store(profile);
	if (profile_check(profile, contacts_blocked_set(store, jid, is_blocked,
							profile_now_ms())) > 0)
		emit(profile, is_blocked ? EVENT_block_added : EVENT_block_removed, jid,
		     store_position(store).seq);
}

static void
on_push(struct profile *profile, const struct stanza *iq)
{
	const struct stanza *push = stanza_payload(iq);
	bool is_block = stanza_is(push, "block", NULL);
	if (!trust_is_own(profile, iq)) {
		trust_refuse(profile, iq);
		return;
	}
	const struct stanza *item = stanza_child(push, "item", NS_BLOCKING);
	/* <unblock/> without items unblocks everybody (section 3.5). */
	if (!item && !is_block)
		replace(profile, NULL, 0);
	for (; item; item = stanza_next(item, "item", NS_BLOCKING)) {
		char *jid = jid_full(stanza_get(item, "jid"));
		if (jid)
			set_one(profile, jid, is_block);
		free(jid);
	}
	profile_send(profile, stanza_reply(iq));
}

void
blocking_set(struct profile *profile, const char *jid, bool is_blocked,
	     profile_answer *answer, void *data)
{
	struct stanza *iq = stanza_iq(profile_stanzas(profile), "set", NULL, NULL);
	struct stanza *change =
		stanza_add(iq, is_blocked ? "block" : "unblock", NS_BLOCKING);
	stanza_set(stanza_add(change, "item", NULL), "jid", jid);
	profile_ask(profile, iq, PROFILE_ASK, answer, data);
}

static const struct module_iq iqs[] = {
	{"set", "block", NS_BLOCKING, on_push},
	{"set", "unblock", NS_BLOCKING, on_push},
	{0},
};

const struct module module_blocking = {
	.name = "xep-0191",
	.iqs = iqs,
	.asks = asks,
	.stop = drop_scratch,
	.on_connect = on_connect,
};
