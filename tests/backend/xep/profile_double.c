/*
 * The profile of profile_double.h.
 */
#include "tests/backend/xep/profile_double.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend/store/contacts.h"
#include "backend/store/store.h"
#include "backend/store/tombstones.h"
#include "backend/xep/presence.h"
#include "backend/xmpp/ns.h"
#include "backend/xmpp/snippet.h"
#include "bridge/base/mem.h"

/* The store's own type is opaque; here it is the profile. */
static struct profile *
owner(struct store *store)
{
	return (struct profile *)(void *)store;
}

/* ---- what the session core has ---- */

static const struct module *const linked[] = {
	&module_disco, &module_caps,	   &module_ping,     &module_version,
	&module_time,  &module_chat_state, &module_blocking,
};
#define LINKED_COUNT (sizeof linked / sizeof *linked)

void
modules_each_feature(void (*fn)(void *data, const char *feature), void *data)
{
	for (size_t i = 0; i < LINKED_COUNT; i++) {
		const char *const *feature = linked[i]->features;
		for (; feature && *feature; feature++)
			fn(data, *feature);
	}
}

void
presence_explained(struct profile *profile, const char *from)
{
	(void)profile, (void)from;
}

const char *
profile_name(const struct profile *profile)
{
	(void)profile;
	return "home";
}

const struct jid *
profile_account(const struct profile *profile)
{
	return &profile->account;
}

bool
profile_is_online(const struct profile *profile)
{
	return !profile->is_offline;
}

struct store *
profile_store(const struct profile *profile)
{
	return (struct store *)(uintptr_t)profile;
}

struct stanza_ctx *
profile_stanzas(const struct profile *profile)
{
	return profile->ctx;
}

bool
profile_option_is_on(const struct profile *profile, const char *name)
{
	assert(!strcmp(name, "typing"));
	return !profile->is_typing_off;
}

void *
profile_state(const struct profile *profile, enum module_id id)
{
	return profile->states[id];
}

void
profile_state_set(struct profile *profile, enum module_id id, void *state)
{
	profile->states[id] = state;
}

int64_t
profile_now_ms(void)
{
	return INT64_C(1700000000123);
}

int
profile_check(struct profile *profile, int result)
{
	(void)profile;
	return result;
}

void
profile_emit(struct profile *profile, enum bridge_event event, const void *record)
{
	if (event == EVENT_typing_changed) {
		const struct bridge_typing_event *typing = record;
		buf_printf(&profile->lines, "typing %s %d\n", typing->jid,
			   (int)typing->state);
		return;
	}
	const struct bridge_jid_event *jid = record;
	buf_printf(&profile->lines, "%s %s\n",
		   event == EVENT_block_added ? "blocked" : "unblocked", jid->jid);
}

void
profile_send(struct profile *profile, struct stanza *take_stanza)
{
	buf_add_text(&profile->lines, "send ");
	(void)stanza_write(take_stanza, &profile->lines, SIZE_MAX);
	buf_add_byte(&profile->lines, '\n');
	stanza_free(take_stanza);
}

void
profile_ask(struct profile *profile, struct stanza *take_iq, enum profile_ask_kind kind,
	    profile_answer *answer, void *data)
{
	(void)kind;
	stanza_set(take_iq, "id", "q");
	profile->answer = answer;
	profile->answer_data = data;
	profile_send(profile, take_iq);
}

void
profile_ask_lasting(struct profile *profile, struct stanza *take_iq,
		    const struct module_ask *kind, const char *note)
{
	profile_ask(profile, take_iq, kind->row_level ? PROFILE_ASK_LARGE : PROFILE_ASK,
		    kind->answer, (void *)(uintptr_t)note);
}

/* ---- what the store has ---- */

struct store_position
store_position(struct store *store)
{
	(void)store;
	return (struct store_position){.seq = 7};
}

int
contacts_find(struct store *store, const char *jid, struct arena *arena,
	      struct contact *ret_contact)
{
	(void)store, (void)arena;
	*ret_contact = (struct contact){.subscription = CONTACT_TO};
	if (!strcmp(jid, "friend@example.org"))
		ret_contact->subscription = CONTACT_BOTH;
	else if (strcmp(jid, "watched@example.org") != 0)
		return -ENOENT;
	return 0;
}

int
contacts_blocked_set(struct store *store, const char *jid, bool is_blocked,
		     int64_t now_ms)
{
	struct profile *profile = owner(store);
	(void)now_ms;
	for (size_t i = 0; i < profile->blocked_count; i++) {
		if (strcmp(profile->blocked[i], jid) != 0)
			continue;
		if (is_blocked)
			return 0;
		profile->unblocked[profile->unblocked_count++] = profile->blocked[i];
		profile->blocked[i] = profile->blocked[--profile->blocked_count];
		return 1;
	}
	if (is_blocked)
		profile->blocked[profile->blocked_count++] = mem_strdup(jid);
	return is_blocked;
}

int
contacts_blocked_replace(struct store *store, const char *const *jids, size_t count,
			 int64_t now_ms)
{
	struct profile *profile = owner(store);
	while (profile->blocked_count)
		(void)contacts_blocked_set(store, profile->blocked[0], false, now_ms);
	for (size_t i = 0; i < count; i++)
		(void)contacts_blocked_set(store, jids[i], true, now_ms);
	return 0;
}

int
contacts_blocked_changed(struct store *store, int64_t since, struct arena *arena,
			 struct contact_text_list *ret_list)
{
	struct profile *profile = owner(store);
	(void)since;
	*ret_list = (struct contact_text_list){
		arena_array(arena, profile->blocked_count, sizeof(char *)),
		profile->blocked_count};
	for (size_t i = 0; i < profile->blocked_count; i++)
		ret_list->items[i] = profile->blocked[i];
	return 0;
}

int
tombstones_changed(struct store *store, int64_t since, struct arena *arena,
		   struct tombstone_list *ret_list)
{
	struct profile *profile = owner(store);
	(void)since;
	*ret_list = (struct tombstone_list){
		arena_array(arena, profile->unblocked_count, sizeof(struct tombstone)),
		profile->unblocked_count};
	for (size_t i = 0; i < profile->unblocked_count; i++)
		ret_list->items[i] =
			(struct tombstone){TOMBSTONE_BLOCKED, profile->unblocked[i], 8};
	return 0;
}

/* ---- what tests call ---- */

int
double_set_up(void **state)
{
	struct profile *profile = mem_alloc(sizeof *profile);
	profile->ctx = stanza_ctx_new();
	assert(jid_parse("me@example.org", &profile->account, NULL) == 0);
	for (size_t i = 0; i < LINKED_COUNT; i++) {
		if (linked[i]->start)
			linked[i]->start(profile);
	}
	*state = profile;
	return 0;
}

int
double_tear_down(void **state)
{
	struct profile *profile = *state;
	for (size_t i = 0; i < LINKED_COUNT; i++) {
		if (linked[i]->stop)
			linked[i]->stop(profile);
	}
	for (size_t i = 0; i < profile->blocked_count; i++)
		free(profile->blocked[i]);
	for (size_t i = 0; i < profile->unblocked_count; i++)
		free(profile->unblocked[i]);
	jid_done(&profile->account);
	buf_done(&profile->lines);
	stanza_ctx_free(profile->ctx);
	free(profile);
	return 0;
}

static struct stanza *
read_text(struct profile *profile, const char *text)
{
	struct stanza *stanza = NULL;
	assert(snippet_read(profile->ctx, text, strlen(text), &stanza) == 0);
	return stanza;
}

bool
double_iq(struct profile *profile, const struct module *module, const char *text)
{
	struct stanza *iq = read_text(profile, text);
	bool is_found = false;
	for (const struct module_iq *row = module->iqs; row->type && !is_found; row++) {
		is_found = stanza_has_type(iq, row->type) &&
			   stanza_is(stanza_payload(iq), row->name, row->ns);
		if (is_found)
			row->handle(profile, iq);
	}
	stanza_free(iq);
	return is_found;
}

void
double_message(struct profile *profile, const struct module *module, const char *text)
{
	struct stanza *message = read_text(profile, text);
	int64_t stamp;
	struct inbound inbound = {
		.stanza = message,
		.body = stanza_child_text(message, "body", NS_CLIENT),
		.is_delayed = stanza_delay(message, NULL, &stamp) == 0,
	};
	assert(jid_parse(stanza_from(message), &inbound.from, NULL) == 0);
	inbound.is_own = !strcmp(inbound.from.bare, profile->account.bare);
	inbound.peer = inbound.from.bare;
	assert(module->on_message(profile, &inbound) == MODULE_PASS);
	jid_done(&inbound.from);
	stanza_free(message);
}

void
double_presence(struct profile *profile, const struct module *module, const char *text)
{
	struct stanza *presence = read_text(profile, text);
	struct jid from;
	assert(jid_parse(stanza_from(presence), &from, NULL) == 0);
	assert(module->on_presence(profile, presence, &from) == MODULE_PASS);
	jid_done(&from);
	stanza_free(presence);
}

void
double_answer(struct profile *profile, const char *text, bool is_last)
{
	struct stanza *answer = text ? read_text(profile, text) : NULL;
	profile->answer(profile, answer, is_last, profile->answer_data);
	stanza_free(answer);
}

char *
double_lines(struct profile *profile)
{
	return buf_take_text(&profile->lines);
}
