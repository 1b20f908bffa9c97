/*
 * Attach in one round trip: what changed since the frontend's cursor, or everything. It
 * is read in a job and answered with that job's commit, so no event before the answer is
 * newer than it, and none after it is missed. The lines of conversations are not in it.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/muc/muc.h"
#include "backend/muc/muc_voice.h"
#include "backend/session/fresh.h"
#include "backend/session/handlers.h"
#include "backend/session/inner.h"
#include "backend/session/jobs.h"
#include "backend/session/lines.h"
#include "backend/store/settings.h"
#include "backend/store/store.h"
#include "backend/store/tombstones.h"
#include "backend/store/waiting.h"
#include "backend/vault/vault.h"
#include "backend/xep/presence.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"
#include "bridge/serve.h"

/* How much of each list is told, in bytes of the answer: together less than a frame. What
 * is more (a server may invent any number of contacts) is left out, and that is said. */
enum {
	CONTACTS_ROOM = 1792 * 1024,
	CONVERSATIONS_ROOM = 704 * 1024,
	ROOMS_ROOM = 512 * 1024,
	PRESENCES_ROOM = 384 * 1024,
	REQUESTS_ROOM = 320 * 1024,
	BLOCKED_ROOM = 192 * 1024,
	REMOVED_ROOM = 64 * 1024,
	VOICES_ROOM = 32 * 1024,
	ROW_SIZE = 64,	 /* of a row's keys and numbers */
	LINE_SIZE = 160, /* of a line's */
};

static size_t
length(const char *text)
{
	return text ? strlen(text) + 5 : 0;
}

/* Takes BYTES out of *ROOM; false, and the room is over, when they are not there. */
static bool
takes(size_t *room, size_t bytes)
{
	bool has_room = bytes <= *room;
	*room = has_room ? *room - bytes : 0;
	return has_room;
}

static size_t
contact_size(const struct contact *contact)
{
	size_t size = ROW_SIZE + length(contact->jid) + length(contact->name);
	for (size_t i = 0; i < contact->group_count; i++)
		size += length(contact->groups[i]);
	return size;
}

/* These return how many rows were left out. */

static size_t
fill_contacts(struct store *store, int64_t since, struct arena *arena,
	      const struct bridge_contact **ret_items, size_t *ret_count)
{
	struct contact_list list = {0};
	size_t room = CONTACTS_ROOM, count = 0;
	(void)contacts_changed(store, since, arena, &list);
	struct bridge_contact *items = arena_array(arena, list.count, sizeof *items);
	while (count < list.count && takes(&room, contact_size(&list.items[count]))) {
		lines_fill_contact(&list.items[count], &items[count]);
		count++;
	}
	*ret_items = items;
	*ret_count = count;
	return list.count - count;
}

static size_t
conversation_size(const struct bridge_conversation *row)
{
	size_t size = 2 * ROW_SIZE + length(row->jid) + length(row->draft);
	if (row->last)
		size += LINE_SIZE + length(row->last->jid) + length(row->last->body) +
			length(row->last->sender) + length(row->last->reason);
	return size;
}

static int
by_id(const void *one, const void *other)
{
	const struct conversation *a = one;
	const struct conversation *b = other;
	return a->id < b->id ? -1 : a->id > b->id;
}

/* Those that changed last are told first of all; what is told comes in the order in which
 * the conversations began, so that each keeps its number in every frontend. */
static size_t
fill_conversations(struct store *store, int64_t since, struct arena *arena,
		   struct bridge_attach_result *result)
{
	struct conversation_list list = {0};
	size_t room = CONVERSATIONS_ROOM;
	(void)conversations_changed(store, since, arena, &list);
	struct bridge_conversation *items = arena_array(arena, list.count, sizeof *items);
	size_t first = list.count;
	while (first > 0) {
		lines_fill_badge(&list.items[first - 1], arena, &items[first - 1]);
		if (!takes(&room, conversation_size(&items[first - 1])))
			break;
		first--;
	}
	if (first < list.count)
		qsort(list.items + first, list.count - first, sizeof *list.items, by_id);
	for (size_t i = first; i < list.count; i++)
		lines_fill_badge(&list.items[i], arena, &items[i]);
	result->conversations = items + first;
	result->conversations_count = list.count - first;
	return first;
}

static size_t
fill_requests(struct store *store, struct arena *arena,
	      const struct bridge_request **ret_items, size_t *ret_count)
{
	struct contact_request_list list = {0};
	size_t room = REQUESTS_ROOM, count = 0;
	(void)contacts_requests_changed(store, 0, arena, &list);
	struct bridge_request *items = arena_array(arena, list.count, sizeof *items);
	for (; count < list.count; count++) {
		const struct contact_request *row = &list.items[count];
		if (!takes(&room, ROW_SIZE + length(row->jid) + length(row->text)))
			break;
		items[count] = (struct bridge_request){
			.jid = row->jid,
			.text = row->text,
			.time = row->time_ms,
		};
	}
	*ret_items = items;
	*ret_count = count;
	return list.count - count;
}

static size_t
fill_blocked(struct store *store, struct arena *arena, const char *const **ret_items,
	     size_t *ret_count)
{
	struct contact_text_list list = {0};
	size_t room = BLOCKED_ROOM, count = 0;
	(void)contacts_blocked_changed(store, 0, arena, &list);
	while (count < list.count && takes(&room, length(list.items[count])))
		count++;
	*ret_items = list.items;
	*ret_count = count;
	return list.count - count;
}

static size_t
fill_presences(struct profile *profile, struct arena *arena,
	       const struct bridge_presence **ret_items, size_t *ret_count)
{
	size_t room = PRESENCES_ROOM, count = 0, all = 0;
	const struct bridge_presence *items = presence_list(profile, arena, &all);
	while (count < all && takes(&room, ROW_SIZE + length(items[count].jid) +
						   length(items[count].resource) +
						   length(items[count].text)))
		count++;
	*ret_items = items;
	*ret_count = count;
	return all - count;
}

/* What has no room is told by the next one, if it waits still. */
static void
fill_voices(struct profile *profile, struct arena *arena,
	    struct bridge_attach_result *result)
{
	size_t room = VOICES_ROOM, count = 0, all = 0;
	const struct bridge_voice *items = muc_voices(profile, arena, &all);
	while (count < all &&
	       takes(&room, ROW_SIZE + length(items[count].jid) +
				    length(items[count].nick) + length(items[count].who)))
		count++;
	result->voices = items;
	result->voices_count = count;
}

/* False when there are so many that everything is told anew instead. */
static bool
fill_removed(struct store *store, int64_t since, struct arena *arena,
	     struct bridge_attach_result *result)
{
	struct tombstone_list list = {0};
	size_t room = REMOVED_ROOM;
	(void)tombstones_changed(store, since, arena, &list);
	const char **items = arena_array(arena, list.count, sizeof *items);
	for (size_t i = 0; i < list.count; i++) {
		if (list.items[i].kind != TOMBSTONE_CONTACT)
			continue;
		if (!takes(&room, length(list.items[i].key)))
			return false;
		items[result->removed_count++] = list.items[i].key;
	}
	result->removed = items;
	return true;
}

static void
tell_left_out(struct profile *profile, size_t count)
{
	if (count == 0)
		return;
	char *text = mem_printf("There are too many contacts, conversations, rooms or "
				"requests to show all at once: %zu are left out.",
				count);
	profile_emit(
		profile, EVENT_notice,
		&(struct bridge_notice_event){.profile = profile->name, .text = text});
	log_warn("session", "attach left out rows=%zu", count);
	free(text);
}

/* What was repaired since somebody last looked. */
static void
tell_repair(struct profile *profile)
{
	struct arena arena = {0};
	const char *text = settings_get(profile->store, SETTING_REPAIRED, &arena);
	if (text && *text) {
		profile_emit(profile, EVENT_notice,
			     &(struct bridge_notice_event){.profile = profile->name,
							   .text = text});
		profile_check(profile,
			      settings_set(profile->store, SETTING_REPAIRED, ""));
	}
	arena_done(&arena);
}

/* Whether the cursor of PARAMS can be continued from. */
static bool
is_known(const struct bridge_attach_params *params, const struct store_position *position)
{
	return params->epoch != 0 && (uint64_t)params->epoch == position->epoch &&
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
	size_t left = 0;
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
	result.is_auto = presence_is_auto(profile);
	if (!is_full && !fill_removed(store, since, &arena, &result)) {
		result.removed_count = 0;
		result.is_full = true;
		since = 0;
	}
	left += fill_contacts(store, since, &arena, &result.contacts,
			      &result.contacts_count);
	left += fill_conversations(store, since, &arena, &result);
	left += fill_requests(store, &arena, &result.requests, &result.requests_count);
	left += fill_blocked(store, &arena, &result.blocked, &result.blocked_count);
	left += fill_presences(profile, &arena, &result.presences,
			       &result.presences_count);
	result.settings = options_rows(&profile->options, &arena);
	result.settings_count = OPTION_COUNT;
	(void)waiting_held(store, &result.held);
	size_t rooms_left;
	result.rooms =
		muc_list(profile, &arena, ROOMS_ROOM, &result.rooms_count, &rooms_left);
	left += rooms_left;
	fill_voices(profile, &arena, &result);
	profile_reply(profile, request, &result);
	tell_left_out(profile, left);
	tell_repair(profile);
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
told_roster_job(struct profile *profile, struct serve_request *request)
{
	struct arena arena = {0};
	struct bridge_roster_result result = {0};
	struct store *store = profile->store;
	size_t left =
		fill_contacts(store, 0, &arena, &result.contacts, &result.contacts_count);
	left += fill_requests(store, &arena, &result.requests, &result.requests_count);
	left += fill_blocked(store, &arena, &result.blocked, &result.blocked_count);
	left += fill_presences(profile, &arena, &result.presences,
			       &result.presences_count);
	profile_reply(profile, request, &result);
	tell_left_out(profile, left);
	arena_done(&arena);
	return 0;
}

static int
roster_list_job(struct profile *profile, struct serve_request *request)
{
	return fresh_wait(profile, request, told_roster_job)
		       ? 0
		       : told_roster_job(profile, request);
}

void
serve_roster_list(struct process *process, struct profile *profile,
		  struct serve_request *request)
{
	(void)process;
	request_in_job(profile, request, roster_list_job);
}
