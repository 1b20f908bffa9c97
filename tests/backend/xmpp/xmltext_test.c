/*
 * What XML can carry, what becomes of the rest, and how text is escaped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/xmpp/xmltext.h"
#include "bridge/base/buf.h"

#define BAD "\xef\xbf\xbd"

static void
unfit_text_is_found_and_cleaned(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t len;
		const char *clean;
	} rows[] = {
		{"", 0, ""},
		{"a\tb\r\n", 5, "a\tb\r\n"},
		{"ä€𝄞", 9, "ä€𝄞"},
		{"a\0b", 3, "a" BAD "b"},
		{"\x01\x1b[2J", 5, BAD BAD "[2J"},
		{"\x7f", 1, "\x7f"},
		{"\xff\xfe", 2, BAD BAD},
		{"\xed\xa0\x80", 3, BAD BAD BAD},
		{"\xef\xbf\xbe", 3, BAD},
		{"\xef\xbf\xbf", 3, BAD},
		{"x\xc3", 2, "x" BAD},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *clean = xmltext_clean(rows[i].text, rows[i].len);
		assert_string_equal(clean, rows[i].clean);
		assert_true(xmltext_is_fit(clean, strlen(clean)));
		assert_int_equal(xmltext_is_fit(rows[i].text, rows[i].len),
				 strlen(clean) == rows[i].len &&
					 !memcmp(clean, rows[i].text, rows[i].len));
		free(clean);
	}
}

static void
text_is_escaped_for_its_place(void **state)
{
	(void)state;
	struct buf out = {0};
	xmltext_escape(&out, "a<b>&\"'\t\r\n");
	assert_string_equal(out.data, "a&lt;b&gt;&amp;\"'\t&#13;\n");
	buf_clear(&out);
	xmltext_escape_attribute(&out, "a<b>&\"'\t\r\n");
	assert_string_equal(out.data, "a&lt;b&gt;&amp;&#34;&#39;&#9;&#13;&#10;");
	buf_done(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unfit_text_is_found_and_cleaned),
		cmocka_unit_test(text_is_escaped_for_its_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
