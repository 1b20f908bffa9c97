/*
 * The table of what is gone. The floor rises to the newest stone that was dropped: a
 * cursor from before it could not learn of that removal.
 */
#include "backend/store/tombstones.h"

#include "backend/store/list.h"
#include "backend/store/sql.h"
#include "backend/store/store.h"
#include "backend/store/store_rows.h"

int
tombstones_add(struct store *store, enum tombstone_kind kind, const char *key,
	       int64_t now_ms)
{
	struct sql sql = sql_start(store_writing(store),
				   "INSERT INTO tombstones(kind, key, seq, time_ms)"
				   " VALUES(?, ?, ?, ?) ON CONFLICT DO UPDATE"
				   " SET seq=excluded.seq, time_ms=excluded.time_ms");
	int64_t seq = store_next_seq(store);
	sql_int(&sql, kind);
	sql_text(&sql, key);
	sql_int(&sql, seq);
	sql_int(&sql, now_ms);
	return sql_run(&sql);
}

int
tombstones_remove(struct store *store, enum tombstone_kind kind, const char *key)
{
	struct sql sql = sql_start(store_writing(store),
				   "DELETE FROM tombstones WHERE kind=? AND key=?");
	sql_int(&sql, kind);
	sql_text(&sql, key);
	return sql_run(&sql);
}

int
tombstones_changed(struct store *store, int64_t since, struct arena *arena,
		   struct tombstone_list *ret_list)
{
	struct tombstone_list list = {0};
	struct sql sql = sql_start(store_reading(store),
				   "SELECT kind, key, seq FROM tombstones WHERE seq>?"
				   " ORDER BY seq");
	sql_int(&sql, since);
	while (sql_step(&sql) > 0) {
		list.items = list_room(arena, list.items, list.count, sizeof *list.items);
		struct tombstone *item = &list.items[list.count++];
		item->kind = (enum tombstone_kind)sql_get_int(&sql, 0);
		item->key = sql_get_text(&sql, 1, arena);
		item->seq = sql_get_int(&sql, 2);
	}
	int error = sql_end(&sql);
	if (!error)
		*ret_list = list;
	return error;
}

int
tombstones_expire(struct store *store, int64_t time_ms)
{
	struct sql_db *db = store_writing(store);
	struct sql newest = sql_start(
		db, "SELECT coalesce(max(seq), 0) FROM tombstones WHERE time_ms<?");
	sql_int(&newest, time_ms);
	int64_t floor = 0;
	int error = sql_run_int(&newest, &floor);
	if (error < 0 || floor == 0)
		return error < 0 ? error : 0;
	struct sql sql = sql_start(db, "DELETE FROM tombstones WHERE time_ms<?");
	sql_int(&sql, time_ms);
	error = sql_run(&sql);
	return error ? error : store_raise_floor(store, floor);
}
