/*
 * The tables sm (one row) and unacked of sm.h. Numbers of stanzas are given out by the
 * insertion itself, so that a job that is undone leaves no hole.
 */
#include "backend/store/sm.h"

#include <errno.h>

#include "backend/store/list.h"
#include "backend/store/sql.h"
#include "backend/store/store_rows.h"

int
sm_load(struct store *store, struct arena *arena, struct sm_row *ret_row)
{
	struct sql sql =
		sql_start(store_reading(store),
			  "SELECT previd, location, full_jid, max_s, count_in, acked,"
			  " boot_id, alive_ms, is_live, deaths, death_in FROM sm");
	struct sm_row row = {0};
	int found = sql_step(&sql);
	if (found > 0)
		row = (struct sm_row){
			.previd = sql_get_text(&sql, 0, arena),
			.location = sql_get_text(&sql, 1, arena),
			.full_jid = sql_get_text(&sql, 2, arena),
			.max_s = sql_get_int(&sql, 3),
			.count_in = sql_get_int(&sql, 4),
			.acked = sql_get_int(&sql, 5),
			.boot_id = sql_get_text(&sql, 6, arena),
			.alive_ms = sql_get_int(&sql, 7),
			.is_live = sql_get_int(&sql, 8) != 0,
			.deaths = sql_get_int(&sql, 9),
			.death_in = sql_get_int(&sql, 10),
		};
	int error = sql_end(&sql);
	if (error)
		return error;
	if (!found)
		return -ENOENT;
	*ret_row = row;
	return 0;
}

int
sm_forget(struct store *store)
{
	struct sql queue = sql_start(store_writing(store), "DELETE FROM unacked");
	int error = sql_run(&queue);
	if (error)
		return error;
	struct sql sql = sql_start(store_writing(store), "DELETE FROM sm");
	return sql_run(&sql);
}

int
sm_begin(struct store *store, const char *full_jid)
{
	int error = sm_forget(store);
	if (error)
		return error;
	struct sql sql = sql_start(store_writing(store),
				   "INSERT INTO sm(id, full_jid, max_s, count_in, acked,"
				   " alive_ms, is_live, deaths, death_in)"
				   " VALUES(1, ?, 0, 0, 0, 0, 1, 0, 0)");
	sql_text(&sql, full_jid);
	return sql_run(&sql);
}

int
sm_enabled(struct store *store, const struct sm_row *row)
{
	struct sql sql = sql_start(store_writing(store),
				   "UPDATE sm SET previd=?, location=?, max_s=?,"
				   " boot_id=?, alive_ms=?, is_live=1");
	sql_text(&sql, row->previd);
	sql_text(&sql, row->location);
	sql_int(&sql, row->max_s);
	sql_text(&sql, row->boot_id);
	sql_int(&sql, row->alive_ms);
	return sql_run(&sql);
}

int
sm_give_up(struct store *store)
{
	struct sql sql = sql_start(store_writing(store),
				   "UPDATE sm SET previd=NULL, location=NULL");
	return sql_run(&sql);
}

int
sm_count_in(struct store *store, int64_t count_in, int64_t alive_ms)
{
	struct sql sql =
		sql_start(store_writing(store), "UPDATE sm SET count_in=?, alive_ms=?");
	sql_int(&sql, count_in);
	sql_int(&sql, alive_ms);
	return sql_run(&sql);
}

int
sm_set_live(struct store *store, bool is_live)
{
	struct sql sql = sql_start(store_writing(store),
				   "UPDATE sm SET is_live=?1 WHERE is_live!=?1");
	sql_int(&sql, is_live);
	return sql_run(&sql);
}

int
sm_add_death(struct store *store, int64_t *ret_deaths)
{
	struct sql sql = sql_start(store_writing(store),
				   "UPDATE sm SET deaths=iif(deaths>0 AND"
				   " death_in=count_in, deaths+1, 1), death_in=count_in,"
				   " is_live=0 RETURNING deaths");
	int64_t deaths = 0;
	if (sql_step(&sql) > 0)
		deaths = sql_get_int(&sql, 0);
	/* to the end of the rows, or the change is not done */
	int error = sql_run(&sql);
	if (!error)
		*ret_deaths = deaths;
	return error;
}

int
sm_clear_deaths(struct store *store)
{
	struct sql sql = sql_start(store_writing(store), "UPDATE sm SET deaths=0");
	return sql_run(&sql);
}

int
sm_queue(struct store *store, const void *xml, size_t len, int64_t message,
	 int64_t *ret_number)
{
	struct sql sql = sql_start(
		store_writing(store),
		"INSERT INTO unacked(number, xml, message) VALUES(max("
		" coalesce((SELECT max(number) FROM unacked), 0),"
		" coalesce((SELECT acked FROM sm), 0)) + 1, ?, ?) RETURNING number");
	int64_t number = 0;
	sql_blob(&sql, xml, len);
	sql_int(&sql, message);
	if (sql_step(&sql) > 0)
		number = sql_get_int(&sql, 0);
	int error = sql_run(&sql);
	if (!error)
		*ret_number = number;
	return error;
}

static int
acked_messages(struct store *store, int64_t number, struct arena *arena,
	       int64_t **ret_messages, size_t *ret_count)
{
	struct sql sql = sql_start(
		store_reading(store),
		"SELECT message FROM unacked WHERE number<=? AND message!=0"
		" AND NOT EXISTS (SELECT 1 FROM messages m JOIN conversations c"
		" ON c.id=m.conversation WHERE m.id=unacked.message AND c.kind=1)"
		" ORDER BY number");
	int64_t *list = NULL;
	size_t count = 0;
	sql_int(&sql, number);
	while (sql_step(&sql) > 0) {
		list = list_room(arena, list, count, sizeof *list);
		list[count++] = sql_get_int(&sql, 0);
	}
	int error = sql_end(&sql);
	if (error)
		return error;
	*ret_messages = list;
	*ret_count = count;
	return 0;
}

int
sm_ack(struct store *store, int64_t number, struct arena *arena, int64_t **ret_messages,
       size_t *ret_count)
{
	int error = acked_messages(store, number, arena, ret_messages, ret_count);
	if (error)
		return error;
	struct sql sql =
		sql_start(store_writing(store), "UPDATE sm SET acked=max(acked, ?)");
	sql_int(&sql, number);
	error = sql_run(&sql);
	if (error)
		return error;
	struct sql queue =
		sql_start(store_writing(store), "DELETE FROM unacked WHERE number<=?");
	sql_int(&queue, number);
	return sql_run(&queue);
}

int
sm_last_number(struct store *store, int64_t *ret_number)
{
	struct sql sql = sql_start(store_reading(store),
				   "SELECT max("
				   " coalesce((SELECT max(number) FROM unacked), 0),"
				   " coalesce((SELECT acked FROM sm), 0))");
	int64_t number = 0;
	int result = sql_run_int(&sql, &number);
	if (result < 0)
		return result;
	*ret_number = number;
	return 0;
}

int
sm_unacked(struct store *store, int64_t after, int limit, struct arena *arena,
	   struct sm_stanza_list *ret_list)
{
	struct sql sql = sql_start(store_reading(store),
				   "SELECT number, xml, message, errors FROM unacked"
				   " WHERE number>? ORDER BY number LIMIT ?");
	struct sm_stanza_list list = {0};
	sql_int(&sql, after);
	sql_int(&sql, limit);
	while (sql_step(&sql) > 0) {
		list.items = list_room(arena, list.items, list.count, sizeof *list.items);
		struct sm_stanza *stanza = &list.items[list.count++];
		*stanza = (struct sm_stanza){
			.number = sql_get_int(&sql, 0),
			.message = sql_get_int(&sql, 2),
			.errors = sql_get_int(&sql, 3),
		};
		stanza->xml = sql_get_blob(&sql, 1, arena, &stanza->len);
	}
	int error = sql_end(&sql);
	if (!error)
		*ret_list = list;
	return error;
}

int
sm_add_error(struct store *store, int64_t number)
{
	struct sql sql = sql_start(store_writing(store),
				   "UPDATE unacked SET errors=errors+1 WHERE number=?");
	sql_int(&sql, number);
	return sql_run(&sql);
}

int
sm_holds_message(struct store *store, int64_t message)
{
	struct sql sql = sql_start(store_reading(store),
				   "SELECT count(*) FROM unacked WHERE message=?");
	int64_t count = 0;
	sql_int(&sql, message);
	int result = sql_run_int(&sql, &count);
	return result < 0 ? result : count > 0;
}
