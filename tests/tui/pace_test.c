/*
 * Which frames are drawn and which are skipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tui/pace.h"

#define NOW UINT64_C(5000)

static void
after_a_silence_nothing_waits(void **state)
{
	(void)state;
	for (int news = PACE_NOTHING; news <= PACE_PAGE; news++) {
		struct pace pace = {0};

		pace_news(&pace, (enum pace_news)news);
		assert_int_equal(pace_wait(&pace, NOW), 0);
	}
}

static void
news_wait_behind_news(void **state)
{
	static const struct {
		enum pace_news first;
		uint64_t bytes;
		enum pace_news then;
		uint64_t wait;
	} rows[] = {
		{PACE_PAGE, 3200, PACE_PAGE, 100},
		{PACE_PAGE, 32, PACE_PAGE, 1},
		{PACE_PAGE, 0, PACE_PAGE, 0},
		{PACE_PAGE, 1000000, PACE_PAGE, PACE_MOST_MS},
		{PACE_PAGE, 3200, PACE_BADGE, PACE_BADGE_MS},
		{PACE_PAGE, 3200, PACE_NOTHING, 0},
		{PACE_BADGE, 50, PACE_BADGE, PACE_BADGE_MS},
		{PACE_BADGE, 0, PACE_BADGE, 0},
		{PACE_BADGE, 50, PACE_PAGE, 0},
		{PACE_NOTHING, 4000, PACE_PAGE, 0},
		{PACE_NOTHING, 4000, PACE_BADGE, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct pace pace = {0};

		pace_news(&pace, rows[i].first);
		pace_drawn(&pace, NOW, rows[i].bytes);
		pace_news(&pace, rows[i].then);
		assert_int_equal(pace_wait(&pace, NOW), rows[i].wait);
		assert_int_equal(pace_wait(&pace, NOW + rows[i].wait), 0);
	}
}

static void
a_key_is_answered_at_once(void **state)
{
	struct pace pace = {0};

	(void)state;
	pace_news(&pace, PACE_PAGE);
	pace_drawn(&pace, NOW, 4000);
	pace_news(&pace, PACE_PAGE);
	assert_true(pace_wait(&pace, NOW) > 0);
	pace_key(&pace);
	assert_int_equal(pace_wait(&pace, NOW), 0);
	/* The frame showed the news too, so the next ones wait for both. */
	pace_drawn(&pace, NOW, 4000);
	pace_news(&pace, PACE_BADGE);
	assert_true(pace_wait(&pace, NOW) > 0);
}

static void
less_news_do_not_hide_more(void **state)
{
	struct pace pace = {0};

	(void)state;
	pace_news(&pace, PACE_BADGE);
	pace_drawn(&pace, NOW, 50);
	pace_news(&pace, PACE_PAGE);
	pace_news(&pace, PACE_BADGE);
	pace_news(&pace, PACE_NOTHING);
	assert_int_equal(pace_wait(&pace, NOW), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(after_a_silence_nothing_waits),
		cmocka_unit_test(news_wait_behind_news),
		cmocka_unit_test(a_key_is_answered_at_once),
		cmocka_unit_test(less_news_do_not_hide_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
