/*
 * Where tokens end: how much of each text may be given to the XML parser.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/xmpp/scan.h"

static const struct {
	const char *text;
	size_t safe;
	enum scan_fault fault;
} rows[] = {
	{"", 0, SCAN_FINE},
	{"abc", 3, SCAN_FINE},
	{"<a", 0, SCAN_FINE},
	{"<a>", 3, SCAN_FINE},
	{"<a>x<b", 4, SCAN_FINE},
	{"<a b='>'", 0, SCAN_FINE},
	{"<a b='>'>", 9, SCAN_FINE},
	{"<a b=\"'>\">", 10, SCAN_FINE},
	{"x&am", 1, SCAN_FINE},
	{"x&amp;", 6, SCAN_FINE},
	{"x&a b", 1, SCAN_ILL_FORMED},
	{"x&a<", 1, SCAN_ILL_FORMED},
	{"<a <", 0, SCAN_ILL_FORMED},
	{"<a b='<", 0, SCAN_ILL_FORMED},
	{"<?xml version='1.0'?>", 21, SCAN_FINE},
	{" <?xml", 1, SCAN_RESTRICTED},
	{"<a/><?", 4, SCAN_RESTRICTED},
	{"<a/><!-", 4, SCAN_RESTRICTED},
	{"<!DOCTYPE", 0, SCAN_RESTRICTED},
	{"<![CDAT", 0, SCAN_FINE},
	{"<![CDATA[<&", 11, SCAN_FINE},
	{"<![CDATA[]]]><b", 13, SCAN_FINE},
	{"<![CDATA[]>]]<b", 15, SCAN_FINE},
	{"ab\xff", 2, SCAN_ILL_FORMED},
	{"<\xfe", 0, SCAN_ILL_FORMED},
	{"<12345678901234567890", 0, SCAN_TOO_LONG},
	{"<1234567890123456789012345678901>", 0, SCAN_TOO_LONG},
};

static void
tokens_end_where_they_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t len = strlen(rows[i].text);
		size_t max = rows[i].fault == SCAN_TOO_LONG ? 16 : 1000;
		struct scan scan;
		scan_init(&scan, max);
		size_t safe = 99;
		assert_int_equal(
			scan_feed(&scan, (const uint8_t *)rows[i].text, len, &safe),
			rows[i].fault);
		assert_int_equal(safe, rows[i].safe);
		/* Byte by byte the last safe place is the same. */
		scan_init(&scan, max);
		size_t last = 0;
		enum scan_fault fault = SCAN_FINE;
		for (size_t at = 0; at < len && fault == SCAN_FINE; at++) {
			fault = scan_feed(&scan, (const uint8_t *)rows[i].text + at, 1,
					  &safe);
			if (safe)
				last = at + 1;
		}
		assert_int_equal(fault, rows[i].fault);
		assert_int_equal(last, rows[i].safe);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens_end_where_they_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
