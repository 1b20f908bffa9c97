/*
 * Secrets: what goes in comes out, moves and is gone.
 */
#include "backend/vault/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
a_secret_keeps_bytes_and_a_nul_behind_them(void **state)
{
	(void)state;
	struct secret secret = {0};
	assert_string_equal(secret_text(&secret), "");
	secret_set(&secret, "a\0b", 3);
	assert_int_equal(secret.len, 3);
	assert_memory_equal(secret.data, "a\0b\0", 4);
	secret_set_text(&secret, "grüße");
	assert_string_equal(secret_text(&secret), "grüße");
	secret_done(&secret);
	assert_null(secret.data);
	secret_done(&secret);
	secret_done(NULL);
}

static void
a_secret_can_be_set_from_itself_and_moved(void **state)
{
	(void)state;
	struct secret one = {0};
	struct secret other = {0};
	secret_set_text(&one, "password");
	secret_set(&one, one.data + 4, 4);
	assert_string_equal(secret_text(&one), "word");
	secret_set_text(&other, "old");
	secret_move(&other, &one);
	assert_null(one.data);
	assert_string_equal(secret_text(&other), "word");
	secret_move(&other, &other);
	assert_string_equal(secret_text(&other), "word");
	secret_done(&other);
}

static void
secrets_are_compared_by_bytes(void **state)
{
	(void)state;
	struct secret one = {0};
	struct secret other = {0};
	assert_true(secret_is_equal(&one, &other));
	secret_set_text(&one, "abc");
	assert_false(secret_is_equal(&one, &other));
	secret_set_text(&other, "abd");
	assert_false(secret_is_equal(&one, &other));
	secret_set_text(&other, "abc");
	assert_true(secret_is_equal(&one, &other));
	secret_done(&one);
	secret_done(&other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_secret_keeps_bytes_and_a_nul_behind_them),
		cmocka_unit_test(a_secret_can_be_set_from_itself_and_moved),
		cmocka_unit_test(secrets_are_compared_by_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
