/*
 * store_prepare: new, newer, damaged, read-only, and every step of it failing.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/resource.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "backend/store/contacts.h"
#include "backend/store/conversations.h"
#include "backend/store/messages.h"
#include "backend/store/settings.h"
#include "bridge/base/mem.h"
#include "tests/backend/store/bed.h"

static int
setup(void **state)
{
	struct bed *bed = mem_alloc(sizeof *bed);
	bed_make(bed);
	*state = bed;
	return 0;
}

static void
a_new_database_is_private_and_new_once(void **state)
{
	struct bed *bed = *state;
	struct store_report report;
	struct stat info;
	assert_int_equal(store_prepare(bed->folder, NULL, &report), 0);
	assert_true(report.is_new);
	assert_null(report.sentence);
	store_report_done(&report);
	assert_int_equal(stat(bed_path(bed, "store.db"), &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	assert_int_equal(store_prepare(bed->folder, NULL, &report), 0);
	assert_false(report.is_new);
	store_report_done(&report);
	bed_open(bed);
	assert_int_equal(stat(bed_path(bed, "store.db-wal"), &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	char *sentence = NULL;
	assert_int_equal(store_check(bed->folder, &sentence), 0);
	assert_null(sentence);
}

static void
patch(struct bed *bed, off_t at, const void *bytes, size_t len)
{
	int fd = open(bed_path(bed, "store.db"), O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, len, at), (ssize_t)len);
	(void)close(fd);
}

static void
a_newer_database_is_refused_untouched(void **state)
{
	struct bed *bed = *state;
	struct store_report report;
	char before[4096];
	char after[4096];
	bed_open(bed);
	bed_close(bed);
	patch(bed, 60, "\0\0\0\x63", 4); /* user_version */
	int fd = open(bed_path(bed, "store.db"), O_RDONLY | O_CLOEXEC);
	assert_int_equal(read(fd, before, sizeof before), sizeof before);
	assert_int_equal(store_prepare(bed->folder, NULL, &report), -EPROTONOSUPPORT);
	assert_non_null(strstr(report.sentence, "newer tern"));
	assert_null(report.set_aside);
	store_report_done(&report);
	assert_int_equal(pread(fd, after, sizeof after, 0), sizeof after);
	assert_memory_equal(before, after, sizeof before);
	(void)close(fd);
}

static int
fill(struct store *store, void *data)
{
	(void)data;
	struct arena arena = {0};
	const char *resource;
	int64_t chat = 0;
	assert_int_equal(settings_set(store, SETTING_JID, "me@x"), 0);
	assert_int_equal(settings_set(store, SETTING_ROSTER_VERSION, "7"), 0);
	assert_int_equal(settings_resource(store, &arena, &resource), 0);
	assert_int_equal(conversations_ensure(store, CONVERSATION_CHAT, "f@x", &chat), 0);
	assert_int_equal(conversations_set_open(store, chat, true), 1);
	assert_int_equal(conversations_set_draft(store, chat, "half"), 1);
	char body[1000];
	memset(body, 'x', sizeof body - 1);
	body[sizeof body - 1] = '\0';
	for (int i = 0; i < 600; i++) {
		char id[16];
		(void)snprintf(id, sizeof id, "%d", i);
		struct message message = {
			.conversation = chat,
			.sender = i % 100 ? "f@x" : "me@x",
			.is_outgoing = i % 100 == 0,
			.state = i % 100 ? MESSAGE_RECEIVED : MESSAGE_QUEUED,
			.wire_id = id,
			.body = body,
		};
		assert_int_equal(messages_add(store, &message), 0);
	}
	for (int i = 0; i < 500; i++) {
		char jid[32];
		(void)snprintf(jid, sizeof jid, "contact%d@example.org", i);
		struct contact contact = {.jid = jid};
		assert_int_equal(contacts_set(store, &contact), 1);
	}
	arena_done(&arena);
	return 0;
}

static int
accept_new(struct store *store, void *data)
{
	(void)data;
	int64_t chat = 0;
	assert_int_equal(conversations_find(store, CONVERSATION_CHAT, "f@x", &chat), 0);
	struct message message = {.conversation = chat, .sender = "f@x", .body = "after"};
	return messages_add(store, &message);
}

/* The reopened store after damage: what was carried over, and that it works. */
static void
assert_carried(struct bed *bed, size_t least)
{
	struct arena arena = {0};
	struct message_list list;
	struct conversation_list badges;
	struct contact_list contacts;
	bed_open(bed);
	assert_string_equal(settings_get(bed->store, SETTING_JID, &arena), "me@x");
	assert_null(settings_get(bed->store, SETTING_ROSTER_VERSION, &arena));
	assert_int_equal(
		messages_waiting(bed->store, MESSAGE_QUEUED, 0, 50, &arena, &list), 0);
	assert_in_range(list.count, least, 6);
	for (size_t i = 1; i < list.count; i++)
		assert_true(list.items[i - 1].id < list.items[i].id);
	assert_int_equal(conversations_changed(bed->store, 0, &arena, &badges), 0);
	assert_int_equal(badges.count, 1);
	assert_string_equal(badges.items[0].draft, "half");
	assert_int_equal(contacts_changed(bed->store, 0, &arena, &contacts), 0);
	assert_int_equal(contacts.count, 0);
	int64_t seq = store_position(bed->store).seq;
	assert_int_equal(bed_run(bed, accept_new, NULL), 0);
	assert_true(store_position(bed->store).seq > seq);
	arena_done(&arena);
	bed_close(bed);
}

/* Overwrites the page that holds TEXT the N-th time (from 0). False if there is none. */
static bool
break_page_with(struct bed *bed, const char *text, int n)
{
	int fd = open(bed_path(bed, "store.db"), O_RDONLY | O_CLOEXEC);
	char page[4096];
	off_t at = 0;
	bool is_found = false;
	for (; !is_found && pread(fd, page, sizeof page, at) == sizeof page;
	     at += (off_t)sizeof page)
		is_found = at > 0 && memmem(page, sizeof page, text, strlen(text)) &&
			   n-- == 0;
	(void)close(fd);
	if (!is_found)
		return false;
	memset(page, 0xa5, sizeof page);
	patch(bed, at - (off_t)sizeof page, page, sizeof page);
	return true;
}

static void
a_damaged_table_is_found_at_start_and_the_rest_carried_over(void **state)
{
	struct bed *bed = *state;
	struct store_report report;
	struct stat info;
	bed_open(bed);
	uint64_t epoch = store_position(bed->store).epoch;
	assert_int_equal(bed_run(bed, fill, NULL), 0);
	bed_close(bed);
	assert_true(break_page_with(bed, "contact77@example.org", 0));
	assert_int_equal(store_prepare(bed->folder, NULL, &report), 0);
	assert_non_null(report.set_aside);
	assert_memory_equal(report.set_aside, "store.db.corrupt-", 17);
	assert_int_equal(stat(bed_path(bed, report.set_aside), &info), 0);
	assert_non_null(strstr(report.sentence, report.set_aside));
	assert_int_equal(report.carried, 7);
	assert_int_equal(report.lost, 0);
	store_report_done(&report);
	assert_carried(bed, 6);
	bed_open(bed);
	assert_true(store_position(bed->store).epoch != epoch);
}

static int
change_states(struct store *store, void *data)
{
	(void)data;
	static const enum message_state states[] = {
		MESSAGE_QUEUED, MESSAGE_SENT,	   MESSAGE_ACKED,
		MESSAGE_FAILED, MESSAGE_DISPLAYED, MESSAGE_HELD,
	};
	for (int i = 0; i < 6; i++)
		assert_int_equal(messages_set_state(store, 1 + 100 * i, states[i], NULL),
				 0);
	return 0;
}

static void
open_lines_are_carried_over_in_their_state(void **state)
{
	struct bed *bed = *state;
	struct store_report report;
	struct arena arena = {0};
	struct message message;
	bed_open(bed);
	assert_int_equal(bed_run(bed, fill, NULL), 0);
	assert_int_equal(bed_run(bed, change_states, NULL), 0);
	bed_close(bed);
	assert_true(break_page_with(bed, "contact77@example.org", 0));
	assert_int_equal(store_prepare(bed->folder, NULL, &report), 0);
	assert_int_equal(report.carried, 5); /* four lines and a draft */
	store_report_done(&report);
	bed_open(bed);
	assert_int_equal(messages_get(bed->store, 1, &arena, &message), 0);
	assert_int_equal(message.state, MESSAGE_QUEUED);
	assert_int_equal(messages_get(bed->store, 101, &arena, &message), 0);
	assert_int_equal(message.state, MESSAGE_SENT);
	assert_int_equal(messages_get(bed->store, 501, &arena, &message), 0);
	assert_int_equal(message.state, MESSAGE_HELD);
	assert_int_equal(messages_get(bed->store, 301, &arena, &message), 0);
	assert_int_equal(message.state, MESSAGE_FAILED);
	assert_int_equal(messages_get(bed->store, 201, &arena, &message), -ENOENT);
	arena_done(&arena);
}

static int
read_all_lines(struct bed *bed)
{
	struct arena arena = {0};
	struct message_list list;
	int64_t chat = 0;
	assert_int_equal(conversations_find(bed->store, CONVERSATION_CHAT, "f@x", &chat),
			 0);
	struct message_range range = {.conversation = chat, .limit = 500};
	int error = messages_page(bed->store, &range, &arena, &list);
	arena_done(&arena);
	return error;
}

static void
damage_met_later_is_looked_for_at_the_next_start(void **state)
{
	struct bed *bed = *state;
	struct store_report report;
	bed_open(bed);
	assert_int_equal(bed_run(bed, fill, NULL), 0);
	bed_close(bed);
	char text[101];
	memset(text, 'x', 100);
	text[100] = '\0';
	assert_true(break_page_with(bed, text, 100));
	bed_open(bed); /* lines are not looked at each time */
	assert_false(store_is_damaged(bed->store));
	assert_int_equal(read_all_lines(bed), -EBADMSG);
	assert_true(store_is_damaged(bed->store));
	bed_close(bed);
	assert_int_equal(access(bed_path(bed, "store.suspect"), F_OK), 0);
	char *sentence = NULL;
	assert_int_equal(store_check(bed->folder, &sentence), -EBADMSG);
	assert_non_null(sentence);
	free(sentence);
	assert_int_equal(store_prepare(bed->folder, NULL, &report), 0);
	assert_non_null(report.set_aside);
	assert_true(report.carried >= 6);
	assert_true(report.carried + report.lost == 7);
	store_report_done(&report);
	assert_int_equal(access(bed_path(bed, "store.suspect"), F_OK), -1);
	assert_carried(bed, 5);
}

static void
garbage_and_torn_files_are_set_aside(void **state)
{
	struct bed *bed = *state;
	for (int i = 0; i < 3; i++) {
		struct store_report report;
		int fd = open(bed_path(bed, "store.db"), O_WRONLY | O_CREAT | O_TRUNC,
			      0600);
		char noise[9000];
		memset(noise, i ? 'S' : 0, sizeof noise);
		if (i == 2)
			memcpy(noise, "SQLite format 3", 16);
		assert_int_equal(write(fd, noise, sizeof noise), sizeof noise);
		(void)close(fd);
		assert_int_equal(store_prepare(bed->folder, NULL, &report), 0);
		assert_non_null(report.set_aside);
		assert_int_equal(report.carried, 0);
		assert_int_equal(report.lost, -1);
		store_report_done(&report);
		bed_open(bed);
		bed_close(bed);
	}
}

static void
what_a_death_in_the_swap_left_is_ended(void **state)
{
	struct bed *bed = *state;
	struct store_report report;
	bed_open(bed);
	assert_int_equal(bed_run(bed, fill, NULL), 0);
	bed_close(bed);
	char *from = mem_strdup(bed_path(bed, "store.db"));
	assert_int_equal(rename(from, bed_path(bed, "store.db.new")), 0);
	assert_int_equal(store_prepare(bed->folder, NULL, &report), 0);
	assert_false(report.is_new);
	store_report_done(&report);
	assert_int_equal(access(from, F_OK), 0);
	int fd = open(bed_path(bed, "store.db.new"), O_WRONLY | O_CREAT, 0600);
	(void)close(fd);
	assert_int_equal(store_prepare(bed->folder, NULL, &report), 0);
	store_report_done(&report);
	assert_int_equal(access(bed_path(bed, "store.db.new"), F_OK), -1);
	struct arena arena = {0};
	bed_open(bed);
	assert_string_equal(settings_get(bed->store, SETTING_JID, &arena), "me@x");
	arena_done(&arena);
	free(from);
}

/* Lets files grow to SIZE bytes at most. */
static void
limit_files(rlim_t size)
{
	struct rlimit limit;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = size < limit.rlim_max ? size : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
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
a_disk_that_fills_up_anywhere_in_a_salvage_loses_nothing(void **state)
{
	struct bed *bed = *state;
	(void)signal(SIGXFSZ, SIG_IGN);
	bed_open(bed);
	assert_int_equal(bed_run(bed, fill, NULL), 0);
	bed_close(bed);
	assert_true(break_page_with(bed, "contact77@example.org", 0));
	char *database = mem_strdup(bed_path(bed, "store.db"));
	char *kept = mem_strdup(bed_path(bed, "kept"));
	assert_int_equal(rename(database, kept), 0);
	int error = -ENOSPC;
	for (rlim_t size = 0; error; size += 4096) {
		struct store_report report;
		copy_file(kept, database);
		limit_files(size);
		error = store_prepare(bed->folder, NULL, &report);
		limit_files(RLIM_INFINITY);
		if (error) {
			assert_int_equal(error, -ENOSPC);
			assert_non_null(report.sentence);
			assert_null(report.set_aside);
			store_report_done(&report);
			assert_int_equal(store_prepare(bed->folder, NULL, &report), 0);
		}
		assert_int_equal(report.carried, 7);
		assert_int_equal(report.lost, 0);
		store_report_done(&report);
		assert_carried(bed, 6);
		assert_true(size < 1 << 20);
	}
	free(database);
	free(kept);
}

static void
what_is_no_folder_or_no_file_gets_a_sentence(void **state)
{
	struct bed *bed = *state;
	struct store_report report;
	assert_int_equal(store_prepare(bed_path(bed, "none"), NULL, &report), -ENOENT);
	assert_non_null(report.sentence);
	store_report_done(&report);
	assert_int_equal(symlink("/etc/passwd", bed_path(bed, "store.db")), 0);
	assert_int_equal(store_prepare(bed->folder, NULL, &report), -EPERM);
	assert_non_null(report.sentence);
	store_report_done(&report);
	char *sentence = NULL;
	assert_int_equal(unlink(bed_path(bed, "store.db")), 0);
	assert_true(store_open(&bed->loop, bed->folder, NULL, &bed->store, &sentence) <
		    0);
	assert_non_null(sentence);
	free(sentence);
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, bed_teardown)
	const struct CMUnitTest tests[] = {
		CASE(a_new_database_is_private_and_new_once),
		CASE(a_newer_database_is_refused_untouched),
		CASE(a_damaged_table_is_found_at_start_and_the_rest_carried_over),
		CASE(open_lines_are_carried_over_in_their_state),
		CASE(damage_met_later_is_looked_for_at_the_next_start),
		CASE(garbage_and_torn_files_are_set_aside),
		CASE(what_a_death_in_the_swap_left_is_ended),
		CASE(a_disk_that_fills_up_anywhere_in_a_salvage_loses_nothing),
		CASE(what_is_no_folder_or_no_file_gets_a_sentence),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
