/*
 * Queries over the index messages_undone. Each repeats the condition of that index, or
 * SQLite would not take it.
 */
#include "backend/store/waiting.h"

#include <errno.h>

#include "backend/store/list.h"
#include "backend/store/messages.h"
#include "backend/store/sql.h"
#include "backend/store/store.h"
#include "backend/store/store_rows.h"

#define UNDONE "is_outgoing=1 AND state IN (1, 6, 7)"

static int
found_id(struct sql *sql, int64_t *ret_id)
{
	int found = sql_run_int(sql, ret_id);
	if (found < 0)
		return found;
	return found ? 0 : -ENOENT;
}

int
waiting_newest(struct store *store, int64_t conversation, int64_t *ret_id)
{
	struct sql sql =
		sql_start(store_reading(store),
			  "SELECT id FROM messages WHERE conversation=? AND " UNDONE
			  " ORDER BY place DESC LIMIT 1");
	sql_int(&sql, conversation);
	return found_id(&sql, ret_id);
}

int
waiting_newest_stuck(struct store *store, int64_t conversation, int64_t *ret_id)
{
	struct sql sql =
		sql_start(store_reading(store),
			  "SELECT id FROM messages WHERE conversation=? AND " UNDONE
			  " AND state<>1 ORDER BY place DESC LIMIT 1");
	sql_int(&sql, conversation);
	return found_id(&sql, ret_id);
}

static int
count_stuck(struct store *store, int64_t conversation, int64_t *ret_count)
{
	struct sql sql = sql_start(store_reading(store),
				   "SELECT count(*) FROM messages WHERE conversation=?"
				   " AND " UNDONE " AND state<>1");
	sql_int(&sql, conversation);
	int result = sql_run_int(&sql, ret_count);
	return result < 0 ? result : 0;
}

int
waiting_stuck(struct store *store, int64_t conversation, struct arena *arena,
	      struct waiting_list *ret_list)
{
	int64_t room = 0;
	int error = count_stuck(store, conversation, &room);
	if (error)
		return error;
	int64_t *ids = arena_array(arena, (size_t)room, sizeof *ids);
	struct waiting_list list = {.ids = ids};
	struct sql sql =
		sql_start(store_reading(store),
			  "SELECT id FROM messages WHERE conversation=? AND " UNDONE
			  " AND state<>1 ORDER BY place");
	sql_int(&sql, conversation);
	while (list.count < (size_t)room && sql_step(&sql) > 0)
		ids[list.count++] = sql_get_int(&sql, 0);
	error = sql_end(&sql);
	if (!error)
		*ret_list = list;
	return error;
}

int
waiting_open(struct store *store, int64_t conversation, struct arena *arena,
	     struct waiting_list *ret_list)
{
	struct sql sql = sql_start(store_reading(store),
				   "SELECT id FROM messages WHERE state IN (1, 2)"
				   " AND state=2 AND conversation=? AND is_outgoing=1"
				   " ORDER BY id");
	int64_t *ids = NULL;
	size_t count = 0;
	sql_int(&sql, conversation);
	while (sql_step(&sql) > 0) {
		ids = list_room(arena, ids, count, sizeof *ids);
		ids[count++] = sql_get_int(&sql, 0);
	}
	int error = sql_end(&sql);
	if (!error)
		*ret_list = (struct waiting_list){ids, count};
	return error;
}

int
waiting_held(struct store *store, int64_t *ret_count)
{
	struct sql sql =
		sql_start(store_reading(store),
			  "SELECT count(*) FROM messages WHERE " UNDONE " AND state=7");
	int result = sql_run_int(&sql, ret_count);
	return result < 0 ? result : 0;
}

int
waiting_again(struct store *store, int64_t id, const char *wire_id, int64_t now_ms)
{
	struct sql_db *db = store_writing(store);
	/* What the server said of the failed message is not true of the new one. */
	struct sql renew = sql_start(
		db, "UPDATE messages SET wire_id=?2, origin_id=?2, archive_id=NULL,"
		    " archive_by=NULL, mark=NULL, may_repeat=0, was_sent=0 WHERE id=?1 "
		    "AND state=6"
		    " AND is_outgoing=1");
	sql_int(&renew, id);
	sql_text(&renew, wire_id);
	int error = sql_run(&renew);
	if (error)
		return error;
	struct sql sql = sql_start(db, "UPDATE messages SET sent_ms=?2, received_ms=?2"
				       " WHERE id=?1 AND " UNDONE " AND state<>1");
	sql_int(&sql, id);
	sql_int(&sql, now_ms);
	error = sql_run(&sql);
	if (error)
		return error;
	if (!sql_changed(db))
		return -ENOENT;
	error = messages_set_state(store, id, MESSAGE_QUEUED, NULL);
	int moved = error ? error : messages_move_to_end(store, id);
	return moved < 0 ? moved : 0;
}
