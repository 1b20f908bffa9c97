/*
 * Attach in one round trip: what changed since the frontend's cursor, or everything. It
 * is read in a job and answered with that job's commit, so no event before the answer is
 * newer than it, and none after it is missed. The lines of conversations are not in it.
 */
#include "backend/session/handlers.h"
#include "backend/session/inner.h"
#include "backend/session/jobs.h"
#include "backend/session/lines.h"
#include "backend/store/settings.h"
#include "backend/store/store.h"
#include "backend/store/tombstones.h"
#include "backend/vault/vault.h"
#include "backend/xep/presence.h"
#include "bridge/serve.h"

static void
fill_contacts(struct store *store, int64_t since, struct arena *arena,
	      const struct bridge_contact **ret_items, size_t *ret_count)
{
	struct contact_list list = {0};
	(void)contacts_changed(store, since, arena, &list);
	struct bridge_contact *items = arena_array(arena, list.count, sizeof *items);
	for (size_t i = 0; i < list.count; i++)
		lines_fill_contact(&list.items[i], &items[i]);
	*ret_items = items;
	*ret_count = list.count;
}

static void
fill_conversations(struct store *store, int64_t since, struct arena *arena,
		   struct bridge_attach_result *result)
{
	struct conversation_list list = {0};
	(void)conversations_changed(store, since, arena, &list);
	struct bridge_conversation *items = arena_array(arena, list.count, sizeof *items);
	for (size_t i = 0; i < list.count; i++)
		lines_fill_badge(&list.items[i], arena, &items[i]);
	result->conversations = items;
	result->conversations_count = list.count;
}

static void
fill_requests(struct store *store, struct arena *arena,
	      const struct bridge_request **ret_items, size_t *ret_count)
{
	struct contact_request_list list = {0};
	(void)contacts_requests_changed(store, 0, arena, &list);
	struct bridge_request *items = arena_array(arena, list.count, sizeof *items);
	for (size_t i = 0; i < list.count; i++)
		items[i] = (struct bridge_request){
			.jid = list.items[i].jid,
			.text = list.items[i].text,
			.time = list.items[i].time_ms,
		};
	*ret_items = items;
	*ret_count = list.count;
}

static void
fill_blocked(struct store *store, struct arena *arena, const char *const **ret_items,
	     size_t *ret_count)
{
	struct contact_text_list list = {0};
	(void)contacts_blocked_changed(store, 0, arena, &list);
	*ret_items = list.items;
	*ret_count = list.count;
}

static void
fill_removed(struct store *store, int64_t since, struct arena *arena,
	     struct bridge_attach_result *result)
{
	struct tombstone_list list = {0};
	(void)tombstones_changed(store, since, arena, &list);
	const char **items = arena_array(arena, list.count, sizeof *items);
	for (size_t i = 0; i < list.count; i++) {
		if (list.items[i].kind == TOMBSTONE_CONTACT)
			items[result->removed_count++] = list.items[i].key;
	}
	result->removed = items;
}

/* Whether the cursor of PARAMS can be continued from. */
static bool
is_known(const struct bridge_attach_params *params, const struct store_position *position)
{
	return params->seq > 0 && (uint64_t)params->epoch == position->epoch &&
	       params->seq >= position->floor && params->seq <= position->seq;
}

static int
attach_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_attach_params *params = request->params;
	struct store *store = profile->store;
	struct store_position position = store_position(store);
	bool is_full = !is_known(params, &position);
	int64_t since = is_full ? 0 : params->seq;
	struct arena arena = {0};
	struct bridge_link link;
	link_fill(profile, &link);
	struct bridge_attach_result result = {
		.profile = profile->name,
		.jid = profile->account.bare,
		.epoch = (int64_t)position.epoch,
		.seq = position.seq,
		.is_full = is_full,
		.link = &link,
		.is_protected = vault_is_protected(profile->vault),
	};
	presence_own(profile, &arena, &result.show, &result.status_text);
	fill_contacts(store, since, &arena, &result.contacts, &result.contacts_count);
	fill_conversations(store, since, &arena, &result);
	fill_requests(store, &arena, &result.requests, &result.requests_count);
	fill_blocked(store, &arena, &result.blocked, &result.blocked_count);
	if (!is_full)
		fill_removed(store, since, &arena, &result);
	result.presences = presence_list(profile, &arena, &result.presences_count);
	result.settings = options_rows(&profile->options, &arena);
	result.settings_count = OPTION_COUNT;
	profile_reply(profile, request, &result);
	arena_done(&arena);
	return 0;
}

void
serve_attach(struct process *process, struct profile *profile,
	     struct serve_request *request)
{
	(void)process;
	/* An opened profile connects again after it was taken offline by quitting. */
	if (profile->link.state == link_state_OFFLINE)
		link_start(profile);
	request_in_job(profile, request, attach_job);
}

static int
roster_list_job(struct profile *profile, struct serve_request *request)
{
	struct arena arena = {0};
	struct bridge_roster_result result = {0};
	struct store *store = profile->store;
	fill_contacts(store, 0, &arena, &result.contacts, &result.contacts_count);
	fill_requests(store, &arena, &result.requests, &result.requests_count);
	fill_blocked(store, &arena, &result.blocked, &result.blocked_count);
	result.presences = presence_list(profile, &arena, &result.presences_count);
	profile_reply(profile, request, &result);
	arena_done(&arena);
	return 0;
}

void
serve_roster_list(struct process *process, struct profile *profile,
		  struct serve_request *request)
{
	(void)process;
	request_in_job(profile, request, roster_list_job);
}
