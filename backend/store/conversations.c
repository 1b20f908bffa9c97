/*
 * The table of conversations and their badges. The last line is read with the row: one
 * look into the index of places each.
 */
#include "backend/store/conversations.h"

#include <errno.h>
#include <string.h>

#include "backend/store/list.h"
#include "backend/store/messages_rows.h"
#include "backend/store/rooms.h"
#include "backend/store/sql.h"
#include "backend/store/store.h"
#include "backend/store/store_rows.h"

#define TEXT_OF(number) #number
#define NUMBER(name) TEXT_OF(name)

/* Where nothing is to be told of, no mention counts, whenever it was said. */
#define MENTIONS                                                                         \
	"iif(kind=1 AND EXISTS(SELECT 1 FROM rooms r WHERE r.jid=conversations.jid"      \
	" AND r.notify=" NUMBER(ROOM_RULE_NOTHING) "), 0, mentions)"

/* Of a room, what its rule tells of. */
#define TOLD                                                                             \
	"iif(kind=1 AND NOT EXISTS(SELECT 1 FROM rooms r WHERE r.jid=conversations.jid"  \
	" AND r.notify=" NUMBER(ROOM_RULE_ALL) "), " MENTIONS ", unread)"

#define CONVERSATION_COLUMNS                                                             \
	"id, kind, jid, is_open, unread, " MENTIONS ", read_place, draft, last_ms, seq"

static void
read_row(struct sql *sql, struct arena *arena, struct conversation *conversation)
{
	*conversation = (struct conversation){
		.id = sql_get_int(sql, 0),
		.kind = (enum conversation_kind)sql_get_int(sql, 1),
		.jid = sql_get_text(sql, 2, arena),
		.is_open = sql_get_int(sql, 3),
		.unread = sql_get_int(sql, 4),
		.mentions = sql_get_int(sql, 5),
		.read_place = sql_get_int(sql, 6),
		.draft = sql_get_text(sql, 7, arena),
		.last_ms = sql_get_int(sql, 8),
		.seq = sql_get_int(sql, 9),
	};
}

static int
read_last(struct store *store, struct arena *arena, struct conversation *conversation)
{
	struct message_range newest = {.conversation = conversation->id, .limit = 1};
	struct message_list list = {0};
	int error = messages_page(store, &newest, arena, &list);
	if (!error && list.count) {
		conversation->has_last = true;
		conversation->last = list.items[0];
	}
	return error;
}

int
conversations_find(struct store *store, enum conversation_kind kind, const char *jid,
		   int64_t *ret_id)
{
	struct sql sql = sql_start(store_reading(store),
				   "SELECT id FROM conversations WHERE kind=? AND jid=?");
	sql_int(&sql, kind);
	sql_text(&sql, jid);
	int found = sql_run_int(&sql, ret_id);
	if (found < 0)
		return found;
	return found ? 0 : -ENOENT;
}

int
conversations_ensure(struct store *store, enum conversation_kind kind, const char *jid,
		     int64_t *ret_id)
{
	int error = conversations_find(store, kind, jid, ret_id);
	if (error != -ENOENT)
		return error;
	int64_t seq = store_next_seq(store);
	struct sql sql =
		sql_start(store_writing(store),
			  "INSERT INTO conversations(kind, jid, seq) VALUES(?, ?, ?)");
	sql_int(&sql, kind);
	sql_text(&sql, jid);
	sql_int(&sql, seq);
	error = sql_run(&sql);
	return error ? error : conversations_find(store, kind, jid, ret_id);
}

/* Runs an UPDATE that changes one row or none: 1 or 0. */
static int
run_update(struct store *store, struct sql *sql)
{
	int error = sql_run(sql);
	return error ? error : sql_changed(store_writing(store)) > 0;
}

int
conversations_become_room(struct store *store, const char *jid)
{
	int64_t seq = store_next_seq(store);
	struct sql sql = sql_start(store_writing(store),
				   "UPDATE OR IGNORE conversations SET kind=1, seq=?"
				   " WHERE kind=0 AND jid=?");
	sql_int(&sql, seq);
	sql_text(&sql, jid);
	return run_update(store, &sql);
}

int
conversations_get(struct store *store, int64_t id, struct arena *arena,
		  struct conversation *ret_conversation)
{
	struct sql sql =
		sql_start(store_reading(store), "SELECT " CONVERSATION_COLUMNS
						" FROM conversations WHERE id=?");
	sql_int(&sql, id);
	struct conversation row = {0};
	int found = sql_step(&sql);
	if (found > 0)
		read_row(&sql, arena, &row);
	int error = sql_end(&sql);
	if (error)
		return error;
	if (!found)
		return -ENOENT;
	error = read_last(store, arena, &row);
	if (!error)
		*ret_conversation = row;
	return error;
}

int
conversations_key(struct store *store, int64_t id, struct arena *arena,
		  struct conversation_key *ret_key)
{
	struct sql sql = sql_start(store_reading(store),
				   "SELECT kind, jid FROM conversations WHERE id=?");
	sql_int(&sql, id);
	struct conversation_key key = {0};
	int found = sql_step(&sql);
	if (found > 0) {
		key.kind = (enum conversation_kind)sql_get_int(&sql, 0);
		key.jid = sql_get_text(&sql, 1, arena);
	}
	int error = sql_end(&sql);
	if (error)
		return error;
	if (!found)
		return -ENOENT;
	*ret_key = key;
	return 0;
}

int
conversations_changed(struct store *store, int64_t since, struct arena *arena,
		      struct conversation_list *ret_list)
{
	struct conversation_list list = {0};
	struct sql sql = sql_start(store_reading(store),
				   "SELECT " CONVERSATION_COLUMNS " FROM conversations"
				   " WHERE seq>?1 AND (?1>0 OR is_open=1) ORDER BY seq");
	sql_int(&sql, since);
	while (sql_step(&sql) > 0) {
		list.items = list_room(arena, list.items, list.count, sizeof *list.items);
		read_row(&sql, arena, &list.items[list.count++]);
	}
	int error = sql_end(&sql);
	for (size_t i = 0; !error && i < list.count; i++)
		error = read_last(store, arena, &list.items[i]);
	if (!error)
		*ret_list = list;
	return error;
}

int
conversations_set_open(struct store *store, int64_t id, bool is_open)
{
	int64_t seq = store_next_seq(store);
	struct sql sql = sql_start(store_writing(store),
				   "UPDATE conversations SET is_open=?1, seq=? WHERE id=?"
				   " AND is_open<>?1");
	sql_int(&sql, is_open);
	sql_int(&sql, seq);
	sql_int(&sql, id);
	return run_update(store, &sql);
}

int
conversations_set_draft(struct store *store, int64_t id, const char *draft)
{
	int64_t seq = store_next_seq(store);
	struct sql sql = sql_start(store_writing(store),
				   "UPDATE conversations SET draft=?1, seq=? WHERE id=?"
				   " AND draft IS NOT ?1");
	sql_text(&sql, draft && *draft ? draft : NULL);
	sql_int(&sql, seq);
	sql_int(&sql, id);
	return run_update(store, &sql);
}

/* PLACE, or the last place there is if that is lower: what comes later is not read yet.
 */
static int
cap_place(struct store *store, int64_t id, int64_t *place)
{
	struct sql sql = sql_start(store_reading(store),
				   "SELECT min(?, coalesce(max(place), 0)) FROM messages"
				   " WHERE conversation=?");
	sql_int(&sql, *place);
	sql_int(&sql, id);
	int result = sql_run_int(&sql, place);
	return result < 0 ? result : 0;
}

int
conversations_set_read(struct store *store, int64_t id, int64_t place)
{
	int error = cap_place(store, id, &place);
	if (error)
		return error;
	int64_t seq = store_next_seq(store);
	struct sql sql = sql_start(
		store_writing(store),
		"UPDATE conversations SET read_place=?1, seq=?2, (unread, mentions)="
		"(SELECT count(*), coalesce(sum(is_mention), 0) FROM messages"
		" WHERE conversation=?3 AND place>?1 AND " MESSAGE_COUNTS ")"
		" WHERE id=?3 AND read_place<?1");
	sql_int(&sql, place);
	sql_int(&sql, seq);
	sql_int(&sql, id);
	return run_update(store, &sql);
}

int
conversations_touch(struct store *store, int64_t id)
{
	int64_t seq = store_next_seq(store);
	struct sql sql = sql_start(store_writing(store),
				   "UPDATE conversations SET seq=? WHERE id=?");
	sql_int(&sql, seq);
	sql_int(&sql, id);
	return sql_run(&sql);
}

int
conversations_newest(struct store *store, int64_t *ret_ms)
{
	struct sql sql = sql_start(store_reading(store),
				   "SELECT coalesce(max(last_ms), 0) FROM conversations");
	int result = sql_run_int(&sql, ret_ms);
	return result < 0 ? result : 0;
}

int
conversations_oldest(struct store *store, int64_t id, struct arena *arena,
		     const char **ret_oldest_id, bool *ret_is_whole)
{
	struct sql sql =
		sql_start(store_reading(store),
			  "SELECT coalesce(c.oldest_id, (SELECT archive_id FROM"
			  " (SELECT archive_id FROM messages WHERE conversation=?1"
			  " ORDER BY place LIMIT 100) WHERE archive_id IS NOT NULL"
			  " LIMIT 1)), c.is_whole FROM conversations c"
			  " WHERE c.id=?1");
	sql_int(&sql, id);
	int found = sql_step(&sql);
	const char *oldest_id = found > 0 ? sql_get_text(&sql, 0, arena) : NULL;
	bool is_whole = found > 0 && sql_get_int(&sql, 1);
	int error = sql_end(&sql);
	if (error)
		return error;
	if (!found)
		return -ENOENT;
	*ret_oldest_id = oldest_id;
	*ret_is_whole = is_whole;
	return 0;
}

int
conversations_set_oldest(struct store *store, int64_t id, const char *oldest_id,
			 bool is_whole)
{
	struct sql sql = sql_start(store_writing(store),
				   "UPDATE conversations SET oldest_id=?, is_whole=?"
				   " WHERE id=?");
	sql_text(&sql, oldest_id);
	sql_int(&sql, is_whole);
	sql_int(&sql, id);
	return sql_run(&sql);
}

int
conversations_unread(struct store *store, int64_t *ret_unread, int64_t *ret_mentions)
{
	struct sql sql =
		sql_start(store_reading(store), "SELECT coalesce(sum(" TOLD
						"), 0), coalesce(sum(" MENTIONS "), 0)"
						" FROM conversations WHERE is_open=1");
	if (sql_step(&sql) > 0) {
		*ret_unread = sql_get_int(&sql, 0);
		*ret_mentions = sql_get_int(&sql, 1);
	}
	return sql_end(&sql);
}
