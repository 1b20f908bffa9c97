/*
 * Searching for services of rooms: what the server names as its parts (disco#items), and
 * what each of these says that it is (disco#info). The answers come in any order; the
 * list keeps the server's. A profile that is not online may be on its way: then a search
 * waits for a moment.
 */
#include "backend/muc/muc_services.h"

#include <stdlib.h>
#include <string.h>

#include "backend/muc/muc_inner.h"
#include "backend/session/alarm.h"
#include "backend/store/session_scope.h"
#include "backend/store/settings.h"
#include "backend/store/store.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"

/* Fact of the session, and setting for the time without one. */
#define OWN_SERVICE "muc.service"

enum {
	PARTS_MAX = 64,
	NAME_MAX_BYTES = 256,
	OFFLINE_MS = 10 * 1000, /* how long a search waits for the profile to be online */
};

/* A part of the server. */
struct part {
	struct search *search;
	const char *jid;
	const char *name;
	bool is_service;
	bool is_text; /* rooms of XMPP, no gateway's */
};

struct search {
	struct search *next;   /* of those that wait for the profile to be online */
	struct alarm *offline; /* of such a one */
	struct arena arena;
	struct part parts[PARTS_MAX];
	size_t count;
	size_t waiting; /* answers that are to come */
	bool is_answered;
	muc_services_found *found;
	void *data;
};

static void
keep_own(struct profile *profile, const char *jid)
{
	struct store *store = profile_store(profile);
	if (!store || !store_is_in_job(store))
		return;
	(void)profile_check(profile, session_fact_set(store, OWN_SERVICE, jid));
	(void)profile_check(profile, settings_set(store, OWN_SERVICE, jid));
}

const char *
muc_own_service(struct profile *profile, struct arena *arena)
{
	struct store *store = profile_store(profile);
	const char *jid = session_fact(store, OWN_SERVICE, arena);
	if (!jid && !profile_is_online(profile))
		jid = settings_get(store, OWN_SERVICE, arena);
	return jid;
}

struct room *
muc_named(struct profile *profile, const char *name, struct arena *arena)
{
	size_t len = strlen(name);
	if (len == 0 || strpbrk(name, "@/"))
		return NULL;
	const char *service = muc_own_service(profile, arena);
	struct room *room, *next, *found = NULL;
	bool is_only = true;
	HASH_ITER (hh, muc_rooms(profile), room, next) {
		if (room->is_trial || strncmp(room->jid, name, len) != 0 ||
		    room->jid[len] != '@')
			continue;
		if (service && strcmp(room->jid + len + 1, service) == 0)
			return room;
		is_only = !found;
		found = room;
	}
	return is_only ? found : NULL;
}

static void
finish(struct profile *profile, struct search *search)
{
	struct bridge_service *list =
		arena_array(&search->arena, PARTS_MAX, sizeof *list);
	const char *own = NULL;
	size_t count = 0;
	for (size_t i = 0; i < search->count; i++) {
		const struct part *part = &search->parts[i];
		if (!part->is_service)
			continue;
		bool is_own = !own && part->is_text;
		own = is_own ? part->jid : own;
		list[count++] = (struct bridge_service){
			.jid = part->jid, .name = part->name, .is_own = is_own};
	}
	if (own)
		keep_own(profile, own);
	search->found(profile, list, count, search->is_answered, search->data);
	arena_done(&search->arena);
	free(search);
}

static const char *
short_name(struct arena *arena, const char *name)
{
	return name && *name ? arena_strndup(arena, name,
					     utf8_cut(name, strlen(name), NAME_MAX_BYTES))
			     : NULL;
}

static void
read_part(struct part *part, const struct stanza *query)
{
	const struct stanza *row = stanza_child(query, "identity", NS_DISCO_INFO);
	bool is_conference = false;
	for (; row; row = stanza_next(row, "identity", NS_DISCO_INFO)) {
		const char *category = stanza_get(row, "category");
		const char *type = stanza_get(row, "type");
		if (!category || strcmp(category, "conference") != 0)
			continue;
		is_conference = true;
		part->is_text |= type && strcmp(type, "text") == 0;
		if (!part->name)
			part->name =
				short_name(&part->search->arena, stanza_get(row, "name"));
	}
	part->is_service = is_conference && muc_is_room(query);
}

static void
on_part(struct profile *profile, const struct stanza *answer, bool is_last, void *data)
{
	struct part *part = data;
	struct search *search = part->search;
	(void)is_last;
	if (stanza_has_type(answer, "result"))
		read_part(part, stanza_payload(answer));
	if (--search->waiting == 0)
		finish(profile, search);
}

static void
add_part(struct search *search, const struct stanza *item)
{
	char *jid = stanza_get(item, "node") ? NULL : jid_full(stanza_get(item, "jid"));
	bool is_known = !jid;
	for (size_t i = 0; jid && i < search->count; i++)
		is_known |= strcmp(search->parts[i].jid, jid) == 0;
	if (!is_known && search->count < PARTS_MAX)
		search->parts[search->count++] = (struct part){
			.search = search,
			.jid = arena_strdup(&search->arena, jid),
			.name = short_name(&search->arena, stanza_get(item, "name")),
		};
	free(jid);
}

static void
on_items(struct profile *profile, const struct stanza *answer, bool is_last, void *data)
{
	struct search *search = data;
	const struct stanza *query = stanza_payload(answer);
	(void)is_last;
	search->is_answered = stanza_has_type(answer, "result");
	const struct stanza *item =
		search->is_answered ? stanza_child(query, "item", NS_DISCO_ITEMS) : NULL;
	for (; item; item = stanza_next(item, "item", NS_DISCO_ITEMS))
		add_part(search, item);
	search->waiting = search->count;
	if (search->count == 0) {
		finish(profile, search);
		return;
	}
	for (size_t i = 0; i < search->count; i++) {
		struct part *part = &search->parts[i];
		struct stanza *iq =
			stanza_iq(profile_stanzas(profile), "get", part->jid, NULL);
		stanza_add(iq, "query", NS_DISCO_INFO);
		profile_ask(profile, iq, PROFILE_ASK, on_part, part);
	}
}

static void
begin(struct profile *profile, struct search *search)
{
	struct stanza *iq = stanza_iq(profile_stanzas(profile), "get",
				      profile_account(profile)->domain, NULL);
	stanza_add(iq, "query", NS_DISCO_ITEMS);
	profile_ask(profile, iq, PROFILE_ASK, on_items, search);
}

static void
on_offline(struct profile *profile, void *data)
{
	struct search *search = data;
	struct search **at = muc_searches(profile);
	while (*at && *at != search)
		at = &(*at)->next;
	if (*at)
		*at = search->next;
	finish(profile, search);
}

void
muc_services_search(struct profile *profile, muc_services_found *found, void *data)
{
	struct search *search = mem_alloc(sizeof *search);
	struct search **waiting = muc_searches(profile);
	search->found = found;
	search->data = data;
	if (profile_is_online(profile)) {
		begin(profile, search);
		return;
	}
	search->offline = alarm_set(profile, OFFLINE_MS, on_offline, search);
	search->next = *waiting;
	*waiting = search;
}

void
muc_services_connected(struct profile *profile)
{
	struct search **waiting = muc_searches(profile), *next;
	struct search *search = *waiting;
	*waiting = NULL;
	for (; search; search = next) {
		next = search->next;
		alarm_stop(search->offline);
		begin(profile, search);
	}
}

void
muc_services_stop(struct profile *profile)
{
	struct search **waiting = muc_searches(profile);
	struct search *search = *waiting, *next;
	*waiting = NULL;
	for (; search; search = next) {
		next = search->next;
		alarm_stop(search->offline);
		finish(profile, search);
	}
}
