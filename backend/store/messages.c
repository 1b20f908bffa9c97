/*
 * The table of lines, its writing half. A new line takes the next full step of 2^20
 * places behind the last one of its conversation and the floor, which every login that
 * leaves a gap raises: what the archive brings later fits between, and below the first
 * line.
 */
#include "backend/store/messages.h"

#include <assert.h>
#include <errno.h>

#include "backend/store/conversations.h"
#include "backend/store/gaps.h"
#include "backend/store/messages_rows.h"
#include "backend/store/sql.h"
#include "backend/store/store.h"
#include "backend/store/store_rows.h"

enum { PLACE_BITS = 20 };

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
		" ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING"
		" id");
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
	sql_text(&sql, message->mark);
	sql_int(&sql, message->is_markable);
	sql_text(&sql, message->occupant_id);
	sql_text(&sql, message->retracted_by);
	/* to the end of the rows, or the insertion is not done */
	int result = sql_step(&sql);
	if (result > 0)
		message->id = sql_get_int(&sql, 0);
	return sql_run(&sql);
}

/* What a new line changes in its conversation's row: the newest one is shown there, and
 * what is behind the read place counts. */
static int
raise_badge(struct store *store, const struct message *message, bool is_news)
{
	bool is_unread =
		is_news && !message->is_outgoing && message->kind == MESSAGE_CHAT;
	int64_t seq = store_next_seq(store);
	struct sql sql = sql_start(
		store_writing(store),
		"UPDATE conversations SET unread=unread+(?1 AND ?3>read_place),"
		" mentions=mentions+(?2 AND ?3>read_place), last_ms=CASE WHEN EXISTS"
		"(SELECT 1 FROM messages WHERE conversation=?6 AND place>?3)"
		" THEN last_ms ELSE ?4 END, seq=?5 WHERE id=?6");
	sql_int(&sql, is_unread);
	sql_int(&sql, is_unread && message->is_mention);
	sql_int(&sql, message->place);
	sql_int(&sql, message->sent_ms);
	sql_int(&sql, seq);
	sql_int(&sql, message->conversation);
	return sql_run(&sql);
}

int
messages_add_placed(struct store *store, struct message *message, bool is_news)
{
	assert(message->body && message->sender);
	message->seq = store_next_seq(store);
	int error = insert(store, message);
	return error ? error : raise_badge(store, message, is_news);
}

int
messages_add(struct store *store, struct message *message)
{
	int error = next_place(store, message->conversation, &message->place);
	return error ? error : messages_add_placed(store, message, true);
}

int
messages_place_below(struct store *store, int64_t conversation, int64_t *ret_place)
{
	struct sql sql = sql_start(store_reading(store),
				   "SELECT coalesce(min(place), 1<<40)-? FROM messages"
				   " WHERE conversation=?");
	sql_int(&sql, GAP_STEP);
	sql_int(&sql, conversation);
	int result = sql_run_int(&sql, ret_place);
	return result < 0 ? result : 0;
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
	return conversations_touch(store, conversation);
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

/* The line ID at PLACE of CONVERSATION goes down to TO: what is read is read up to the
 * same line as before, and no unread one comes below that. */
static int
lower_read_place(struct store *store, int64_t id, int64_t conversation, int64_t place,
		 int64_t to)
{
	int64_t seq = store_next_seq(store);
	struct sql sql = sql_start(
		store_writing(store),
		"UPDATE conversations SET seq=?5, marked_place=min(marked_place,"
		" CASE WHEN read_place=?3 THEN ?4 ELSE ?4-1 END),"
		" read_place=CASE WHEN read_place=?3 THEN ?4 ELSE ?4-1 END"
		" WHERE id=?2 AND (read_place=?3 OR (read_place>=?4 AND read_place<?3"
		" AND EXISTS(SELECT 1 FROM messages WHERE id=?1 AND is_outgoing=0)))");
	sql_int(&sql, id);
	sql_int(&sql, conversation);
	sql_int(&sql, place);
	sql_int(&sql, to);
	sql_int(&sql, seq);
	return sql_run(&sql);
}

/* The line ID at PLACE of CONVERSATION, which was read, goes up to TO: so is what was
 * read, unless it came to pass one that was not; then it counts as unread again. */
static int
raise_read_place(struct store *store, int64_t id, int64_t conversation, int64_t place,
		 int64_t to)
{
#define IS_PASSING                                                                       \
	" WHERE id=?2 AND read_place>=?3 AND read_place<?4"                              \
	" AND EXISTS(SELECT 1 FROM messages WHERE id=?1 AND " MESSAGE_COUNTS ")"
	static const char *const steps[] = {
		"UPDATE conversations SET seq=?5, read_place=?4" IS_PASSING
		" AND NOT EXISTS(SELECT 1 FROM messages WHERE conversation=?2"
		" AND place>read_place AND place<?4 AND " MESSAGE_COUNTS ")",
		"UPDATE conversations SET seq=?5, unread=unread+1, mentions=mentions+"
		"(SELECT is_mention FROM messages WHERE id=?1)" IS_PASSING,
	};
#undef IS_PASSING
	int error = 0;
	for (size_t i = 0; i < sizeof steps / sizeof *steps && !error; i++) {
		int64_t seq = store_next_seq(store);
		struct sql sql = sql_start(store_writing(store), steps[i]);
		sql_int(&sql, id);
		sql_int(&sql, conversation);
		sql_int(&sql, place);
		sql_int(&sql, to);
		sql_int(&sql, seq);
		error = sql_run(&sql);
	}
	return error;
}

int
messages_move(struct store *store, int64_t id, int64_t place)
{
	int64_t conversation = 0;
	int64_t from = 0;
	int error = find_place(store, id, &conversation, &from);
	if (!error)
		error = place < from
				? lower_read_place(store, id, conversation, from, place)
				: raise_read_place(store, id, conversation, from, place);
	if (error)
		return error;
	int64_t seq = store_next_seq(store);
	struct sql sql = sql_start(store_writing(store),
				   "UPDATE messages SET place=?, seq=? WHERE id=?");
	sql_int(&sql, place);
	sql_int(&sql, seq);
	sql_int(&sql, id);
	return sql_run(&sql);
}

/* Own lines that were not sent yet, or that a room did not say yet, follow in their turn:
 * they don't count. */
int
messages_move_to_end(struct store *store, int64_t id)
{
	int64_t conversation = 0;
	int64_t place = 0;
	int64_t is_passed = 0;
	int error = find_place(store, id, &conversation, &place);
	if (error)
		return error;
	struct sql sql = sql_start(store_reading(store),
				   "SELECT 1 FROM messages WHERE conversation=?"
				   " AND place>? AND state NOT IN (1, 7)"
				   " AND (state<>2 OR (SELECT kind FROM conversations"
				   " WHERE id=?)<>?) LIMIT 1");
	sql_int(&sql, conversation);
	sql_int(&sql, place);
	sql_int(&sql, conversation);
	sql_int(&sql, CONVERSATION_ROOM);
	int result = sql_run_int(&sql, &is_passed);
	if (result <= 0)
		return result;
	error = next_place(store, conversation, &place);
	if (!error)
		error = messages_move(store, id, place);
	if (!error)
		error = touch_badge(store, conversation, place);
	return error ? error : 1;
}

int
messages_set_mark(struct store *store, int64_t id, const char *mark)
{
	struct sql sql =
		sql_start(store_writing(store),
			  "UPDATE messages SET mark=? WHERE id=? AND mark IS NULL");
	sql_text(&sql, mark);
	sql_int(&sql, id);
	return sql_run(&sql);
}

int
messages_move_mark(struct store *store, int64_t id, const char *mark)
{
	struct sql sql =
		sql_start(store_writing(store), "UPDATE messages SET mark=? WHERE id=?");
	sql_text(&sql, mark);
	sql_int(&sql, id);
	return sql_run(&sql);
}

int
messages_send_again(struct store *store, int64_t id, bool may_repeat)
{
	struct sql sql = sql_start(store_writing(store),
				   "UPDATE messages SET may_repeat=may_repeat OR ?,"
				   " was_sent=1 WHERE id=?");
	sql_int(&sql, may_repeat);
	sql_int(&sql, id);
	int error = sql_run(&sql);
	return error ? error : messages_set_state(store, id, MESSAGE_QUEUED, NULL);
}

/* What waits to be sent once more counts as sent where the other side itself says that it
 * came: then it does not go out again. */
int
messages_raise_state(struct store *store, int64_t id, enum message_state state)
{
	int64_t now = 0;
	struct sql sql = sql_start(store_reading(store),
				   "SELECT iif(state IN (1, 7) AND was_sent=1 AND ?>=4,"
				   " 2, state) FROM messages WHERE id=? AND "
				   "is_outgoing=1");
	assert(state >= MESSAGE_SENT && state <= MESSAGE_DISPLAYED);
	sql_int(&sql, state);
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

/* The line ID at PLACE of CONVERSATION is being taken back: if it is one of those that
 * count as unread, it does so no more. The newest count, and not what was fetched from
 * before the first line. */
static int
lower_badge(struct store *store, int64_t id, int64_t conversation, int64_t place)
{
	int64_t seq = store_next_seq(store);
	struct sql sql = sql_start(
		store_writing(store),
		"UPDATE conversations SET unread=unread-1, mentions=max(0, mentions-"
		"(SELECT is_mention FROM messages WHERE id=?1)), seq=?4"
		" WHERE id=?2 AND read_place<?3 AND unread>(SELECT count(*) FROM messages"
		" WHERE conversation=?2 AND place>?3 AND " MESSAGE_COUNTS
		") AND EXISTS(SELECT 1 FROM messages WHERE id=?1 AND " MESSAGE_COUNTS
		")");
	sql_int(&sql, id);
	sql_int(&sql, conversation);
	sql_int(&sql, place);
	sql_int(&sql, seq);
	return sql_run(&sql);
}

int
messages_retract(struct store *store, int64_t id, const char *by, const char *reason)
{
	int64_t conversation = 0;
	int64_t place = 0;
	int error = find_place(store, id, &conversation, &place);
	if (!error)
		error = lower_badge(store, id, conversation, place);
	if (error)
		return error;
	int64_t seq = store_next_seq(store);
	struct sql_db *db = store_writing(store);
	struct sql sql = sql_start(
		db, "UPDATE messages SET retracted_by=?, reason=?, seq=? WHERE id=?"
		    " AND retracted_by IS NULL");
	sql_text(&sql, by);
	sql_text(&sql, reason);
	sql_int(&sql, seq);
	sql_int(&sql, id);
	error = sql_run(&sql);
	if (error || !sql_changed(db))
		return error;
	return touch_badge(store, conversation, place);
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
