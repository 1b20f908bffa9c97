/*
 * Clusters, widths, wrapping, cutting: CJK, emoji, flags, combining marks, bad bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/base/buf.h"
#include "widgets/text.h"

#define FAMILY "\U0001F468\u200d\U0001F469\u200d\U0001F467"
#define FLAG "\U0001F1E9\U0001F1EA"
#define THUMB "\U0001F44D\U0001F3FD"

static void
clusters_are_stepped_over_whole(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int clusters, width;
	} cases[] = {
		{"", 0, 0},
		{"abc", 3, 3},
		{"e\u0301x", 2, 2},
		{"\u4f60\u597d", 2, 4},
		{FAMILY, 1, 6},
		{FLAG FLAG, 2, 4},
		{THUMB "!", 2, 3},
		{"\u2764\ufe0f", 1, 1},
		{"a\nb", 3, 2},
		{"\xff\xfe", 2, 2},
		{"\u1112\u1161\u11ab", 1, 2},
		{"\u0301", 1, 0},
		{"\x01", 1, 1},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *text = cases[i].text;
		size_t len = strlen(text);
		int count = 0;
		size_t at = 0;
		while (at < len) {
			size_t next = text_next(text, len, at, NULL);
			assert_true(next > at);
			assert_int_equal(text_prev(text, len, next), at);
			at = next;
			count++;
		}
		assert_int_equal(at, len);
		assert_int_equal(count, cases[i].clusters);
		assert_int_equal(text_width(text, len), cases[i].width);
	}
}

static void
cells_leave_joiners_out(void **state)
{
	(void)state;
	wchar_t cell[TEXT_CELL_MAX];
	size_t at = 0;
	size_t len = strlen(FAMILY);
	int cells = 0;
	while (text_cell(FAMILY, len, &at, cell) > 0) {
		assert_int_equal(cell[1], 0);
		cells++;
	}
	assert_int_equal(cells, 3);
	/* A mark too many is dropped, the letter stays. */
	const char *zalgo = "a\u0301\u0302\u0303\u0304\u0305\u0306\u0307";
	at = 0;
	assert_int_equal(text_cell(zalgo, strlen(zalgo), &at, cell), 1);
	assert_int_equal(wcslen(cell), 5);
	assert_int_equal(at, strlen(zalgo));
}

/* Rows joined by "|". */
static char *
wrapped(const char *text, int first, int width)
{
	struct buf out = {0};
	struct text_row *rows;
	size_t count = text_wrap(text, strlen(text), first, width, &rows);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_add_byte(&out, '|');
		buf_add(&out, text + rows[i].start, rows[i].len);
		assert_int_equal(rows[i].width,
				 text_width(text + rows[i].start, rows[i].len));
	}
	free(rows);
	return buf_take_text(&out);
}

static void
paragraphs_wrap_at_words(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int first, width;
		const char *rows;
	} cases[] = {
		{"", 10, 10, ""},
		{"hello world", 20, 20, "hello world"},
		{"hello world", 5, 5, "hello|world"},
		{"hello world", 8, 8, "hello|world"},
		{"hello   world", 6, 6, "hello|world"},
		{"hello world ", 11, 11, "hello world"},
		{"abcdefghij", 4, 4, "abcd|efgh|ij"},
		{"ab abcdefghij", 4, 4, "ab|abcd|efgh|ij"},
		{"one two three", 4, 9, "one|two three"},
		{"  code", 10, 10, "  code"},
		{"  code more", 6, 6, "  code|more"},
		{"a\nb\n\nc", 10, 10, "a|b||c"},
		{"a\n", 10, 10, "a|"},
		{"\u4f60\u597d\u4e16\u754c", 4, 4, "\u4f60\u597d|\u4e16\u754c"},
		{"\u4f60\u597d\u4e16\u754c", 5, 5, "\u4f60\u597d|\u4e16\u754c"},
		{"\u4f60\u597d\u3002\u754c", 4, 4, "\u4f60|\u597d\u3002|\u754c"},
		{"ab\u4f60\u597d", 4, 4, "ab\u4f60|\u597d"},
		{FAMILY FLAG, 3, 3, FAMILY "|" FLAG},
		{"e\u0301e\u0301e\u0301", 2, 2, "e\u0301e\u0301|e\u0301"},
		{"abc", 1, 1, "a|b|c"},
		{"abc", 0, -5, "a|b|c"},
		{"\u4f60\u597d", 1, 1, "\u4f60|\u597d"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *rows = wrapped(cases[i].text, cases[i].first, cases[i].width);
		if (strcmp(rows, cases[i].rows) != 0)
			print_error("case %zu\n", i);
		assert_string_equal(rows, cases[i].rows);
		free(rows);
	}
}

static void
cuts_end_with_an_ellipsis(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int width;
		const char *cut;
	} cases[] = {
		{"hello", 5, "hello"},
		{"hello", 4, "hel\u2026"},
		{"hello", 1, "\u2026"},
		{"hello", 0, ""},
		{"a\nb", 5, "a b"},
		{"", 3, ""},
		{"\u4f60\u597d", 3, "\u4f60\u2026"},
		{"\u4f60\u597d", 2, "\u2026"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *cut = text_ellipsis(cases[i].text, cases[i].width);
		assert_string_equal(cut, cases[i].cut);
		free(cut);
	}
}

static void
long_text_is_linear(void **state)
{
	(void)state;
	size_t len = 1 << 20;
	char *text = malloc(len);
	assert_non_null(text);
	memset(text, 'a', len);
	struct text_row *rows;
	assert_int_equal(text_wrap(text, len, 64, 64, &rows), len / 64);
	free(rows);
	memset(text, ' ', len);
	(void)text_wrap(text, len, 64, 64, &rows);
	free(rows);
	free(text);
}

static int
set_locale(void **state)
{
	(void)state;
	text_set_locale();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clusters_are_stepped_over_whole),
		cmocka_unit_test(cells_leave_joiners_out),
		cmocka_unit_test(paragraphs_wrap_at_words),
		cmocka_unit_test(cuts_end_with_an_ellipsis),
		cmocka_unit_test(long_text_is_linear),
	};
	return cmocka_run_group_tests(tests, set_locale, NULL);
}
