/*
 * Lists and bars as pictures of the screen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/widgets/rig.h"
#include "widgets/bar.h"
#include "widgets/list.h"

static const struct list_row rows[] = {
	{.text = "Friends"},
	{.key = "a", .mark = "*", .text = "Alice", .detail = "at home", .right = "3"},
	{.key = "b", .mark = "-", .text = "Bob"},
	{.text = "Work"},
	{.key = "c", .mark = "*", .text = "Carla who has a very long name"},
	{.key = "d", .text = "Dora"},
};

static void
selection_skips_headings_and_stays_on_its_key(void **state)
{
	(void)state;
	struct list *list = list_new();
	assert_null(list_selected(list));
	assert_false(list_move(list, 1));
	list_set(list, rows, 6);
	assert_string_equal(list_selected(list), "a");
	assert_true(list_move(list, 2));
	assert_string_equal(list_selected(list), "c");
	assert_true(list_move(list, -1));
	assert_string_equal(list_selected(list), "b");
	list_set(list, rows + 2, 4);
	assert_string_equal(list_selected(list), "b");
	list_set(list, rows + 3, 3);
	assert_string_equal(list_selected(list), "c");
	assert_true(list_end(list));
	assert_string_equal(list_selected(list), "d");
	assert_false(list_move(list, 5));
	assert_true(list_home(list));
	assert_string_equal(list_selected(list), "c");
	assert_true(list_select(list, "d"));
	assert_false(list_select(list, "zz"));
	list_set(list, rows, 1);
	assert_null(list_selected(list));
	list_free(list);
}

static void
rows_are_cut_to_the_width(void **state)
{
	(void)state;
	struct rig rig = rig_open(6, 30);
	rig_start(&rig, "xterm-256color");
	struct list *list = list_new();
	list_set_area(list, (struct screen_area){0, 0, 6, 30});
	list_set_empty_text(list, "nobody here");
	list_draw(list, rig.screen);
	rig_expect(&rig, 0, " nobody here");
	list_set(list, rows, 6);
	list_draw(list, rig.screen);
	assert_false(list_is_dirty(list));
	rig_expect(&rig, 0, "Friends");
	rig_expect(&rig, 1, " * Alice  at home            3");
	rig_expect(&rig, 4, " * Carla who has a very long …");
	list_set_area(list, (struct screen_area){0, 0, 2, 30});
	(void)list_end(list);
	list_draw(list, rig.screen);
	rig_expect(&rig, 1, " Dora");
	(void)list_home(list);
	list_draw(list, rig.screen);
	rig_expect(&rig, 0, "Friends");
	for (int width = 0; width < 12; width++) {
		list_set_area(list, (struct screen_area){0, 0, width % 4, width});
		list_draw(list, rig.screen);
	}
	list_free(list);
	rig_close(&rig);
}

static void
rows_with_a_column_are_wrapped(void **state)
{
	(void)state;
	static const struct list_row tall[] = {
		{.text = "Commands", .column = 8},
		{.key = "a",
		 .text = "/a",
		 .detail = "does this and also that",
		 .column = 8},
		{.key = "b", .text = "/b long", .detail = "does more", .column = 8},
		{.key = "c", .text = "/c", .detail = "last", .column = 8},
	};
	struct rig rig = rig_open(6, 32);
	rig_start(&rig, "xterm-256color");
	struct list *list = list_new();
	list_set(list, tall, 4);
	list_set_area(list, (struct screen_area){0, 0, 4, 32});
	list_draw(list, rig.screen);
	rig_expect(&rig, 0, "Commands");
	rig_expect(&rig, 1, " /a     does this and also that");
	rig_expect(&rig, 2, " /b long");
	rig_expect(&rig, 3, "    does more");
	assert_true(list_end(list));
	list_draw(list, rig.screen);
	rig_expect(&rig, 0, " /a     does this and also that");
	rig_expect(&rig, 3, " /c     last");
	list_set_area(list, (struct screen_area){0, 0, 5, 16});
	(void)list_home(list);
	list_draw(list, rig.screen);
	rig_expect(&rig, 1, " /a");
	rig_expect(&rig, 2, "    does this");
	rig_expect(&rig, 3, "    and also");
	rig_expect(&rig, 4, "    that");
	/* A page that holds nothing else still moves on. */
	assert_true(list_page(list, 1));
	assert_string_equal(list_selected(list), "b");
	for (int width = 0; width < 12; width++) {
		list_set_area(list, (struct screen_area){0, 0, width % 4, width});
		list_draw(list, rig.screen);
		(void)list_page(list, width % 2 ? 1 : -1);
	}
	list_free(list);
	rig_close(&rig);
}

static void
bars_give_up_what_matters_least(void **state)
{
	(void)state;
	static const struct bar_part parts[] = {
		{BAR_LEFT, 9, 0, ROLE_BAR_CURRENT, "1:alice"},
		{BAR_LEFT, 2, 0, ROLE_BAR, "2:bob"},
		{BAR_LEFT, 1, 0, ROLE_BAR, "3:carla"},
		{BAR_MIDDLE, 5, 4, ROLE_STATUS_HINT, "alice is typing"},
		{BAR_RIGHT, 8, 0, ROLE_STATUS, "online"},
	};
	static const struct {
		int width;
		const char *text;
	} cases[] = {
		{60, "1:alice 2:bob 3:carla alice is typing                 online"},
		{44, "1:alice 2:bob 3:carla alice is typing online"},
		{40, "1:alice 2:bob alice is typing     online"},
		{30, "1:alice alice is typing online"},
		{24, "1:alice alice is… online"},
		{16, "1:alice   online"},
		{8, "1:alice"},
		{3, ""},
		{0, ""},
	};
	struct bar *bar = bar_new(ROLE_BAR);
	bar_set(bar, parts, 5);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *text = bar_text(bar, cases[i].width);
		assert_string_equal(text, cases[i].text);
		free(text);
	}
	struct rig rig = rig_open(3, 40);
	rig_start(&rig, "xterm-256color");
	bar_set_area(bar, (struct screen_area){1, 0, 1, 40});
	bar_draw(bar, rig.screen);
	rig_expect(&rig, 1, cases[2].text);
	bar_set(bar, parts, 5);
	assert_false(bar_is_dirty(bar));
	bar_set(bar, parts, 4);
	assert_true(bar_is_dirty(bar));
	bar_free(bar);
	rig_close(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(selection_skips_headings_and_stays_on_its_key),
		cmocka_unit_test(rows_are_cut_to_the_width),
		cmocka_unit_test(rows_with_a_column_are_wrapped),
		cmocka_unit_test(bars_give_up_what_matters_least),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
