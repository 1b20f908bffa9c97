/*
 * The presence module: who is there, and who asks to see us. Presences are
 * session-scoped: a table in memory by full JID, with a copy in the store for the process
 * that resumes the session; both are emptied when the session is over. Waiting requests
 * are in the store as well.
 */
#include "backend/xep/presence.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "backend/store/contacts.h"
#include "backend/store/session_scope.h"
#include "backend/store/store.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"

enum {
	PRESENCE_MAX = 100 * 1000,
	STRANGERS_MAX = 1000, /* presences that nobody asked for */
	REQUESTS_MAX = 500,
	STATUS_MAX = 1024,
};

struct resource {
	UT_hash_handle hh;
	char *full;
	char *bare;
	char *name; /* resource, or NULL */
	char *text;
	enum bridge_show show;
	int priority;
	bool is_stranger; /* when it came */
	int64_t seq;
};

struct table {
	struct resource *resources;
	size_t strangers; /* among them */
};

static void
resource_free(struct resource *resource)
{
	free(resource->full);
	free(resource->bare);
	free(resource->name);
	free(resource->text);
	free(resource);
}

static void
clear(struct table *table)
{
	struct resource *resource, *next;
	HASH_ITER (hh, table->resources, resource, next) {
		HASH_DEL(table->resources, resource);
		resource_free(resource);
	}
	table->strangers = 0;
}

static struct resource *
add(struct table *table, const struct jid *from, bool is_stranger)
{
	struct resource *resource = mem_alloc(sizeof *resource);
	table->strangers += is_stranger ? 1 : 0;
	resource->is_stranger = is_stranger;
	resource->full = mem_strdup(from->full);
	resource->bare = mem_strdup(from->bare);
	resource->name = mem_strdup(from->resource);
	HASH_ADD_KEYPTR(hh, table->resources, resource->full, strlen(resource->full),
			resource);
	return resource;
}

/* What another process knew of a session that may be resumed. */
static void
recall(struct profile *profile, struct table *table)
{
	struct arena arena = {0};
	struct session_presence *rows = NULL;
	size_t count = 0;
	if (profile_store(profile))
		(void)session_presences(profile_store(profile), &arena, &rows, &count);
	for (size_t i = 0; i < count; i++) {
		struct jid from = {0};
		if (jid_parse(rows[i].jid, &from, NULL) < 0)
			continue;
		struct resource *resource = add(table, &from, rows[i].is_stranger);
		resource->show = (enum bridge_show)rows[i].show;
		resource->text = mem_strdup(rows[i].text);
		resource->priority = rows[i].priority;
		jid_done(&from);
	}
	arena_done(&arena);
}

static void
start(struct profile *profile)
{
	struct table *table = mem_alloc(sizeof *table);
	profile_state_set(profile, MODULE_presence, table);
	recall(profile, table);
}

static void
stop(struct profile *profile)
{
	struct table *table = profile_state(profile, MODULE_presence);
	clear(table);
	free(table);
}

static void
fill(const struct resource *resource, struct bridge_presence *ret_record)
{
	*ret_record = (struct bridge_presence){
		.jid = resource->bare,
		.resource = resource->name,
		.show = resource->show,
		.text = resource->text,
		.priority = resource->priority,
		.seq = resource->seq,
	};
}

static void
emit(struct profile *profile, const struct resource *resource)
{
	struct bridge_presence record;
	fill(resource, &record);
	profile_emit(profile, EVENT_presence_changed,
		     &(struct bridge_presence_event){
			     .profile = profile_name(profile),
			     .seq = resource->seq,
			     .presence = &record,
		     });
}

static void
drop(struct profile *profile, struct resource *resource)
{
	struct table *table = profile_state(profile, MODULE_presence);
	HASH_DEL(table->resources, resource);
	table->strangers -= resource->is_stranger ? 1 : 0;
	resource->show = show_OFFLINE;
	mem_replace(&resource->text, NULL);
	resource->seq = store_next_seq(profile_store(profile));
	(void)profile_check(
		profile, session_presence_remove(profile_store(profile), resource->full));
	emit(profile, resource);
	resource_free(resource);
}

/* The session is over: who was there is unknown from now on. */
static void
on_disconnect(struct profile *profile)
{
	struct table *table = profile_state(profile, MODULE_presence);
	struct resource *resource, *next;
	HASH_ITER (hh, table->resources, resource, next)
		drop(profile, resource);
}

static void
resource_left(struct profile *profile, const struct jid *from)
{
	struct table *table = profile_state(profile, MODULE_presence);
	struct resource *resource, *next;
	HASH_FIND_STR(table->resources, from->full, resource);
	if (resource)
		drop(profile, resource);
	if (from->resource)
		return;
	/* Unavailable from a bare JID means every resource of it. */
	HASH_ITER (hh, table->resources, resource, next) {
		if (strcmp(resource->bare, from->bare) == 0)
			drop(profile, resource);
	}
}

/* Whether the bare JID is neither ours nor in the roster. */
static bool
is_stranger(struct profile *profile, const char *bare)
{
	struct arena arena = {0};
	struct contact contact;
	bool is_known =
		strcmp(bare, profile_account(profile)->bare) == 0 ||
		contacts_find(profile_store(profile), bare, &arena, &contact) == 0;
	arena_done(&arena);
	return !is_known;
}

/* At most MAX bytes of TEXT, no character cut in two; NULL for nothing. */
static char *
shorten(const char *text, size_t max)
{
	return text && *text ? mem_strndup(text, utf8_cut(text, strlen(text), max))
			     : NULL;
}

/* RFC 6121 section 4.7.2.3: -128 to 127; anything else counts as 0. */
static int
priority_of(const char *text)
{
	char *end;
	long number = strtol(text, &end, 10);
	return end == text || number < -128 || number > 127 ? 0 : (int)number;
}

static void
resource_came(struct profile *profile, const struct stanza *presence,
	      const struct jid *from)
{
	struct table *table = profile_state(profile, MODULE_presence);
	struct resource *resource;
	HASH_FIND_STR(table->resources, from->full, resource);
	if (!resource) {
		bool is_odd = is_stranger(profile, from->bare);
		if (HASH_COUNT(table->resources) >= PRESENCE_MAX ||
		    (is_odd && table->strangers >= STRANGERS_MAX))
			return;
		resource = add(table, from, is_odd);
	}
	const char *text = stanza_child_text(presence, "status", NS_CLIENT);
	const char *priority = stanza_child_text(presence, "priority", NS_CLIENT);
	resource->show = presence_show_of(presence);
	free(resource->text);
	resource->text = shorten(text, STATUS_MAX);
	resource->priority = priority ? priority_of(priority) : 0;
	resource->seq = store_next_seq(profile_store(profile));
	struct session_presence row = {
		.jid = resource->full,
		.show = (int)resource->show,
		.text = resource->text,
		.priority = resource->priority,
		.is_stranger = resource->is_stranger,
	};
	(void)profile_check(profile, session_presence_put(profile_store(profile), &row));
	emit(profile, resource);
}

/* Whether a request may be kept: there is room, and it says something new. */
static bool
is_new_request(struct profile *profile, const char *jid, const char *text)
{
	struct store *store = profile_store(profile);
	struct arena arena = {0};
	struct contact_request had;
	int64_t count = 0;
	int found = contacts_request_find(store, jid, &arena, &had);
	bool is_new = found == 0 ? strcmp(had.text ? had.text : "", text ? text : "") != 0
				 : contacts_requests_count(store, &count) == 0 &&
					   count < REQUESTS_MAX;
	arena_done(&arena);
	return is_new;
}

/* A request is kept until it is answered; a contact who sees us already is answered. */
static void
asked(struct profile *profile, const struct stanza *presence, const struct jid *from)
{
	struct store *store = profile_store(profile);
	struct arena arena = {0};
	struct contact contact;
	if (strcmp(from->bare, profile_account(profile)->bare) == 0)
		return;
	if (contacts_find(store, from->bare, &arena, &contact) == 0 &&
	    (contact.subscription == CONTACT_FROM ||
	     contact.subscription == CONTACT_BOTH)) {
		presence_subscription(profile, from->bare, "subscribed");
	} else if (!contacts_is_blocked(store, from->bare)) {
		char *text = shorten(stanza_child_text(presence, "status", NS_CLIENT),
				     STATUS_MAX);
		struct contact_request request = {
			.jid = from->bare,
			.text = text,
			.time_ms = profile_now_ms(),
		};
		if (!is_new_request(profile, from->bare, text)) {
			free(text);
			arena_done(&arena);
			return;
		}
		(void)profile_check(profile, contacts_request_add(store, &request));
		struct bridge_request record = {request.jid, request.text,
						request.time_ms, 0};
		profile_emit(profile, EVENT_request_added,
			     &(struct bridge_request_event){
				     .profile = profile_name(profile),
				     .seq = store_position(store).seq,
				     .request = &record,
			     });
		profile_status_changed(profile);
		free(text);
	}
	arena_done(&arena);
}

static enum module_verdict
on_presence(struct profile *profile, const struct stanza *presence,
	    const struct jid *from)
{
	const char *type = stanza_type(presence);
	if (!type)
		resource_came(profile, presence, from);
	else if (strcmp(type, "unavailable") == 0)
		resource_left(profile, from);
	else if (strcmp(type, "subscribe") == 0)
		asked(profile, presence, from);
	else if (strcmp(type, "unsubscribe") == 0)
		presence_request_gone(profile, from->bare);
	return MODULE_PASS;
}

void
presence_request_gone(struct profile *profile, const char *jid)
{
	struct store *store = profile_store(profile);
	if (profile_check(profile,
			  contacts_request_remove(store, jid, profile_now_ms())) <= 0)
		return;
	profile_emit(profile, EVENT_request_gone,
		     &(struct bridge_jid_event){
			     .profile = profile_name(profile),
			     .seq = store_position(store).seq,
			     .jid = jid,
		     });
	profile_status_changed(profile);
}

void
presence_subscription(struct profile *profile, const char *jid, const char *type)
{
	profile_send(profile, stanza_presence(profile_stanzas(profile), type, jid));
}

const struct bridge_presence *
presence_list(struct profile *profile, struct arena *arena, size_t *ret_count)
{
	struct table *table = profile_state(profile, MODULE_presence);
	struct bridge_presence *list =
		arena_array(arena, HASH_COUNT(table->resources), sizeof *list);
	struct resource *resource, *next;
	size_t count = 0;
	HASH_ITER (hh, table->resources, resource, next)
		fill(resource, &list[count++]);
	*ret_count = count;
	return list;
}

const struct module module_presence = {
	.name = "presence",
	.start = start,
	.stop = stop,
	.on_connect = presence_connected,
	.on_disconnect = on_disconnect,
	.on_presence = on_presence,
};
