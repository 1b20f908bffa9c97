/*
 * Lines of a conversation: order, sameness, pending lines and pages.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tui/chat.h"

static struct bridge_line
line_of(int64_t id, int64_t place, int64_t seq, bool is_own, const char *body)
{
	return (struct bridge_line){.id = id,
				    .jid = "a@b",
				    .place = place,
				    .seq = seq,
				    .is_own = is_own,
				    .body = body,
				    .time = 1000,
				    .state = is_own ? line_state_SENT
						    : line_state_RECEIVED};
}

/* A conversation whose newest page held COUNT lines of somebody else: ids and places
 * FIRST, FIRST + 1 … */
static struct chat *
loaded(int64_t first, size_t count, bool has_more)
{
	struct chat *chat = chat_new("a@b");
	struct bridge_line lines[64];

	assert_true(count <= 64);
	for (size_t i = 0; i < count; i++) {
		int64_t id = first + (int64_t)i;

		lines[i] = line_of(id, id, id, false, "x");
	}
	struct bridge_message_page_result page = {
		.lines = lines, .lines_count = count, .has_more = has_more};
	chat_put_page(chat, &page, 0);
	return chat;
}

/* The ids in their order, as text. */
static const char *
order(const struct chat *chat, char out[256])
{
	out[0] = '\0';
	for (size_t i = 0; i < chat->line_count; i++) {
		char id[32];

		(void)snprintf(id, sizeof id, "%s%lld", i ? " " : "",
			       (long long)(chat->lines[i]->id % 1000));
		(void)strncat(out, id, 255 - strlen(out));
	}
	return out;
}

static void
lines_stand_by_place_not_by_arrival(void **state)
{
	struct chat *chat = loaded(10, 2, false);
	struct bridge_line late = line_of(50, 5, 90, false, "late");
	char text[256];

	(void)state;
	chat_put(chat, &late);
	assert_string_equal(order(chat, text), "50 10 11");
	late.place = 20;
	late.seq = 91;
	chat_put(chat, &late);
	assert_string_equal(order(chat, text), "10 11 50");
	chat_free(chat);
}

static void
an_older_event_of_a_line_is_left_out(void **state)
{
	struct chat *chat = loaded(10, 1, false);
	struct bridge_line line = line_of(10, 10, 5, false, "older");

	(void)state;
	chat_put(chat, &line);
	assert_string_equal(chat_line(chat, 10)->body, "x");
	line.seq = 500;
	line.body = "newer";
	chat_put(chat, &line);
	assert_string_equal(chat_line(chat, 10)->body, "newer");
	assert_int_equal(chat->line_count, 1);
	chat_free(chat);
}

static void
a_pending_line_goes_when_its_token_comes_back(void **state)
{
	struct chat *chat = loaded(10, 1, false);
	uint8_t token[CHAT_TOKEN] = {7};

	(void)state;
	(void)chat_add_pending(chat, token, "hello", 2000);
	assert_int_equal(chat->line_count, 2);
	struct bridge_line line = line_of(11, 11, 11, true, "hello");
	line.token = (struct bridge_bin){token, CHAT_TOKEN};
	chat_put(chat, &line);
	assert_int_equal(chat->line_count, 2);
	assert_int_equal(chat->lines[1]->id, 11);
	chat_free(chat);
}

static void
a_pending_line_goes_when_its_stored_line_is_seen(void **state)
{
	struct chat *chat = loaded(10, 1, false);
	uint8_t token[CHAT_TOKEN] = {7};

	(void)state;
	chat_add_pending(chat, token, "hello", 2000)->stored_id = 11;
	struct bridge_line line = line_of(11, 11, 11, true, "hello");
	chat_put(chat, &line);
	assert_int_equal(chat->line_count, 2);
	assert_null(chat_pending(chat, token));
	chat_free(chat);
}

static void
somebody_else_cannot_settle_a_pending_line(void **state)
{
	struct chat *chat = loaded(10, 1, false);
	uint8_t token[CHAT_TOKEN] = {7};

	(void)state;
	(void)chat_add_pending(chat, token, "hello", 2000);
	struct bridge_line line = line_of(11, 11, 11, false, "hello");
	line.token = (struct bridge_bin){token, CHAT_TOKEN};
	chat_put(chat, &line);
	assert_non_null(chat_pending(chat, token));
	chat_free(chat);
}

static void
pending_lines_stay_last_in_the_order_they_were_sent(void **state)
{
	struct chat *chat = loaded(10, 1, false);
	uint8_t one[CHAT_TOKEN] = {1}, two[CHAT_TOKEN] = {2};
	struct bridge_line line = line_of(99, 99, 99, false, "in between");

	(void)state;
	(void)chat_add_pending(chat, one, "one", 1);
	(void)chat_add_pending(chat, two, "two", 2);
	chat_put(chat, &line);
	assert_string_equal(chat->lines[1]->body, "in between");
	assert_string_equal(chat->lines[2]->body, "one");
	assert_string_equal(chat->lines[3]->body, "two");
	chat_free(chat);
}

static void
a_newest_page_with_a_gap_replaces_what_was_there(void **state)
{
	struct chat *chat = loaded(10, 3, false);
	struct bridge_line lines[] = {line_of(40, 40, 40, false, "x"),
				      line_of(41, 41, 41, false, "x")};
	struct bridge_message_page_result page = {
		.lines = lines, .lines_count = 2, .has_more = true};
	char text[256];

	(void)state;
	chat_put_page(chat, &page, 0);
	assert_true(chat_has_unknown(chat));
	chat_forget_unknown(chat);
	assert_string_equal(order(chat, text), "40 41");
	assert_true(chat->has_more);
	chat_free(chat);
}

static void
a_newest_page_is_all_there_is_in_its_range(void **state)
{
	struct chat *chat = loaded(10, 6, true);
	/* 13 moved behind 14 unseen, 15 was taken back, 16 is new. */
	struct bridge_line lines[] = {
		line_of(12, 12, 12, false, "x"), line_of(14, 14, 14, false, "x"),
		line_of(13, 20, 30, false, "x"), line_of(16, 21, 31, false, "x")};
	struct bridge_message_page_result page = {
		.lines = lines, .lines_count = 4, .has_more = true};
	char text[256];

	(void)state;
	chat_expire(chat, false);
	chat_put_page(chat, &page, 0);
	assert_string_equal(order(chat, text), "10 11 12 14 13 16");
	/* What stands before it may be stale: it is read anew, or goes. */
	assert_true(chat_has_unknown(chat));
	struct bridge_line older = line_of(11, 11, 11, false, "x");
	struct bridge_message_page_result rest = {.lines = &older, .lines_count = 1};
	chat_put_page(chat, &rest, 12);
	assert_string_equal(order(chat, text), "11 12 14 13 16");
	assert_false(chat_has_unknown(chat));
	assert_false(chat->has_more);
	chat_free(chat);
}

static void
what_is_not_known_any_more_can_go(void **state)
{
	struct chat *chat = loaded(10, 3, true);
	struct bridge_line lines[] = {line_of(12, 12, 12, false, "x")};
	struct bridge_message_page_result page = {
		.lines = lines, .lines_count = 1, .has_more = true};
	char text[256];

	(void)state;
	chat_clean(chat);
	chat_put_page(chat, &page, 0);
	chat_forget_unknown(chat);
	assert_string_equal(order(chat, text), "12");
	assert_int_equal(chat->gone_count, 2);
	chat_free(chat);
}

static void
a_line_from_a_gap_comes_into_the_middle(void **state)
{
	struct chat *chat = loaded(10, 3, true);
	struct bridge_line in_gap = line_of(50, 11, 60, false, "from the archive");
	struct bridge_line below = line_of(51, 5, 61, false, "below what is loaded");
	char text[256];

	(void)state;
	in_gap.place = 11;
	chat_put(chat, &in_gap);
	assert_string_equal(order(chat, text), "10 11 50 12");
	/* There may be others between it and the first: a page brings it. */
	chat_put(chat, &below);
	assert_string_equal(order(chat, text), "10 11 50 12");
	/* A line that moves there goes with it. */
	in_gap.place = 4;
	in_gap.seq = 70;
	chat_put(chat, &in_gap);
	assert_string_equal(order(chat, text), "10 11 12");
	chat_free(chat);
}

static void
an_older_page_for_another_place_is_left_out(void **state)
{
	struct chat *chat = loaded(10, 5, true);
	struct bridge_line lines[] = {line_of(8, 8, 8, false, "x")};
	struct bridge_message_page_result page = {
		.lines = lines, .lines_count = 1, .has_more = true};
	char text[256];

	(void)state;
	chat->is_asking = true;
	chat_trim(chat, 2);
	chat_put_page(chat, &page, 10);
	assert_string_equal(order(chat, text), "13 14");
	assert_false(chat->is_asking);
	assert_true(chat->has_more);
	chat_free(chat);
}

static void
an_empty_page_with_more_behind_it_is_not_asked_for_again(void **state)
{
	struct chat *chat = loaded(10, 2, true);
	struct bridge_message_page_result page = {.has_more = true};

	(void)state;
	chat_put_page(chat, &page, 10);
	assert_true(chat->is_stuck);
	assert_true(chat->has_more);
	assert_int_equal(chat->known_from, 10);
	/* The same as the newest page: live lines still come in. */
	struct chat *empty = chat_new("a@b");
	struct bridge_line line = line_of(1, 1, 1, false, "x");
	chat_put_page(empty, &page, 0);
	chat_put(empty, &line);
	assert_int_equal(empty->line_count, 1);
	chat_free(empty);
	chat_free(chat);
}

static void
a_line_that_was_taken_back_goes(void **state)
{
	struct chat *chat = loaded(10, 3, false);
	char text[256];

	(void)state;
	chat_remove(chat, 11);
	chat_remove(chat, 99);
	assert_string_equal(order(chat, text), "10 12");
	chat_free(chat);
}

static void
an_older_page_says_whether_there_is_more(void **state)
{
	struct chat *chat = loaded(10, 2, true);
	struct bridge_line lines[] = {line_of(8, 8, 8, false, "x"),
				      line_of(9, 9, 9, false, "x")};
	struct bridge_message_page_result page = {.lines = lines, .lines_count = 2};
	char text[256];

	(void)state;
	chat_put_page(chat, &page, 10);
	assert_string_equal(order(chat, text), "8 9 10 11");
	assert_false(chat->has_more);
	chat_free(chat);
}

static void
trimming_keeps_the_newest_and_knows_of_more(void **state)
{
	struct chat *chat = loaded(10, 5, false);
	char text[256];

	(void)state;
	chat_clean(chat);
	chat_trim(chat, 2);
	assert_string_equal(order(chat, text), "13 14");
	assert_true(chat->has_more);
	assert_int_equal(chat->gone_count, 3);
	chat_free(chat);
}

static void
only_a_shown_conversation_grows(void **state)
{
	static const struct {
		bool is_shown;
		size_t most;
	} rows[] = {{false, CHAT_KEEP + CHAT_SLACK}, {true, 3000}};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct chat *chat = loaded(10, 1, false);

		chat->is_shown = rows[i].is_shown;
		chat->is_reset = !rows[i].is_shown;
		for (int64_t id = 11; id < 3010; id++) {
			struct bridge_line line = line_of(id, id, id, false, "x");

			chat_put(chat, &line);
			assert_true(chat->line_count <= rows[i].most);
		}
		assert_int_equal(chat_newest_place(chat), 3009);
		assert_int_equal(chat->has_more, !rows[i].is_shown);
		assert_int_equal(chat->known_from > 10, !rows[i].is_shown);
		assert_int_equal(chat->gone_count, 0);
		chat_free(chat);
	}
}

static void
the_first_unread_is_of_somebody_else(void **state)
{
	struct chat *chat = loaded(10, 3, false);
	struct bridge_line own = line_of(13, 13, 13, true, "mine");

	(void)state;
	chat->read_place = 10;
	assert_int_equal(chat_first_after(chat, chat->read_place), 11);
	chat->read_place = 12;
	chat_put(chat, &own);
	assert_int_equal(chat_first_after(chat, chat->read_place), 0);
	chat_free(chat);
}

static void
lines_are_cleaned_at_the_door(void **state)
{
	struct chat *chat = loaded(10, 1, false);
	struct bridge_line line =
		line_of(11, 11, 11, false, "a\x1b[31mb\xe2\x80\xae\r\nc");

	(void)state;
	chat_put(chat, &line);
	assert_string_equal(chat_line(chat, 11)->body,
			    "a\xef\xbf\xbd[31mb\xef\xbf\xbd\nc");
	chat_free(chat);
}

static void
lines_of_a_conversation_that_is_not_loaded_are_not_kept(void **state)
{
	struct chat *chat = chat_new("a@b");
	struct bridge_line line = line_of(11, 11, 11, false, "x");

	(void)state;
	chat_put(chat, &line);
	assert_int_equal(chat->line_count, 0);
	chat_free(chat);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_stand_by_place_not_by_arrival),
		cmocka_unit_test(an_older_event_of_a_line_is_left_out),
		cmocka_unit_test(a_pending_line_goes_when_its_token_comes_back),
		cmocka_unit_test(a_pending_line_goes_when_its_stored_line_is_seen),
		cmocka_unit_test(somebody_else_cannot_settle_a_pending_line),
		cmocka_unit_test(pending_lines_stay_last_in_the_order_they_were_sent),
		cmocka_unit_test(a_newest_page_with_a_gap_replaces_what_was_there),
		cmocka_unit_test(a_newest_page_is_all_there_is_in_its_range),
		cmocka_unit_test(what_is_not_known_any_more_can_go),
		cmocka_unit_test(a_line_from_a_gap_comes_into_the_middle),
		cmocka_unit_test(an_older_page_for_another_place_is_left_out),
		cmocka_unit_test(
			an_empty_page_with_more_behind_it_is_not_asked_for_again),
		cmocka_unit_test(a_line_that_was_taken_back_goes),
		cmocka_unit_test(an_older_page_says_whether_there_is_more),
		cmocka_unit_test(trimming_keeps_the_newest_and_knows_of_more),
		cmocka_unit_test(only_a_shown_conversation_grows),
		cmocka_unit_test(the_first_unread_is_of_somebody_else),
		cmocka_unit_test(lines_are_cleaned_at_the_door),
		cmocka_unit_test(lines_of_a_conversation_that_is_not_loaded_are_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
