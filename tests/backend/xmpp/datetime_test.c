/*
 * XEP-0082 times against the C library's calendar, and what is refused.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "backend/xmpp/datetime.h"

static void
times_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t ms;
	} rows[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"2002-09-10T23:08:25Z", 1031699305000},
		{"2024-02-29T12:00:00.5Z", 1709208000500},
		{"2024-02-29T12:00:00.123456789Z", 1709208000123},
		{"2024-02-29T12:00:00+02:00", 1709200800000},
		{"2024-02-29T12:00:00-05:30", 1709227800000},
		{"2016-12-31T23:59:60Z", 1483228800000},
		{"20020910T23:08:25", 1031699305000},
		{"9999-12-31T23:59:59.999Z", 253402300799999},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int64_t ms = -1;
		assert_int_equal(datetime_parse(rows[i].text, &ms), 0);
		assert_true(ms == rows[i].ms);
	}
}

static void
other_texts_are_refused(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"",
		"now",
		"2024-02-30T00:00:00Z",
		"2023-02-29T00:00:00Z",
		"2024-13-01T00:00:00Z",
		"2024-00-01T00:00:00Z",
		"2024-01-01T24:00:00Z",
		"2024-01-01T00:60:00Z",
		"2024-01-01T00:00:61Z",
		"2024-01-01T00:00:00",
		"2024-01-01T00:00:00.Z",
		"2024-01-01T00:00:00+25:00",
		"2024-01-01T00:00:00Zx",
		"1969-12-31T23:59:59Z",
		"1970-01-01T00:00:00+01:00",
		"2024-01-01 00:00:00Z",
		"-2024-01-01T00:00:00Z",
		"20240101T00:00:00Z",
		"2024-01-01T00:00:00.111111111111111111111111111111111111111Z",
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int64_t ms = 7;
		assert_int_equal(datetime_parse(rows[i], &ms), -EINVAL);
		assert_true(ms == 7);
	}
	assert_int_equal(datetime_parse(NULL, &(int64_t){0}), -EINVAL);
}

static void
written_times_are_read_back(void **state)
{
	(void)state;
	char text[DATETIME_SIZE];
	for (int64_t day = 0; day < 2932896; day += 37) {
		int64_t ms = day * 86400000 + (day * 7919) % 86400000;
		time_t seconds = (time_t)(ms / 1000);
		struct tm tm;
		char wanted[64];
		(void)gmtime_r(&seconds, &tm);
		(void)strftime(wanted, sizeof wanted, "%Y-%m-%dT%H:%M:%S", &tm);
		datetime_format(ms, text);
		assert_memory_equal(text, wanted, strlen(wanted));
		int64_t back;
		assert_int_equal(datetime_parse(text, &back), 0);
		assert_true(back == ms);
	}
	datetime_format(-5, text);
	assert_string_equal(text, "1970-01-01T00:00:00Z");
	datetime_format(INT64_MAX, text);
	assert_string_equal(text, "9999-12-31T23:59:59.999Z");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_read),
		cmocka_unit_test(other_texts_are_refused),
		cmocka_unit_test(written_times_are_read_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
