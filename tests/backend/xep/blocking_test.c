/*
 * The block list: fetched, pushed, and by whom.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/xep/blocking.h"
#include "tests/backend/xep/profile_double.h"

#define LIST(items)                                                                      \
	"<iq type='result' id='q'><blocklist xmlns='urn:xmpp:blocking'>" items           \
	"</blocklist></iq>"
#define PUSH(from, kind, items)                                                          \
	"<iq type='set' id='p'" from "><" kind " xmlns='urn:xmpp:blocking'>" items       \
	"</" kind "></iq>"
#define ITEM(jid) "<item jid='" jid "'/>"

static void
assert_told(struct profile *profile, const char *wanted)
{
	char *lines = double_lines(profile);
	assert_string_equal(lines, wanted);
	free(lines);
}

static void
the_list_is_fetched_in_parts(void **state)
{
	struct profile *profile = *state;
	module_blocking.on_connect(profile, false);
	char *asked = double_lines(profile);
	assert_non_null(strstr(asked, "<blocklist xmlns=\"urn:xmpp:blocking\"/></iq>"));
	free(asked);
	double_answer(profile, LIST(ITEM("A@example.org") ITEM("bad jid")), false);
	assert_told(profile, "");
	double_answer(profile, LIST(ITEM("b.example") ITEM("c@d/e")), true);
	assert_told(profile, "blocked a@example.org\nblocked b.example\nblocked c@d/e\n");
}

static void
a_resumed_session_keeps_its_list(void **state)
{
	struct profile *profile = *state;
	module_blocking.on_connect(profile, true);
	assert_told(profile, "");
}

static void
no_answer_changes_nothing(void **state)
{
	struct profile *profile = *state;
	static const char *const answers[] = {
		NULL,
		"<iq type='error' id='q'/>",
		"<iq type='result' id='q'/>",
	};
	profile->blocked[profile->blocked_count++] = strdup("a@b");
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		module_blocking.on_connect(profile, false);
		free(double_lines(profile));
		double_answer(profile, answers[i], true);
		assert_told(profile, "");
		assert_int_equal(profile->blocked_count, 1);
	}
}

static void
pushes_count_only_from_ourselves(void **state)
{
	struct profile *profile = *state;
	static const struct {
		const char *push;
		const char *told; /* before the answer */
	} rows[] = {
		{PUSH("", "block", ITEM("X@Y")), "blocked x@y\nsend <iq "},
		{PUSH(" from='me@example.org'", "block", ITEM("z")),
		 "blocked z\nsend <iq "},
		{PUSH("", "block", ITEM("z")), "send <iq "},
		{PUSH("", "unblock", ITEM("z")), "unblocked z\nsend <iq "},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_true(double_iq(profile, &module_blocking, rows[i].push));
		char *lines = double_lines(profile);
		assert_memory_equal(lines, rows[i].told, strlen(rows[i].told));
		assert_non_null(strstr(lines, "type=\"result\""));
		free(lines);
	}
	static const char *const foreign[] = {
		PUSH(" from='friend@example.org'", "block", ITEM("me@example.org")),
		PUSH(" from='friend@example.org'", "unblock", ""),
		PUSH(" from='me@example.org.evil'", "unblock", ""),
		PUSH(" from='me@example.org/other'", "unblock", ""),
	};
	for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
		assert_true(double_iq(profile, &module_blocking, foreign[i]));
		char *lines = double_lines(profile);
		assert_non_null(strstr(lines, "service-unavailable"));
		assert_memory_equal(lines, "send ", 5);
		free(lines);
	}
	assert_int_equal(profile->blocked_count, 1);
}

static void
an_empty_unblock_unblocks_everybody(void **state)
{
	struct profile *profile = *state;
	assert_true(double_iq(profile, &module_blocking,
			      PUSH("", "block", ITEM("a") ITEM("b"))));
	free(double_lines(profile));
	assert_true(double_iq(profile, &module_blocking, PUSH("", "unblock", "")));
	assert_int_equal(profile->blocked_count, 0);
	char *lines = double_lines(profile);
	assert_non_null(strstr(lines, "unblocked a\n"));
	assert_non_null(strstr(lines, "unblocked b\n"));
	free(lines);
}

static void
we_ask_the_server_to_block(void **state)
{
	struct profile *profile = *state;
	blocking_set(profile, "a@b", true, NULL, NULL);
	char *lines = double_lines(profile);
	assert_non_null(strstr(
		lines, "<block xmlns=\"urn:xmpp:blocking\"><item jid=\"a@b\"/></block>"));
	free(lines);
	blocking_set(profile, "a@b", false, NULL, NULL);
	lines = double_lines(profile);
	assert_non_null(strstr(lines, "<unblock xmlns=\"urn:xmpp:blocking\"><item "
				      "jid=\"a@b\"/></unblock>"));
	free(lines);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, double_set_up, double_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_list_is_fetched_in_parts),
		TEST(a_resumed_session_keeps_its_list),
		TEST(no_answer_changes_nothing),
		TEST(pushes_count_only_from_ourselves),
		TEST(an_empty_unblock_unblocks_everybody),
		TEST(we_ask_the_server_to_block),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
