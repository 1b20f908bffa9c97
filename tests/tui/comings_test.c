/*
 * What is said of those who come and go.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tui/comings.h"
#include "tui/occupants.h"
#include "widgets/text.h"

/* "+Anna" came, "-Anna" left, "Anna>Annie" is another nick. */
static void
play(struct comings *comings, const char *story)
{
	char copy[512];
	char *rest = NULL;

	(void)snprintf(copy, sizeof copy, "%s", story);
	for (char *word = strtok_r(copy, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest)) {
		char *arrow = strchr(word, '>');

		if (word[0] == '+') {
			comings_came(comings, word + 1);
		} else if (word[0] == '-') {
			comings_left(comings, word + 1);
		} else if (arrow) {
			*arrow = '\0';
			comings_renamed(comings, word, arrow + 1);
		}
	}
}

static void
a_story_is_told_by_what_it_comes_to(void **state)
{
	static const struct {
		const char *story, *told;
	} cases[] = {
		{"", ""},
		{"+Anna", "Anna came"},
		{"+Anna +Bob", "Anna, Bob came"},
		{"-Carl", "Carl left"},
		{"+Anna -Anna", "Anna came and left"},
		{"-Anna +Anna", "Anna came back"},
		{"-Anna +Anna -Anna", "Anna left"},
		{"+Anna -Anna +Anna", "Anna came"},
		{"Dan>Dana", "Dan is now Dana"},
		{"Dan>Dana Dana>Dan", ""},
		{"Dan>Dana -Dana", "Dan left"},
		{"+Dan Dan>Dana", "Dana came"},
		{"Dan>Dana +Dan", "Dan came; Dan is now Dana"},
		{"+Anna -Carl Dan>Dana", "Anna came; Carl left; Dan is now Dana"},
		{"+a +b +c +d +e +f +g +h +i +j",
		 "a, b, c, d, e, f, g, h and 2 more came"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct comings *comings = comings_new();

		play(comings, cases[i].story);
		char *told = comings_text(comings);
		if (strcmp(told, cases[i].told) != 0)
			fail_msg("%s: '%s'", cases[i].story, told);
		free(told);
		comings_free(comings);
	}
}

/* Who is there after random events, by the set and by a plain table beside it. */
static void
any_sequence_leaves_the_same_people(void **state)
{
	enum { PEOPLE = 12, STEPS = 20000 };
	bool is_there[PEOPLE] = {false};
	struct occupants *people = occupants_new();
	struct comings *comings = comings_new();
	unsigned seed = 4711;

	(void)state;
	for (int step = 0; step < STEPS; step++) {
		char nick[8], other[8];
		unsigned who = (unsigned)rand_r(&seed) % PEOPLE;
		unsigned next = (unsigned)rand_r(&seed) % PEOPLE;
		struct bridge_occupant record = {
			.nick = other,
			.role = (enum bridge_role)(rand_r(&seed) % role_COUNT)};

		(void)snprintf(nick, sizeof nick, "n%u", who);
		(void)snprintf(other, sizeof other, "n%u", next);
		switch (rand_r(&seed) % 3) {
		case 0:
			occupants_put(people, &record, NULL);
			comings_came(comings, other);
			is_there[next] = true;
			break;
		case 1:
			assert_int_equal(occupants_remove(people, nick), is_there[who]);
			comings_left(comings, nick);
			is_there[who] = false;
			break;
		default:
			occupants_put(people, &record, nick);
			comings_renamed(comings, nick, other);
			is_there[who] = false;
			is_there[next] = true;
			break;
		}
		size_t count, expected = 0, counted = 0;
		const struct occupant *const *rows = occupants_sorted(people, &count);
		for (int i = 0; i < PEOPLE; i++)
			expected += is_there[i];
		for (int role = 0; role < role_COUNT; role++)
			counted += occupants_with_role(people, (enum bridge_role)role);
		assert_int_equal(count, expected);
		assert_int_equal(counted, expected);
		for (size_t i = 1; i < count; i++)
			assert_true(rows[i - 1]->role >= rows[i]->role);
		if (step % 100 == 0 || comings_is_full(comings)) {
			free(comings_text(comings));
			comings_clear(comings);
		}
	}
	comings_free(comings);
	occupants_free(people);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_story_is_told_by_what_it_comes_to),
		cmocka_unit_test(any_sequence_leaves_the_same_people),
	};

	text_set_locale();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
