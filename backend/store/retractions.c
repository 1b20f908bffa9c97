/*
 * The table retractions. Who said it is part of the key, so that a stranger's claim does
 * not replace the author's; what is unknown there is '', for NULLs are never the same.
 */
#include "backend/store/retractions.h"

#include <assert.h>
#include <string.h>

#include "backend/store/list.h"
#include "backend/store/sql.h"
#include "backend/store/store_rows.h"

enum { IDS_MAX = 3 };

static bool
is_short(const char *text)
{
	return !text || strlen(text) <= RETRACTION_ID_MAX;
}

static void
add_text(struct sql *sql, const char *text)
{
	sql_text(sql, text ? text : "");
}

static int
insert(struct store *store, const struct retraction_row *row)
{
	struct sql sql = sql_start(
		store_writing(store),
		"INSERT OR REPLACE INTO retractions(kind, peer, line, is_own, is_room,"
		" sender, occupant_id, moderator, reason)"
		" VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)");
	sql_int(&sql, row->key.kind);
	sql_text(&sql, row->key.jid);
	sql_text(&sql, row->line);
	sql_int(&sql, row->is_own);
	sql_int(&sql, row->is_room);
	add_text(&sql, row->sender);
	add_text(&sql, row->occupant_id);
	add_text(&sql, row->by);
	sql_text(&sql, row->reason);
	return sql_run(&sql);
}

/* Those of one conversation, and in it what the room, we and all others said, do not push
 * each other out. */
static int
bound(struct store *store, const struct retraction_row *row)
{
	struct sql sql = sql_start(
		store_writing(store),
		"DELETE FROM retractions WHERE kind=?1 AND peer=?2 AND is_own=?3"
		" AND is_room=?4 AND id<=(SELECT id FROM retractions WHERE kind=?1"
		" AND peer=?2 AND is_own=?3 AND is_room=?4 ORDER BY id DESC"
		" LIMIT 1 OFFSET ?5)");
	sql_int(&sql, row->key.kind);
	sql_text(&sql, row->key.jid);
	sql_int(&sql, row->is_own);
	sql_int(&sql, row->is_room);
	sql_int(&sql, RETRACTIONS_PEER_MAX);
	int error = sql_run(&sql);
	if (error)
		return error;
	sql = sql_start(store_writing(store),
			"DELETE FROM retractions WHERE id<=(SELECT id FROM retractions"
			" ORDER BY id DESC LIMIT 1 OFFSET ?)");
	sql_int(&sql, RETRACTIONS_MAX);
	return sql_run(&sql);
}

int
retractions_put(struct store *store, const struct retraction_row *row)
{
	if (!is_short(row->line) || !is_short(row->occupant_id))
		return 0;
	int error = insert(store, row);
	return error ? error : bound(store, row);
}

static const char *
text_or_null(const char *text)
{
	return text && *text ? text : NULL;
}

int
retractions_find(struct store *store, const struct conversation_key *key,
		 const char *const *ids, size_t count, struct arena *arena,
		 struct retraction_list *ret_list)
{
	struct retraction_list list = {0};
	struct sql sql =
		sql_start(store_reading(store),
			  "SELECT id, line, is_own, is_room, sender, occupant_id,"
			  " moderator, reason FROM retractions WHERE kind=?"
			  " AND peer=? AND line IN (?, ?, ?) ORDER BY id");
	assert(count >= 1 && count <= IDS_MAX);
	sql_int(&sql, key->kind);
	sql_text(&sql, key->jid);
	for (size_t i = 0; i < IDS_MAX; i++)
		sql_text(&sql, i < count ? ids[i] : NULL);
	while (sql_step(&sql) > 0) {
		const char *by = sql_get_text(&sql, 6, arena);
		list.items = list_room(arena, list.items, list.count, sizeof *list.items);
		list.items[list.count++] = (struct retraction_row){
			.id = sql_get_int(&sql, 0),
			.key = *key,
			.line = sql_get_text(&sql, 1, arena),
			.is_own = sql_get_int(&sql, 2) != 0,
			.is_room = sql_get_int(&sql, 3) != 0,
			.sender = text_or_null(sql_get_text(&sql, 4, arena)),
			.occupant_id = text_or_null(sql_get_text(&sql, 5, arena)),
			.by = by ? by : "",
			.reason = sql_get_text(&sql, 7, arena),
		};
	}
	int error = sql_end(&sql);
	if (!error)
		*ret_list = list;
	return error;
}

int
retractions_remove(struct store *store, int64_t id)
{
	struct sql sql =
		sql_start(store_writing(store), "DELETE FROM retractions WHERE id=?");
	sql_int(&sql, id);
	return sql_run(&sql);
}

int
retractions_exist(struct store *store)
{
	int64_t exists = 0;
	struct sql sql = sql_start(store_reading(store),
				   "SELECT EXISTS(SELECT 1 FROM retractions)");
	int result = sql_run_int(&sql, &exists);
	return result < 0 ? result : exists != 0;
}
