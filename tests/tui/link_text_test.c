/*
 * The connection in words, and when they change.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tui/link_text.h"
#include "tui/model.h"

static void
a_wait_counts_down_in_steps(void **state)
{
	static const struct {
		int64_t left;
		const char *text;
		uint64_t changes_in;
	} rows[] = {
		{300000, "waiting 5 min", 60000},
		{299999, "waiting 5 min", 59999},
		{61000, "waiting 2 min", 1000},
		{60000, "waiting 60 s", 10000},
		{50500, "waiting 60 s", 500},
		{50000, "waiting 50 s", 10000},
		{11000, "waiting 20 s", 1000},
		{10000, "waiting 10 s", 1000},
		{9001, "waiting 10 s", 1},
		{1, "waiting 1 s", 1},
		{0, "waiting", 0},
		{-5000, "waiting", 0},
	};
	struct model *model = model_new();

	(void)state;
	model->link.state = link_state_WAITING;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint64_t changes_in = 7;

		model->link.retry_at = 1000000;
		char *text = link_text(model, 1000000 - rows[i].left, &changes_in);
		assert_string_equal(text, rows[i].text);
		assert_int_equal(changes_in, rows[i].changes_in);
		free(text);
	}
	model_free(model);
}

static void
each_state_has_its_words(void **state)
{
	struct model *model = model_new();
	uint64_t changes_in;

	(void)state;
	for (int i = 0; i < link_state_COUNT; i++) {
		model->link.state = (enum bridge_link_state)i;
		char *text = link_text(model, 0, &changes_in);
		assert_int_equal(text[0] == '\0', i == link_state_ONLINE);
		assert_int_equal(changes_in, 0);
		free(text);
	}
	model->link.state = link_state_CATCHING_UP;
	model->link.caught = 120;
	char *text = link_text(model, 0, &changes_in);
	assert_string_equal(text, "catching up 120 so far");
	free(text);
	model->link.behind = 3000;
	text = link_text(model, 0, &changes_in);
	assert_string_equal(text, "catching up 120 of 3000");
	free(text);
	model_free(model);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wait_counts_down_in_steps),
		cmocka_unit_test(each_state_has_its_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
