/*
 * The notices that are kept of a conversation.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tui/notices.h"

static void
the_last_ones_are_kept(void **state)
{
	(void)state;
	struct notices notices = {0};
	char text[32];

	for (int i = 1; i <= NOTICES_KEEP + 10; i++) {
		(void)snprintf(text, sizeof text, "said %d", i);
		assert_int_equal(notices_add(&notices, 7, text)->id, i);
	}
	assert_int_equal(notices.count, NOTICES_KEEP);
	assert_null(notices_find(&notices, 10));
	const struct notice *notice = notices_find(&notices, 11);
	assert_string_equal(notice->text, "said 11");
	assert_int_equal(notice->role, 7);
	notices_remove(&notices, 11);
	notices_remove(&notices, 11);
	assert_null(notices_find(&notices, 11));
	assert_int_equal(notices.count, NOTICES_KEEP - 1);
	/* No id is given twice. */
	assert_int_equal(notices_add(&notices, 7, "one more")->id, NOTICES_KEEP + 11);
	notices_done(&notices);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_last_ones_are_kept)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
