/*
 * The table of lines, its reading half. Pages walk the index of (conversation, place), so
 * their cost does not depend on how long a conversation is.
 */
#include "backend/store/messages.h"

#include <assert.h>
#include <errno.h>

#include "backend/store/list.h"
#include "backend/store/messages_rows.h"
#include "backend/store/sql.h"
#include "backend/store/store.h"
#include "backend/store/store_rows.h"

enum { PAGE_MAX = 501 };

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
		.mark = sql_get_text(sql, 20, arena),
		.is_markable = sql_get_int(sql, 21),
		.occupant_id = sql_get_text(sql, 22, arena),
		.retracted_by = sql_get_text(sql, 23, arena),
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

int
messages_get(struct store *store, int64_t id, struct arena *arena,
	     struct message *ret_message)
{
	struct sql sql = sql_start(store_reading(store), SELECT_MESSAGE "WHERE id=?");
	sql_int(&sql, id);
	return read_one(&sql, arena, ret_message);
}

int
messages_find_same(struct store *store, const struct message_twin *twin,
		   struct arena *arena, struct message *ret_message)
{
	struct sql sql =
		sql_start(store_reading(store), SELECT_MESSAGE
			  "WHERE conversation=?1 AND coalesce(origin_id, wire_id)=?2"
			  " AND sender=?3 AND (?4 IS NULL OR body=?4)"
			  " AND (?5=0 OR archive_id IS NULL)"
			  " ORDER BY id DESC LIMIT 1");
	sql_int(&sql, twin->conversation);
	sql_text(&sql, twin->id);
	sql_text(&sql, twin->sender);
	sql_text(&sql, twin->body);
	sql_int(&sql, twin->is_unarchived);
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
				   "WHERE state=?1 AND state IN (1, 2) AND id>?"
				   " AND is_outgoing=1 AND NOT EXISTS (SELECT 1 FROM"
				   " conversations c LEFT JOIN rooms r ON r.jid=c.jid"
				   " WHERE c.id=messages.conversation AND c.kind=1"
				   " AND (?1=2 OR r.place IS NOT 2))"
				   " ORDER BY id LIMIT ?");
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
