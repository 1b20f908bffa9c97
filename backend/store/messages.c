/*
 * The table of lines. A new line takes the next full step of 2^20 places behind the last
 * one of its conversation and the floor, which every login that leaves a gap raises: what
 * the archive brings later fits between, and below the first line. Pages walk the
 * index of (conversation, place), so their cost does not depend on how long a
 * conversation is.
 */
#include "backend/store/messages.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "backend/store/list.h"
#include "backend/store/sql.h"
#include "backend/store/store.h"
#include "backend/store/store_rows.h"

enum { PLACE_BITS = 20, PAGE_MAX = 501 };

#define MESSAGE_COLUMNS                                                                  \
	"id, conversation, place, seq, kind, state, is_outgoing, is_delayed, "           \
	"is_mention,"                                                                    \
	" may_repeat, sent_ms, received_ms, sender, resource, wire_id, origin_id, "      \
	"archive_id,"                                                                    \
	" archive_by, body, reason"
#define SELECT_MESSAGE "SELECT " MESSAGE_COLUMNS " FROM messages "

static void
read_message(struct sql *sql, struct arena *arena, struct message *message)
{
	*message = (struct message){
		.id = sql_get_int(sql, 0),
		.conversation = sql_get_int(sql, 1),
		.place = sql_get_int(sql, 2),
		.seq = sql_get_int(sql, 3),
		.kind = (enum message_kind)sql_get_int(sql, 4),
		.state = (enum message_state)sql_get_int(sql, 5),
		.is_outgoing = sql_get_int(sql, 6),
		.is_delayed = sql_get_int(sql, 7),
		.is_mention = sql_get_int(sql, 8),
		.may_repeat = sql_get_int(sql, 9),
		.sent_ms = sql_get_int(sql, 10),
		.received_ms = sql_get_int(sql, 11),
		.sender = sql_get_text(sql, 12, arena),
		.resource = sql_get_text(sql, 13, arena),
		.wire_id = sql_get_text(sql, 14, arena),
		.origin_id = sql_get_text(sql, 15, arena),
		.archive_id = sql_get_text(sql, 16, arena),
		.archive_by = sql_get_text(sql, 17, arena),
		.body = sql_get_text(sql, 18, arena),
		.reason = sql_get_text(sql, 19, arena),
	};
	if (!message->sender)
		message->sender = "";
	if (!message->body)
		message->body = "";
}

/* Ends SQL after its first row. */
static int
read_one(struct sql *sql, struct arena *arena, struct message *ret_message)
{
	int found = sql_step(sql);
	struct message message = {0};
	if (found > 0)
		read_message(sql, arena, &message);
	int error = sql_end(sql);
	if (error)
		return error;
	if (!found)
		return -ENOENT;
	*ret_message = message;
	return 0;
}

static int
read_all(struct sql *sql, struct arena *arena, struct message_list *ret_list)
{
	struct message_list list = {0};
	while (sql_step(sql) > 0) {
		list.items = list_room(arena, list.items, list.count, sizeof *list.items);
		read_message(sql, arena, &list.items[list.count++]);
	}
	int error = sql_end(sql);
	if (!error)
		*ret_list = list;
	return error;
}

static int
next_place(struct store *store, int64_t conversation, int64_t *ret_place)
{
	struct sql sql = sql_start(store_reading(store),
				   "SELECT max(coalesce((SELECT max(place) FROM messages"
				   " WHERE conversation=?), 0),"
				   " (SELECT value FROM meta WHERE key='place_floor'))");
	sql_int(&sql, conversation);
	int64_t last = 0;
	int result = sql_run_int(&sql, &last);
	if (result < 0)
		return result;
	*ret_place = ((last >> PLACE_BITS) + 1) << PLACE_BITS;
	return 0;
}

static int
insert(struct store *store, struct message *message)
{
	struct sql sql = sql_start(
		store_writing(store),
		"INSERT INTO messages(" MESSAGE_COLUMNS ") VALUES(NULL, ?, ?, ?,"
		" ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id");
	sql_int(&sql, message->conversation);
	sql_int(&sql, message->place);
	sql_int(&sql, message->seq);
	sql_int(&sql, message->kind);
	sql_int(&sql, message->state);
	sql_int(&sql, message->is_outgoing);
	sql_int(&sql, message->is_delayed);
	sql_int(&sql, message->is_mention);
	sql_int(&sql, message->may_repeat);
	sql_int(&sql, message->sent_ms);
	sql_int(&sql, message->received_ms);
	sql_text(&sql, message->sender);
	sql_text(&sql, message->resource);
	sql_text(&sql, message->wire_id);
	sql_text(&sql, message->origin_id);
	sql_text(&sql, message->archive_id);
	sql_text(&sql, message->archive_by);
	sql_text(&sql, message->body);
	sql_text(&sql, message->reason);
	/* to the end of the rows, or the insertion is not done */
	int result = sql_step(&sql);
	if (result > 0)
		message->id = sql_get_int(&sql, 0);
	return sql_run(&sql);
}

static int
raise_badge(struct store *store, const struct message *message)
{
	bool is_unread = !message->is_outgoing && message->kind == MESSAGE_CHAT;
	int64_t seq = store_next_seq(store);
	struct sql sql =
		sql_start(store_writing(store),
			  "UPDATE conversations SET unread=unread+?, mentions=mentions+?,"
			  " last_ms=?, seq=? WHERE id=?");
	sql_int(&sql, is_unread);
	sql_int(&sql, is_unread && message->is_mention);
	sql_int(&sql, message->sent_ms);
	sql_int(&sql, seq);
	sql_int(&sql, message->conversation);
	return sql_run(&sql);
}

int
messages_add(struct store *store, struct message *message)
{
	assert(message->body && message->sender);
	int error = next_place(store, message->conversation, &message->place);
	if (error)
		return error;
	message->seq = store_next_seq(store);
	error = insert(store, message);
	return error ? error : raise_badge(store, message);
}

/* The badge shows the last line: it changes with that. */
static int
touch_badge(struct store *store, int64_t conversation, int64_t place)
{
	int64_t last = 0;
	struct sql newest = sql_start(store_reading(store),
				      "SELECT coalesce(max(place), 0) FROM messages"
				      " WHERE conversation=?");
	sql_int(&newest, conversation);
	int result = sql_run_int(&newest, &last);
	if (result < 0 || last > place)
		return result < 0 ? result : 0;
	int64_t seq = store_next_seq(store);
	struct sql sql = sql_start(store_writing(store),
				   "UPDATE conversations SET seq=? WHERE id=?");
	sql_int(&sql, seq);
	sql_int(&sql, conversation);
	return sql_run(&sql);
}

static int
find_place(struct store *store, int64_t id, int64_t *ret_conversation, int64_t *ret_place)
{
	struct sql sql = sql_start(store_reading(store),
				   "SELECT conversation, place FROM messages WHERE id=?");
	sql_int(&sql, id);
	int found = sql_step(&sql);
	if (found > 0) {
		*ret_conversation = sql_get_int(&sql, 0);
		*ret_place = sql_get_int(&sql, 1);
	}
	int error = sql_end(&sql);
	if (error)
		return error;
	return found ? 0 : -ENOENT;
}

int
messages_set_state(struct store *store, int64_t id, enum message_state state,
		   const char *reason)
{
	int64_t conversation = 0;
	int64_t place = 0;
	int error = find_place(store, id, &conversation, &place);
	if (error)
		return error;
	int64_t seq = store_next_seq(store);
	struct sql sql =
		sql_start(store_writing(store),
			  "UPDATE messages SET state=?, reason=?, seq=? WHERE id=?");
	sql_int(&sql, state);
	sql_text(&sql, reason);
	sql_int(&sql, seq);
	sql_int(&sql, id);
	error = sql_run(&sql);
	return error ? error : touch_badge(store, conversation, place);
}

int
messages_raise_state(struct store *store, int64_t id, enum message_state state)
{
	int64_t now = 0;
	struct sql sql = sql_start(store_reading(store),
				   "SELECT state FROM messages WHERE id=? AND "
				   "is_outgoing=1");
	assert(state >= MESSAGE_SENT && state <= MESSAGE_DISPLAYED);
	sql_int(&sql, id);
	int found = sql_run_int(&sql, &now);
	if (found <= 0)
		return found ? found : -ENOENT;
	if (now < MESSAGE_SENT || now >= (int64_t)state)
		return 0;
	int error = messages_set_state(store, id, state, NULL);
	return error ? error : 1;
}

int
messages_set_archived(struct store *store, int64_t id, const char *archive_id,
		      const char *archive_by)
{
	struct sql_db *db = store_writing(store);
	struct sql sql = sql_start(
		db, "UPDATE messages SET archive_id=?, archive_by=? WHERE id=?");
	sql_text(&sql, archive_id);
	sql_text(&sql, archive_by);
	sql_int(&sql, id);
	int error = sql_run(&sql);
	if (error)
		return error;
	return sql_changed(db) ? 0 : -ENOENT;
}

int
messages_withdraw(struct store *store, int64_t id)
{
	int64_t conversation = 0;
	int64_t place = 0;
	int error = find_place(store, id, &conversation, &place);
	if (error)
		return error;
	struct sql_db *db = store_writing(store);
	struct sql sql = sql_start(db, "DELETE FROM messages WHERE id=? AND is_outgoing=1"
				       " AND state IN (1, 6, 7)");
	sql_int(&sql, id);
	error = sql_run(&sql);
	if (error)
		return error;
	return sql_changed(db) ? touch_badge(store, conversation, place) : -ENOENT;
}

int
messages_get(struct store *store, int64_t id, struct arena *arena,
	     struct message *ret_message)
{
	struct sql sql = sql_start(store_reading(store), SELECT_MESSAGE "WHERE id=?");
	sql_int(&sql, id);
	return read_one(&sql, arena, ret_message);
}

int
messages_find_same(struct store *store, int64_t conversation, const char *sender,
		   const char *id, struct arena *arena, struct message *ret_message)
{
	struct sql sql =
		sql_start(store_reading(store), SELECT_MESSAGE
			  "WHERE conversation=? AND coalesce(origin_id, wire_id)=?"
			  " AND sender=? ORDER BY id DESC LIMIT 1");
	sql_int(&sql, conversation);
	sql_text(&sql, id);
	sql_text(&sql, sender);
	return read_one(&sql, arena, ret_message);
}

int
messages_find_sent(struct store *store, int64_t conversation, const char *wire_id,
		   struct arena *arena, struct message *ret_message)
{
	struct sql sql =
		sql_start(store_reading(store), SELECT_MESSAGE
			  "WHERE conversation=? AND coalesce(origin_id, wire_id)=?2"
			  " AND wire_id=?2 AND is_outgoing=1 ORDER BY id DESC LIMIT 1");
	sql_int(&sql, conversation);
	sql_text(&sql, wire_id);
	return read_one(&sql, arena, ret_message);
}

int
messages_find_archived(struct store *store, const char *archive_by,
		       const char *archive_id, struct arena *arena,
		       struct message *ret_message)
{
	struct sql sql = sql_start(store_reading(store), SELECT_MESSAGE
				   "WHERE archive_id=? AND archive_by=? LIMIT 1");
	sql_text(&sql, archive_id);
	sql_text(&sql, archive_by);
	return read_one(&sql, arena, ret_message);
}

static int
page_limit(int limit)
{
	assert(limit >= 1);
	return limit < PAGE_MAX ? limit : PAGE_MAX;
}

static int
page_after(struct store *store, const struct message_range *range, struct arena *arena,
	   struct message_list *ret_list)
{
	struct sql sql = sql_start(store_reading(store), SELECT_MESSAGE
				   "WHERE conversation=? AND place>? AND place<?"
				   " ORDER BY place LIMIT ?");
	sql_int(&sql, range->conversation);
	sql_int(&sql, range->after);
	sql_int(&sql, range->before ? range->before : INT64_MAX);
	sql_int(&sql, page_limit(range->limit));
	return read_all(&sql, arena, ret_list);
}

int
messages_page(struct store *store, const struct message_range *range, struct arena *arena,
	      struct message_list *ret_list)
{
	if (range->after)
		return page_after(store, range, arena, ret_list);
	struct sql sql = sql_start(store_reading(store),
				   SELECT_MESSAGE "WHERE conversation=? AND place<?"
						  " ORDER BY place DESC LIMIT ?");
	sql_int(&sql, range->conversation);
	sql_int(&sql, range->before ? range->before : INT64_MAX);
	sql_int(&sql, page_limit(range->limit));
	int error = read_all(&sql, arena, ret_list);
	if (error)
		return error;
	for (size_t i = 0; i < ret_list->count / 2; i++) {
		struct message *one = &ret_list->items[i];
		struct message *other = &ret_list->items[ret_list->count - 1 - i];
		struct message kept = *one;
		*one = *other;
		*other = kept;
	}
	return 0;
}

int
messages_changed(struct store *store, int64_t conversation, int64_t since, int limit,
		 struct arena *arena, struct message_list *ret_list)
{
	struct sql sql = sql_start(store_reading(store), SELECT_MESSAGE
				   "WHERE seq>? AND (?2=0 OR conversation=?2)"
				   " ORDER BY seq LIMIT ?");
	sql_int(&sql, since);
	sql_int(&sql, conversation);
	sql_int(&sql, page_limit(limit));
	return read_all(&sql, arena, ret_list);
}

int
messages_waiting(struct store *store, enum message_state state, int64_t after_id,
		 int limit, struct arena *arena, struct message_list *ret_list)
{
	struct sql sql = sql_start(store_reading(store), SELECT_MESSAGE
				   "WHERE state=? AND state IN (1, 2) AND id>?"
				   " AND is_outgoing=1 ORDER BY id LIMIT ?");
	sql_int(&sql, state);
	sql_int(&sql, after_id);
	sql_int(&sql, page_limit(limit));
	return read_all(&sql, arena, ret_list);
}

int
messages_count(struct store *store, int64_t conversation, int64_t after,
	       int64_t *ret_count)
{
	struct sql sql =
		sql_start(store_reading(store), "SELECT count(*) FROM messages"
						" WHERE conversation=? AND place>?");
	sql_int(&sql, conversation);
	sql_int(&sql, after);
	int result = sql_run_int(&sql, ret_count);
	return result < 0 ? result : 0;
}
