/*
 * The chat state module. Per conversation and in memory only: what the other side does
 * and from which of its devices, whether it ever told us, and what we told it last, so
 * that nothing is sent twice. Old states (delayed copies) mean nothing and are passed
 * over.
 */
#include "backend/xep/chat_state.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "backend/store/contacts.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/mem.h"

enum { PEERS_MAX = 10 * 1000 };

struct peer_state {
	UT_hash_handle hh;
	char *bare;
	char *full; /* the device that told THEIRS, or NULL */
	enum bridge_chat_state theirs;
	enum bridge_chat_state ours; /* told last; NONE: nothing yet */
	bool has_told;
};

struct table {
	struct peer_state *peers;
};

static const struct {
	const char *name;
	enum bridge_chat_state state;
} names[] = {
	{"active", chat_state_ACTIVE}, {"composing", chat_state_COMPOSING},
	{"paused", chat_state_PAUSED}, {"inactive", chat_state_INACTIVE},
	{"gone", chat_state_GONE},
};

static const char *
name_of(enum bridge_chat_state state)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (names[i].state == state)
			return names[i].name;
	}
	return NULL;
}

static enum bridge_chat_state
state_in(const struct stanza *message)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (stanza_child(message, names[i].name, NS_CHAT_STATES))
			return names[i].state;
	}
	return chat_state_NONE;
}

static struct table *
table_of(struct profile *profile)
{
	return profile_state(profile, MODULE_chat_state);
}

/* The row of BARE, made if need be; NULL when there are too many. */
static struct peer_state *
row_of(struct profile *profile, const char *bare)
{
	struct table *table = table_of(profile);
	struct peer_state *row;
	HASH_FIND_STR(table->peers, bare, row);
	if (row || HASH_COUNT(table->peers) >= PEERS_MAX)
		return row;
	row = mem_alloc(sizeof *row);
	row->bare = mem_strdup(bare);
	HASH_ADD_KEYPTR(hh, table->peers, row->bare, strlen(row->bare), row);
	return row;
}

static void
clear(struct table *table)
{
	struct peer_state *row, *next;
	HASH_ITER (hh, table->peers, row, next) {
		HASH_DEL(table->peers, row);
		free(row->bare);
		free(row->full);
		free(row);
	}
}

static void
set_theirs(struct profile *profile, struct peer_state *row, enum bridge_chat_state state,
	   const char *full)
{
	mem_replace(&row->full, full);
	if (row->theirs == state)
		return;
	row->theirs = state;
	profile_emit(profile, EVENT_typing_changed,
		     &(struct bridge_typing_event){
			     .profile = profile_name(profile),
			     .jid = row->bare,
			     .state = state,
		     });
}

static enum module_verdict
on_message(struct profile *profile, struct inbound *inbound)
{
	if (inbound->origin != INBOUND_LIVE || inbound->is_own || inbound->is_delayed ||
	    stanza_has_type(inbound->stanza, "error") ||
	    stanza_has_type(inbound->stanza, "groupchat"))
		return MODULE_PASS;
	enum bridge_chat_state state = state_in(inbound->stanza);
	/* A message without a state ends what its sender was doing. */
	if (state == chat_state_NONE && !inbound->body)
		return MODULE_PASS;
	struct peer_state *row = row_of(profile, inbound->peer);
	if (!row)
		return MODULE_PASS;
	row->has_told = state != chat_state_NONE;
	set_theirs(profile, row, state, inbound->from.full);
	return MODULE_PASS;
}

/* Nobody types on a device that left. */
static enum module_verdict
on_presence(struct profile *profile, const struct stanza *presence,
	    const struct jid *from)
{
	struct peer_state *row;
	if (!stanza_has_type(presence, "unavailable"))
		return MODULE_PASS;
	HASH_FIND_STR(table_of(profile)->peers, from->bare, row);
	if (!row || !row->full)
		return MODULE_PASS;
	if (!from->resource || strcmp(row->full, from->full) == 0) {
		row->ours = chat_state_NONE;
		row->has_told = false;
		set_theirs(profile, row, chat_state_NONE, NULL);
	}
	return MODULE_PASS;
}

static void
on_disconnect(struct profile *profile)
{
	struct table *table = table_of(profile);
	struct peer_state *row, *next;
	HASH_ITER (hh, table->peers, row, next)
		set_theirs(profile, row, chat_state_NONE, NULL);
	clear(table);
}

/* Whether the bare JID may know: a contact who sees our presence, or one who told us. */
static bool
may_know(struct profile *profile, const char *jid)
{
	struct peer_state *row;
	if (!profile_option_is_on(profile, "typing"))
		return false;
	HASH_FIND_STR(table_of(profile)->peers, jid, row);
	if (row && row->has_told)
		return true;
	struct arena arena = {0};
	struct contact contact = {0};
	bool is_seen =
		contacts_find(profile_store(profile), jid, &arena, &contact) == 0 &&
		(contact.subscription == CONTACT_FROM ||
		 contact.subscription == CONTACT_BOTH);
	arena_done(&arena);
	return is_seen;
}

void
chat_state_send(struct profile *profile, const char *jid, enum bridge_chat_state state)
{
	const char *name = name_of(state);
	if (!name || !profile_is_online(profile) || !may_know(profile, jid))
		return;
	struct peer_state *row = row_of(profile, jid);
	if (row && row->ours == state)
		return;
	/* Nothing was begun, so nothing has to be ended. */
	if (row && row->ours == chat_state_NONE && state != chat_state_COMPOSING &&
	    state != chat_state_ACTIVE)
		return;
	if (row)
		row->ours = state;
	struct stanza *message =
		stanza_message(profile_stanzas(profile), "chat", jid, NULL);
	(void)stanza_add(message, name, NS_CHAT_STATES);
	(void)stanza_add(message, "no-store", NS_HINTS);
	profile_send(profile, message);
}

/* A message with a body says that we are here (section 5.1). */
static void
on_outgoing(struct profile *profile, struct stanza *stanza)
{
	if (!stanza_is(stanza, "message", NS_CLIENT) ||
	    !stanza_has_type(stanza, "chat") || !stanza_child(stanza, "body", NS_CLIENT))
		return;
	char *bare = jid_bare(stanza_to(stanza));
	if (bare && may_know(profile, bare)) {
		struct peer_state *row = row_of(profile, bare);
		if (row)
			row->ours = chat_state_ACTIVE;
		(void)stanza_add(stanza, "active", NS_CHAT_STATES);
	}
	free(bare);
}

static void
start(struct profile *profile)
{
	profile_state_set(profile, MODULE_chat_state, mem_alloc(sizeof(struct table)));
}

static void
stop(struct profile *profile)
{
	struct table *table = table_of(profile);
	if (!table)
		return;
	clear(table);
	free(table);
	profile_state_set(profile, MODULE_chat_state, NULL);
}

static const char *const features[] = {NS_CHAT_STATES, NULL};

const struct module module_chat_state = {
	.name = "xep-0085",
	.features = features,
	.start = start,
	.stop = stop,
	.on_disconnect = on_disconnect,
	.on_message = on_message,
	.on_presence = on_presence,
	.on_outgoing = on_outgoing,
};
