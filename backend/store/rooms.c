/*
 * The tables rooms and occupants.
 */
#include "backend/store/rooms.h"

#include "backend/store/list.h"
#include "backend/store/sql.h"
#include "backend/store/store.h"
#include "backend/store/store_rows.h"

int
rooms_put(struct store *store, struct room_row *row)
{
	row->seq = store_next_seq(store);
	struct sql sql = sql_start(
		store_writing(store),
		"INSERT OR REPLACE INTO rooms(jid, nick, is_wanted, name, subject,"
		" subject_by, features, place, own_nick, notify, seq)"
		" VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
	sql_text(&sql, row->jid);
	sql_text(&sql, row->nick);
	sql_int(&sql, row->is_wanted);
	sql_text(&sql, row->name);
	sql_text(&sql, row->subject);
	sql_text(&sql, row->subject_by);
	sql_int(&sql, row->features);
	sql_int(&sql, row->place);
	sql_text(&sql, row->own_nick);
	sql_int(&sql, row->notify);
	sql_int(&sql, row->seq);
	return sql_run(&sql);
}

int
rooms_remove(struct store *store, const char *jid)
{
	int error = rooms_occupant_remove(store, jid, NULL);
	if (error)
		return error;
	struct sql sql = sql_start(store_writing(store), "DELETE FROM rooms WHERE jid=?");
	sql_text(&sql, jid);
	return sql_run(&sql);
}

int
rooms_list(struct store *store, struct arena *arena, struct room_rows *ret_rows)
{
	struct sql sql = sql_start(
		store_reading(store),
		"SELECT jid, nick, is_wanted, name, subject, subject_by,"
		" features, place, own_nick, notify, seq FROM rooms ORDER BY jid");
	struct room_rows rows = {0};
	while (sql_step(&sql) > 0) {
		rows.items = list_room(arena, rows.items, rows.count, sizeof *rows.items);
		rows.items[rows.count++] = (struct room_row){
			.jid = sql_get_text(&sql, 0, arena),
			.nick = sql_get_text(&sql, 1, arena),
			.is_wanted = sql_get_int(&sql, 2) != 0,
			.name = sql_get_text(&sql, 3, arena),
			.subject = sql_get_text(&sql, 4, arena),
			.subject_by = sql_get_text(&sql, 5, arena),
			.features = sql_get_int(&sql, 6),
			.place = (enum room_place)sql_get_int(&sql, 7),
			.own_nick = sql_get_text(&sql, 8, arena),
			.notify = (int)sql_get_int(&sql, 9),
			.seq = sql_get_int(&sql, 10),
		};
	}
	int error = sql_end(&sql);
	if (!error)
		*ret_rows = rows;
	return error;
}

int
rooms_occupant_put(struct store *store, const char *room, const struct occupant_row *row)
{
	struct sql sql = sql_start(
		store_writing(store),
		"INSERT OR REPLACE INTO occupants(room, nick, occupant_id, jid, text,"
		" role, affiliation, show, asked_ms)"
		" VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)");
	sql_text(&sql, room);
	sql_text(&sql, row->nick);
	sql_text(&sql, row->occupant_id);
	sql_text(&sql, row->jid);
	sql_text(&sql, row->text);
	sql_int(&sql, row->role);
	sql_int(&sql, row->affiliation);
	sql_int(&sql, row->show);
	sql_int(&sql, row->asked_ms);
	return sql_run(&sql);
}

int
rooms_occupant_remove(struct store *store, const char *room, const char *nick)
{
	struct sql_db *db = store_writing(store);
	struct sql sql =
		nick ? sql_start(db, "DELETE FROM occupants WHERE room=? AND nick=?")
		     : sql_start(db, "DELETE FROM occupants WHERE room=?");
	sql_text(&sql, room);
	if (nick)
		sql_text(&sql, nick);
	return sql_run(&sql);
}

int
rooms_forget_asking(struct store *store, const char *room)
{
	struct sql sql =
		sql_start(store_writing(store),
			  "UPDATE occupants SET asked_ms=0 WHERE room=? AND asked_ms>0");
	sql_text(&sql, room);
	return sql_run(&sql);
}

int
rooms_occupants(struct store *store, const char *room, struct arena *arena,
		struct occupant_rows *ret_rows)
{
	struct sql sql =
		sql_start(store_reading(store),
			  "SELECT nick, occupant_id, jid, text, role,"
			  " affiliation, show, asked_ms FROM occupants WHERE room=?");
	struct occupant_rows rows = {0};
	sql_text(&sql, room);
	while (sql_step(&sql) > 0) {
		rows.items = list_room(arena, rows.items, rows.count, sizeof *rows.items);
		rows.items[rows.count++] = (struct occupant_row){
			.nick = sql_get_text(&sql, 0, arena),
			.occupant_id = sql_get_text(&sql, 1, arena),
			.jid = sql_get_text(&sql, 2, arena),
			.text = sql_get_text(&sql, 3, arena),
			.role = (int)sql_get_int(&sql, 4),
			.affiliation = (int)sql_get_int(&sql, 5),
			.show = (int)sql_get_int(&sql, 6),
			.asked_ms = sql_get_int(&sql, 7),
		};
	}
	int error = sql_end(&sql);
	if (!error)
		*ret_rows = rows;
	return error;
}
