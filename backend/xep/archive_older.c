/*
 * Older pages of one conversation, when somebody reads back past the store. They are put
 * below its first line, newest first, so each page is joined to what is here. Several who
 * wait for the same conversation share one question; nobody waits longer than some
 * seconds, and a page that comes later is stored all the same.
 */
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "backend/muc/muc.h"
#include "backend/store/conversations.h"
#include "backend/store/messages.h"
#include "backend/store/store.h"
#include "backend/xep/archive.h"
#include "backend/xep/archive_inner.h"
#include "bridge/base/mem.h"

enum {
	OLDER_PAGE = 100,
	OLDER_ROUNDS = 10, /* pages in a row with nothing to show */
	OLDER_WAIT_MS = 5 * 1000,
	OLDER_MAX = 50,		  /* conversations at once */
	OLDER_LOOK = 50,	  /* lines that may lack an archive's id */
	SKEW_MS = 60 * 60 * 1000, /* of clocks; what is here already is told apart */
};

/* Somebody who waits. */
struct waiter {
	struct waiter *next;
	archive_fetched *fn;
	void *data;
};

/* One conversation whose older page is asked for. */
struct archive_older {
	struct archive_older *prev, *next;
	enum conversation_kind kind;
	char *jid;
	char *before;	/* what it was asked with; "" for the newest page */
	int64_t end_ms; /* the same; 0: no bound */
	struct waiter *waiters;
	struct alarm *alarm;
	int rounds;
};

static void
tell(struct profile *profile, struct archive_older *older)
{
	struct waiter *waiters = older->waiters;
	older->waiters = NULL;
	while (waiters) {
		struct waiter *waiter = waiters;
		waiters = waiter->next;
		waiter->fn(profile, waiter->data);
		free(waiter);
	}
}

/* OLDER is in no list any more. */
static void
release(struct profile *profile, struct archive_older *older)
{
	alarm_stop(older->alarm);
	tell(profile, older);
	free(older->jid);
	free(older->before);
	free(older);
}

static void
end(struct profile *profile, struct archive_older *older)
{
	struct archive *archive = archive_of(profile);
	DL_DELETE(archive->older, older);
	release(profile, older);
}

void
archive_older_forget(struct profile *profile)
{
	struct archive *archive = archive_of(profile);
	struct archive_older *next = archive->older;
	archive->older = NULL;
	while (next) {
		struct archive_older *older = next;
		next = older->next;
		release(profile, older);
	}
}

static void
on_wait_over(struct profile *profile, void *data)
{
	struct archive_older *older = data;
	older->alarm = NULL;
	tell(profile, older);
}

/* The room whose archive has it; NULL: ours has. */
static const char *
room_of(enum conversation_kind kind, const char *jid)
{
	return kind == CONVERSATION_ROOM ? jid : NULL;
}

/* Stores a page from its newest to its oldest, each below what is here. True if it had
 * nothing to show, and there is more. */
static bool
store_older(struct profile *profile, const struct archive_older *older,
	    const struct archive_page *page)
{
	struct store *store = profile_store(profile);
	int64_t conversation;
	int64_t before = 0;
	int64_t after = 0;
	if (profile_check(profile, conversations_ensure(store, older->kind, older->jid,
							&conversation)) < 0)
		return false;
	(void)profile_check(profile, messages_place_below(store, conversation, &before));
	for (size_t i = page->count; i > 0; i--)
		archive_receive(profile, room_of(older->kind, older->jid),
				&page->items[i - 1], GAP_BELOW);
	(void)profile_check(profile, messages_place_below(store, conversation, &after));
	/* A page that begins where it should end leads nowhere. */
	bool is_end = page->is_complete || !page->first ||
		      strcmp(page->first, older->before) == 0;
	const char *oldest = page->first      ? page->first
			     : *older->before ? older->before
					      : NULL;
	(void)profile_check(
		profile, conversations_set_oldest(store, conversation, oldest, is_end));
	return !is_end && before == after;
}

static struct archive_older *
find(struct archive *archive, const char *jid)
{
	struct archive_older *older;
	DL_FOREACH (archive->older, older) {
		if (strcmp(older->jid, jid) == 0)
			return older;
	}
	return NULL;
}

static void on_older(struct profile *profile, const struct archive_page *page,
		     void *data);

static void
ask(struct profile *profile, struct archive_older *older)
{
	struct archive *archive = archive_of(profile);
	const char *room = room_of(older->kind, older->jid);
	struct archive_request request = {
		.archive = room,
		.with = room ? NULL : older->jid,
		.before = older->before,
		.end_ms = older->end_ms,
		.max = OLDER_PAGE,
	};
	archive_query_ask(profile, &archive->queries, &request, on_older,
			  mem_strdup(older->jid));
}

/* How the archive may be asked for what is older. */
struct start {
	const char *before; /* in the arena; NULL: nothing can come */
	int64_t end_ms;
};

/* Before the first line of CONVERSATION: by the archive's id of that or of one soon after
 * it, else by time. */
static struct start
before_first(struct profile *profile, int64_t conversation, const char *by,
	     struct arena *arena)
{
	struct message_list list = {0};
	struct message_range range = {
		.conversation = conversation, .after = INT64_MIN, .limit = OLDER_LOOK};
	if (messages_page(profile_store(profile), &range, arena, &list) < 0 ||
	    !list.count)
		return (struct start){.before = ""};
	for (size_t i = 0; by && i < list.count; i++) {
		const struct message *line = &list.items[i];
		if (line->archive_id && strcmp(line->archive_by, by) == 0)
			return (struct start){.before = line->archive_id};
	}
	return (struct start){.before = "", .end_ms = list.items[0].sent_ms + SKEW_MS};
}

/* The archive lost the id that it was asked with, perhaps with all that was older. */
static bool
go_by_time(struct profile *profile, struct archive_older *older)
{
	struct store *store = profile_store(profile);
	struct arena arena = {0};
	int64_t conversation;
	if (!*older->before ||
	    conversations_find(store, older->kind, older->jid, &conversation) < 0)
		return false;
	struct start start = before_first(profile, conversation, NULL, &arena);
	mem_replace(&older->before, start.before);
	older->end_ms = start.end_ms;
	arena_done(&arena);
	ask(profile, older);
	return true;
}

static void
on_older(struct profile *profile, const struct archive_page *page, void *data)
{
	char *jid = data;
	struct archive_older *older = find(archive_of(profile), jid);
	struct store *store = profile_store(profile);
	free(jid);
	if (!older)
		return;
	if (page->outcome == ARCHIVE_PAGE && store_older(profile, older, page) &&
	    ++older->rounds < OLDER_ROUNDS) {
		mem_replace(&older->before, page->first);
		older->end_ms = 0;
		ask(profile, older);
		return;
	}
	if (page->outcome == ARCHIVE_UNKNOWN && store && store_is_in_job(store) &&
	    go_by_time(profile, older))
		return;
	end(profile, older);
}

/* Whether JID's lines lie in or above a gap: older ones come from there first. */
static bool
is_in_gap(struct profile *profile, int64_t conversation, const char *archive)
{
	struct store *store = profile_store(profile);
	struct arena arena = {0};
	struct gap gap;
	int64_t below = 0;
	bool is_in = gaps_first(store, archive, &arena, &gap) == 0 &&
		     (conversation == 0 ||
		      (messages_place_below(store, conversation, &below) == 0 &&
		       below >= gap.next_place - GAP_STEP));
	arena_done(&arena);
	return is_in;
}

static void
wait_for(struct archive_older *older, archive_fetched *fn, void *data)
{
	struct waiter *waiter = mem_alloc(sizeof *waiter);
	waiter->fn = fn;
	waiter->data = data;
	LL_PREPEND(older->waiters, waiter);
}

/* Whether the archive that has KEY's lines can be asked now. */
static bool
is_open(struct profile *profile, const struct conversation_key *key)
{
	const struct archive *archive = archive_of(profile);
	if (!profile_is_online(profile))
		return false;
	if (key->kind == CONVERSATION_CHAT)
		return archive->has_archive && archive->is_ready;
	const struct room *room =
		key->kind == CONVERSATION_ROOM ? muc_find(profile, key->jid) : NULL;
	return room && room->state == room_state_IN && room->features & ROOM_HAS_ARCHIVE;
}

static struct start
find_start(struct profile *profile, const struct conversation_key *key,
	   struct arena *arena)
{
	const char *by = archive_jid(profile, room_of(key->kind, key->jid));
	struct store *store = profile_store(profile);
	struct start start = {0};
	bool is_whole = false;
	int64_t conversation = 0;
	if (!is_open(profile, key))
		return start;
	if (conversations_find(store, key->kind, key->jid, &conversation) == 0) {
		const char *oldest_id = NULL;
		if (conversations_oldest(store, conversation, arena, &oldest_id,
					 &is_whole) < 0 ||
		    is_whole || is_in_gap(profile, conversation, by))
			return start;
		if (oldest_id)
			start.before = oldest_id;
		else
			start = before_first(profile, conversation, by, arena);
	} else if (!is_in_gap(profile, 0, by)) {
		start.before = "";
	}
	return start;
}

static struct archive_older *
begin(struct profile *profile, const struct conversation_key *key,
      const struct start *start)
{
	struct archive *archive = archive_of(profile);
	struct archive_older *older = mem_alloc(sizeof *older);
	older->kind = key->kind;
	older->jid = mem_strdup(key->jid);
	older->before = mem_strdup(start->before);
	older->alarm = alarm_set(profile, OLDER_WAIT_MS, on_wait_over, older);
	DL_APPEND(archive->older, older);
	older->end_ms = start->end_ms;
	ask(profile, older);
	return older;
}

bool
archive_has_older(struct profile *profile, const struct conversation_key *key)
{
	struct arena arena = {0};
	bool has_older = find_start(profile, key, &arena).before != NULL;
	arena_done(&arena);
	return has_older;
}

bool
archive_fetch_older(struct profile *profile, const struct conversation_key *key,
		    archive_fetched *fn, void *data)
{
	struct archive *archive = archive_of(profile);
	struct archive_older *older = find(archive, key->jid);
	struct arena arena = {0};
	size_t count = 0;
	DL_COUNT(archive->older, older, count);
	if (!older && count < OLDER_MAX) {
		struct start start = find_start(profile, key, &arena);
		if (start.before)
			older = begin(profile, key, &start);
	}
	arena_done(&arena);
	if (older)
		wait_for(older, fn, data);
	return older != NULL;
}
