/*
 * The two short lists beside the roster: subscription requests and blocked addresses.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend/store/contacts.h"
#include "backend/store/list.h"
#include "backend/store/sql.h"
#include "backend/store/store.h"
#include "backend/store/store_rows.h"
#include "backend/store/tombstones.h"

int
contacts_request_add(struct store *store, const struct contact_request *request)
{
	int error = tombstones_remove(store, TOMBSTONE_REQUEST, request->jid);
	if (error)
		return error;
	int64_t seq = store_next_seq(store);
	struct sql sql =
		sql_start(store_writing(store),
			  "INSERT OR REPLACE INTO requests(jid, nick, text, time_ms, seq)"
			  " VALUES(?, ?, ?, ?, ?)");
	sql_text(&sql, request->jid);
	sql_text(&sql, request->nick);
	sql_text(&sql, request->text);
	sql_int(&sql, request->time_ms);
	sql_int(&sql, seq);
	return sql_run(&sql);
}

int
contacts_request_remove(struct store *store, const char *jid, int64_t now_ms)
{
	struct sql_db *db = store_writing(store);
	struct sql sql = sql_start(db, "DELETE FROM requests WHERE jid=?");
	sql_text(&sql, jid);
	int error = sql_run(&sql);
	if (error || sql_changed(db) == 0)
		return error;
	error = tombstones_add(store, TOMBSTONE_REQUEST, jid, now_ms);
	return error ? error : 1;
}

static void
read_request(struct sql *sql, struct arena *arena, struct contact_request *ret_request)
{
	*ret_request = (struct contact_request){
		.jid = sql_get_text(sql, 0, arena),
		.nick = sql_get_text(sql, 1, arena),
		.text = sql_get_text(sql, 2, arena),
		.time_ms = sql_get_int(sql, 3),
		.seq = sql_get_int(sql, 4),
	};
}

int
contacts_request_find(struct store *store, const char *jid, struct arena *arena,
		      struct contact_request *ret_request)
{
	struct sql sql = sql_start(store_reading(store),
				   "SELECT jid, nick, text, time_ms, seq FROM requests"
				   " WHERE jid=?");
	sql_text(&sql, jid);
	int found = sql_step(&sql);
	if (found > 0)
		read_request(&sql, arena, ret_request);
	int error = sql_end(&sql);
	if (error)
		return error;
	return found ? 0 : -ENOENT;
}

int
contacts_requests_count(struct store *store, int64_t *ret_count)
{
	struct sql sql = sql_start(store_reading(store), "SELECT count(*) FROM requests");
	int result = sql_run_int(&sql, ret_count);
	return result < 0 ? result : 0;
}

int
contacts_requests_changed(struct store *store, int64_t since, struct arena *arena,
			  struct contact_request_list *ret_list)
{
	struct contact_request_list list = {0};
	struct sql sql = sql_start(store_reading(store),
				   "SELECT jid, nick, text, time_ms, seq FROM requests"
				   " WHERE seq>? ORDER BY seq");
	sql_int(&sql, since);
	while (sql_step(&sql) > 0) {
		list.items = list_room(arena, list.items, list.count, sizeof *list.items);
		read_request(&sql, arena, &list.items[list.count++]);
	}
	int error = sql_end(&sql);
	if (!error)
		*ret_list = list;
	return error;
}

static int
block(struct store *store, const char *jid)
{
	if (contacts_is_blocked(store, jid))
		return 0;
	int error = tombstones_remove(store, TOMBSTONE_BLOCKED, jid);
	if (error)
		return error;
	int64_t seq = store_next_seq(store);
	struct sql sql = sql_start(store_writing(store),
				   "INSERT INTO blocked(jid, seq) VALUES(?, ?)");
	sql_text(&sql, jid);
	sql_int(&sql, seq);
	error = sql_run(&sql);
	return error ? error : 1;
}

static int
unblock(struct store *store, const char *jid, int64_t now_ms)
{
	struct sql_db *db = store_writing(store);
	struct sql sql = sql_start(db, "DELETE FROM blocked WHERE jid=?");
	sql_text(&sql, jid);
	int error = sql_run(&sql);
	if (error || sql_changed(db) == 0)
		return error;
	error = tombstones_add(store, TOMBSTONE_BLOCKED, jid, now_ms);
	return error ? error : 1;
}

int
contacts_blocked_set(struct store *store, const char *jid, bool is_blocked,
		     int64_t now_ms)
{
	return is_blocked ? block(store, jid) : unblock(store, jid, now_ms);
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int
contacts_blocked_replace(struct store *store, const char *const *jids, size_t count,
			 int64_t now_ms)
{
	struct arena arena = {0};
	struct contact_text_list had = {0};
	const char **sorted = arena_array(&arena, count + 1, sizeof *sorted);
	for (size_t i = 0; i < count; i++)
		sorted[i] = jids[i];
	qsort(sorted, count, sizeof *sorted, compare_texts);
	int result = contacts_blocked_changed(store, 0, &arena, &had);
	for (size_t i = 0; result >= 0 && i < had.count; i++)
		if (!bsearch(&had.items[i], sorted, count, sizeof *sorted, compare_texts))
			result = unblock(store, had.items[i], now_ms);
	for (size_t i = 0; result >= 0 && i < count; i++)
		result = block(store, jids[i]);
	arena_done(&arena);
	return result < 0 ? result : 0;
}

bool
contacts_is_blocked(struct store *store, const char *jid)
{
	struct sql sql =
		sql_start(store_reading(store), "SELECT 1 FROM blocked WHERE jid=?");
	sql_text(&sql, jid);
	int64_t one = 0;
	return sql_run_int(&sql, &one) > 0;
}

int
contacts_blocked_changed(struct store *store, int64_t since, struct arena *arena,
			 struct contact_text_list *ret_list)
{
	struct contact_text_list list = {0};
	struct sql sql = sql_start(store_reading(store),
				   "SELECT jid FROM blocked WHERE seq>? ORDER BY seq");
	sql_int(&sql, since);
	while (sql_step(&sql) > 0) {
		list.items = list_room(arena, list.items, list.count, sizeof *list.items);
		list.items[list.count++] = sql_get_text(&sql, 0, arena);
	}
	int error = sql_end(&sql);
	if (!error)
		*ret_list = list;
	return error;
}
