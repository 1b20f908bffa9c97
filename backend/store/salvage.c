/*
 * Reads a damaged database row by row, each table once from either end, because a broken
 * page ends a walk; what lies between two broken pages is found by the indexes. So only
 * what is on broken pages is lost. Rows keep their ids, so a row that is met twice is
 * kept once. Called by store_prepare, off the loop.
 */
#include "backend/store/salvage.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/store/sql.h"

/* Of version 2 or later; the number itself may be what is damaged. */
#define HAS_UNACKED "EXISTS(SELECT 1 FROM sqlite_master WHERE name='unacked')"
#define IS_OPEN "(state IN (1, 6, 7) OR state=2 AND " HAS_UNACKED ")"

#define LINE                                                                             \
	"SELECT id, conversation, place, kind, state, is_outgoing, is_delayed,"          \
	" is_mention, may_repeat, sent_ms, received_ms, sender, wire_id, origin_id,"     \
	" body, reason FROM messages NOT INDEXED WHERE is_outgoing=1 AND " IS_OPEN

static const char insert_line[] =
	"INSERT OR IGNORE INTO messages(id, conversation, place, kind, state,"
	" is_outgoing, is_delayed, is_mention, may_repeat, sent_ms, received_ms, sender,"
	" wire_id, origin_id, body, reason, seq)"
	" VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)";

static const char insert_room[] =
	"INSERT OR IGNORE INTO rooms(jid, nick, is_wanted, name, subject, subject_by,"
	" features, notify, place, seq) VALUES(?, ?, ?, ?, ?, ?, ?, ?, 0, 1)";

static const char insert_bookmark[] =
	"INSERT OR IGNORE INTO bookmarks(jid, name, nick, is_autojoin, has_password,"
	" is_not_here, extensions, due, is_removed, is_seen, seq)"
	" VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 1)";

/* Of version 3 or later; there is nothing to copy in others. */
#define ROOM                                                                             \
	"SELECT jid, nick, is_wanted, name, subject, subject_by, features, notify"       \
	" FROM rooms ORDER BY jid"
#define BOOKMARK                                                                         \
	"SELECT jid, name, nick, is_autojoin, has_password, is_not_here, extensions,"    \
	" due<>0, is_removed FROM bookmarks ORDER BY jid"

static const char insert_conversation[] =
	"INSERT OR IGNORE INTO conversations(id, kind, jid, is_open, draft, last_ms, seq)"
	" VALUES(?, ?, ?, ?, ?, ?, 1)";

/* The outbox: lines in state 1 (MESSAGE_QUEUED), 6 (MESSAGE_FAILED) and 7 (MESSAGE_HELD),
 * which are nowhere else, and 2 (MESSAGE_SENT) of which nobody knows whether the server
 * has them; in version 1 that state was for good. Every row takes seq 1: the epoch is
 * new, so nobody has a cursor. Unread counts and read places go with the lines that they
 * were about. Rooms that were wished for are joined again; a bookmark that the server was
 * to be told of is due still. */
static const struct {
	const char *forward;
	const char *backward;
	const char *insert;
	bool is_counted;
} tables[] = {
	{
		"SELECT key, value FROM settings WHERE key<>'roster.version' ORDER BY "
		"key",
		"SELECT key, value FROM settings WHERE key<>'roster.version' ORDER BY "
		"key DESC",
		"INSERT OR IGNORE INTO settings(key, value) VALUES(?, ?)",
		false,
	},
	{
		"SELECT id, kind, jid, is_open, draft, last_ms FROM conversations"
		" NOT INDEXED ORDER BY id",
		"SELECT id, kind, jid, is_open, draft, last_ms FROM conversations"
		" NOT INDEXED ORDER BY id DESC",
		insert_conversation,
		true,
	},
	{
		LINE " ORDER BY id",
		LINE " ORDER BY id DESC",
		insert_line,
		true,
	},
	{
		"SELECT token, method, params, result, time_ms FROM tokens ORDER BY "
		"token",
		"SELECT token, method, params, result, time_ms FROM tokens ORDER BY "
		"token DESC",
		"INSERT OR IGNORE INTO tokens(token, method, params, result, time_ms)"
		" VALUES(?, ?, ?, ?, ?)",
		false,
	},
	{ROOM, ROOM " DESC", insert_room, false},
	{BOOKMARK, BOOKMARK " DESC", insert_bookmark, false},
};

/* Copies the rows of SELECT up to its end or the first that can't be read (*RET_IS_WHOLE
 * false). An error is one of writing. */
static int
copy_rows(struct sql_db *from, struct sql_db *to, const char *select, const char *insert,
	  bool *ret_is_whole)
{
	int error = 0;
	struct sql rows = sql_start(from, select);
	while (!error && sql_step(&rows) > 0) {
		struct sql row = sql_start(to, insert);
		sql_copy_row(&row, &rows);
		error = sql_run(&row);
		/* a row that its table does not take is a damaged row */
		if (error == -EEXIST)
			error = 0;
	}
	*ret_is_whole = sql_end(&rows) == 0;
	return error;
}

/* Copies each line that the index says is open, one by one. */
static int
copy_listed(struct sql_db *from, struct sql_db *to)
{
	static const char *const lists[] = {
		"SELECT id FROM messages INDEXED BY messages_waiting WHERE state IN (1, "
		"2)",
		"SELECT id FROM messages INDEXED BY messages_undone WHERE is_outgoing=1"
		" AND state IN (1, 6, 7)",
	};
	int error = 0;
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		struct sql list = sql_start(from, lists[i]);
		while (!error && sql_step(&list) > 0) {
			struct sql line = sql_start(from, LINE " AND id=?");
			sql_int(&line, sql_get_int(&list, 0));
			struct sql copy = sql_start(to, insert_line);
			if (sql_step(&line) > 0) {
				sql_copy_row(&copy, &line);
				error = sql_run(&copy);
			}
			(void)sql_end(&line);
			if (error == -EEXIST)
				error = 0;
		}
		(void)sql_end(&list);
	}
	return error;
}

/* The index of addresses still tells to whom lines went. */
static int
copy_addresses(struct sql_db *from, struct sql_db *to)
{
	bool is_whole;
	return copy_rows(from, to,
			 "SELECT id, kind, jid, 1, NULL, 0 FROM conversations"
			 " ORDER BY kind, jid",
			 insert_conversation, &is_whole);
}

static int64_t
count_of(struct sql_db *db, const char *text)
{
	struct sql sql = sql_start(db, text);
	int64_t count = 0;
	return sql_run_int(&sql, &count) > 0 ? count : -1;
}

/* How many open lines there were, by the indexes, which may still be whole; -1. */
static int64_t
count_open(struct sql_db *from)
{
	int64_t undone =
		count_of(from, "SELECT count(*) FROM messages INDEXED BY messages_undone"
			       " WHERE is_outgoing=1 AND state IN (1, 6, 7)");
	int64_t sent =
		count_of(from, "SELECT count(*) FROM messages INDEXED BY messages_waiting"
			       " WHERE state IN (1, 2) AND state=2 AND " HAS_UNACKED);
	int64_t queued =
		count_of(from, "SELECT count(*) FROM messages INDEXED BY messages_waiting"
			       " WHERE state IN (1, 2) AND state=1");
	if (sent < 0 || queued < 0)
		return -1;
	return sent + (undone > queued ? undone : queued);
}

/* ORPHANS are lines that can't be carried over, since nobody knows to whom they went. */
static int
count(struct sql_db *from, struct sql_db *to, bool is_whole, int orphans,
      struct salvage *salvage)
{
	int64_t lines = count_of(to, "SELECT count(*) FROM messages");
	int64_t drafts = count_of(to, "SELECT count(draft) FROM conversations");
	if (lines < 0 || drafts < 0)
		return -EIO;
	salvage->carried = (int)(lines + drafts);
	salvage->lost = is_whole ? orphans : -1;
	int64_t had = is_whole ? 0 : count_open(from);
	if (had > lines)
		salvage->lost = (int)(had - lines);
	return 0;
}

static int
copy_tables(struct sql_db *from, struct sql_db *to, struct salvage *salvage)
{
	bool is_all_whole = true;
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		bool is_whole;
		int error = copy_rows(from, to, tables[i].forward, tables[i].insert,
				      &is_whole);
		if (error)
			return error;
		if (is_whole)
			continue;
		is_all_whole &= !tables[i].is_counted;
		error = copy_rows(from, to, tables[i].backward, tables[i].insert,
				  &is_whole);
		if (error)
			return error;
	}
	int error = is_all_whole ? 0 : copy_listed(from, to);
	if (!error && !is_all_whole)
		error = copy_addresses(from, to);
	if (!error)
		error = sql_exec(to, "UPDATE meta SET value=1 WHERE key='seq_ceiling';"
				     "DELETE FROM messages WHERE conversation NOT IN"
				     " (SELECT id FROM conversations)");
	if (!error)
		error = count(from, to, is_all_whole, sql_changed(to), salvage);
	return error;
}

int
salvage_run(const char *from_path, struct sql_db *to, struct salvage *ret_salvage)
{
	struct salvage salvage = {.lost = -1};
	struct sql_db from = {0};
	int error = 0;
	if (sql_open(&from, from_path, SQL_RESCUE) == 0) {
		error = sql_exec(to, "BEGIN IMMEDIATE");
		if (!error)
			error = copy_tables(&from, to, &salvage);
		if (!error)
			error = sql_exec(to, "COMMIT");
		sql_close(&from);
	}
	if (!error)
		*ret_salvage = salvage;
	return error;
}
