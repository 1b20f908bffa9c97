/*
 * Databases that were cut, overwritten, replaced or lost bit by bit: whatever it is, the
 * next start but one has a profile that works, and carries over what can be read of what
 * was not sent yet. The flips are drawn from a seed (TERN_TEST_SEED).
 */
#include <dirent.h>
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

#include <sys/stat.h>

#include <cmocka.h>

#include "backend/store/contacts.h"
#include "backend/store/conversations.h"
#include "backend/store/messages.h"
#include "backend/store/session_scope.h"
#include "backend/store/settings.h"
#include "backend/store/sm.h"
#include "backend/store/tokens.h"
#include "bridge/base/mem.h"
#include "tests/backend/store/bed.h"
#include "tests/backend/store/shim.h"

enum { LINES = 300, OWN_EVERY = 50, OWN = LINES / OWN_EVERY, FLIPS = 200 };

#define CHECK(call)                                                                      \
	do {                                                                             \
		int check_error = (call);                                                \
		if (check_error < 0)                                                     \
			return check_error;                                              \
	} while (0)

struct ground {
	struct bed bed;
	char *database; /* path */
	char *log;	/* path of its write-ahead log */
	char *whole;	/* the bytes of the filled database */
	size_t whole_len;
	char *late; /* of its log, with the last own line in it */
	size_t late_len;
};

/* ---- files ---- */

static char *
read_file(const char *path, size_t *ret_len)
{
	struct stat info;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &info), 0);
	char *bytes = mem_alloc((size_t)info.st_size + 1);
	assert_int_equal(read(fd, bytes, (size_t)info.st_size), info.st_size);
	(void)close(fd);
	*ret_len = (size_t)info.st_size;
	return bytes;
}

static void
write_file(const char *path, const char *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), (ssize_t)len);
	(void)close(fd);
}

static void
empty_folder(struct ground *ground)
{
	DIR *folder = opendir(ground->bed.folder);
	assert_non_null(folder);
	for (struct dirent *entry; (entry = readdir(folder));) {
		const char *path = bed_path(&ground->bed, entry->d_name);
		if (strncmp(entry->d_name, "store", 5) == 0 && unlink(path) < 0)
			assert_int_equal(rmdir(path), 0);
	}
	(void)closedir(folder);
}

/* The filled database as it was left, with or without the log of the last line. */
static void
put_whole(struct ground *ground, bool has_log)
{
	empty_folder(ground);
	write_file(ground->database, ground->whole, ground->whole_len);
	if (has_log)
		write_file(ground->log, ground->late, ground->late_len);
}

/* ---- a profile of some weeks ---- */

static int
fill(struct store *store, void *data)
{
	int64_t chat = 0;
	int64_t number;
	(void)data;
	CHECK(settings_set(store, SETTING_JID, "me@x"));
	for (int i = 0; i < LINES; i++) {
		char body[160];
		char jid[32];
		(void)snprintf(jid, sizeof jid, "f%d@x", i % 3);
		CHECK(conversations_ensure(store, CONVERSATION_CHAT, jid, &chat));
		(void)snprintf(body, sizeof body, "line %d %0100d", i, i);
		bool is_own = i % OWN_EVERY == 0;
		struct message message = {
			.conversation = chat,
			.sender = is_own ? "me@x" : jid,
			.is_outgoing = is_own,
			.state = is_own ? MESSAGE_QUEUED : MESSAGE_RECEIVED,
			.wire_id = body,
			.body = body,
		};
		CHECK(messages_add(store, &message));
	}
	CHECK(conversations_set_draft(store, chat, "half"));
	for (int i = 0; i < 100; i++) {
		char jid[32];
		(void)snprintf(jid, sizeof jid, "contact%d@example.org", i);
		CHECK(contacts_set(store, &(struct contact){.jid = jid}));
		CHECK(session_presence_put(store,
					   &(struct session_presence){.jid = jid}));
	}
	CHECK(sm_begin(store, "me@x/y"));
	for (int i = 0; i < 20; i++)
		CHECK(sm_queue(store, "<message/>", 10, 0, &number));
	return 0;
}

static int
say_last(struct store *store, void *data)
{
	struct message message = {.sender = "me@x",
				  .is_outgoing = true,
				  .state = MESSAGE_QUEUED,
				  .wire_id = "last",
				  .body = "last"};
	(void)data;
	CHECK(conversations_ensure(store, CONVERSATION_CHAT, "f0@x",
				   &message.conversation));
	return messages_add(store, &message);
}

/* What a session does in its life, with the rows that are there. */
static int
live(struct store *store, void *data)
{
	struct arena *arena = data;
	struct conversation_list badges;
	struct message_list list;
	struct contact_list contacts;
	struct sm_stanza_list queue;
	struct session_presence *presences;
	struct sm_row row;
	int64_t number;
	size_t count;
	const char *resource;
	CHECK(store_expire(store, 1000));
	CHECK(settings_resource(store, arena, &resource));
	CHECK(settings_set(store, SETTING_STATUS, "here"));
	CHECK(contacts_changed(store, 0, arena, &contacts));
	CHECK(contacts_set(store, &(struct contact){.jid = "new@x"}));
	CHECK(messages_changed(store, 0, 0, 500, arena, &list));
	CHECK(say_last(store, NULL));
	CHECK(conversations_changed(store, 0, arena, &badges));
	for (size_t i = 0; i < badges.count; i++) {
		struct message_range range = {.conversation = badges.items[i].id,
					      .limit = 500};
		CHECK(messages_page(store, &range, arena, &list));
		struct message message = {.conversation = badges.items[i].id,
					  .sender = "f@x",
					  .body = "new"};
		CHECK(messages_add(store, &message));
		CHECK(conversations_set_open(store, message.conversation, false));
	}
	int found = sm_load(store, arena, &row);
	if (found < 0 && found != -ENOENT)
		return found;
	CHECK(sm_unacked(store, 0, 500, arena, &queue));
	CHECK(session_presences(store, arena, &presences, &count));
	CHECK(session_scope_clear(store));
	CHECK(sm_begin(store, "me@x/y"));
	CHECK(messages_waiting(store, MESSAGE_QUEUED, 0, 500, arena, &list));
	for (size_t i = 0; i < list.count; i++) {
		CHECK(sm_queue(store, list.items[i].body, strlen(list.items[i].body),
			       list.items[i].id, &number));
		CHECK(messages_set_state(store, list.items[i].id, MESSAGE_SENT, NULL));
	}
	return 0;
}

static int
setup(void **state)
{
	struct ground *ground = mem_alloc(sizeof *ground);
	struct bed *bed = &ground->bed;
	bed_make(bed);
	ground->database = mem_strdup(bed_path(bed, "store.db"));
	ground->log = mem_strdup(bed_path(bed, "store.db-wal"));
	bed_open(bed);
	assert_int_equal(bed_run(bed, fill, NULL), 0);
	bed_close(bed);
	ground->whole = read_file(ground->database, &ground->whole_len);
	bed_open(bed);
	assert_int_equal(bed_run(bed, say_last, NULL), 0);
	ground->late = read_file(ground->log, &ground->late_len);
	bed_close(bed);
	*state = ground;
	return 0;
}

static int
teardown(void **state)
{
	struct ground *ground = *state;
	bed_done(&ground->bed);
	free(ground->database);
	free(ground->log);
	free(ground->whole);
	free(ground->late);
	free(ground);
	return 0;
}

/* ---- what must hold ---- */

struct tally {
	int at_start; /* set aside when it was opened */
	int later;    /* when it was met */
	int never;
	int carried; /* unsent lines, of all that were set aside */
};

static int
prepare(struct ground *ground, struct tally *tally)
{
	struct store_report report;
	int error = store_prepare(ground->bed.folder, NULL, &report);
	bool is_aside = report.set_aside != NULL;
	assert_true(error == 0 || report.sentence);
	if (is_aside) {
		assert_non_null(strstr(report.sentence, report.set_aside));
		assert_int_equal(access(bed_path(&ground->bed, report.set_aside), F_OK),
				 0);
		assert_true(report.carried >= 0 && report.lost >= -1);
		tally->carried += report.carried;
	}
	store_report_done(&report);
	return error ? error : is_aside;
}

/* Opens and lives; what went wrong. */
static int
open_and_live(struct ground *ground, bool *ret_is_damaged)
{
	struct bed *bed = &ground->bed;
	struct arena arena = {0};
	char *sentence = NULL;
	int error = store_open(&bed->loop, bed->folder, NULL, &bed->store, &sentence);
	free(sentence);
	assert_int_equal(error, 0);
	error = bed_run(bed, live, &arena);
	*ret_is_damaged = store_is_damaged(bed->store);
	bed_close(bed);
	arena_done(&arena);
	return error;
}

/* Whatever lies in the folder: it can be opened now, and works now or after the damage
 * that it met is repaired. */
static void
assert_usable(struct ground *ground, struct tally *tally)
{
	bool is_damaged = false;
	int aside = prepare(ground, tally);
	assert_in_range(aside, 0, 1);
	tally->at_start += aside;
	int error = open_and_live(ground, &is_damaged);
	if (error == 0 && !is_damaged) {
		tally->never += !aside;
		return;
	}
	assert_true(is_damaged);
	aside = prepare(ground, tally);
	assert_in_range(aside, 0, 1);
	tally->later += aside;
	error = open_and_live(ground, &is_damaged);
	assert_int_equal(error, 0);
	assert_false(is_damaged);
}

/* ---- cases ---- */

static unsigned
draw(unsigned *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	return *seed >> 8;
}

static void
flipped_bytes_anywhere_leave_a_profile_that_works(void **state)
{
	struct ground *ground = *state;
	struct tally tally = {0};
	const char *text = getenv("TERN_TEST_SEED");
	unsigned seed = text ? (unsigned)strtoul(text, NULL, 10) : 20261121;
	const char *rounds = getenv("TERN_TEST_ROUNDS");
	int count = rounds ? atoi(rounds) : FLIPS;
	for (int i = 0; i < count; i++) {
		put_whole(ground, false);
		int fd = open(ground->database, O_WRONLY | O_CLOEXEC);
		/* Half of them where tables begin; one byte, or a few. */
		size_t range = i % 2 ? ground->whole_len : ground->whole_len / 8;
		for (unsigned k = 1 + draw(&seed) % (i % 4 ? 1 : 20); k > 0; k--) {
			size_t at = draw(&seed) % range;
			/* another version is another case */
			char byte = (char)(ground->whole[at] ^ (1 << draw(&seed) % 8));
			if (at < 60 || at > 63)
				assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
		}
		(void)close(fd);
		assert_usable(ground, &tally);
	}
	print_message("flips: %d at start, %d later, %d unnoticed\n", tally.at_start,
		      tally.later, tally.never);
	assert_true(tally.at_start > 0 && tally.later > 0);
}

static void
each_byte_of_the_header_may_be_another(void **state)
{
	struct ground *ground = *state;
	static const unsigned char masks[] = {0x01, 0xff};
	struct tally tally = {0};
	for (size_t at = 0; at < 100; at++) {
		for (size_t k = 0; k < sizeof masks; k++) {
			char *bytes = mem_alloc(ground->whole_len);
			memcpy(bytes, ground->whole, ground->whole_len);
			bytes[at] = (char)(bytes[at] ^ (char)masks[k]);
			put_whole(ground, false);
			write_file(ground->database, bytes, ground->whole_len);
			free(bytes);
			unsigned now = (unsigned char)ground->whole[at] ^ masks[k];
			bool is_newer = at == 63 && now <= 250 &&
					now > (unsigned char)ground->whole[at];
			if (is_newer) {
				assert_int_equal(prepare(ground, &tally),
						 -EPROTONOSUPPORT);
				continue;
			}
			assert_usable(ground, &tally);
		}
	}
}

static void
a_database_may_be_cut_anywhere(void **state)
{
	struct ground *ground = *state;
	struct tally tally = {0};
	for (size_t len = 0; len < ground->whole_len; len += len < 600 ? 150 : 5000) {
		put_whole(ground, false);
		assert_int_equal(truncate(ground->database, (off_t)len), 0);
		assert_usable(ground, &tally);
	}
	print_message("cuts: %d at start, %d later, %d unnoticed\n", tally.at_start,
		      tally.later, tally.never);
	assert_int_equal(tally.never, 0);
}

static int
count_own(struct store *store, void *data)
{
	struct arena arena = {0};
	struct message_list list;
	CHECK(messages_waiting(store, MESSAGE_QUEUED, 0, 500, &arena, &list));
	*(int *)data = (int)list.count;
	arena_done(&arena);
	return 0;
}

/* What was durable before the torn end is there: the log says itself how far it goes. */
static void
a_torn_log_costs_what_was_in_its_torn_end_and_no_more(void **state)
{
	struct ground *ground = *state;
	for (size_t at = 0; at <= ground->late_len; at += 700) {
		for (int is_cut = 0; is_cut < 2; is_cut++) {
			struct tally tally = {0};
			int own = 0;
			put_whole(ground, true);
			if (is_cut) {
				assert_int_equal(truncate(ground->log, (off_t)at), 0);
			} else {
				int fd = open(ground->log, O_WRONLY | O_CLOEXEC);
				assert_int_equal(pwrite(fd, "torn", 4, (off_t)at), 4);
				(void)close(fd);
			}
			assert_int_equal(prepare(ground, &tally), 0);
			bed_open(&ground->bed);
			assert_int_equal(bed_run(&ground->bed, count_own, &own), 0);
			bed_close(&ground->bed);
			assert_in_range(own, OWN, OWN + 1);
			assert_usable(ground, &tally);
			assert_int_equal(tally.at_start + tally.later, 0);
		}
	}
}

/* Overwrites the pages that hold TEXT, N of them. */
static int
break_pages_with(struct ground *ground, const char *text, int n)
{
	int fd = open(ground->database, O_WRONLY | O_CLOEXEC);
	char noise[4096];
	int broken = 0;
	memset(noise, 0xa5, sizeof noise);
	for (size_t at = sizeof noise; broken < n && at < ground->whole_len;
	     at += sizeof noise) {
		if (!memmem(ground->whole + at, sizeof noise, text, strlen(text)))
			continue;
		assert_int_equal(pwrite(fd, noise, sizeof noise, (off_t)at),
				 sizeof noise);
		broken++;
	}
	(void)close(fd);
	return broken;
}

/* Two broken pages with lines, and open lines before, between and behind them. */
static void
lines_between_two_broken_pages_are_carried_over(void **state)
{
	struct ground *ground = *state;
	struct store_report report;
	put_whole(ground, false);
	assert_int_equal(break_pages_with(ground, "line 70 ", 1), 1);
	assert_int_equal(break_pages_with(ground, "line 230 ", 1), 1);
	write_file(bed_path(&ground->bed, "store.suspect"), "", 0);
	assert_int_equal(store_prepare(ground->bed.folder, NULL, &report), 0);
	assert_non_null(report.set_aside);
	assert_int_equal(report.carried, OWN + 1);
	store_report_done(&report);
}

static void
what_is_no_file_is_set_aside(void **state)
{
	struct ground *ground = *state;
	for (int i = 0; i < 3; i++) {
		struct tally tally = {0};
		empty_folder(ground);
		if (i == 0)
			assert_int_equal(mkdir(ground->database, 0700), 0);
		else if (i == 1)
			assert_int_equal(mkfifo(ground->database, 0600), 0);
		else
			write_file(ground->database, "", 0);
		assert_usable(ground, &tally);
		assert_int_equal(tally.at_start, 1);
	}
}

/* ---- a salvage on a disk that fails ---- */

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

static int
count_aside(struct ground *ground)
{
	DIR *folder = opendir(ground->bed.folder);
	int count = 0;
	assert_non_null(folder);
	for (struct dirent *entry; (entry = readdir(folder));)
		count += strncmp(entry->d_name, "store.db.corrupt-", 17) == 0 &&
			 !strstr(entry->d_name, "-wal");
	(void)closedir(folder);
	return count;
}

/* All that was not sent, the last of it from the log, once; that it is told, and that
 * what took the place of the damaged database was not damaged in turn. */
static void
assert_salvaged(struct ground *ground)
{
	struct bed *bed = &ground->bed;
	struct arena arena = {0};
	struct message_list list;
	bed_open(bed);
	const char *told = settings_get(bed->store, SETTING_REPAIRED, &arena);
	assert_non_null(told);
	assert_non_null(strstr(told, "store.db.corrupt-"));
	assert_int_equal(
		messages_waiting(bed->store, MESSAGE_QUEUED, 0, 500, &arena, &list), 0);
	assert_int_equal(list.count, OWN + 1);
	assert_string_equal(list.items[OWN].body, "last");
	assert_int_equal(count_aside(ground), 1);
	arena_done(&arena);
	bed_close(bed);
}

/* Its header is damaged too: so it is not opened before the salvage, and has its log. */
static void
put_damaged(struct ground *ground)
{
	put_whole(ground, true);
	int fd = open(ground->database, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "\7", 1, 18), 1);
	(void)close(fd);
	assert_int_equal(break_pages_with(ground, "contact77@", 1), 1);
}

static void
each_step_of_a_salvage_may_fail(void **state)
{
	struct ground *ground = *state;
	struct countdown countdown = {.has_failed = true};
	struct store_options options = {fail_at_zero, &countdown};
	struct store_report report;
	int n = 0;
	while (countdown.has_failed) {
		countdown = (struct countdown){.left = ++n};
		put_damaged(ground);
		int error = store_prepare(ground->bed.folder, &options, &report);
		store_report_done(&report);
		assert_int_equal(error, countdown.has_failed ? -EIO : 0);
		assert_salvaged(ground);
		struct tally tally = {0};
		assert_usable(ground, &tally);
		assert_int_equal(tally.never, 1);
	}
	print_message("salvage: %d steps failed in turn\n", n - 1);
	assert_true(n > 10);
}

static void
each_operation_of_a_salvage_may_fail(void **state)
{
	struct ground *ground = *state;
	int visited = 0;
	for (int fault = 0; fault < SHIM_FAULTS; fault++) {
		bool has_failed = true;
		for (int n = 1; has_failed; n++, visited++) {
			struct store_report report;
			put_damaged(ground);
			shim_arm((enum shim_fault)fault, n);
			int error = store_prepare(ground->bed.folder, NULL, &report);
			has_failed = shim_disarm();
			assert_true(error == 0 || report.sentence);
			store_report_done(&report);
			assert_salvaged(ground);
		}
	}
	print_message("salvage: %d operations failed in turn\n", visited - SHIM_FAULTS);
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(flipped_bytes_anywhere_leave_a_profile_that_works),
		CASE(each_byte_of_the_header_may_be_another),
		CASE(a_database_may_be_cut_anywhere),
		CASE(a_torn_log_costs_what_was_in_its_torn_end_and_no_more),
		CASE(lines_between_two_broken_pages_are_carried_over),
		CASE(what_is_no_file_is_set_aside),
		CASE(each_step_of_a_salvage_may_fail),
		CASE(each_operation_of_a_salvage_may_fail),
	};
	shim_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
