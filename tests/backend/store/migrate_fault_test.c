/*
 * Migration on a disk that fails: a filled database of version 1 is brought to the newest
 * version again and again, each time another write, sync or step goes wrong. At the next
 * start without a fault everything must be there once, and ids and seqs go on.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "backend/store/conversations.h"
#include "backend/store/messages.h"
#include "bridge/base/buf.h"
#include "bridge/base/mem.h"
#include "tests/backend/store/bed.h"
#include "tests/backend/store/shim.h"

/* As it was in the wild: not taken from the source, which may not change it. */
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

/* A profile of two years: 60 lines in three conversations, some of them waiting. */
static const char filling[] =
	"PRAGMA user_version=1;"
	"INSERT INTO meta(key, value)"
	" VALUES('epoch', 77), ('seq_ceiling', 5000), ('floor', 3);"
	"INSERT INTO settings(key, value) VALUES('account.jid', 'me@x');"
	"INSERT INTO conversations(id, kind, jid, is_open, unread, read_place, draft, "
	"seq)"
	" VALUES(1, 0, 'a@x', 1, 2, 18, 'half', 1), (2, 0, 'b@x', 1, 0, 0, NULL, 2),"
	" (3, 0, 'c@x', 0, 1, 10, NULL, 3);"
	"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<60)"
	" INSERT INTO messages(id, conversation, place, seq, kind, state, is_outgoing,"
	" is_delayed, is_mention, may_repeat, sent_ms, received_ms, sender, wire_id, "
	"body)"
	" SELECT i, 1+i%3, 1+i/3, 100+i, 0, iif(i%7, 0, iif(i>50, 1, 2)), i%7=0, 0, 0,"
	" 0, 1000*i, 1000*i, iif(i%7, char(97+i%3)||'@x', 'me@x'), 'w'||i,"
	" 'line '||i||replace(hex(zeroblob(100)), '0', 'x') FROM n;"
	"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<200)"
	" INSERT INTO contacts(jid, subscription, is_asking, is_approved, groups, seq)"
	" SELECT 'contact'||i||'@example.org', 3, 0, 0, '[]', 500+i FROM n;"
	"INSERT INTO tokens(token, method, params, result, time_ms)"
	" VALUES(x'00112233445566778899aabbccddeeff', 'message.send', x'01', x'02', 9);"
	"INSERT INTO requests(jid, time_ms, seq) VALUES('stranger@x', 5, 900);"
	"INSERT INTO blocked(jid, seq) VALUES('troll@x', 901);"
	"INSERT INTO tombstones(kind, key, seq, time_ms) VALUES(0, 'gone@x', 902, 8);";

/* What must be the same before and after; places are told as if from version 1. */
static const char *const everything[] = {
	"SELECT id, conversation, place-(SELECT ifnull(max(value), 0) FROM meta"
	" WHERE key='place_floor'), seq, kind, state, is_outgoing, is_delayed, "
	"is_mention,"
	" may_repeat, sent_ms, received_ms, sender, wire_id, body FROM messages"
	" ORDER BY id",
	"SELECT id, kind, jid, is_open, unread, mentions, iif(read_place, read_place-"
	"(SELECT ifnull(max(value), 0) FROM meta WHERE key='place_floor'), 0), draft,"
	" last_ms, seq FROM conversations ORDER BY id",
	"SELECT * FROM contacts ORDER BY jid",
	"SELECT * FROM settings ORDER BY key",
	"SELECT * FROM requests",
	"SELECT * FROM blocked",
	"SELECT * FROM tombstones",
	"SELECT hex(token), method, hex(params), hex(result), time_ms FROM tokens",
	"SELECT * FROM sqlite_sequence WHERE name='messages'",
	"SELECT key, value FROM meta WHERE key IN ('epoch', 'seq_ceiling', 'floor')"
	" ORDER BY key",
};

static int
add_row(void *data, int count, char **values, char **names)
{
	(void)names;
	for (int i = 0; i < count; i++)
		buf_printf(data, "%s|", values[i] ? values[i] : "NULL");
	buf_add_byte(data, '\n');
	return 0;
}

/* All of the database at PATH, as text. */
static char *
dump(const char *path)
{
	struct buf out = {0};
	sqlite3 *db;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	for (size_t i = 0; i < sizeof everything / sizeof *everything; i++)
		assert_int_equal(sqlite3_exec(db, everything[i], add_row, &out, NULL),
				 SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return buf_take_text(&out);
}

struct fixture {
	struct bed bed;
	char *old;    /* path of a database of version 1 */
	char *wanted; /* what is in it */
	char *database;
};

static int
setup(void **state)
{
	struct fixture *fixture = mem_alloc(sizeof *fixture);
	sqlite3 *db;
	bed_make(&fixture->bed);
	fixture->old = mem_strdup(bed_path(&fixture->bed, "old"));
	fixture->database = mem_strdup(bed_path(&fixture->bed, "store.db"));
	assert_int_equal(sqlite3_open(fixture->old, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, version_1, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, filling, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	fixture->wanted = dump(fixture->old);
	*state = fixture;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *fixture = *state;
	bed_done(&fixture->bed);
	free(fixture->old);
	free(fixture->wanted);
	free(fixture->database);
	free(fixture);
	return 0;
}

static void
copy_file(const char *from, const char *to)
{
	char bytes[65536];
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(in >= 0 && out >= 0);
	for (ssize_t len; (len = read(in, bytes, sizeof bytes)) > 0;)
		assert_int_equal(write(out, bytes, (size_t)len), len);
	(void)close(in);
	(void)close(out);
}

static void
empty_folder(struct fixture *fixture)
{
	static const char *const names[] = {"store.db", "store.db-wal", "store.db-shm",
					    "store.db.new", "store.suspect"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		(void)unlink(bed_path(&fixture->bed, names[i]));
}

static void
put_old(struct fixture *fixture)
{
	empty_folder(fixture);
	copy_file(fixture->old, fixture->database);
}

static int
add_line(struct store *store, void *data)
{
	int64_t *ret_id = data;
	struct arena arena = {0};
	struct message_list list;
	struct message message = {.sender = "a@x", .body = "after"};
	assert_int_equal(conversations_ensure(store, CONVERSATION_CHAT, "a@x",
					      &message.conversation),
			 0);
	assert_int_equal(messages_add(store, &message), 0);
	*ret_id = message.id;
	struct message_range range = {.conversation = message.conversation, .limit = 2};
	assert_int_equal(messages_page(store, &range, &arena, &list), 0);
	assert_string_equal(list.items[list.count - 1].body, "after");
	arena_done(&arena);
	return 0;
}

/* The newest version, nothing lost or doubled, and it goes on where it was. */
static void
assert_migrated(struct fixture *fixture)
{
	int64_t id = 0;
	char *found = dump(fixture->database);
	assert_string_equal(found, fixture->wanted);
	free(found);
	bed_open(&fixture->bed);
	assert_int_equal(bed_run(&fixture->bed, add_line, &id), 0);
	assert_int_equal(id, 61);
	assert_true(store_position(fixture->bed.store).seq > 5000);
	assert_true(store_position(fixture->bed.store).epoch == 77);
	bed_close(&fixture->bed);
}

/* Prepares under a fault, and again without it, until both went well. */
static void
prepare_twice(struct fixture *fixture, const struct store_options *options)
{
	struct store_report report;
	int error = store_prepare(fixture->bed.folder, options, &report);
	(void)shim_disarm();
	assert_true(error == 0 || error == -ENOSPC || error == -EIO || error == -EROFS);
	assert_true(error == 0 || report.sentence);
	assert_null(report.set_aside);
	store_report_done(&report);
	assert_int_equal(store_prepare(fixture->bed.folder, NULL, &report), 0);
	assert_null(report.sentence);
	assert_null(report.set_aside);
	store_report_done(&report);
}

static void
a_migration_that_fails_anywhere_is_done_at_the_next_start(void **state)
{
	struct fixture *fixture = *state;
	int visited = 0;
	for (int fault = 0; fault < SHIM_FAULTS; fault++) {
		bool has_failed = true;
		for (int n = 1; has_failed; n++) {
			put_old(fixture);
			shim_arm((enum shim_fault)fault, n);
			prepare_twice(fixture, NULL);
			has_failed = shim_has_failed();
			visited += has_failed;
			assert_migrated(fixture);
			assert_true(n < 2000);
		}
	}
	print_message("migration: %d operations failed in turn\n", visited);
	assert_true(visited > 100);
}

struct countdown {
	int left;
	bool has_failed;
};

static int
fail_at_zero(void *data, const char *step)
{
	struct countdown *countdown = data;
	(void)step;
	if (countdown->left == 0 || --countdown->left > 0)
		return 0;
	countdown->has_failed = true;
	return -EIO;
}

static void
each_step_of_a_migration_may_fail(void **state)
{
	struct fixture *fixture = *state;
	struct countdown countdown = {.has_failed = true};
	struct store_options options = {fail_at_zero, &countdown};
	int n = 0;
	while (countdown.has_failed) {
		countdown = (struct countdown){.left = ++n};
		put_old(fixture);
		prepare_twice(fixture, &options);
		assert_migrated(fixture);
	}
	print_message("migration: %d steps failed in turn\n", n - 1);
	assert_true(n > 2);
}

static void
a_new_database_that_fails_anywhere_is_made_at_the_next_start(void **state)
{
	struct fixture *fixture = *state;
	for (int fault = 0; fault < SHIM_FAULTS; fault++) {
		bool has_failed = true;
		for (int n = 1; has_failed; n++) {
			int64_t id = 0;
			empty_folder(fixture);
			shim_arm((enum shim_fault)fault, n);
			prepare_twice(fixture, NULL);
			has_failed = shim_has_failed();
			bed_open(&fixture->bed);
			assert_int_equal(bed_run(&fixture->bed, add_line, &id), 0);
			assert_int_equal(id, 1);
			bed_close(&fixture->bed);
		}
	}
}

static void
assert_carried(struct fixture *fixture)
{
	struct arena arena = {0};
	struct message_list list;
	struct conversation_list badges;
	struct store *store;
	bed_open(&fixture->bed);
	store = fixture->bed.store;
	assert_int_equal(messages_waiting(store, MESSAGE_QUEUED, 0, 50, &arena, &list),
			 0);
	assert_int_equal(list.count, 1);
	assert_memory_equal(list.items[0].body, "line 56", 7);
	assert_int_equal(conversations_changed(store, 0, &arena, &badges), 0);
	int drafts = 0;
	for (size_t i = 0; i < badges.count; i++)
		drafts += badges.items[i].draft && !strcmp(badges.items[i].draft, "half");
	assert_int_equal(drafts, 1);
	arena_done(&arena);
	bed_close(&fixture->bed);
}

/* Damage in a database of the old version: what is set aside is told by one of the two
 * runs, and what was not sent is carried over once. */
static void
damage_met_while_migrating_keeps_what_was_not_sent(void **state)
{
	struct fixture *fixture = *state;
	char page[4096];
	int fd = open(fixture->old, O_RDWR | O_CLOEXEC);
	off_t at = 4096;
	while (pread(fd, page, sizeof page, at) == sizeof page &&
	       !memmem(page, sizeof page, "contact77@", 10))
		at += (off_t)sizeof page;
	memset(page, 0xa5, sizeof page);
	assert_int_equal(pwrite(fd, page, sizeof page, at), sizeof page);
	(void)close(fd);
	for (int fault = 0; fault < SHIM_FAULTS; fault++) {
		bool has_failed = true;
		for (int n = 1; has_failed; n++) {
			struct store_report report;
			put_old(fixture);
			shim_arm((enum shim_fault)fault, n);
			int error = store_prepare(fixture->bed.folder, NULL, &report);
			has_failed = shim_disarm();
			assert_non_null(report.sentence);
			store_report_done(&report);
			if (error)
				assert_int_equal(
					store_prepare(fixture->bed.folder, NULL, &report),
					0);
			store_report_done(&report);
			assert_carried(fixture);
		}
	}
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(a_migration_that_fails_anywhere_is_done_at_the_next_start),
		CASE(each_step_of_a_migration_may_fail),
		CASE(a_new_database_that_fails_anywhere_is_made_at_the_next_start),
		CASE(damage_met_while_migrating_keeps_what_was_not_sent),
	};
	shim_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
