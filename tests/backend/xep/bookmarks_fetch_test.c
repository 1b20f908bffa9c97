/*
 * Bookmarks as the server has them: asked for until it tells, taken over from private
 * storage, published under rules that it can read.
 */
#include "backend/xep/bookmarks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/store/store.h"
#include "tests/backend/xep/bookmarks_double.h"

/* ---- passwords that are still to come ---- */

#define LOCKED ITEM(ROOM, "", "<password>key</password>")
#define FETCHED(items)                                                                   \
	"<iq type='result'><pubsub xmlns='http://jabber.org/protocol/pubsub'><items "    \
	"node='urn:xmpp:bookmarks:1'>" items "</items></pubsub></iq>"
#define FAILED(type, condition)                                                          \
	"<iq type='error'><error type='" type "'><" condition                            \
	" xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"

static void
begin(struct profile *profile)
{
	module_bookmarks.on_connect(profile, false);
}

static void
resume(struct profile *profile)
{
	module_bookmarks.on_connect(profile, true);
}

/* A process that knows only from its store of a room with a password. */
static struct profile *
start_again(struct profile *profile, void (*look_how)(struct profile *))
{
	stored_job(profile, begin);
	stored_job(profile, look_how);
	(void)stored_message(profile, EVENT("from='" ME "'", LOCKED), INBOUND_LIVE);
	module_bookmarks.stop(profile);
	module_bookmarks.start(profile);
	return profile;
}

static void
a_room_waits_for_its_password_only_so_long(void **state)
{
	static const char *const answers[] = {NULL,
					      FAILED("wait", "resource-constraint")};
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		struct profile *profile = start_again(*state, look);
		stored_job(profile, begin);
		assert_true(bookmarks_lack_password(profile, ROOM));
		stored_job(profile, look);
		for (int asked = profile->asked, try = 1; try <= 3; try++) {
			stored_answer(profile, answers[i]);
			assert_true(bookmarks_lack_password(profile, ROOM));
			stored_wait(profile, 60 * 1000);
			assert_int_equal(profile->asked, asked + try);
		}
		rooms.turns = 0;
		stored_answer(profile, answers[i]);
		assert_false(bookmarks_lack_password(profile, ROOM));
		assert_int_equal(rooms.turns, 1);
		stored_wait(profile, 60 * 1000);
		/* A change must not go out without the password. */
		free(stored_lines(profile));
		stored_job(profile, set);
		stored_assert(profile, "bookmark-changed " ROOM "\n");
		/* The next stream asks again. */
		stored_job(profile, resume);
		stored_answer(profile, FETCHED(LOCKED));
		char *lines = stored_lines(profile);
		assert_non_null(strstr(lines, "<password>key</password>"));
		free(lines);
		stored_free(profile);
		memset(&rooms, 0, sizeof rooms);
		assert_int_equal(bookmarks_set_up(state), 0);
	}
}

static void
a_stream_that_breaks_leaves_the_question_to_the_next(void **state)
{
	struct profile *profile = start_again(*state, look);
	stored_job(profile, begin);
	stored_job(profile, look);
	profile->is_offline = true;
	stored_answer(profile, NULL);
	assert_null(profile->alarm);
	profile->is_offline = false;
	int asked = profile->asked;
	stored_job(profile, resume);
	assert_int_equal(profile->asked, asked + 1);
	stored_answer(profile, FETCHED(LOCKED));
	assert_false(bookmarks_lack_password(profile, ROOM));
}

static void
nobody_waits_for_a_server_that_keeps_none(void **state)
{
	struct profile *profile = *state;
	start_again(profile, look);
	stored_job(profile, look_at_old);
	stored_answer(profile, FAILED("cancel", "service-unavailable"));
	module_bookmarks.stop(profile);
	module_bookmarks.start(profile);
	assert_true(bookmarks_lack_password(profile, ROOM));
	rooms.turns = 0;
	stored_job(profile, resume);
	assert_false(bookmarks_lack_password(profile, ROOM));
	assert_int_equal(rooms.turns, 1);
}

static void
see(struct profile *profile)
{
	assert_int_equal(bookmarks_see(profile_store(profile), ROOM), 0);
}

static void
what_came_of_a_broken_fetch_does_not_count(void **state)
{
	struct profile *profile = start_again(*state, look);
	stored_job(profile, see);
	stored_job(profile, begin);
	stored_job(profile, look);
	stored_answer(profile, FETCHED(""));
	assert_int_equal(count(profile), 0);
}

/* ---- what was kept in private storage ---- */

#define OLD_ONES                                                                         \
	"<iq type='result'><query xmlns='jabber:iq:private'><storage "                   \
	"xmlns='storage:bookmarks'><conference jid='" ROOM "' name='Den' autojoin='1'>"  \
	"<password>key</password></conference></storage></query></iq>"

static size_t
times(const char *text, const char *part)
{
	size_t found = 0;
	while ((text = strstr(text, part))) {
		text += strlen(part);
		found++;
	}
	return found;
}

/* Logs in anew, with nothing at the account's node; whether the old ones are asked for.
 */
static bool
asks_for_old_ones(struct profile *profile)
{
	stored_job(profile, begin);
	stored_job(profile, look);
	int asked = profile->asked;
	stored_answer(profile, FETCHED(""));
	return profile->asked > asked;
}

static void
old_ones_are_taken_over_when_the_server_told_them(void **state)
{
	struct profile *profile = *state;
	static const char *const later[] = {
		NULL,
		FAILED("wait", "resource-constraint"),
		FAILED("cancel", "internal-server-error"),
	};
	for (size_t i = 0; i < sizeof later / sizeof *later; i++) {
		assert_true(asks_for_old_ones(profile));
		stored_answer(profile, later[i]);
	}
	assert_true(asks_for_old_ones(profile));
	free(stored_lines(profile));
	stored_answer(profile, OLD_ONES);
	assert_int_equal(rooms.joins, 1);
	assert_string_equal(rooms.password, "key");
	char *lines = stored_lines(profile);
	assert_int_equal(times(lines, "bookmark-changed"), 1);
	assert_int_equal(times(lines, "<publish "), 1);
	assert_non_null(strstr(lines, "<password>key</password>"));
	free(lines);
	stored_answer(profile, "<iq type='result'/>");
	assert_false(asks_for_old_ones(profile));
}

static void
none_to_take_over_is_asked_for_once(void **state)
{
	struct profile *profile = *state;
	assert_true(asks_for_old_ones(profile));
	stored_answer(profile, FAILED("cancel", "item-not-found"));
	assert_false(asks_for_old_ones(profile));
}

/* ---- the rules of the node ---- */

static void
rename_it(struct profile *profile)
{
	bookmarks_set(profile, &(struct bookmark_change){.jid = ROOM, .name = "Again"});
}

/* Whether what was said since the last call has PART. */
static bool
said(struct profile *profile, const char *part)
{
	char *lines = stored_lines(profile);
	bool is_said = strstr(lines, part) != NULL;
	free(lines);
	return is_said;
}

static void
only_who_cannot_read_our_rules_gets_fewer(void **state)
{
	static const struct {
		const char *answer;
		bool is_short;
	} cases[] = {
		{FAILED("wait", "internal-server-error"), false},
		{FAILED("auth", "forbidden"), false},
		{FAILED("wait", "resource-constraint"), true},
		{FAILED("modify", "bad-request"), true},
		{FAILED("cancel", "feature-not-implemented"), true},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct profile *profile = *state;
		stored_job(profile, begin);
		stored_job(profile, look);
		stored_answer(profile, FETCHED(""));
		stored_answer(profile, OLD_ONES);
		assert_true(said(profile, "max_items"));
		stored_answer(profile, cases[i].answer);
		assert_int_equal(said(profile, "<create "), cases[i].is_short);
		/* An answer that does not come is not waited for in each later change. */
		if (cases[i].is_short)
			stored_answer(profile, NULL);
		stored_job(profile, rename_it);
		char *lines = stored_lines(profile);
		assert_non_null(strstr(lines, "<publish "));
		assert_int_equal(!strstr(lines, "max_items"), cases[i].is_short);
		free(lines);
		stored_free(profile);
		assert_int_equal(bookmarks_set_up(state), 0);
	}
}

/* ---- how many ---- */

static void
fill(struct profile *profile)
{
	for (int i = 0; i < 2000; i++) {
		char jid[64];
		(void)snprintf(jid, sizeof jid, "r%d@rooms.example.org", i);
		struct bookmark row = {.jid = jid};
		assert_int_equal(bookmarks_put(profile_store(profile), &row, false), 0);
	}
}

static void
only_so_many_are_taken(void **state)
{
	struct profile *profile = *state;
	struct bookmark row;
	stored_job(profile, look);
	stored_job(profile, fill);
	(void)stored_message(profile,
			     EVENT("from='" ME "'",
				   ITEM(ROOM, "", "")
					   ITEM("r7@rooms.example.org", "name='n'", "")),
			     INBOUND_LIVE);
	assert_int_equal(count(profile), 2000);
	assert_int_equal(bookmarks_get(profile_store(profile), "r7@rooms.example.org",
				       &profile->arena, &row),
			 0);
	assert_string_equal(row.name, "n");
}

#define TEST(name)                                                                       \
	cmocka_unit_test_setup_teardown(name, bookmarks_set_up, bookmarks_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_room_waits_for_its_password_only_so_long),
		TEST(a_stream_that_breaks_leaves_the_question_to_the_next),
		TEST(nobody_waits_for_a_server_that_keeps_none),
		TEST(what_came_of_a_broken_fetch_does_not_count),
		TEST(old_ones_are_taken_over_when_the_server_told_them),
		TEST(none_to_take_over_is_asked_for_once),
		TEST(only_who_cannot_read_our_rules_gets_fewer),
		TEST(only_so_many_are_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
