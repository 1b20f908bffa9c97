/*
 * Nicks as they are shown, typed and found.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/base/mem.h"
#include "tui/chat.h"
#include "tui/commands.h"
#include "tui/model_room.h"
#include "tui/nick.h"
#include "tui/occupants.h"
#include "widgets/text.h"

static void
nicks_are_shown_safely(void **state)
{
	static const struct {
		const char *nick, *shown;
	} cases[] = {
		{"Bob", "Bob"},
		{"Anna Lee", "Anna Lee"},
		{"/quit", "/quit"},
		{"", "\"\""},
		{"   ", "\"   \""},
		{"Bob ", "\"Bob \""},
		{" Bob", "\" Bob\""},
		{"a\nb\x1b[2J", "a b\xef\xbf\xbd[2J"},
		{"\u202eevil", "\xef\xbf\xbd"
			       "evil"},
		{"\u200d", "\"\u200d\""},
		{"abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrstuvw…"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *shown = nick_shown(cases[i].nick);

		if (strcmp(shown, cases[i].shown) != 0)
			fail_msg("%zu: '%s'", i, shown);
		assert_true(text_width(shown, strlen(shown)) <= NICK_COLUMNS);
		free(shown);
	}
}

static void
any_nick_is_a_word_of_a_line(void **state)
{
	static const char *const nicks[] = {
		"Bob",	"Anna Lee", "\"",    "the \"Fox\" one", "  ",
		"a\"b", "\" \"",    "/quit", "anna@example.org"};

	(void)state;
	for (size_t i = 0; i < sizeof nicks / sizeof nicks[0]; i++) {
		char *word = nick_word(nicks[i]);
		char *line = mem_printf("%s hello", word);
		const char *rest = line;
		char *read = command_word(&rest);

		assert_string_equal(read, nicks[i]);
		assert_string_equal(rest, "hello");
		free(read);
		free(line);
		free(word);
	}
}

static void
put(struct occupants *people, const char *nick, enum bridge_role role)
{
	struct bridge_occupant record = {.nick = nick, .role = role};

	occupants_put(people, &record, NULL);
}

static void
a_line_names_the_longest_nick_it_begins_with(void **state)
{
	static const struct {
		const char *line, *nick, *rest;
	} cases[] = {
		{"Anna hi", "Anna", "hi"},
		{"Anna Lee hi", "Anna Lee", "hi"},
		{"\"Anna\" Lee hi", "Anna", "Lee hi"},
		{"anna lee", "Anna Lee", ""},
		{"ANNA", "Anna", ""},
		{"anna", "Anna", ""},
		{"Annabel hi", NULL, "Annabel hi"},
		{"a@b.org hi", NULL, "a@b.org hi"},
		{"\"a@b.org\" hi", "a@b.org", "hi"},
		{"/quit now", "/quit", "now"},
		{"\"   \" x", "   ", "x"},
		{"", NULL, ""},
	};
	struct model_room room = {.people = occupants_new()};

	(void)state;
	put(room.people, "Anna", role_PARTICIPANT);
	put(room.people, "Anna Lee", role_PARTICIPANT);
	put(room.people, "a@b.org", role_PARTICIPANT);
	put(room.people, "/quit", role_PARTICIPANT);
	put(room.people, "   ", role_PARTICIPANT);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *rest = cases[i].line;
		char *nick = nick_take(&room, &rest);

		if (cases[i].nick)
			assert_string_equal(nick, cases[i].nick);
		else
			assert_null(nick);
		assert_string_equal(rest, cases[i].rest);
		free(nick);
	}
	occupants_free(room.people);
}

static void
occupants_stand_by_role_and_nick(void **state)
{
	static const char *const order[] = {"zed", "Anna", "bob", "Carl", "mute"};
	struct occupants *people = occupants_new();
	size_t count;

	(void)state;
	put(people, "Carl", role_PARTICIPANT);
	put(people, "mute", role_VISITOR);
	put(people, "bobby", role_PARTICIPANT);
	put(people, "zed", role_PARTICIPANT);
	put(people, "Anna", role_PARTICIPANT);
	put(people, "zed", role_MODERATOR);
	occupants_put(people,
		      &(struct bridge_occupant){.nick = "bob", .role = role_PARTICIPANT},
		      "bobby");
	const struct occupant *const *rows = occupants_sorted(people, &count);
	assert_int_equal(count, 5);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(rows[i]->nick, order[i]);
	assert_int_equal(occupants_with_role(people, role_PARTICIPANT), 3);
	assert_int_equal(occupants_with_role(people, role_MODERATOR), 1);
	assert_true(occupants_remove(people, "mute"));
	assert_false(occupants_remove(people, "mute"));
	assert_int_equal(occupants_with_role(people, role_VISITOR), 0);
	assert_null(occupants_find(people, "bobby"));
	occupants_free(people);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nicks_are_shown_safely),
		cmocka_unit_test(any_nick_is_a_word_of_a_line),
		cmocka_unit_test(a_line_names_the_longest_nick_it_begins_with),
		cmocka_unit_test(occupants_stand_by_role_and_nick),
	};

	text_set_locale();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
