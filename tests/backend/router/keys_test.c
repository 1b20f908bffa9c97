/*
 * Keys kept for a dead process's successor.
 */
#include "backend/router/keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>

#include <cmocka.h>

static void
a_key_is_kept_and_wiped(void **state)
{
	(void)state;
	struct keys keys = {0};
	struct key *key = keys_put(&keys, (const uint8_t *)"secret", 6);
	assert_non_null(key);
	assert_int_equal(key->len, 6);
	assert_memory_equal(key->bytes, "secret", 6);
	assert_int_equal(prctl(PR_GET_DUMPABLE), 0);
	keys_drop(&keys, key);
	assert_int_equal(key->len, 0);
	static const uint8_t zeros[KEYS_BYTES];
	assert_memory_equal(key->bytes, zeros, KEYS_BYTES);
	assert_int_equal(prctl(PR_GET_DUMPABLE), 1);
	keys_drop(&keys, NULL);
	keys_done(&keys);
}

static void
there_is_room_for_many(void **state)
{
	(void)state;
	struct keys keys = {0};
	struct key *all[100];
	for (uint8_t i = 0; i < 100; i++)
		all[i] = keys_put(&keys, &i, 1);
	for (uint8_t i = 0; i < 100; i++) {
		assert_non_null(all[i]);
		assert_int_equal(all[i]->bytes[0], i);
	}
	assert_int_equal(keys.count, 100);
	keys_done(&keys);
	(void)prctl(PR_SET_DUMPABLE, 1);
}

static void
no_key_and_a_long_key_are_refused(void **state)
{
	(void)state;
	struct keys keys = {0};
	uint8_t bytes[KEYS_BYTES + 1] = {0};
	assert_null(keys_put(&keys, bytes, 0));
	assert_null(keys_put(&keys, bytes, sizeof bytes));
	assert_int_equal(keys.count, 0);
	keys_done(&keys);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_is_kept_and_wiped),
		cmocka_unit_test(there_is_room_for_many),
		cmocka_unit_test(no_key_and_a_long_key_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
