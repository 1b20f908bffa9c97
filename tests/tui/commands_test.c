/*
 * The grammar of command lines, and the nearest name of a mistyped one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tui/commands.h"

static void
a_mistyped_command_has_its_nearest_name(void **state)
{
	static const struct {
		const char *word, *nearest;
	} cases[] = {
		{"hlep", "help"},
		{"conect", "connect"},
		{"mgs", "msg"},
		{"discon", "disconnect"},
		{"awya", "away"},
		{"qiut", "quit"},
		{"HLEP", "help"},
		{"whois", "who"},
		/* What is as far from it as it is long is no slip. */
		{"win", NULL},
		{"window", NULL},
		{"wc", NULL},
		{"zzzzzzzz", NULL},
		{"", NULL},
		{"a-word-that-is-longer-than-any-command-could-ever-be", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *nearest = command_nearest(cases[i].word);

		if (cases[i].nearest)
			assert_string_equal(nearest, cases[i].nearest);
		else
			assert_null(nearest);
	}
}

static void
words_end_at_blanks_or_quotes(void **state)
{
	static const struct {
		const char *line, *word, *rest;
	} cases[] = {
		{"anna hi there", "anna", "hi there"},
		{"  anna  ", "anna", ""},
		{"\"Anna Lena\" hi", "Anna Lena", "hi"},
		{"\"never closed", "never closed", ""},
		{"\"\" x", "", "x"},
		{"a\"b c", "a\"b", "c"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *rest = cases[i].line;
		char *word = command_word(&rest);

		assert_string_equal(word, cases[i].word);
		assert_string_equal(rest, cases[i].rest);
		free(word);
	}
	const char *nothing = "   ";
	assert_null(command_word(&nothing));
}

static void
every_command_says_what_it_does(void **state)
{
	size_t count;
	const struct command_row *rows = command_rows(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(rows[i].help);

		assert_true(len > 10);
		assert_int_equal(rows[i].help[len - 1], '.');
		assert_ptr_equal(command_find(rows[i].name, strlen(rows[i].name)),
				 &rows[i]);
	}
}

static void
a_line_with_a_password_is_known(void **state)
{
	static const struct {
		const char *line;
		bool is_secret;
	} cases[] = {
		{"/join", false},
		{"/join den", false},
		{"/join den Al ", false},
		{"/join den \"Al Ice\"", false},
		{"/join den Al hush", true},
		{"/join  den  \"Al Ice\"  hush", true},
		{"/join xmpp:den@x?join", false},
		{"/join xmpp:den@x?join;password=hush", true},
		{"/JOIN den Al hush", true},
		{"/joined den Al hush", false},
		{"/bookmark add xmpp:den@x?join;password=hush", true},
		{"/msg Bob come to xmpp:den@x?join;Password=hush", true},
		{"//join xmpp:den@x?join;password=hush", false},
		{"/config", false},
		{"/config roomsecret", false},
		{"/config roomsecret ", false},
		{"/config  roomsecret  hush", true},
		{"/config muc#roomconfig_roomsecret hush hush", true},
		{"/config \"muc#roomconfig_roomsecret\" hush", true},
		{"/config x-password hush", true},
		{"/Config roomsecret hush", true},
		{"/config roomname The Den", false},
		{"/configure roomsecret hush", false},
		{"hello dear Al hush", false},
		{"", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(command_is_secret(cases[i].line), cases[i].is_secret);
}

static void
all_commands_are_there(void **state)
{
	static const char *const names[] = {
		"help",	   "contacts",	 "msg",	   "query", "go",     "me",
		"add",	   "remove",	 "rename", "group", "accept", "deny",
		"block",   "unblock",	 "online", "away",  "xa",     "dnd",
		"connect", "disconnect", "close",  "theme", "set",    "bind",
		"detach",  "quit",
	};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		assert_non_null(command_find(names[i], strlen(names[i])));
}

static void
capital_letters_make_no_difference(void **state)
{
	(void)state;
	assert_string_equal(command_find("JOIN", 4)->name, "join");
	assert_string_equal(command_find("Msg", 3)->name, "msg");
	assert_null(command_find("JOINS", 5));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mistyped_command_has_its_nearest_name),
		cmocka_unit_test(words_end_at_blanks_or_quotes),
		cmocka_unit_test(every_command_says_what_it_does),
		cmocka_unit_test(all_commands_are_there),
		cmocka_unit_test(capital_letters_make_no_difference),
		cmocka_unit_test(a_line_with_a_password_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
