/*
 * The table bookmarks.
 */
#include "backend/store/bookmarks.h"

#include <errno.h>

#include "backend/store/list.h"
#include "backend/store/sql.h"
#include "backend/store/store.h"
#include "backend/store/store_rows.h"

#define COLUMNS                                                                          \
	"jid, name, nick, is_autojoin, has_password, is_not_here, extensions, due,"      \
	" is_removed, seq"

int
bookmarks_put(struct store *store, struct bookmark *row, bool is_due)
{
	row->seq = store_next_seq(store);
	if (is_due)
		row->due = row->seq;
	struct sql sql =
		sql_start(store_writing(store),
			  "INSERT OR REPLACE INTO bookmarks(" COLUMNS ", is_seen)"
			  " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)");
	sql_text(&sql, row->jid);
	sql_text(&sql, row->name);
	sql_text(&sql, row->nick);
	sql_int(&sql, row->is_autojoin);
	sql_int(&sql, row->has_password);
	sql_int(&sql, row->is_not_here);
	sql_text(&sql, row->extensions);
	sql_int(&sql, row->due);
	sql_int(&sql, row->is_removed);
	sql_int(&sql, row->seq);
	return sql_run(&sql);
}

int
bookmarks_told(struct store *store, const char *jid, int64_t due)
{
	struct sql sql = sql_start(store_writing(store),
				   "DELETE FROM bookmarks WHERE coalesce(jid=?, 1) AND "
				   "is_removed=1 AND due<=?");
	sql_text(&sql, jid);
	sql_int(&sql, due);
	int error = sql_run(&sql);
	if (error)
		return error;
	sql = sql_start(store_writing(store),
			"UPDATE bookmarks SET due=0 WHERE coalesce(jid=?, 1) AND due<=?");
	sql_text(&sql, jid);
	sql_int(&sql, due);
	return sql_run(&sql);
}

int
bookmarks_forget(struct store *store, const char *jid)
{
	struct sql sql =
		sql_start(store_writing(store), "DELETE FROM bookmarks WHERE jid=?");
	sql_text(&sql, jid);
	return sql_run(&sql);
}

static void
read_row(struct sql *sql, struct arena *arena, struct bookmark *ret_row)
{
	*ret_row = (struct bookmark){
		.jid = sql_get_text(sql, 0, arena),
		.name = sql_get_text(sql, 1, arena),
		.nick = sql_get_text(sql, 2, arena),
		.is_autojoin = sql_get_int(sql, 3) != 0,
		.has_password = sql_get_int(sql, 4) != 0,
		.is_not_here = sql_get_int(sql, 5) != 0,
		.extensions = sql_get_text(sql, 6, arena),
		.due = sql_get_int(sql, 7),
		.is_removed = sql_get_int(sql, 8) != 0,
		.seq = sql_get_int(sql, 9),
	};
}

/* The rest of a statement whose rows are COLUMNS. */
static int
read_rows(struct sql *sql, struct arena *arena, struct bookmark_list *ret_list)
{
	struct bookmark_list list = {0};
	while (sql_step(sql) > 0) {
		list.items = list_room(arena, list.items, list.count, sizeof *list.items);
		read_row(sql, arena, &list.items[list.count++]);
	}
	int error = sql_end(sql);
	if (!error)
		*ret_list = list;
	return error;
}

int
bookmarks_get(struct store *store, const char *jid, struct arena *arena,
	      struct bookmark *ret_row)
{
	struct bookmark_list list = {0};
	struct sql sql = sql_start(store_reading(store),
				   "SELECT " COLUMNS " FROM bookmarks WHERE jid=?");
	sql_text(&sql, jid);
	int error = read_rows(&sql, arena, &list);
	if (error)
		return error;
	if (list.count == 0)
		return -ENOENT;
	*ret_row = list.items[0];
	return 0;
}

int
bookmarks_list(struct store *store, struct arena *arena, struct bookmark_list *ret_list)
{
	struct sql sql = sql_start(store_reading(store),
				   "SELECT " COLUMNS " FROM bookmarks ORDER BY jid");
	return read_rows(&sql, arena, ret_list);
}

int64_t
bookmarks_count(struct store *store)
{
	int64_t count = 0;
	struct sql sql =
		sql_start(store_reading(store), "SELECT count(*) FROM bookmarks");
	if (sql_step(&sql) > 0)
		count = sql_get_int(&sql, 0);
	(void)sql_end(&sql);
	return count;
}

int
bookmarks_see(struct store *store, const char *jid)
{
	struct sql sql = sql_start(store_writing(store),
				   "UPDATE bookmarks SET is_seen=1 WHERE jid=?");
	sql_text(&sql, jid);
	return sql_run(&sql);
}

int
bookmarks_unsee(struct store *store)
{
	struct sql sql = sql_start(store_writing(store),
				   "UPDATE bookmarks SET is_seen=0 WHERE is_seen=1");
	return sql_run(&sql);
}

int
bookmarks_unseen(struct store *store, struct arena *arena, struct bookmark_list *ret_list)
{
	struct sql sql = sql_start(store_writing(store),
				   "SELECT " COLUMNS " FROM bookmarks"
				   " WHERE is_seen=0 AND due=0 ORDER BY jid");
	int error = read_rows(&sql, arena, ret_list);
	return error ? error : bookmarks_unsee(store);
}
