/* Tests of UTF-8: what is well-formed, and what the cleaner makes of text from outside.
 */
#include "bridge/base/utf8.h"

#include <stdlib.h>

#include "tests/bridge/cases.h"

static void
only_well_formed_bytes_are_valid(void **state)
{
	static const struct {
		const char *text;
		bool is_valid;
	} cases[] = {
		{"", true},
		{"plain", true},
		{"\xc3\xa9", true},
		{"\xe2\x82\xac", true},
		{"\xf0\x9f\x98\x80", true},
		{"\xc0\x80", false},
		{"\xe0\x80\x80", false},
		{"\xf0\x80\x80\x80", false},
		{"\xed\xa0\x80", false},
		{"\xf4\x90\x80\x80", false},
		{"\x80", false},
		{"\xc3", false},
		{"\xe2\x82", false},
		{"\xff", false},
		{"\xf8\x88\x80\x80\x80", false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(utf8_is_valid(cases[i].text, strlen(cases[i].text)),
				 cases[i].is_valid);
}

static void
every_point_goes_there_and_back(void **state)
{
	(void)state;
	for (uint32_t point = 1; point <= 0x10ffff; point += point < 0x3000 ? 1 : 97) {
		char bytes[4];
		uint32_t back;
		if (point >= 0xd800 && point <= 0xdfff)
			continue;
		size_t len = utf8_encode(point, bytes);
		assert_int_equal(utf8_decode(bytes, len, &back), len);
		assert_int_equal(back, point);
	}
}

static void
a_cut_never_splits_a_sequence(void **state)
{
	const char *text = "a\xe2\x82\xac"
			   "b";
	(void)state;
	assert_int_equal(utf8_cut(text, 5, 1), 1);
	assert_int_equal(utf8_cut(text, 5, 2), 1);
	assert_int_equal(utf8_cut(text, 5, 3), 1);
	assert_int_equal(utf8_cut(text, 5, 4), 4);
	assert_int_equal(utf8_cut(text, 5, 9), 5);
}

static void
text_from_outside_is_cleaned(void **state)
{
	static const struct {
		const char *text;
		enum clean_mode mode;
		size_t max;
		const char *clean;
	} cases[] = {
		{NULL, CLEAN_LINE, 10, ""},
		{"a\nb\tc", CLEAN_LINE, 10, "a b c"},
		{"a\r\nb\rc", CLEAN_TEXT, 10, "a\nb\nc"},
		{"\033[31mred", CLEAN_LINE, 20, "\xef\xbf\xbd[31mred"},
		{"\xc2\x9b"
		 "31m",
		 CLEAN_LINE, 20,
		 "\xef\xbf\xbd"
		 "31m"},
		{"a\xe2\x80\xae"
		 "b",
		 CLEAN_LINE, 20,
		 "a\xef\xbf\xbd"
		 "b"},
		{"a\xff"
		 "b",
		 CLEAN_LINE, 20,
		 "a\xef\xbf\xbd"
		 "b"},
		{"abcdef", CLEAN_LINE, 3, "abc\xe2\x80\xa6"},
		{"ab\xe2\x82\xac", CLEAN_LINE, 3, "ab\xe2\x80\xa6"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char *clean = clean_text(cases[i].text, cases[i].mode, cases[i].max);
		assert_string_equal(clean, cases[i].clean);
		free(clean);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_well_formed_bytes_are_valid),
		cmocka_unit_test(every_point_goes_there_and_back),
		cmocka_unit_test(a_cut_never_splits_a_sequence),
		cmocka_unit_test(text_from_outside_is_cleaned),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
