/* Tests of the growing buffer: a NUL is always behind it, and a secret one is wiped. */
#include "bridge/base/buf.h"

#include <stdlib.h>

#include "tests/bridge/cases.h"

static void
it_grows_and_stays_a_string(void **state)
{
	struct buf buf = {0};
	(void)state;
	for (int i = 0; i < 1000; i++) {
		buf_add_text(&buf, "ab");
		assert_int_equal(buf.data[buf.len], 0);
	}
	buf_add_byte(&buf, 'c');
	buf_printf(&buf, "%d", 42);
	assert_int_equal(buf.len, 2003);
	assert_string_equal((char *)buf.data + 2000, "c42");
	buf_done(&buf);
	assert_null(buf.data);
}

static void
consuming_keeps_the_rest(void **state)
{
	struct buf buf = {0};
	(void)state;
	buf_add_text(&buf, "abcdef");
	buf_consume(&buf, 2);
	assert_string_equal((char *)buf.data, "cdef");
	buf_consume(&buf, 99);
	assert_int_equal(buf.len, 0);
	buf_done(&buf);
}

static void
a_secret_is_wiped_where_it_was(void **state)
{
	struct buf buf = {.is_secret = true};
	(void)state;
	buf_add_text(&buf, "password123");
	buf_consume(&buf, 4);
	assert_memory_equal(buf.data + 7, "\0\0\0\0", 4);
	buf_clear(&buf);
	assert_memory_equal(buf.data, "\0\0\0\0\0\0\0", 7);
	buf_add(&buf, "x", 1);
	buf_done(&buf);
	assert_true(buf.is_secret);
}

static void
what_others_wrote_is_added_in_one_row(void **state)
{
	struct buf buf = {0};
	(void)state;
	buf_add_clean(&buf, ", ", NULL, 10);
	buf_add_clean(&buf, ", ", "", 10);
	assert_int_equal(buf.len, 0);
	buf_add_clean(&buf, "- ", "a\nb\x1b[2J", 100);
	assert_string_equal((char *)buf.data, "- a b\xef\xbf\xbd[2J");
	buf_clear(&buf);
	buf_add_clean(&buf, "", "abcdefghijkl", 10);
	assert_string_equal((char *)buf.data, "abcdefghij\u2026");
	buf_done(&buf);
}

static void
taken_text_is_never_null(void **state)
{
	struct buf buf = {0};
	(void)state;
	char *text = buf_take_text(&buf);
	assert_string_equal(text, "");
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_grows_and_stays_a_string),
		cmocka_unit_test(consuming_keeps_the_rest),
		cmocka_unit_test(a_secret_is_wiped_where_it_was),
		cmocka_unit_test(what_others_wrote_is_added_in_one_row),
		cmocka_unit_test(taken_text_is_never_null),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
