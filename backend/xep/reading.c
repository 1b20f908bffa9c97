/*
 * The reading module. What was read elsewhere may name a line that the archive has not
 * brought yet: it is wanted, one a conversation and kind of name, in memory by its
 * setting's key and kept as a setting, until that line is stored.
 */
#include "backend/xep/reading.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "backend/session/lines.h"
#include "backend/store/marks.h"
#include "backend/store/settings.h"
#include "backend/store/store.h"
#include "backend/xep/markers.h"
#include "backend/xep/read_positions.h"
#include "bridge/base/mem.h"

#define WANTED "read.wanted." /* then the kind of name, a dot and the bare JID */

enum { WANTED_MAX = 10 * 1000, ID_MAX = 1024 };

struct wanted {
	UT_hash_handle hh;
	char *key;
	char *id;
};

struct table {
	struct wanted *wanted;
};

static char *
key_of(const char *jid, enum reading_name name)
{
	return mem_printf(WANTED "%s.%s", name == READING_MESSAGE ? "message" : "archive",
			  jid);
}

static struct wanted *
find(struct profile *profile, const char *jid, enum reading_name name)
{
	struct table *table = profile_state(profile, MODULE_reading);
	struct wanted *wanted = NULL;
	if (!table->wanted)
		return NULL;
	char *key = key_of(jid, name);
	HASH_FIND_STR(table->wanted, key, wanted);
	free(key);
	return wanted;
}

static void
add(struct table *table, const char *key, const char *id)
{
	struct wanted *wanted = mem_alloc(sizeof *wanted);
	wanted->key = mem_strdup(key);
	wanted->id = mem_strdup(id);
	HASH_ADD_KEYPTR(hh, table->wanted, wanted->key, strlen(wanted->key), wanted);
}

static void
drop(struct table *table, struct wanted *wanted)
{
	HASH_DEL(table->wanted, wanted);
	free(wanted->key);
	free(wanted->id);
	free(wanted);
}

static void
want(struct profile *profile, const char *jid, enum reading_name name, const char *id)
{
	struct table *table = profile_state(profile, MODULE_reading);
	struct wanted *wanted = find(profile, jid, name);
	if (wanted && strcmp(wanted->id, id) == 0)
		return;
	if (!wanted && HASH_COUNT(table->wanted) >= WANTED_MAX)
		return;
	if (wanted)
		drop(table, wanted);
	char *key = key_of(jid, name);
	add(table, key, id);
	(void)profile_check(profile, settings_set(profile_store(profile), key, id));
	free(key);
}

static void
forget(struct profile *profile, const char *jid, enum reading_name name)
{
	struct wanted *wanted = find(profile, jid, name);
	if (!wanted)
		return;
	(void)profile_check(profile,
			    settings_set(profile_store(profile), wanted->key, NULL));
	drop(profile_state(profile, MODULE_reading), wanted);
}

static int
find_line(struct profile *profile, int64_t conversation, enum reading_name name,
	  const char *id, int64_t *ret_place)
{
	struct store *store = profile_store(profile);
	struct arena arena = {0};
	struct message line = {0};
	if (name == READING_MESSAGE)
		return marks_find_received(store, conversation, id, ret_place);
	int result = messages_find_archived(store, profile_account(profile)->bare, id,
					    &arena, &line);
	if (result == 0 && line.conversation != conversation)
		result = -ENOENT;
	if (result == 0)
		*ret_place = line.place;
	arena_done(&arena);
	return result;
}

bool
reading_elsewhere(struct profile *profile, const char *jid, enum reading_name name,
		  const char *id)
{
	struct store *store = profile_store(profile);
	int64_t conversation = 0, place = 0;
	if (strlen(id) > ID_MAX)
		return false;
	if (conversations_find(store, CONVERSATION_CHAT, jid, &conversation) < 0 ||
	    find_line(profile, conversation, name, id, &place) < 0) {
		want(profile, jid, name, id);
		return false;
	}
	forget(profile, jid, name);
	if (profile_check(profile, conversations_set_read(store, conversation, place)) >
	    0)
		lines_emit_badge(profile, conversation);
	/* Whoever read it there has told of it, or did not want to. */
	(void)profile_check(profile, marks_set_told(store, conversation, place));
	return true;
}

void
reading_here(struct profile *profile, int64_t conversation)
{
	struct arena arena = {0};
	struct conversation row = {0};
	markers_tell(profile, conversation);
	if (conversations_get(profile_store(profile), conversation, &arena, &row) == 0)
		read_positions_tell(profile, row.jid);
	arena_done(&arena);
}

/* Behind the module that stores it: is it the line that is waited for? */
static enum module_verdict
on_message(struct profile *profile, struct inbound *inbound)
{
	const struct table *table = profile_state(profile, MODULE_reading);
	const char *ids[] = {
		[READING_MESSAGE] = inbound->is_own ? NULL : stanza_id(inbound->stanza),
		[READING_ARCHIVE] = inbound->archive_id,
	};
	if (!table->wanted || !inbound->body)
		return MODULE_PASS;
	for (int name = READING_MESSAGE; name <= READING_ARCHIVE; name++) {
		const struct wanted *wanted =
			find(profile, inbound->peer, (enum reading_name)name);
		if (wanted && ids[name] && strcmp(wanted->id, ids[name]) == 0)
			(void)reading_elsewhere(profile, inbound->peer,
						(enum reading_name)name, ids[name]);
	}
	return MODULE_PASS;
}

static void
start(struct profile *profile)
{
	struct table *table = mem_alloc(sizeof *table);
	struct arena arena = {0};
	struct setting_list list = {0};
	(void)settings_list(profile_store(profile), WANTED, &arena, &list);
	for (size_t i = 0; i < list.count; i++)
		add(table, list.items[i].key, list.items[i].value);
	arena_done(&arena);
	profile_state_set(profile, MODULE_reading, table);
}

static void
stop(struct profile *profile)
{
	struct table *table = profile_state(profile, MODULE_reading);
	struct wanted *wanted, *next;
	if (!table)
		return;
	HASH_ITER (hh, table->wanted, wanted, next)
		drop(table, wanted);
	free(table);
	profile_state_set(profile, MODULE_reading, NULL);
}

const struct module module_reading = {
	.name = "reading",
	.start = start,
	.stop = stop,
	.on_message = on_message,
};
