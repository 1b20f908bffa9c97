/*
 * Links to rooms: what is decoded, and that nothing else passes.
 */
#include "bridge/base/room_link.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/base/mem.h"

static void
links_are_known_by_their_scheme(void **state)
{
	(void)state;
	assert_true(room_link_is("xmpp:a@b"));
	assert_true(room_link_is("XMPP:a@b"));
	assert_false(room_link_is("xmpp"));
	assert_false(room_link_is("xmppa@b"));
	assert_false(room_link_is("https://xmpp:a@b"));
	assert_false(room_link_is(""));
}

static void
a_room_and_its_password_are_decoded(void **state)
{
	static const struct {
		const char *link, *address, *password;
	} cases[] = {
		{"xmpp:den@rooms.org?join", "den@rooms.org", NULL},
		{"XmPp:den@rooms.org?JOIN", "den@rooms.org", NULL},
		{"xmpp:den@rooms.org", "den@rooms.org", NULL},
		{"xmpp:den@rooms.org?", "den@rooms.org", NULL},
		{"xmpp:den@rooms.org?join#top", "den@rooms.org", NULL},
		{"xmpp:den@rooms.org/Anna?join", "den@rooms.org", NULL},
		{"xmpp:den%40rooms.org?join", "den@rooms.org", NULL},
		{"xmpp:caf%C3%A9@rooms.org?join", "café@rooms.org", NULL},
		{"xmpp:%23tern%25irc.org@biboumi.org?join", "#tern%irc.org@biboumi.org",
		 NULL},
		{"xmpp:den@rooms.org?join;password=open%20sesame", "den@rooms.org",
		 "open sesame"},
		{"xmpp:den@rooms.org?join;x=1;password=a=b;password=c", "den@rooms.org",
		 "a=b"},
		{"xmpp:den@rooms.org?join;password=%3b%23%3F", "den@rooms.org", ";#?"},
		{"xmpp:den@rooms.org?join;password=a#b", "den@rooms.org", "a"},
		{"xmpp:den@rooms.org?join;password=", "den@rooms.org", NULL},
		{"xmpp:den@rooms.org?join;password", "den@rooms.org", NULL},
		{"xmpp:den@rooms.org?;password=p", "den@rooms.org", "p"},
		{"xmpp://anna@home.org/den@rooms.org?join", "den@rooms.org", NULL},
		{"xmpp://den@rooms.org?join", "den@rooms.org", NULL},
		{"xmpp://den@rooms.org/Anna?join", "den@rooms.org", NULL},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *address = NULL, *password = NULL;
		const char *problem = NULL;
		if (room_link_parse(cases[i].link, &address, &password, &problem) != 0)
			fail_msg("%s: %s", cases[i].link, problem);
		assert_string_equal(address, cases[i].address);
		if (cases[i].password)
			assert_string_equal(password, cases[i].password);
		else
			assert_null(password);
		free(address);
		free(password);
	}
}

static void
what_names_no_room_is_refused(void **state)
{
	static const struct {
		const char *link, *problem;
	} cases[] = {
		{"xmpp:", "names no room"},
		{"xmpp:?join", "names no room"},
		{"xmpp:rooms.org?join", "names no room"},
		{"xmpp:@rooms.org?join", "names no room"},
		{"xmpp:den@?join", "names no room"},
		{"xmpp:den@rooms@org?join", "names no room"},
		{"xmpp:den@rooms.org%?join", "names no room"},
		{"xmpp:den@rooms.org%4?join", "names no room"},
		{"xmpp:den%4@rooms.org?join", "names no room"},
		{"xmpp:den%zz@rooms.org?join", "names no room"},
		{"xmpp:den%00@rooms.org?join", "names no room"},
		{"xmpp:den%0A@rooms.org?join", "names no room"},
		{"xmpp:den%1B[2J@rooms.org?join", "names no room"},
		{"xmpp:den%E2%80%AE@rooms.org?join", "names no room"},
		{"xmpp:den%FF@rooms.org?join", "names no room"},
		/* An escaped slash would make another's room of it. */
		{"xmpp:mine%2Fden@rooms.org?join", "names no room"},
		{"xmpp:a%20b@rooms.org?join", "names no room"},
		{"xmpp:///?join", "names no room"},
		{"xmpp:/den@rooms.org?join", "names no room"},
		{"xmpp:anna@home.org?message;body=hi", "not for joining"},
		{"xmpp:anna@home.org?roster", "not for joining"},
		{"xmpp:den@rooms.org?joint", "not for joining"},
		{"xmpp:den@rooms.org?join;password=%", "password"},
		{"xmpp:den@rooms.org?join;password=%00", "password"},
		{"xmpp:den@rooms.org?join;password=a%0Ab", "password"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *address = NULL, *password = NULL;
		const char *problem = "";
		int status =
			room_link_parse(cases[i].link, &address, &password, &problem);
		if (status != -EINVAL || !strstr(problem, cases[i].problem))
			fail_msg("%s: %d %s", cases[i].link, status, problem);
		assert_null(address);
		assert_null(password);
	}
}

static void
what_is_too_long_is_refused(void **state)
{
	char *address = NULL, *password = NULL;
	const char *problem;
	char *name = mem_alloc(5001);
	(void)state;
	memset(name, 'a', 5000);
	char *link = mem_printf("xmpp:%s@rooms.org?join", name);
	assert_int_equal(room_link_parse(link, &address, &password, &problem), -EINVAL);
	free(link);
	link = mem_printf("xmpp:den@rooms.org?join;password=%s", name);
	assert_int_equal(room_link_parse(link, &address, &password, &problem), -EINVAL);
	free(link);
	free(name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links_are_known_by_their_scheme),
		cmocka_unit_test(a_room_and_its_password_are_decoded),
		cmocka_unit_test(what_names_no_room_is_refused),
		cmocka_unit_test(what_is_too_long_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
