/*
 * The order of SRV records: priorities always, weights by chance in the right proportion.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/net/srv.h"

static uint32_t
lowest(void *data, uint32_t most)
{
	(void)data;
	(void)most;
	return 0;
}

static uint32_t
highest(void *data, uint32_t most)
{
	(void)data;
	return most;
}

/* A generator that gives every number from 0 to MOST in turn. */
static uint32_t
in_turn(void *data, uint32_t most)
{
	uint32_t *next = data;
	return (*next)++ % (most + 1);
}

static void
order(const struct srv_record *rows, size_t count, uint32_t (*draw)(void *, uint32_t),
      const char *want)
{
	struct srv_record records[SRV_MAX];
	char got[SRV_MAX + 1] = {0};
	memcpy(records, rows, count * sizeof(*rows));
	srv_order(records, count, draw, NULL);
	for (size_t i = 0; i < count; i++)
		got[i] = records[i].host[0];
	assert_string_equal(got, want);
}

static void
lower_priority_goes_first(void **state)
{
	static const struct srv_record rows[] = {
		{.host = "c", .priority = 30, .weight = 5},
		{.host = "a", .priority = 0, .weight = 0, .is_direct_tls = true},
		{.host = "d", .priority = 65535, .weight = 65535},
		{.host = "b", .priority = 5, .weight = 0},
	};
	(void)state;
	order(rows, 4, lowest, "abcd");
	order(rows, 4, highest, "abcd");
	order(rows, 0, highest, "");
	order(rows, 1, highest, "c");
}

static void
weights_are_drawn_within_a_priority(void **state)
{
	static const struct srv_record rows[] = {
		{.host = "a", .priority = 1, .weight = 10},
		{.host = "b", .priority = 1, .weight = 0},
		{.host = "c", .priority = 1, .weight = 30},
	};
	(void)state;
	/* Weight 0 stands first and is taken by the number 0 only. */
	order(rows, 3, lowest, "bac");
	order(rows, 3, highest, "cab");
}

static void
shares_follow_the_weights(void **state)
{
	uint32_t next = 0;
	unsigned first[2] = {0, 0};
	(void)state;
	for (int i = 0; i < 4100; i++) {
		struct srv_record records[] = {
			{.host = "a", .priority = 1, .weight = 10},
			{.host = "b", .priority = 1, .weight = 30},
		};
		next = (uint32_t)i;
		srv_order(records, 2, in_turn, &next);
		first[records[0].host[0] - 'a']++;
	}
	assert_in_range(first[0], 1000, 1150); /* 11 of 41 numbers, about a quarter */
	assert_int_equal(first[0] + first[1], 4100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lower_priority_goes_first),
		cmocka_unit_test(weights_are_drawn_within_a_priority),
		cmocka_unit_test(shares_follow_the_weights),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
