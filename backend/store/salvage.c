/*
 * Reads a damaged database row by row, each table once from either end, because a broken
 * page ends a walk: so only what is on broken pages is lost. Rows keep their ids, so a
 * row that is met twice is kept once. Called by store_prepare, off the loop.
 */
#include "backend/store/salvage.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/store/sql.h"

#define IS_OPEN                                                                          \
	"(state IN (1, 7) OR state=2 AND"                                                \
	" (SELECT user_version>1 FROM pragma_user_version))"

/* The outbox: lines in state 1 (MESSAGE_QUEUED) and 7 (MESSAGE_HELD), and 2
 * (MESSAGE_SENT) of which nobody knows whether the server has them; in version 1 that
 * state was for good. Every row takes seq 1: the epoch is new, so nobody has a cursor.
 * Unread counts and read places go with the lines that they were about. */
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
		"INSERT OR IGNORE INTO conversations(id, kind, jid, is_open, draft, "
		"last_ms, seq)"
		" VALUES(?, ?, ?, ?, ?, ?, 1)",
		true,
	},
	{
		"SELECT id, conversation, place, kind, state, is_outgoing, is_delayed, "
		"is_mention,"
		" may_repeat, sent_ms, received_ms, sender, wire_id, origin_id, body"
		" FROM messages NOT INDEXED WHERE " IS_OPEN
		" AND is_outgoing=1 ORDER BY id",
		"SELECT id, conversation, place, kind, state, is_outgoing, is_delayed, "
		"is_mention,"
		" may_repeat, sent_ms, received_ms, sender, wire_id, origin_id, body"
		" FROM messages NOT INDEXED WHERE " IS_OPEN
		" AND is_outgoing=1 ORDER BY id DESC",
		"INSERT OR IGNORE INTO messages(id, conversation, place, kind, state, "
		"is_outgoing,"
		" is_delayed, is_mention, may_repeat, sent_ms, received_ms, sender, "
		"wire_id,"
		" origin_id, body, seq) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
		"?, 1)",
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

static int64_t
count_of(struct sql_db *db, const char *text)
{
	struct sql sql = sql_start(db, text);
	int64_t count = 0;
	return sql_run_int(&sql, &count) > 0 ? count : -1;
}

static void
count(struct sql_db *from, struct sql_db *to, bool is_whole, struct salvage *salvage)
{
	int64_t lines = count_of(to, "SELECT count(*) FROM messages");
	int64_t drafts = count_of(to, "SELECT count(draft) FROM conversations");
	salvage->carried = (int)(lines + drafts);
	salvage->lost = is_whole ? 0 : -1;
	if (is_whole)
		return;
	/* The index may still know how many lines there were. */
	int64_t had =
		count_of(from, "SELECT count(*) FROM messages INDEXED BY messages_waiting"
			       " WHERE state IN (1, 2) AND " IS_OPEN);
	if (had > lines)
		salvage->lost = (int)(had - lines);
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
	count(from, to, is_all_whole, salvage);
	return sql_exec(to, "DELETE FROM messages WHERE conversation NOT IN"
			    " (SELECT id FROM conversations);"
			    "UPDATE meta SET value=1 WHERE key='seq_ceiling'");
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
