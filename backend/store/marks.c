/*
 * The columns is_markable and marked_place, and the walks along the lines of one
 * conversation that markers need; all by the index of places.
 */
#include "backend/store/marks.h"

#include <errno.h>

#include "backend/store/list.h"
#include "backend/store/messages.h"
#include "backend/store/sql.h"
#include "backend/store/store_rows.h"

/* How many lines are looked back at. */
#define LOOK_BACK "500"

/* Ends SQL after its first row: a place and an id. */
static int
read_mark(struct sql *sql, struct arena *arena, struct mark *ret_mark)
{
	struct mark mark = {0};
	int found = sql_step(sql);
	if (found > 0) {
		mark.place = sql_get_int(sql, 0);
		mark.id = sql_get_text(sql, 1, arena);
	}
	int error = sql_end(sql);
	if (error)
		return error;
	if (!found)
		return -ENOENT;
	*ret_mark = mark;
	return 0;
}

static int
read_ids(struct sql *sql, struct arena *arena, int64_t **ret_ids, size_t *ret_count)
{
	int64_t *ids = NULL;
	size_t count = 0;
	while (sql_step(sql) > 0) {
		ids = list_room(arena, ids, count, sizeof *ids);
		ids[count++] = sql_get_int(sql, 0);
	}
	int error = sql_end(sql);
	if (error)
		return error;
	*ret_ids = ids;
	*ret_count = count;
	return 0;
}

/* 0 for a row, -ENOENT for none. */
static int
run_found(struct sql *sql, int64_t *ret_number)
{
	int found = sql_run_int(sql, ret_number);
	if (found < 0)
		return found;
	return found ? 0 : -ENOENT;
}

int
marks_find_received(struct store *store, int64_t conversation, const char *wire_id,
		    int64_t *ret_place)
{
	struct sql sql = sql_start(store_reading(store),
				   "SELECT place FROM messages WHERE conversation=?"
				   " AND coalesce(origin_id, wire_id)=?2 AND wire_id=?2"
				   " AND is_outgoing=0 ORDER BY id DESC LIMIT 1");
	sql_int(&sql, conversation);
	sql_text(&sql, wire_id);
	int result = run_found(&sql, ret_place);
	if (result != -ENOENT)
		return result;
	/* Its origin-id is another than its id: rare, and not in the index. */
	sql = sql_start(store_reading(store),
			"SELECT place FROM (SELECT place, wire_id, is_outgoing"
			" FROM messages WHERE conversation=? ORDER BY place DESC"
			" LIMIT " LOOK_BACK ") WHERE wire_id=? AND is_outgoing=0"
			" ORDER BY place DESC LIMIT 1");
	sql_int(&sql, conversation);
	sql_text(&sql, wire_id);
	return run_found(&sql, ret_place);
}

int
marks_markable(struct store *store, int64_t conversation, int64_t after, int64_t upto,
	       struct arena *arena, struct mark *ret_mark)
{
	struct sql sql = sql_start(
		store_reading(store),
		"SELECT place, wire_id FROM (SELECT place, wire_id, is_markable,"
		" is_outgoing FROM messages WHERE conversation=? AND place>? AND place<=?"
		" ORDER BY place DESC LIMIT " LOOK_BACK ") WHERE is_markable=1"
		" AND is_outgoing=0 AND wire_id<>'' ORDER BY place DESC LIMIT 1");
	sql_int(&sql, conversation);
	sql_int(&sql, after);
	sql_int(&sql, upto);
	return read_mark(&sql, arena, ret_mark);
}

int
marks_archived(struct store *store, int64_t conversation, const char *by, int64_t upto,
	       struct arena *arena, struct mark *ret_mark)
{
	struct sql sql = sql_start(
		store_reading(store),
		"SELECT place, archive_id FROM (SELECT place, archive_id, archive_by"
		" FROM messages WHERE conversation=? AND place<=? ORDER BY place DESC"
		" LIMIT " LOOK_BACK ") WHERE archive_by=? AND archive_id<>''"
		" ORDER BY place DESC LIMIT 1");
	sql_int(&sql, conversation);
	sql_int(&sql, upto);
	sql_text(&sql, by);
	return read_mark(&sql, arena, ret_mark);
}

int
marks_displayed_with(struct store *store, const struct message *line, struct arena *arena,
		     int64_t **ret_ids, size_t *ret_count)
{
	/* What only went to the link counts if it went before that line: the server takes
	 * them in order. */
	struct sql sql = sql_start(
		store_reading(store),
		"SELECT id FROM (SELECT id, place, state, is_outgoing FROM messages"
		" WHERE conversation=?1 AND place<=?2 ORDER BY place DESC"
		" LIMIT " LOOK_BACK ") WHERE is_outgoing=1"
		" AND (state IN (3, 4) OR (state=2 AND id<=?3)) ORDER BY place");
	sql_int(&sql, line->conversation);
	sql_int(&sql, line->place);
	sql_int(&sql, line->id);
	return read_ids(&sql, arena, ret_ids, ret_count);
}

int
marks_told(struct store *store, int64_t conversation, int64_t *ret_place)
{
	struct sql sql = sql_start(store_reading(store),
				   "SELECT marked_place FROM conversations WHERE id=?");
	sql_int(&sql, conversation);
	return run_found(&sql, ret_place);
}

int
marks_set_told(struct store *store, int64_t conversation, int64_t place)
{
	struct sql sql =
		sql_start(store_writing(store), "UPDATE conversations SET marked_place=?1"
						" WHERE id=?2 AND marked_place<?1");
	sql_int(&sql, place);
	sql_int(&sql, conversation);
	return sql_run(&sql);
}

int
marks_untold(struct store *store, struct arena *arena, int64_t **ret_ids,
	     size_t *ret_count)
{
	struct sql sql = sql_start(store_reading(store),
				   "SELECT id FROM conversations WHERE kind=0"
				   " AND read_place>marked_place");
	return read_ids(&sql, arena, ret_ids, ret_count);
}
