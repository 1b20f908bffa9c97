/*
 * The tables of session_scope.h, and the end of everything that holds for a session.
 * Small rows, each written where it changes.
 */
#include "backend/store/session_scope.h"

#include "backend/store/list.h"
#include "backend/store/sql.h"
#include "backend/store/store_rows.h"

int
session_scope_clear(struct store *store)
{
	static const char *const texts[] = {
		"DELETE FROM presences",
		"DELETE FROM asks",
		"DELETE FROM session_facts",
		"DELETE FROM occupants",
		"UPDATE rooms SET place=0, own_nick=NULL WHERE place<>0",
	};
	int error = 0;
	for (size_t i = 0; !error && i < sizeof texts / sizeof *texts; i++) {
		struct sql sql = sql_start(store_writing(store), texts[i]);
		error = sql_run(&sql);
	}
	return error;
}

int
session_presence_put(struct store *store, const struct session_presence *presence)
{
	struct sql sql = sql_start(store_writing(store),
				   "INSERT OR REPLACE INTO presences(jid, show, text,"
				   " priority, is_stranger) VALUES(?, ?, ?, ?, ?)");
	sql_text(&sql, presence->jid);
	sql_int(&sql, presence->show);
	sql_text(&sql, presence->text);
	sql_int(&sql, presence->priority);
	sql_int(&sql, presence->is_stranger);
	return sql_run(&sql);
}

int
session_presence_remove(struct store *store, const char *jid)
{
	struct sql sql =
		sql_start(store_writing(store), "DELETE FROM presences WHERE jid=?");
	sql_text(&sql, jid);
	return sql_run(&sql);
}

int
session_presences(struct store *store, struct arena *arena,
		  struct session_presence **ret_list, size_t *ret_count)
{
	struct sql sql = sql_start(store_reading(store),
				   "SELECT jid, show, text, priority, is_stranger"
				   " FROM presences");
	struct session_presence *list = NULL;
	size_t count = 0;
	while (sql_step(&sql) > 0) {
		list = list_room(arena, list, count, sizeof *list);
		list[count++] = (struct session_presence){
			.jid = sql_get_text(&sql, 0, arena),
			.show = (int)sql_get_int(&sql, 1),
			.text = sql_get_text(&sql, 2, arena),
			.priority = (int)sql_get_int(&sql, 3),
			.is_stranger = sql_get_int(&sql, 4) != 0,
		};
	}
	int error = sql_end(&sql);
	if (error)
		return error;
	*ret_list = list;
	*ret_count = count;
	return 0;
}

int
session_ask_put(struct store *store, const struct session_ask *ask)
{
	struct sql sql = sql_start(store_writing(store),
				   "INSERT OR REPLACE INTO asks(id, name, receiver, note)"
				   " VALUES(?, ?, ?, ?)");
	sql_text(&sql, ask->id);
	sql_text(&sql, ask->name);
	sql_text(&sql, ask->receiver);
	sql_text(&sql, ask->note);
	return sql_run(&sql);
}

int
session_ask_remove(struct store *store, const char *id)
{
	struct sql sql = sql_start(store_writing(store), "DELETE FROM asks WHERE id=?");
	sql_text(&sql, id);
	return sql_run(&sql);
}

int
session_asks(struct store *store, struct arena *arena, struct session_ask **ret_list,
	     size_t *ret_count)
{
	struct sql sql = sql_start(store_reading(store),
				   "SELECT id, name, receiver, note FROM asks");
	struct session_ask *list = NULL;
	size_t count = 0;
	while (sql_step(&sql) > 0) {
		list = list_room(arena, list, count, sizeof *list);
		list[count++] = (struct session_ask){
			.id = sql_get_text(&sql, 0, arena),
			.name = sql_get_text(&sql, 1, arena),
			.receiver = sql_get_text(&sql, 2, arena),
			.note = sql_get_text(&sql, 3, arena),
		};
	}
	int error = sql_end(&sql);
	if (error)
		return error;
	*ret_list = list;
	*ret_count = count;
	return 0;
}

int
session_fact_set(struct store *store, const char *key, const char *value)
{
	struct sql sql =
		value ? sql_start(store_writing(store),
				  "INSERT OR REPLACE INTO session_facts(key, value)"
				  " VALUES(?, ?)")
		      : sql_start(store_writing(store),
				  "DELETE FROM session_facts WHERE key=?");
	sql_text(&sql, key);
	if (value)
		sql_text(&sql, value);
	return sql_run(&sql);
}

const char *
session_fact(struct store *store, const char *key, struct arena *arena)
{
	struct sql sql = sql_start(store_reading(store),
				   "SELECT value FROM session_facts WHERE key=?");
	const char *value = NULL;
	sql_text(&sql, key);
	if (sql_step(&sql) > 0)
		value = sql_get_text(&sql, 0, arena);
	return sql_end(&sql) < 0 ? NULL : value;
}
