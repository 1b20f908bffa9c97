/*
 * The tables of a profile's database and the way from each version to the next. Called by
 * store_prepare, off the loop. Numbers of states and kinds are those of the enums in the
 * tables' headers.
 */
#include "backend/store/schema.h"

#include <errno.h>
#include <stdio.h>

#include <sys/random.h>

#include "backend/store/sql.h"

static const char version_1[] =
	"CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
	"CREATE TABLE settings(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE contacts("
	" jid TEXT PRIMARY KEY, name TEXT, subscription INTEGER NOT NULL,"
	" is_asking INTEGER NOT NULL, is_approved INTEGER NOT NULL,"
	" groups TEXT NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX contacts_seq ON contacts(seq);"
	"CREATE TABLE requests("
	" jid TEXT PRIMARY KEY, nick TEXT, text TEXT, time_ms INTEGER NOT NULL,"
	" seq INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE blocked(jid TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE tombstones("
	" kind INTEGER NOT NULL, key TEXT NOT NULL, seq INTEGER NOT NULL,"
	" time_ms INTEGER NOT NULL, PRIMARY KEY(kind, key)) WITHOUT ROWID;"
	"CREATE INDEX tombstones_seq ON tombstones(seq);"
	"CREATE TABLE conversations("
	" id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, jid TEXT NOT NULL,"
	" is_open INTEGER NOT NULL DEFAULT 0, unread INTEGER NOT NULL DEFAULT 0,"
	" mentions INTEGER NOT NULL DEFAULT 0, read_place INTEGER NOT NULL DEFAULT 0,"
	" draft TEXT, last_ms INTEGER NOT NULL DEFAULT 0, seq INTEGER NOT NULL,"
	" UNIQUE(kind, jid));"
	"CREATE INDEX conversations_seq ON conversations(seq);"
	"CREATE TABLE messages("
	" id INTEGER PRIMARY KEY AUTOINCREMENT, conversation INTEGER NOT NULL,"
	" place INTEGER NOT NULL, seq INTEGER NOT NULL, kind INTEGER NOT NULL,"
	" state INTEGER NOT NULL, is_outgoing INTEGER NOT NULL, is_delayed INTEGER NOT "
	"NULL,"
	" is_mention INTEGER NOT NULL, may_repeat INTEGER NOT NULL,"
	" sent_ms INTEGER NOT NULL, received_ms INTEGER NOT NULL, sender TEXT NOT NULL,"
	" resource TEXT, wire_id TEXT, origin_id TEXT, archive_id TEXT, archive_by TEXT,"
	" body TEXT NOT NULL, reason TEXT);"
	"CREATE UNIQUE INDEX messages_place ON messages(conversation, place);"
	"CREATE INDEX messages_seq ON messages(seq);"
	"CREATE INDEX messages_same ON messages(conversation, coalesce(origin_id, "
	"wire_id));"
	"CREATE INDEX messages_archived ON messages(archive_id, archive_by)"
	" WHERE archive_id IS NOT NULL;"
	"CREATE INDEX messages_waiting ON messages(state, id) WHERE state IN (1, 2);"
	"CREATE TABLE tokens("
	" token BLOB PRIMARY KEY, method TEXT NOT NULL, params BLOB NOT NULL,"
	" result BLOB NOT NULL, time_ms INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX tokens_time ON tokens(time_ms);";

/* Places move up, so that what the archive brings later fits below the first line of a
 * conversation; see messages.c. */
static const char version_2[] =
	"UPDATE messages SET place=place+(1<<40);"
	"UPDATE conversations SET read_place=read_place+(1<<40) WHERE read_place>0;"
	"INSERT INTO meta(key, value) VALUES('place_floor', 1<<40);"
	"ALTER TABLE messages ADD COLUMN mark TEXT;"
	"ALTER TABLE messages ADD COLUMN is_markable INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE conversations ADD COLUMN oldest_id TEXT;"
	"ALTER TABLE conversations ADD COLUMN is_whole INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE conversations ADD COLUMN marked_place INTEGER NOT NULL DEFAULT 0;"
	"CREATE TABLE archives("
	" jid TEXT PRIMARY KEY, newest_id TEXT, newest_ms INTEGER NOT NULL DEFAULT 0)"
	" WITHOUT ROWID;"
	"CREATE TABLE gaps("
	" id INTEGER PRIMARY KEY AUTOINCREMENT, archive TEXT NOT NULL, after_id TEXT,"
	" before_id TEXT, next_place INTEGER NOT NULL, end_place INTEGER NOT NULL,"
	" since_ms INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0);"
	"CREATE TABLE sm("
	" id INTEGER PRIMARY KEY CHECK(id=1), previd TEXT, location TEXT, full_jid TEXT,"
	" max_s INTEGER NOT NULL, count_in INTEGER NOT NULL,"
	" acked INTEGER NOT NULL, boot_id TEXT, alive_ms INTEGER NOT NULL,"
	" is_live INTEGER NOT NULL, deaths INTEGER NOT NULL, death_in INTEGER NOT NULL);"
	"CREATE TABLE unacked("
	" number INTEGER PRIMARY KEY, xml BLOB NOT NULL, message INTEGER NOT NULL,"
	" errors INTEGER NOT NULL DEFAULT 0);"
	"CREATE TABLE presences("
	" jid TEXT PRIMARY KEY, show INTEGER NOT NULL, text TEXT,"
	" priority INTEGER NOT NULL, is_stranger INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE asks("
	" id TEXT PRIMARY KEY, name TEXT NOT NULL, receiver TEXT, note TEXT)"
	" WITHOUT ROWID;"
	"CREATE TABLE session_facts(key TEXT PRIMARY KEY, value TEXT NOT NULL)"
	" WITHOUT ROWID;"
	"CREATE INDEX messages_undone ON messages(conversation, place)"
	" WHERE is_outgoing=1 AND state IN (1, 6, 7);";

/* Rooms. What is of the session is cleared with it (session_scope.c). */
static const char version_3[] =
	"ALTER TABLE messages ADD COLUMN occupant_id TEXT;"
	"ALTER TABLE messages ADD COLUMN retracted_by TEXT;"
	"ALTER TABLE messages ADD COLUMN was_sent INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE gaps ADD COLUMN from_place INTEGER NOT NULL"
	" DEFAULT 4611686018427387904;"
	"UPDATE messages SET was_sent=may_repeat WHERE is_outgoing=1"
	" AND state IN (1, 6, 7);"
	"CREATE TABLE rooms("
	" jid TEXT PRIMARY KEY, nick TEXT, is_wanted INTEGER NOT NULL, name TEXT,"
	" subject TEXT, subject_by TEXT, features INTEGER NOT NULL,"
	" place INTEGER NOT NULL, own_nick TEXT, notify INTEGER NOT NULL DEFAULT 0,"
	" seq INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE occupants("
	" room TEXT NOT NULL, nick TEXT NOT NULL, occupant_id TEXT, jid TEXT, text TEXT,"
	" role INTEGER NOT NULL, affiliation INTEGER NOT NULL, show INTEGER NOT NULL,"
	" asked_ms INTEGER NOT NULL, PRIMARY KEY(room, nick)) WITHOUT ROWID;"
	"CREATE TABLE retractions("
	" id INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL,"
	" peer TEXT NOT NULL, line TEXT NOT NULL, is_own INTEGER NOT NULL,"
	" is_room INTEGER NOT NULL, sender TEXT NOT NULL, occupant_id TEXT NOT NULL,"
	" moderator TEXT NOT NULL, reason TEXT,"
	" UNIQUE(kind, peer, line, is_own, is_room, sender, occupant_id));"
	"CREATE TABLE bookmarks("
	" jid TEXT PRIMARY KEY, name TEXT, nick TEXT, is_autojoin INTEGER NOT NULL,"
	" has_password INTEGER NOT NULL, is_not_here INTEGER NOT NULL, extensions TEXT,"
	" due INTEGER NOT NULL, is_removed INTEGER NOT NULL, is_seen INTEGER NOT NULL,"
	" seq INTEGER NOT NULL) WITHOUT ROWID;";

static const char *const versions[] = {version_1, version_2, version_3};

int
schema_version(void)
{
	return (int)(sizeof versions / sizeof *versions);
}

int
schema_read_version(struct sql_db *db, int64_t *ret_version)
{
	struct sql sql = sql_start(db, "PRAGMA user_version");
	int result = sql_run_int(&sql, ret_version);
	return result < 0 ? result : 0;
}

static int
write_epoch(struct sql_db *db)
{
	int64_t epoch;
	if (getrandom(&epoch, sizeof epoch, 0) != (ssize_t)sizeof epoch)
		return -EIO;
	struct sql sql =
		sql_start(db, "INSERT INTO meta(key, value)"
			      " VALUES('epoch', ?), ('seq_ceiling', 0), ('floor', 0)");
	sql_int(&sql, epoch);
	return sql_run(&sql);
}

static int
migrate(struct sql_db *db, int64_t version)
{
	for (int64_t i = version; i < schema_version(); i++) {
		int error = sql_fault(db, "step");
		if (!error)
			error = sql_exec(db, versions[i]);
		if (error)
			return error;
	}
	int error = version == 0 ? write_epoch(db) : 0;
	if (error)
		return error;
	char text[64];
	(void)snprintf(text, sizeof text, "PRAGMA user_version=%d", schema_version());
	return sql_exec(db, text);
}

int
schema_make(struct sql_db *db, int64_t version)
{
	int error = 0;
	for (int64_t i = 0; !error && i < version; i++)
		error = sql_exec(db, versions[i]);
	return error;
}

int
schema_migrate(struct sql_db *db, int64_t version)
{
	if (version == schema_version())
		return 0;
	int error = sql_exec(db, "BEGIN IMMEDIATE");
	if (error)
		return error;
	error = migrate(db, version);
	if (!error)
		error = sql_fault(db, "commit");
	if (!error)
		error = sql_exec(db, "COMMIT");
	if (error && sql_is_open_transaction(db))
		(void)sql_exec(db, "ROLLBACK");
	return error;
}
