/*
 * The conversation view as pictures of the screen: wrapping, order, scrolling back, what
 * arrives meanwhile, what counts as seen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/widgets/rig.h"
#include "widgets/log.h"

struct view {
	struct rig rig;
	struct log *log;
};

static struct view
view_open(int rows, int columns)
{
	struct view view = {.rig = rig_open(rows, columns), .log = log_new()};
	rig_start(&view.rig, "xterm-256color");
	log_set_area(view.log, (struct screen_area){0, 0, rows, columns});
	return view;
}

static void
view_close(struct view *view)
{
	log_free(view->log);
	rig_close(&view->rig);
}

static void
say_at(struct view *view, uint64_t id, int64_t place, const char *body)
{
	log_put(view->log, &(struct log_line){.id = id,
					      .place = place,
					      .kind = LOG_MESSAGE,
					      .time = "12:03",
					      .nick = "al",
					      .body = body});
}

static void
say(struct view *view, uint64_t id, const char *body)
{
	say_at(view, id, (int64_t)id, body);
}

static void
say_numbers(struct view *view, int from, int to)
{
	char body[16];
	for (int i = from; i <= to; i++) {
		(void)snprintf(body, sizeof body, "n%d", i);
		say(view, (uint64_t)i, body);
	}
}

static void
draw(struct view *view)
{
	(void)log_draw(view->log, view->rig.screen);
	(void)rig_flush(&view->rig);
	assert_false(log_is_dirty(view->log));
}

static void
expect(struct view *view, const char *const *rows)
{
	draw(view);
	for (int y = 0; y < view->rig.rows; y++)
		rig_expect(&view->rig, y, rows[y]);
}

#define EXPECT(view, ...) expect(view, (const char *const[]){__VA_ARGS__})

static void
lines_stand_at_the_bottom_and_wrap(void **state)
{
	(void)state;
	struct view view = view_open(6, 32);
	EXPECT(&view, "", "", "", "", "", "");
	say(&view, 2, "hello");
	log_put(view.log,
		&(struct log_line){
			.id = 1, .place = 2, .kind = LOG_DAY, .body = "Friday"});
	log_put(view.log, &(struct log_line){.id = 3,
					     .place = 3,
					     .kind = LOG_ACTION,
					     .time = "12:04",
					     .nick = "al",
					     .body = "waves at everybody who is here"});
	EXPECT(&view, "", "", "─── Friday ───", "12:03  al: hello",
	       "12:04  * al waves at everybody", "       who is here");
	log_put(view.log, &(struct log_line){.id = 4,
					     .place = 4,
					     .kind = LOG_NOTICE,
					     .time = "12:05",
					     .body = "online"});
	log_put(view.log, &(struct log_line){.id = 5,
					     .place = 5,
					     .kind = LOG_MESSAGE,
					     .time = "12:05",
					     .mark = "!",
					     .nick = "me",
					     .body = "hi",
					     .note = "(no such host)"});
	EXPECT(&view, "─── Friday ───", "12:03  al: hello",
	       "12:04  * al waves at everybody", "       who is here", "12:05  - online",
	       "12:05! me: hi (no such host)");
	view_close(&view);
}

static void
place_orders_and_updates_move(void **state)
{
	(void)state;
	struct view view = view_open(4, 40);
	say_at(&view, 10, 10, "ten");
	say_at(&view, 99, INT64_MAX, "pending");
	say_at(&view, 30, 30, "thirty");
	EXPECT(&view, "", "12:03  al: ten", "12:03  al: thirty", "12:03  al: pending");
	say_at(&view, 99, 20, "sent");
	EXPECT(&view, "", "12:03  al: ten", "12:03  al: sent", "12:03  al: thirty");
	assert_true(log_remove(view.log, 10));
	assert_false(log_remove(view.log, 10));
	EXPECT(&view, "", "", "12:03  al: sent", "12:03  al: thirty");
	assert_int_equal(log_count(view.log), 2);
	log_clear(view.log);
	EXPECT(&view, "", "", "", "");
	view_close(&view);
}

static void
arrivals_leave_a_scrolled_view_alone(void **state)
{
	(void)state;
	struct view view = view_open(3, 40);
	say_numbers(&view, 1, 10);
	draw(&view);
	assert_int_equal(log_scroll(view.log, 2), 2);
	assert_false(log_is_at_bottom(view.log));
	EXPECT(&view, "12:03  al: n6", "12:03  al: n7", "12:03  al: n8");
	assert_int_equal(log_below(view.log), 2);
	say_numbers(&view, 11, 15);
	EXPECT(&view, "12:03  al: n6", "12:03  al: n7", "12:03  al: n8");
	assert_int_equal(log_below(view.log), 7);
	uint64_t id;
	int64_t place;
	assert_true(log_last_visible(view.log, &id, &place));
	assert_int_equal(id, 8);
	assert_true(log_is_visible(view.log, 6));
	assert_false(log_is_visible(view.log, 9));
	assert_false(log_is_visible(view.log, 5));
	/* Older lines that come in front move nothing either. */
	say_at(&view, 100, 0, "older");
	EXPECT(&view, "12:03  al: n6", "12:03  al: n7", "12:03  al: n8");
	assert_true(log_remove(view.log, 8));
	EXPECT(&view, "12:03  al: n5", "12:03  al: n6", "12:03  al: n7");
	log_to_bottom(view.log);
	EXPECT(&view, "12:03  al: n13", "12:03  al: n14", "12:03  al: n15");
	view_close(&view);
}

static void
scrolling_ends_at_both_ends(void **state)
{
	(void)state;
	struct view view = view_open(4, 40);
	assert_int_equal(log_scroll(view.log, 5), 0);
	assert_true(log_wants_older(view.log));
	say_numbers(&view, 1, 3);
	assert_int_equal(log_scroll(view.log, 5), 0);
	say_numbers(&view, 4, 20);
	assert_false(log_wants_older(view.log));
	assert_int_equal(log_page_up(view.log), 2);
	assert_int_equal(log_scroll(view.log, 100), 14);
	assert_true(log_wants_older(view.log));
	EXPECT(&view, "12:03  al: n1", "12:03  al: n2", "12:03  al: n3", "12:03  al: n4");
	assert_int_equal(log_scroll(view.log, -100), -16);
	assert_true(log_is_at_bottom(view.log));
	assert_false(log_is_at_top(view.log));
	log_to_top(view.log);
	assert_true(log_is_at_top(view.log));
	EXPECT(&view, "12:03  al: n1", "12:03  al: n2", "12:03  al: n3", "12:03  al: n4");
	assert_true(log_show(view.log, 8));
	EXPECT(&view, "12:03  al: n8", "12:03  al: n9", "12:03  al: n10",
	       "12:03  al: n11");
	assert_int_equal(log_trim(view.log, 5), 7);
	EXPECT(&view, "12:03  al: n8", "12:03  al: n9", "12:03  al: n10",
	       "12:03  al: n11");
	view_close(&view);
}

static void
another_width_wraps_anew(void **state)
{
	(void)state;
	struct view view = view_open(4, 40);
	say(&view, 1, "one two three four five six seven");
	EXPECT(&view, "", "", "12:03  al: one two three four five six", "       seven");
	log_set_area(view.log, (struct screen_area){0, 0, 4, 16});
	screen_erase(view.rig.screen);
	EXPECT(&view, "", "12:03  al: one", "two three four", "five six seven");
	view_close(&view);
}

static void
bare_text_is_whole(void **state)
{
	(void)state;
	struct view view = view_open(3, 30);
	say(&view, 1, "not in view");
	say(&view, 2, "https://example.org/a/very/long/path/to/a/page?with=query");
	char *text = log_bare(view.log);
	assert_string_equal(text, "12:03 al: https://example.org/a/very/long/path/to/a/"
				  "page?with=query\n");
	free(text);
	view_close(&view);
}

static void
tiny_areas_and_hostile_text_survive(void **state)
{
	(void)state;
	struct view view = view_open(10, 40);
	say(&view, 1, "\u4f60\u597d\u4f60\u597d e\u0301\u0302\u0303\xff\xfe \n\n\n end");
	log_put(view.log,
		&(struct log_line){.id = 2,
				   .place = 2,
				   .kind = LOG_MESSAGE,
				   .nick = "a nick that is far too long for this",
				   .body = ""});
	log_put(view.log,
		&(struct log_line){.id = 3, .place = 3, .kind = LOG_NEW, .body = "new"});
	for (int width = 0; width <= 12; width++) {
		for (int height = 0; height <= 4; height++) {
			log_set_area(view.log, (struct screen_area){0, 0, height, width});
			(void)log_draw(view.log, view.rig.screen);
			(void)log_scroll(view.log, 3);
			(void)log_draw(view.log, view.rig.screen);
			(void)log_scroll(view.log, -3);
		}
	}
	view_close(&view);
}

static void
say_marked(struct view *view, uint64_t id, const char *body, const char *mark)
{
	log_put(view->log, &(struct log_line){.id = id,
					      .place = (int64_t)id,
					      .kind = LOG_MESSAGE,
					      .time = "12:03",
					      .mark = mark,
					      .mark_role = ROLE_ACKED,
					      .nick = "me",
					      .body = body});
}

static void
another_mark_costs_the_mark_alone(void **state)
{
	(void)state;
	struct view view = view_open(10, 80);
	char body[80];
	for (int i = 1; i <= 20; i++) {
		(void)snprintf(body, sizeof body,
			       "line %d: %d miles to go before I sleep", i, i * 7919);
		say_marked(&view, (uint64_t)i, body, "-");
	}
	draw(&view);
	(void)rig_flush(&view.rig);
	say_marked(&view, 18, "line 18: 142542 miles to go before I sleep", "+");
	(void)log_draw(view.log, view.rig.screen);
	size_t bytes = rig_flush(&view.rig);
	rig_expect(&view.rig, 7, "12:03+ me: line 18: 142542 miles to go before I sleep");
	if (bytes > 12)
		fail_msg("%zu bytes for one mark", bytes);
	/* All at once, and a line arrives in the same turn: still scrolled. */
	for (int i = 1; i <= 20; i++) {
		(void)snprintf(body, sizeof body,
			       "line %d: %d miles to go before I sleep", i, i * 7919);
		say_marked(&view, (uint64_t)i, body, "*");
	}
	say(&view, 21, "and miles to go before I sleep");
	(void)log_draw(view.log, view.rig.screen);
	bytes = rig_flush(&view.rig);
	rig_expect(&view.rig, 8, "12:03* me: line 20: 158380 miles to go before I sleep");
	if (bytes > 280)
		fail_msg("%zu bytes for nine marks and a line", bytes);
	view_close(&view);
}

static void
ten_thousands_of_lines_are_quick(void **state)
{
	(void)state;
	struct view view = view_open(50, 120);
	say_numbers(&view, 1, 30000);
	draw(&view);
	for (int i = 0; i < 200; i++) {
		(void)log_page_up(view.log);
		(void)log_draw(view.log, view.rig.screen);
	}
	say(&view, 30001, "one more");
	assert_true(log_below(view.log) > 9000);
	view_close(&view);
}

static void
rows_left_blank_in_a_burst_are_closed(void **state)
{
	(void)state;
	struct view view = view_open(6, 40);
	/* Not before the page is full. */
	log_set_fixed(view.log, true);
	say_numbers(&view, 1, 3);
	EXPECT(&view, "", "", "", "12:03  al: n1", "12:03  al: n2", "12:03  al: n3");
	assert_int_equal(log_slack(view.log), 0);
	say_numbers(&view, 4, 7);
	EXPECT(&view, "12:03  al: n4", "12:03  al: n5", "12:03  al: n6", "12:03  al: n7",
	       "", "");
	assert_int_equal(log_slack(view.log), 2);
	say_numbers(&view, 8, 8);
	EXPECT(&view, "12:03  al: n4", "12:03  al: n5", "12:03  al: n6", "12:03  al: n7",
	       "12:03  al: n8", "");
	log_set_fixed(view.log, false);
	assert_true(log_is_dirty(view.log));
	EXPECT(&view, "12:03  al: n3", "12:03  al: n4", "12:03  al: n5", "12:03  al: n6",
	       "12:03  al: n7", "12:03  al: n8");
	assert_int_equal(log_slack(view.log), 0);
	/* Nothing is to be painted where no row is blank. */
	log_set_fixed(view.log, true);
	log_set_fixed(view.log, false);
	assert_false(log_is_dirty(view.log));
	view_close(&view);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_stand_at_the_bottom_and_wrap),
		cmocka_unit_test(place_orders_and_updates_move),
		cmocka_unit_test(arrivals_leave_a_scrolled_view_alone),
		cmocka_unit_test(scrolling_ends_at_both_ends),
		cmocka_unit_test(another_width_wraps_anew),
		cmocka_unit_test(bare_text_is_whole),
		cmocka_unit_test(tiny_areas_and_hostile_text_survive),
		cmocka_unit_test(another_mark_costs_the_mark_alone),
		cmocka_unit_test(rows_left_blank_in_a_burst_are_closed),
		cmocka_unit_test(ten_thousands_of_lines_are_quick),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
