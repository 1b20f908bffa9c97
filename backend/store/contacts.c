/*
 * The roster's table. Groups are kept sorted in one text with a unit separator between (a
 * character that XML can't carry), so that equal sets are equal texts.
 */
#include "backend/store/contacts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend/store/list.h"
#include "backend/store/settings.h"
#include "backend/store/sql.h"
#include "backend/store/store.h"
#include "backend/store/store_rows.h"
#include "backend/store/tombstones.h"
#include "bridge/base/buf.h"
#include "bridge/base/mem.h"

#define SEPARATOR '\x1f'
#define CONTACT_COLUMNS "jid, name, subscription, is_asking, is_approved, groups, seq"

static int
compare_texts(const void *one, const void *other)
{
	return strcmp(*(const char *const *)one, *(const char *const *)other);
}

static char *
join_groups(const struct contact *contact)
{
	const char **sorted = mem_array(contact->group_count + 1, sizeof *sorted);
	for (size_t i = 0; i < contact->group_count; i++)
		sorted[i] = contact->groups[i];
	qsort(sorted, contact->group_count, sizeof *sorted, compare_texts);
	struct buf buf = {0};
	const char *last = NULL;
	for (size_t i = 0; i < contact->group_count; i++) {
		if (!*sorted[i] || strchr(sorted[i], SEPARATOR))
			continue;
		if (last && !strcmp(last, sorted[i]))
			continue;
		if (last)
			buf_add_byte(&buf, SEPARATOR);
		last = sorted[i];
		buf_add_text(&buf, last);
	}
	free(sorted);
	return buf_take_text(&buf);
}

static void
split_groups(struct contact *contact, char *text, struct arena *arena)
{
	if (!*text)
		return;
	size_t count = 1;
	for (const char *at = text; *at; at++)
		count += *at == SEPARATOR;
	contact->groups = arena_array(arena, count, sizeof *contact->groups);
	while (text) {
		contact->groups[contact->group_count++] = text;
		text = strchr(text, SEPARATOR);
		if (text)
			*text++ = '\0';
	}
}

static void
read_contact(struct sql *sql, struct arena *arena, struct contact *contact)
{
	*contact = (struct contact){
		.jid = sql_get_text(sql, 0, arena),
		.name = sql_get_text(sql, 1, arena),
		.subscription = (enum contact_subscription)sql_get_int(sql, 2),
		.is_asking = sql_get_int(sql, 3),
		.is_approved = sql_get_int(sql, 4),
		.seq = sql_get_int(sql, 6),
	};
	const char *groups = sql_get_text(sql, 5, arena);
	if (groups)
		split_groups(contact, arena_strdup(arena, groups), arena);
}

/* 1 if the row is new or differs, and takes a seq then. */
static int
write_contact(struct store *store, const struct contact *contact)
{
	char *groups = join_groups(contact);
	int64_t seq = store_next_seq(store);
	struct sql_db *db = store_writing(store);
	struct sql sql = sql_start(
		db,
		"INSERT INTO contacts(" CONTACT_COLUMNS ") VALUES(?, ?, ?, ?, ?, ?, ?)"
		" ON CONFLICT DO UPDATE SET name=excluded.name,"
		" subscription=excluded.subscription, is_asking=excluded.is_asking,"
		" is_approved=excluded.is_approved, groups=excluded.groups, "
		"seq=excluded.seq"
		" WHERE name IS NOT excluded.name OR subscription<>excluded.subscription"
		" OR is_asking<>excluded.is_asking OR is_approved<>excluded.is_approved"
		" OR groups<>excluded.groups");
	sql_text(&sql, contact->jid);
	sql_text(&sql, contact->name);
	sql_int(&sql, contact->subscription);
	sql_int(&sql, contact->is_asking);
	sql_int(&sql, contact->is_approved);
	sql_text(&sql, groups);
	sql_int(&sql, seq);
	int error = sql_run(&sql);
	int changed = error ? 0 : sql_changed(db);
	free(groups);
	return error ? error : changed > 0;
}

int
contacts_set(struct store *store, const struct contact *contact)
{
	int error = tombstones_remove(store, TOMBSTONE_CONTACT, contact->jid);
	return error ? error : write_contact(store, contact);
}

int
contacts_remove(struct store *store, const char *jid, int64_t now_ms)
{
	struct sql_db *db = store_writing(store);
	struct sql sql = sql_start(db, "DELETE FROM contacts WHERE jid=?");
	sql_text(&sql, jid);
	int error = sql_run(&sql);
	if (error || sql_changed(db) == 0)
		return error;
	error = tombstones_add(store, TOMBSTONE_CONTACT, jid, now_ms);
	return error ? error : 1;
}

static int
read_jids(struct store *store, struct arena *arena, struct contact_text_list *ret_list)
{
	struct contact_text_list list = {0};
	struct sql sql =
		sql_start(store_reading(store), "SELECT jid FROM contacts ORDER BY jid");
	while (sql_step(&sql) > 0) {
		list.items = list_room(arena, list.items, list.count, sizeof *list.items);
		list.items[list.count++] = sql_get_text(&sql, 0, arena);
	}
	*ret_list = list;
	return sql_end(&sql);
}

static bool
holds(const char **sorted, size_t count, const char *jid)
{
	return count && bsearch(&jid, sorted, count, sizeof *sorted, compare_texts);
}

static int
remove_missing(struct store *store, const char **sorted, size_t count, int64_t now_ms)
{
	struct arena arena = {0};
	struct contact_text_list had = {0};
	int error = read_jids(store, &arena, &had);
	for (size_t i = 0; !error && i < had.count; i++) {
		if (holds(sorted, count, had.items[i]))
			continue;
		int result = contacts_remove(store, had.items[i], now_ms);
		error = result < 0 ? result : 0;
	}
	arena_done(&arena);
	return error;
}

int
contacts_replace(struct store *store, const struct contact *contacts, size_t count,
		 const char *version, int64_t now_ms)
{
	const char **sorted = mem_array(count + 1, sizeof *sorted);
	for (size_t i = 0; i < count; i++)
		sorted[i] = contacts[i].jid;
	qsort(sorted, count, sizeof *sorted, compare_texts);
	int error = remove_missing(store, sorted, count, now_ms);
	free(sorted);
	for (size_t i = 0; !error && i < count; i++) {
		int result = contacts_set(store, &contacts[i]);
		error = result < 0 ? result : 0;
	}
	return error ? error : settings_set(store, SETTING_ROSTER_VERSION, version);
}

int
contacts_find(struct store *store, const char *jid, struct arena *arena,
	      struct contact *ret_contact)
{
	struct sql sql = sql_start(store_reading(store), "SELECT " CONTACT_COLUMNS
							 " FROM contacts WHERE jid=?");
	sql_text(&sql, jid);
	int found = sql_step(&sql);
	if (found > 0)
		read_contact(&sql, arena, ret_contact);
	int error = sql_end(&sql);
	if (error)
		return error;
	return found ? 0 : -ENOENT;
}

int
contacts_changed(struct store *store, int64_t since, struct arena *arena,
		 struct contact_list *ret_list)
{
	struct contact_list list = {0};
	struct sql sql = sql_start(store_reading(store),
				   "SELECT " CONTACT_COLUMNS " FROM contacts WHERE seq>?"
				   " ORDER BY seq");
	sql_int(&sql, since);
	while (sql_step(&sql) > 0) {
		list.items = list_room(arena, list.items, list.count, sizeof *list.items);
		read_contact(&sql, arena, &list.items[list.count++]);
	}
	int error = sql_end(&sql);
	if (!error)
		*ret_list = list;
	return error;
}
