/*
 * The form: focus, values, results, and that all of it can be reached at 40x12.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/widgets/rig.h"
#include "widgets/form.h"
#include "widgets/keys.h"

static const struct form_field fields[] = {
	{"note", FORM_NOTE, "Your account at an XMPP server.", NULL, false},
	{"jid", FORM_TEXT, "Address", "As in an e-mail: name@server.", false},
	{"password", FORM_SECRET, "Password", NULL, false},
	{"more", FORM_MORE, "More", NULL, false},
	{"host", FORM_TEXT, "Host", NULL, true},
	{"tls", FORM_CHECK, "Direct TLS", NULL, true},
	{"ok", FORM_BUTTON, "Log in", NULL, false},
	{"cancel", FORM_BUTTON, "Cancel", NULL, false},
};
#define FIELD_COUNT (sizeof fields / sizeof *fields)

static enum form_result
press(struct form *form, const char *name)
{
	struct keys_event event = {.type = KEYS_KEY, .key = keys_named(name)};
	return form_event(form, &event);
}

static enum form_result
type(struct form *form, const char *text)
{
	struct keys_event event = {.type = KEYS_TEXT, .text = text, .len = strlen(text)};
	return form_event(form, &event);
}

static void
focus_moves_over_what_is_shown(void **state)
{
	(void)state;
	static const char *const order[] = {"jid", "password", "more",
					    "ok",  "cancel",   "jid"};
	struct form *form = form_new("Log in", fields, FIELD_COUNT);
	for (size_t i = 0; i < 6; i++) {
		assert_string_equal(form_focus(form), order[i]);
		assert_int_equal(press(form, "Tab"), FORM_STAYS);
	}
	assert_int_equal(press(form, "Enter"), FORM_SUBMITTED);
	assert_int_equal(press(form, "Down"), FORM_STAYS);
	assert_int_equal(press(form, "Enter"), FORM_STAYS); /* opens "more" */
	(void)press(form, "Down");
	assert_string_equal(form_focus(form), "host");
	(void)press(form, "Down");
	assert_int_equal(type(form, " "), FORM_CHANGED);
	assert_true(form_is_checked(form, "tls"));
	assert_string_equal(form_value(form, "tls"), "1");
	(void)press(form, "Down");
	assert_int_equal(press(form, "Enter"), FORM_PRESSED);
	assert_string_equal(form_focus(form), "ok");
	(void)press(form, "Right");
	assert_string_equal(form_focus(form), "cancel");
	(void)press(form, "Left");
	assert_string_equal(form_focus(form), "ok");
	(void)press(form, "S-Tab");
	(void)press(form, "Up");
	assert_string_equal(form_focus(form), "host");
	assert_int_equal(press(form, "Esc"), FORM_CANCELLED);
	assert_int_equal(press(form, "C-c"), FORM_CANCELLED);
	form_free(form);
}

static void
values_are_typed_pasted_and_set(void **state)
{
	(void)state;
	struct form *form = form_new("Log in", fields, FIELD_COUNT);
	assert_int_equal(type(form, "me@example.orgx"), FORM_CHANGED);
	assert_int_equal(press(form, "BS"), FORM_CHANGED);
	assert_int_equal(press(form, "M-Enter"), FORM_STAYS);
	assert_string_equal(form_value(form, "jid"), "me@example.org");
	assert_true(form_is_touched(form, "jid"));
	struct keys_event paste = {
		.type = KEYS_PASTE, .text = "\n hunter2\nmore\n", .len = 15};
	form_set_focus(form, "password");
	assert_int_equal(form_event(form, &paste), FORM_CHANGED);
	assert_string_equal(form_value(form, "password"), "hunter2");
	form_set_value(form, "host", "localhost");
	assert_string_equal(form_value(form, "host"), "localhost");
	assert_false(form_is_touched(form, "host"));
	form_set_busy(form, true);
	assert_int_equal(type(form, "x"), FORM_STAYS);
	assert_int_equal(press(form, "Esc"), FORM_CANCELLED);
	assert_string_equal(form_value(form, "password"), "hunter2");
	assert_string_equal(form_value(form, "nosuch"), "");
	form_free(form);
}

static void
ctrl_c_clears_a_field_before_it_leaves(void **state)
{
	(void)state;
	struct form *form = form_new("Log in", fields, FIELD_COUNT);
	(void)type(form, "me@example.org");
	form_set_focus(form, "password");
	(void)type(form, "hunter2");
	assert_int_equal(press(form, "C-c"), FORM_CHANGED);
	assert_string_equal(form_value(form, "password"), "");
	assert_string_equal(form_value(form, "jid"), "me@example.org");
	assert_int_equal(press(form, "C-c"), FORM_CANCELLED);
	assert_string_equal(form_value(form, "jid"), "me@example.org");
	form_set_focus(form, "ok");
	assert_int_equal(press(form, "C-c"), FORM_CANCELLED);
	form_set_focus(form, "jid");
	form_set_busy(form, true);
	assert_int_equal(press(form, "C-c"), FORM_CANCELLED);
	assert_string_equal(form_value(form, "jid"), "me@example.org");
	form_free(form);
}

static bool
screen_shows(struct rig *rig, const char *text)
{
	bool is_there = false;
	for (int y = 0; y < rig->rows; y++) {
		char *row = rig_row(rig, y);
		is_there |= strstr(row, text) != NULL;
		free(row);
	}
	return is_there;
}

static void
everything_is_reached_on_a_small_screen(void **state)
{
	(void)state;
	struct rig rig = rig_open(12, 40);
	rig_start(&rig, "xterm-256color");
	struct form *form = form_new("Log in", fields, FIELD_COUNT);
	form_set_area(form, (struct screen_area){0, 0, 12, 40});
	form_draw(form, rig.screen);
	assert_false(form_is_dirty(form));
	assert_true(screen_shows(&rig, "Log in"));
	assert_true(screen_shows(&rig, "> Address"));
	assert_true(screen_shows(&rig, "name@server"));
	form_set_focus(form, "password");
	(void)type(form, "secret");
	form_draw(form, rig.screen);
	assert_true(screen_shows(&rig, "\u2022\u2022\u2022\u2022\u2022\u2022"));
	assert_false(screen_shows(&rig, "secret"));
	form_set_message(form, ROLE_ERROR,
			 "The server says that the password is wrong: check it and the "
			 "address, then try again.");
	form_draw(form, rig.screen);
	assert_true(screen_shows(&rig, "try again."));
	assert_true(screen_shows(&rig, "> Password"));
	static const char *const names[] = {"jid", "password", "more", "host", "tls"};
	static const char *const labels[] = {"> Address", "> Password", "> [-] More",
					     "> Host", "> [ ] Direct TLS"};
	form_set_focus(form, "host");
	for (size_t i = 0; i < 5; i++) {
		form_set_focus(form, names[i]);
		form_draw(form, rig.screen);
		assert_true(screen_shows(&rig, labels[i]));
	}
	form_set_focus(form, "cancel");
	form_draw(form, rig.screen);
	assert_true(screen_shows(&rig, "[ Cancel ]"));
	for (int size = 0; size < 12; size++) {
		form_set_area(form, (struct screen_area){0, 0, size, size * 2});
		form_draw(form, rig.screen);
	}
	form_free(form);
	rig_close(&rig);
}

static void
wide_screen_has_labels_before_fields(void **state)
{
	(void)state;
	struct rig rig = rig_open(24, 80);
	rig_start(&rig, "xterm-256color");
	struct form *form = form_new("Log in", fields, FIELD_COUNT);
	form_set_area(form, (struct screen_area){0, 0, 24, 80});
	(void)type(form, "me@example.org");
	form_draw(form, rig.screen);
	rig_expect(&rig, 0, "  Log in");
	rig_expect(&rig, 2, "  Your account at an XMPP server.");
	rig_expect(&rig, 3, "> Address   me@example.org");
	rig_expect(&rig, 4, "    As in an e-mail: name@server.");
	rig_expect(&rig, 5, "  Password");
	rig_expect(&rig, 6, "  [+] More");
	rig_expect(&rig, 8, "  [ Log in ]  [ Cancel ]");
	form_free(form);
	rig_close(&rig);
}

static const struct form_field room[] = {
	{"whois", FORM_CHOICE, "Who may see the addresses of occupants", NULL, false},
	{"words", FORM_LINES, "Words", NULL, false},
	{"open", FORM_CHECK, "Everybody may come in, and nobody is asked who he is", NULL,
	 false},
	{"ok", FORM_BUTTON, "Send", NULL, false},
};
static const char *const who[] = {"Anyone", "Members", "Moderators"};
#define ROOM_COUNT (sizeof room / sizeof *room)

static void
one_of_several_is_chosen(void **state)
{
	(void)state;
	static const struct {
		const char *key, *text;
		enum form_result result;
		int choice;
	} steps[] = {
		{"Left", NULL, FORM_CHANGED, 2},  {"Right", NULL, FORM_CHANGED, 0},
		{"Right", NULL, FORM_CHANGED, 1}, {NULL, " ", FORM_CHANGED, 2},
		{NULL, "M", FORM_CHANGED, 1},	  {NULL, "m", FORM_CHANGED, 2},
		{NULL, "a", FORM_CHANGED, 0},	  {NULL, "a", FORM_STAYS, 0},
		{NULL, "x", FORM_STAYS, 0},	  {"Enter", NULL, FORM_SUBMITTED, 0},
	};
	struct form *form = form_new("Den", room, ROOM_COUNT);
	assert_int_equal(press(form, "Right"), FORM_STAYS); /* there is nothing yet */
	assert_int_equal(type(form, " "), FORM_STAYS);
	assert_int_equal(type(form, "m"), FORM_STAYS);
	form_set_options(form, "whois", who, 3);
	assert_int_equal(form_choice(form, "whois"), -1);
	form_choose(form, "whois", 3);
	assert_int_equal(form_choice(form, "whois"), -1);
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		enum form_result result = steps[i].key ? press(form, steps[i].key)
						       : type(form, steps[i].text);
		assert_int_equal(result, steps[i].result);
		assert_int_equal(form_choice(form, "whois"), steps[i].choice);
	}
	assert_true(form_is_touched(form, "whois"));
	form_free(form);
}

static void
lines_are_written_and_left(void **state)
{
	(void)state;
	struct form *form = form_new("Den", room, ROOM_COUNT);
	struct keys_event paste = {.type = KEYS_PASTE, .text = "two\nthree", .len = 9};
	form_set_focus(form, "words");
	(void)type(form, "one");
	assert_int_equal(press(form, "Enter"), FORM_CHANGED);
	assert_int_equal(form_event(form, &paste), FORM_CHANGED);
	assert_string_equal(form_value(form, "words"), "one\ntwo\nthree");
	(void)press(form, "Up");
	(void)press(form, "Up");
	assert_string_equal(form_focus(form), "words");
	(void)type(form, "!");
	assert_string_equal(form_value(form, "words"), "one!\ntwo\nthree");
	(void)press(form, "Up");
	assert_string_equal(form_focus(form), "whois");
	form_focus_next(form);
	(void)press(form, "Down");
	(void)press(form, "Down");
	(void)press(form, "Down");
	assert_string_equal(form_focus(form), "open");
	form_free(form);
}

static void
pages_of_fields_are_passed(void **state)
{
	(void)state;
	enum { COUNT = 25 };
	static char names[COUNT][16];
	static struct form_field many[COUNT];
	for (int i = 0; i < COUNT; i++) {
		(void)snprintf(names[i], sizeof names[i], "%d", i);
		many[i] = (struct form_field){names[i], i % 2 ? FORM_NOTE : FORM_TEXT,
					      "Label", NULL, false};
	}
	struct form *form = form_new("Many", many, COUNT);
	(void)press(form, "PgUp");
	assert_string_equal(form_focus(form), "0");
	(void)press(form, "PgDn");
	assert_string_equal(form_focus(form), "20");
	(void)press(form, "PgDn");
	assert_string_equal(form_focus(form), "24");
	(void)press(form, "PgUp");
	assert_string_equal(form_focus(form), "4");
	form_free(form);
}

static void
what_is_locked_has_the_focus_and_stays(void **state)
{
	(void)state;
	static const struct form_field locked[] = {
		{"rules", FORM_LOCKED, "Rules: 20000 bytes, too long to be edited here.",
		 "They stay as they are.", false},
		{"ok", FORM_BUTTON, "Send", NULL, false},
	};
	struct rig rig = rig_open(12, 40);
	rig_start(&rig, "xterm-256color");
	struct form *form = form_new("Den", locked, 2);
	assert_string_equal(form_focus(form), "rules");
	assert_int_equal(type(form, " "), FORM_STAYS);
	assert_int_equal(type(form, "x"), FORM_STAYS);
	assert_int_equal(press(form, "BS"), FORM_STAYS);
	assert_int_equal(press(form, "Right"), FORM_STAYS);
	assert_int_equal(press(form, "Enter"), FORM_SUBMITTED);
	assert_false(form_is_touched(form, "rules"));
	form_set_area(form, (struct screen_area){0, 0, 12, 40});
	form_draw(form, rig.screen);
	rig_expect(&rig, 1, "> Rules: 20000 bytes, too long to be");
	rig_expect(&rig, 2, "  edited here.");
	rig_expect(&rig, 3, "    They stay as they are.");
	(void)press(form, "Tab");
	assert_string_equal(form_focus(form), "ok");
	form_draw(form, rig.screen);
	rig_expect(&rig, 1, "  Rules: 20000 bytes, too long to be");
	form_free(form);
	rig_close(&rig);
}

static void
long_labels_and_lines_are_whole_on_any_screen(void **state)
{
	(void)state;
	struct rig rig = rig_open(12, 40);
	rig_start(&rig, "xterm-256color");
	struct form *form = form_new("Den", room, ROOM_COUNT);
	form_set_options(form, "whois", who, 3);
	form_choose(form, "whois", 1);
	form_set_value(form, "words", "one\ntwo\nthree\nfour\nfive\nsix");
	form_set_area(form, (struct screen_area){0, 0, 12, 40});
	form_draw(form, rig.screen);
	rig_expect(&rig, 0, "  Den");
	rig_expect(&rig, 1, "> Who may see the addresses of");
	rig_expect(&rig, 2, "  occupants");
	rig_expect(&rig, 3, "  ‹ Members ›");
	rig_expect(&rig, 4, "  Words");
	rig_expect(&rig, 5, "  │ three");
	rig_expect(&rig, 8, "  │ six");
	rig_expect(&rig, 9, "  [ ] Everybody may come in, and nobody");
	rig_expect(&rig, 10, "      is asked who he is");
	form_set_focus(form, "words");
	for (int i = 0; i < 5; i++)
		(void)press(form, "Up");
	form_draw(form, rig.screen);
	assert_true(screen_shows(&rig, "│ one"));
	assert_true(screen_shows(&rig, "│ four"));
	for (int size = 0; size < 12; size++) {
		for (size_t i = 0; i < ROOM_COUNT; i++) {
			form_set_focus(form, room[i].name);
			form_set_area(form, (struct screen_area){0, 0, size, size * 2});
			form_draw(form, rig.screen);
		}
	}
	form_free(form);
	rig_close(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(focus_moves_over_what_is_shown),
		cmocka_unit_test(values_are_typed_pasted_and_set),
		cmocka_unit_test(ctrl_c_clears_a_field_before_it_leaves),
		cmocka_unit_test(everything_is_reached_on_a_small_screen),
		cmocka_unit_test(wide_screen_has_labels_before_fields),
		cmocka_unit_test(one_of_several_is_chosen),
		cmocka_unit_test(lines_are_written_and_left),
		cmocka_unit_test(pages_of_fields_are_passed),
		cmocka_unit_test(what_is_locked_has_the_focus_and_stays),
		cmocka_unit_test(long_labels_and_lines_are_whole_on_any_screen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
