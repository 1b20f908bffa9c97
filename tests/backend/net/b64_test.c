/*
 * Base64: the vectors of RFC 4648, and everything that a strict reader refuses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/net/b64.h"

static void
vectors_go_both_ways(void **state)
{
	static const char *const rows[][2] = {
		{"", ""},
		{"f", "Zg=="},
		{"fo", "Zm8="},
		{"foo", "Zm9v"},
		{"foob", "Zm9vYg=="},
		{"fooba", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy"},
		{"\xff\xfe\xfd", "//79"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out = {0}, back = {0};
		b64_encode(&out, rows[i][0], strlen(rows[i][0]));
		assert_int_equal(out.len, strlen(rows[i][1]));
		assert_memory_equal(out.len > 0 ? (char *)out.data : "", rows[i][1],
				    out.len);
		assert_int_equal(b64_decode(&back, rows[i][1], strlen(rows[i][1])), 0);
		assert_int_equal(back.len, strlen(rows[i][0]));
		if (back.len > 0)
			assert_memory_equal(back.data, rows[i][0], back.len);
		buf_done(&out);
		buf_done(&back);
	}
}

static void
loose_text_is_refused(void **state)
{
	static const char *const rows[] = {
		"Zg",	"Zg=",	  "Z===", "====", "=",	  "Zg==Zg==", "Zm=v",
		"Zm9 ", "\nZm9v", "Zm9-", "Zm9_", "Zh==", "Zm9=",     "Zm9v\n",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out = {0};
		if (b64_decode(&out, rows[i], strlen(rows[i])) == 0)
			fail_msg("taken: %s", rows[i]);
		assert_int_equal(out.len, 0);
		buf_done(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_go_both_ways),
		cmocka_unit_test(loose_text_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
