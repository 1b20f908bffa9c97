/*
 * What was read elsewhere: at once where the line is here, else when it comes.
 */
#include "backend/xep/reading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/backend/xep/stored_double.h"

#define COMES(id)                                                                        \
	"<message from='" FRIEND "/x' id='" id "'><body>hi</body>"                       \
	"<stanza-id xmlns='urn:xmpp:sid:0' by='" ME "' id='archive-" id "'/></message>"

static int
set_up(void **state)
{
	*state = stored_new(&module_reading);
	return 0;
}

static int
tear_down(void **state)
{
	stored_free(*state);
	return 0;
}

/* What the next job says was read elsewhere. */
static struct {
	const char *jid, *id;
	enum reading_name name;
	bool is_here;
} said;

static void
say(struct profile *profile)
{
	said.is_here = reading_elsewhere(profile, said.jid, said.name, said.id);
}

static bool
read_elsewhere(struct profile *profile, const char *jid, enum reading_name name,
	       const char *id)
{
	said.jid = jid;
	said.name = name;
	said.id = id;
	stored_job(profile, say);
	return said.is_here;
}

static void
a_line_that_is_here_is_read_at_once(void **state)
{
	struct profile *profile = *state;
	(void)stored_line(profile, FRIEND, "a", false, MESSAGE_RECEIVED);
	(void)stored_line(profile, FRIEND, "b", false, MESSAGE_RECEIVED);
	(void)stored_line(profile, FRIEND, "c", false, MESSAGE_RECEIVED);
	assert_true(read_elsewhere(profile, FRIEND, READING_MESSAGE, "a"));
	stored_assert(profile, "badge " FRIEND " 2\n");
	assert_true(read_elsewhere(profile, FRIEND, READING_ARCHIVE, "archive-b"));
	stored_assert(profile, "badge " FRIEND " 1\n");
	/* never backwards */
	assert_true(read_elsewhere(profile, FRIEND, READING_MESSAGE, "a"));
	stored_assert(profile, "");
}

static void
a_line_of_another_conversation_is_not_meant(void **state)
{
	struct profile *profile = *state;
	(void)stored_line(profile, FRIEND, "a", false, MESSAGE_RECEIVED);
	(void)stored_line(profile, STRANGER, "b", false, MESSAGE_RECEIVED);
	assert_false(read_elsewhere(profile, STRANGER, READING_ARCHIVE, "archive-a"));
	assert_false(read_elsewhere(profile, STRANGER, READING_MESSAGE, "a"));
	assert_false(read_elsewhere(profile, "new@example.org", READING_MESSAGE, "a"));
	stored_assert(profile, "");
	assert_int_equal(stored_unread(profile, FRIEND), 1);
	assert_int_equal(stored_unread(profile, STRANGER), 1);
}

static void
a_line_that_comes_later_is_read_then(void **state)
{
	static const struct {
		enum reading_name name;
		const char *id;
	} cases[] = {{READING_MESSAGE, "a"}, {READING_ARCHIVE, "archive-a"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct profile *profile = *state;
		assert_false(read_elsewhere(profile, FRIEND, cases[i].name, cases[i].id));
		/* Another process goes on waiting for it. */
		module_reading.stop(profile);
		module_reading.start(profile);
		(void)stored_line(profile, FRIEND, "b", false, MESSAGE_RECEIVED);
		(void)stored_message(profile, COMES("b"), INBOUND_ARCHIVE);
		stored_assert(profile, "");
		(void)stored_line(profile, FRIEND, "a", false, MESSAGE_RECEIVED);
		(void)stored_message(profile, COMES("a"), INBOUND_ARCHIVE);
		stored_assert(profile, "badge " FRIEND " 0\n");
		/* and is no more waited for */
		(void)stored_message(profile, COMES("a"), INBOUND_LIVE);
		stored_assert(profile, "");
		stored_free(profile);
		*state = stored_new(&module_reading);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_line_that_is_here_is_read_at_once),
		TEST(a_line_of_another_conversation_is_not_meant),
		TEST(a_line_that_comes_later_is_read_then),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
