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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_place_says_what_is_completed),
		cmocka_unit_test(candidates_begin_with_the_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
