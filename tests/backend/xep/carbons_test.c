/*
 * Carbons: what is unwrapped, and that nothing forged ever is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/backend/xep/stored_double.h"

#define WRAP(from, inner) "<message " from ">" inner "</message>"
#define OWN "from='" ME "' to='" ME "/tern'"
#define SENT(inner) "<sent xmlns='urn:xmpp:carbons:2'>" inner "</sent>"
#define RECEIVED(inner) "<received xmlns='urn:xmpp:carbons:2'>" inner "</received>"
#define FORWARD(inner) "<forwarded xmlns='urn:xmpp:forward:0'>" inner "</forwarded>"
#define MESSAGE(from, to)                                                                \
	"<message xmlns='jabber:client' type='chat' from='" from "' to='" to             \
	"'><body>hi</body></message>"
#define OURS MESSAGE(ME "/other", FRIEND)
#define THEIRS MESSAGE(FRIEND "/x", ME "/other")

static int
set_up(void **state)
{
	*state = stored_new(&module_carbons);
	return 0;
}

static int
tear_down(void **state)
{
	stored_free(*state);
	return 0;
}

static void
copies_from_ourselves_are_unwrapped(void **state)
{
	struct profile *profile = *state;
	static const struct {
		const char *text, *received;
	} cases[] = {
		{WRAP(OWN, SENT(FORWARD(OURS))),
		 "receive 1 " ME "/other > " FRIEND ": hi at 0\n"},
		{WRAP(OWN, RECEIVED(FORWARD(THEIRS))),
		 "receive 1 " FRIEND "/x > " ME "/other: hi at 0\n"},
		{WRAP("from='ME@Example.org'", SENT(FORWARD(OURS))),
		 "receive 1 " ME "/other > " FRIEND ": hi at 0\n"},
		{WRAP(OWN, SENT(FORWARD("<delay xmlns='urn:xmpp:delay' "
					"stamp='1970-01-01T00:00:05Z'/>" OURS))),
		 "receive 1 " ME "/other > " FRIEND ": hi at 5000\n"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(stored_message(profile, cases[i].text, INBOUND_LIVE),
				 MODULE_TAKEN);
		stored_assert(profile, cases[i].received);
	}
}

static void
forged_copies_are_dropped_whole(void **state)
{
	struct profile *profile = *state;
	static const char *const cases[] = {
		/* who says it */
		WRAP("to='" ME "'", SENT(FORWARD(OURS))),
		WRAP("from='" STRANGER "'", SENT(FORWARD(OURS))),
		WRAP("from='" STRANGER "/x'", RECEIVED(FORWARD(THEIRS)) "<body>x</body>"),
		WRAP("from='" FRIEND "'", RECEIVED(FORWARD(THEIRS))),
		WRAP("from='room@muc.example.org/" ME "'", SENT(FORWARD(OURS))),
		WRAP("from='" ME "/other'", SENT(FORWARD(OURS))),
		WRAP("from='example.org'", SENT(FORWARD(OURS))),
		WRAP("from='" ME ".evil'", SENT(FORWARD(OURS))),
		/* what is in it */
		WRAP(OWN, SENT(FORWARD(THEIRS))),
		WRAP(OWN, RECEIVED(FORWARD(OURS))),
		WRAP(OWN, RECEIVED(FORWARD(MESSAGE(STRANGER, FRIEND)))),
		WRAP(OWN, SENT(FORWARD(MESSAGE(STRANGER, FRIEND)))),
		WRAP(OWN, SENT(FORWARD("<message xmlns='jabber:client' to='" FRIEND
				       "'><body>hi</body></message>"))),
		WRAP(OWN, SENT(FORWARD("<message xmlns='jabber:client' from='" ME
				       "'><body>hi</body></message>"))),
		WRAP(OWN, RECEIVED(FORWARD("<message xmlns='jabber:client' "
					   "type='groupchat' from='" FRIEND "' to='" ME
					   "'><body>hi</body></message>"))),
		/* how much of it */
		WRAP(OWN, SENT(FORWARD(OURS) FORWARD(OURS))),
		WRAP(OWN, SENT(FORWARD(OURS OURS))),
		WRAP(OWN, SENT(FORWARD(OURS)) SENT(FORWARD(OURS))),
		WRAP(OWN, SENT(FORWARD(OURS)) RECEIVED(FORWARD(THEIRS))),
		WRAP(OWN, SENT(OURS)),
		WRAP(OWN, SENT(FORWARD(""))),
		WRAP(OWN, SENT("")),
		WRAP(OWN, SENT("<forwarded xmlns='urn:x'>" OURS "</forwarded>")),
		WRAP(OWN, SENT(FORWARD("<message xmlns='urn:x' from='" ME "' to='" FRIEND
				       "'><body>hi</body></message>"))),
		/* a copy in a copy */
		WRAP(OWN, SENT(FORWARD("<message xmlns='jabber:client' from='" ME
				       "' to='" FRIEND "'><body>hi</body>" SENT(
					       FORWARD(OURS)) "</message>"))),
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(stored_message(profile, cases[i], INBOUND_LIVE),
				 MODULE_TAKEN);
		stored_assert(profile, "");
	}
}

static void
copies_that_came_in_a_wrapper_are_dropped(void **state)
{
	struct profile *profile = *state;
	static const enum inbound_origin origins[] = {INBOUND_CARBON, INBOUND_ARCHIVE};
	for (size_t i = 0; i < sizeof origins / sizeof *origins; i++) {
		assert_int_equal(stored_message(profile, WRAP(OWN, SENT(FORWARD(OURS))),
						origins[i]),
				 MODULE_TAKEN);
		stored_assert(profile, "");
	}
}

static void
other_messages_pass(void **state)
{
	struct profile *profile = *state;
	static const char *const cases[] = {
		THEIRS,
		WRAP("from='" FRIEND "'", "<private xmlns='urn:xmpp:carbons:2'/>"),
		WRAP("from='" FRIEND "'", "<received xmlns='urn:xmpp:receipts' id='a'/>"),
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(stored_message(profile, cases[i], INBOUND_LIVE),
				 MODULE_PASS);
		stored_assert(profile, "");
	}
}

static void
connect_fresh(struct profile *profile)
{
	module_carbons.on_connect(profile, false);
}

static void
connect_again(struct profile *profile)
{
	module_carbons.on_connect(profile, true);
}

static void
they_are_enabled_once_a_session(void **state)
{
	struct profile *profile = *state;
	stored_job(profile, connect_fresh);
	stored_assert(profile, "send <iq id=\"q\" type=\"set\">"
			       "<enable xmlns=\"urn:xmpp:carbons:2\"/></iq>\n");
	stored_answer(profile, "<iq type='result' id='q'/>");
	stored_answer(profile, "<iq type='error' id='q'/>");
	stored_answer(profile, NULL);
	stored_job(profile, connect_again);
	stored_assert(profile, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(copies_from_ourselves_are_unwrapped),
		TEST(forged_copies_are_dropped_whole),
		TEST(copies_that_came_in_a_wrapper_are_dropped),
		TEST(other_messages_pass),
		TEST(they_are_enabled_once_a_session),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
