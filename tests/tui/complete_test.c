/*
 * What Tab completes, and with what.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tui/app.h"
#include "tui/complete.h"

static void
the_place_says_what_is_completed(void **state)
{
	static const struct {
		const char *line;
		size_t start;
		char kind;
	} cases[] = {
		{"/", 0, '/'},
		{"/he", 0, '/'},
		{"/msg ", 5, 'm'},
		{"/msg an", 5, 'm'},
		{"/msg anna h", 10, '-'},
		{"/msg \"Anna L", 5, 'm'},
		{"/set ", 5, 'o'},
		{"/set bell o", 10, 'v'},
		{"/bind C-t con", 10, 'a'},
		{"/group anna x y", 14, 'g'},
		{"/contacts x", 10, '-'},
		{"/nonsense x", 10, '-'},
		{"an", 0, 'c'},
		{"hello an", 0, '-'},
		{"", 0, '-'},
		{"//x", 0, 'c'},
		{"/notify men", 8, 'u'},
		{"/role \"Al Ice\" mod", 15, 'u'},
		{"/role Al moderator b", 19, '-'},
		{"/bookmark add de", 14, 'R'},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct complete_word word =
			complete_word_at(cases[i].line, strlen(cases[i].line));

		if (word.kind != cases[i].kind ||
		    (word.kind != '-' && word.start != cases[i].start))
			fail_msg("%s: %c at %zu", cases[i].line, word.kind, word.start);
	}
}

static void
candidates_begin_with_the_word(void **state)
{
	struct app app = {.model = model_new()};
	size_t count;

	(void)state;
	char **rows = complete_candidates(&app, '/', "/unb", "/unb", &count);
	assert_int_equal(count, 2);
	assert_string_equal(rows[0], "unban");
	assert_string_equal(rows[1], "unblock");
	assert_int_equal(complete_common(rows, count), 3);
	complete_free(rows, count);
	rows = complete_candidates(&app, 'v', "", "/set bell ", &count);
	assert_int_equal(count, 2);
	complete_free(rows, count);
	rows = complete_candidates(&app, 'a', "page", "", &count);
	assert_int_equal(count, 2);
	complete_free(rows, count);
	model_free(app.model);
}

static void
words_of_the_usage_are_offered(void **state)
{
	static const struct {
		const char *line, *word, *first;
		size_t count;
	} cases[] = {
		{"/notify ", "", "all", 4},
		{"/notify me", "me", "mentions", 1},
		{"/role Al ", "", "moderator", 3},
		{"/affiliation Al o", "o", "outcast", 2},
		{"/ignore Al ", "", "off", 1},
		{"/retry ", "", "all", 1},
		{"/bookmark re", "re", "remove", 1},
		{"/nonsense ", "", NULL, 0},
	};
	struct app app = {.model = model_new()};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		size_t count;
		char **rows = complete_candidates(&app, 'u', cases[i].word, cases[i].line,
						  &count);

		assert_int_equal(count, cases[i].count);
		if (count > 0)
			assert_string_equal(rows[0], cases[i].first);
		complete_free(rows, count);
	}
	model_free(app.model);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_place_says_what_is_completed),
		cmocka_unit_test(candidates_begin_with_the_word),
		cmocka_unit_test(words_of_the_usage_are_offered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
