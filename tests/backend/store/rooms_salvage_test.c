/*
 * Rooms and bookmarks of a damaged database: what was wished for comes back.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "backend/store/bookmarks.h"
#include "backend/store/contacts.h"
#include "backend/store/prepare.h"
#include "backend/store/rooms.h"
#include "tests/backend/store/bed.h"

#define CASE(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
#define EXTENSIONS                                                                       \
	"<extensions xmlns='urn:xmpp:bookmarks:1'><x xmlns='urn:x'/></extensions>"

enum { ROOMS = 200 }; /* more than a page holds */

static void
fill_room(int i, char *jid, size_t size, struct room_row *ret_row)
{
	(void)snprintf(jid, size, "room%03d@rooms.example", i);
	*ret_row = (struct room_row){
		.jid = jid,
		.nick = i % 2 ? "Alice" : NULL,
		.is_wanted = i % 3 != 0,
		.name = "Den",
		.subject = "of dens",
		.subject_by = "Bob",
		.features = i,
		.place = ROOM_IN,
		.own_nick = "Alice",
		.notify = i % 4,
	};
}

static int
fill(struct store *store, void *data)
{
	char jid[64];
	(void)data;
	for (int i = 0; i < ROOMS; i++) {
		struct room_row row;
		fill_room(i, jid, sizeof jid, &row);
		assert_int_equal(rooms_put(store, &row), 0);
		struct bookmark mark = {.jid = jid,
					.name = "name",
					.nick = "nick",
					.is_autojoin = i % 2,
					.has_password = i % 3 == 0,
					.is_not_here = i % 5 == 0,
					.is_removed = i % 20 == 0,
					.extensions = EXTENSIONS};
		assert_int_equal(bookmarks_put(store, &mark, i % 10 == 0), 0);
		assert_true(contacts_set(store, &(struct contact){.jid = jid}) >= 0);
	}
	return 0;
}

/* Where the table NAME begins, in bytes. */
static off_t
start_of(struct bed *bed, const char *name, int *ret_page)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *sql = NULL;
	assert_int_equal(sqlite3_open(bed_path(bed, "store.db"), &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_prepare_v2(db,
				   "SELECT rootpage, page_size FROM sqlite_master,"
				   " pragma_page_size() WHERE name=?",
				   -1, &sql, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_bind_text(sql, 1, name, -1, SQLITE_STATIC), SQLITE_OK);
	assert_int_equal(sqlite3_step(sql), SQLITE_ROW);
	off_t start = sqlite3_column_int64(sql, 0) - 1;
	*ret_page = sqlite3_column_int(sql, 1);
	assert_int_equal(sqlite3_finalize(sql), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return start * *ret_page;
}

static void
overwrite(struct bed *bed, off_t at, size_t len)
{
	int fd = open(bed_path(bed, "store.db"), O_WRONLY | O_CLOEXEC);
	char bytes[512];
	memset(bytes, 0xa5, sizeof bytes);
	assert_true(fd >= 0 && len <= sizeof bytes);
	assert_int_equal(pwrite(fd, bytes, len, at), len);
	assert_int_equal(close(fd), 0);
}

/* The page of TABLE at its root is garbage; the next store is opened. */
static void
damage_and_open(struct bed *bed, const char *table)
{
	struct store_report report;
	int page;
	assert_int_equal(bed_run(bed, fill, NULL), 0);
	bed_close(bed);
	overwrite(bed, start_of(bed, table, &page), 200);
	assert_int_equal(store_prepare(bed->folder, NULL, &report), 0);
	assert_non_null(report.set_aside);
	store_report_done(&report);
	bed_open(bed);
}

static void
assert_text(const char *text, const char *wanted)
{
	assert_true(text ? wanted && strcmp(text, wanted) == 0 : !wanted);
}

static void
assert_rooms(struct store *store)
{
	struct arena arena = {0};
	struct room_rows rows;
	assert_int_equal(rooms_list(store, &arena, &rows), 0);
	assert_int_equal(rows.count, ROOMS);
	for (int i = 0; i < ROOMS; i++) {
		char jid[64];
		struct room_row wanted;
		const struct room_row *row = &rows.items[i];
		fill_room(i, jid, sizeof jid, &wanted);
		assert_string_equal(row->jid, wanted.jid);
		assert_text(row->nick, wanted.nick);
		assert_int_equal(row->is_wanted, wanted.is_wanted);
		assert_text(row->name, "Den");
		assert_text(row->subject, "of dens");
		assert_int_equal(row->features, i);
		assert_int_equal(row->notify, i % 4);
		/* The session is another. */
		assert_int_equal(row->place, ROOM_OUT);
		assert_null(row->own_nick);
	}
	arena_done(&arena);
}

static void
assert_bookmarks(struct store *store)
{
	struct arena arena = {0};
	struct bookmark_list list;
	assert_int_equal(bookmarks_list(store, &arena, &list), 0);
	assert_int_equal(list.count, ROOMS);
	for (int i = 0; i < ROOMS; i++) {
		const struct bookmark *row = &list.items[i];
		assert_text(row->name, "name");
		assert_text(row->nick, "nick");
		assert_int_equal(row->is_autojoin, i % 2);
		assert_int_equal(row->has_password, i % 3 == 0);
		assert_int_equal(row->is_not_here, i % 5 == 0);
		assert_int_equal(row->is_removed, i % 20 == 0);
		assert_int_equal(row->due != 0, i % 10 == 0);
		assert_text(row->extensions, EXTENSIONS);
	}
	arena_done(&arena);
}

static void
rooms_and_bookmarks_come_back(void **state)
{
	struct bed *bed = *state;
	damage_and_open(bed, "contacts");
	assert_rooms(bed->store);
	assert_bookmarks(bed->store);
}

static int
told_job(struct store *store, void *data)
{
	struct arena arena = {0};
	struct bookmark row;
	char jid[64];
	(void)data;
	(void)snprintf(jid, sizeof jid, "room%03d@rooms.example", 10);
	assert_int_equal(bookmarks_get(store, jid, &arena, &row), 0);
	assert_int_equal(bookmarks_told(store, jid, row.due), 0);
	assert_int_equal(bookmarks_get(store, jid, &arena, &row), 0);
	assert_int_equal(row.due, 0);
	arena_done(&arena);
	return 0;
}

static void
what_was_due_can_be_told_afterwards(void **state)
{
	struct bed *bed = *state;
	damage_and_open(bed, "contacts");
	assert_int_equal(bed_run(bed, told_job, NULL), 0);
}

static void
rooms_that_cannot_be_read_cost_no_bookmark(void **state)
{
	struct bed *bed = *state;
	struct arena arena = {0};
	struct room_rows rows;
	damage_and_open(bed, "rooms");
	assert_bookmarks(bed->store);
	assert_int_equal(rooms_list(bed->store, &arena, &rows), 0);
	arena_done(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(rooms_and_bookmarks_come_back),
		CASE(what_was_due_can_be_told_afterwards),
		CASE(rooms_that_cannot_be_read_cost_no_bookmark),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
