/*
 * Gaps: where the lines of an archive go, between those that came before and after; and
 * how far an archive is known.
 */
#include "backend/store/gaps.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "backend/store/conversations.h"
#include "backend/store/messages.h"
#include "tests/backend/store/bed.h"

#define CASE(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
#define ME "me@x"

static int64_t
ensure(struct store *store, const char *jid)
{
	int64_t id = 0;
	assert_int_equal(conversations_ensure(store, CONVERSATION_CHAT, jid, &id), 0);
	return id;
}

static int64_t
add_live(struct store *store, const char *jid, const char *body)
{
	struct message message = {.sender = jid, .body = body, .sent_ms = 5};
	message.conversation = ensure(store, jid);
	assert_int_equal(messages_add(store, &message), 0);
	return message.id;
}

static int64_t
add_to_gap(struct store *store, int64_t gap, const char *jid, const char *body)
{
	struct message message = {.sender = jid, .body = body, .sent_ms = 3};
	message.conversation = ensure(store, jid);
	if (gap == GAP_BELOW)
		assert_int_equal(
			messages_place_below(store, message.conversation, &message.place),
			0);
	else
		assert_int_equal(
			gaps_take_place(store, gap, message.conversation, &message.place),
			0);
	assert_int_equal(messages_add_placed(store, &message, gap != GAP_BELOW), 0);
	return message.id;
}

static int64_t
open_gap(struct store *store, int64_t since_ms)
{
	int64_t id = 0;
	assert_int_equal(gaps_open(store, ME, since_ms, &id), 0);
	return id;
}

static void
assert_bodies(struct store *store, const char *jid, const char *expected)
{
	struct arena arena = {0};
	struct message_list list = {0};
	struct message_range range = {.conversation = ensure(store, jid), .limit = 100};
	char text[256] = "";
	size_t len = 0;
	assert_int_equal(messages_page(store, &range, &arena, &list), 0);
	for (size_t i = 0; i < list.count; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "%s ",
					list.items[i].body);
	assert_string_equal(text, expected);
	arena_done(&arena);
}

static void
assert_gap(struct store *store, int64_t id, const char *after_id, const char *before_id)
{
	struct arena arena = {0};
	struct gap gap = {0};
	assert_int_equal(gaps_get(store, id, &arena, &gap), 0);
	if (after_id)
		assert_string_equal(gap.after_id, after_id);
	else
		assert_null(gap.after_id);
	if (before_id)
		assert_string_equal(gap.before_id, before_id);
	else
		assert_null(gap.before_id);
	arena_done(&arena);
}

static int
fill_between(struct store *store, void *data)
{
	(void)data;
	(void)add_live(store, "f@x", "old");
	(void)add_live(store, "g@x", "g-old");
	int64_t gap = open_gap(store, 0);
	(void)add_live(store, "f@x", "live");
	(void)add_to_gap(store, gap, "f@x", "a");
	(void)add_to_gap(store, gap, "g@x", "g-a");
	(void)add_live(store, "f@x", "later");
	(void)add_to_gap(store, gap, "f@x", "b");
	(void)add_to_gap(store, GAP_BELOW, "f@x", "older");
	(void)add_to_gap(store, GAP_BELOW, "f@x", "oldest");
	(void)add_to_gap(store, GAP_BELOW, "new@x", "n2");
	(void)add_to_gap(store, GAP_BELOW, "new@x", "n1");
	(void)add_live(store, "new@x", "n3");
	assert_bodies(store, "f@x", "oldest older old a b live later ");
	assert_bodies(store, "g@x", "g-old g-a ");
	assert_bodies(store, "new@x", "n1 n2 n3 ");
	return 0;
}

static void
an_archives_lines_go_between_the_old_and_the_live_ones(void **state)
{
	assert_int_equal(bed_run(*state, fill_between, NULL), 0);
}

static int
fill_two(struct store *store, void *data)
{
	(void)data;
	struct arena arena = {0};
	struct gap gap = {0};
	(void)add_live(store, "f@x", "old");
	int64_t one = open_gap(store, 1);
	assert_int_equal(gaps_get(store, one, &arena, &gap), 0);
	int64_t place = gap.next_place;
	/* The newest page first, in the upper part. */
	assert_int_equal(gaps_set_place(store, one, gaps_upper_place(gap.end_place)), 0);
	(void)add_to_gap(store, one, "f@x", "y");
	(void)add_to_gap(store, one, "f@x", "z");
	assert_int_equal(gaps_set_place(store, one, place), 0);
	(void)add_live(store, "f@x", "live");
	assert_int_equal(archives_move(store, ME, "L", 7), 0);
	int64_t two = open_gap(store, 0);
	(void)add_to_gap(store, two, "f@x", "m");
	(void)add_to_gap(store, one, "f@x", "a");
	assert_gap(store, two, "L", NULL);
	assert_bodies(store, "f@x", "old a y z live m ");
	arena_done(&arena);
	return 0;
}

static void
a_second_gap_lies_above_what_came_live_after_the_first(void **state)
{
	assert_int_equal(bed_run(*state, fill_two, NULL), 0);
}

static int
pass_page(struct store *store, void *data)
{
	(void)data;
	struct arena arena = {0};
	struct gap gap = {0};
	struct message line = {0};
	int64_t id = open_gap(store, 0);
	assert_int_equal(gaps_get(store, id, &arena, &gap), 0);
	int64_t place = gap.next_place;
	assert_int_equal(gaps_set_place(store, id, gaps_upper_place(gap.end_place)), 0);
	int64_t known = add_to_gap(store, id, "f@x", "z");
	assert_int_equal(gaps_set_place(store, id, place), 0);
	(void)add_to_gap(store, id, "f@x", "a");
	assert_int_equal(messages_get(store, known, &arena, &line), 0);
	assert_int_equal(gaps_pass(store, id, line.place), 0);
	(void)add_to_gap(store, id, "f@x", "tail");
	assert_int_equal(gaps_pass(store, id, place), 0); /* never back */
	assert_int_equal(gaps_pass(store, id, gap.end_place), 0);
	(void)add_to_gap(store, id, "f@x", "tail2");
	assert_bodies(store, "f@x", "a z tail tail2 ");
	assert_int_equal(gaps_set_place(store, id, gap.end_place), 0);
	assert_int_equal(gaps_take_place(store, id, 1, &place), -ENOSPC);
	assert_int_equal(gaps_close(store, id), 0);
	assert_int_equal(gaps_take_place(store, id, 1, &place), -ENOENT);
	arena_done(&arena);
	return 0;
}

static void
what_lies_behind_the_newest_page_goes_behind_it(void **state)
{
	assert_int_equal(bed_run(*state, pass_page, NULL), 0);
}

static int
meet_forgotten(struct store *store, void *data)
{
	(void)data;
	struct arena arena = {0};
	struct gap gap = {0};
	int64_t id = open_gap(store, 5);
	assert_int_equal(gaps_get(store, id, &arena, &gap), 0);
	(void)add_to_gap(store, id, "f@x", "a");
	(void)add_to_gap(store, id, "f@x", "b");
	/* The walk comes here again, and the archive has neither any more. */
	assert_int_equal(gaps_set_place(store, id, gap.next_place), 0);
	(void)add_to_gap(store, id, "f@x", "c");
	(void)add_to_gap(store, id, "other@x", "d");
	assert_bodies(store, "f@x", "a b c ");
	assert_bodies(store, "other@x", "d ");
	arena_done(&arena);
	return 0;
}

static void
a_line_that_the_archive_forgot_keeps_its_place(void **state)
{
	assert_int_equal(bed_run(*state, meet_forgotten, NULL), 0);
}

static int
overtake(struct store *store, void *data)
{
	(void)data;
	struct arena arena = {0};
	struct message line = {0};
	enum gap_side side;
	int64_t one = open_gap(store, 5);
	(void)add_to_gap(store, one, "f@x", "a");
	int64_t mine = add_live(store, "f@x", "mine");
	int64_t chat = ensure(store, "f@x");
	assert_int_equal(messages_get(store, mine, &arena, &line), 0);
	int64_t place = line.place;
	assert_int_equal(gaps_compare(store, one, place, &side), 0);
	assert_int_equal(side, GAP_LATE);
	assert_int_equal(archives_move(store, ME, "N", 9), 0);
	int64_t two = open_gap(store, 0);
	assert_int_equal(gaps_compare(store, two, place, &side), 0);
	assert_int_equal(side, GAP_EARLY);
	/* What an older gap holds may yet come before it. */
	assert_int_equal(gaps_overtake(store, two, chat, place), 1);
	assert_int_equal(gaps_close(store, one), 0);
	assert_int_equal(gaps_overtake(store, two, chat, place), 0);
	(void)add_to_gap(store, two, "other@x", "b");
	(void)add_live(store, "f@x", "live");
	assert_int_equal(gaps_overtake(store, two, chat, place), 0);
	int64_t placed = add_to_gap(store, two, "f@x", "c");
	assert_int_equal(gaps_overtake(store, two, chat, place), 1);
	assert_int_equal(messages_get(store, placed, &arena, &line), 0);
	assert_int_equal(gaps_compare(store, two, line.place, &side), 0);
	assert_int_equal(side, GAP_FITS);
	/* A later gap comes to it when this one is closed and forgotten. */
	assert_int_equal(gaps_close(store, two), 0);
	assert_int_equal(archives_move(store, ME, "O", 10), 0);
	int64_t three = open_gap(store, 0);
	assert_int_equal(gaps_overtake(store, three, chat, place), 1);
	arena_done(&arena);
	return 0;
}

static void
a_line_is_overtaken_by_what_a_gap_brings(void **state)
{
	assert_int_equal(bed_run(*state, overtake, NULL), 0);
}

static int64_t
add_said(struct store *store, int64_t room, const char *archive_id)
{
	struct message message = {.conversation = room,
				  .sender = "den@r/nick",
				  .body = "line",
				  .archive_id = archive_id,
				  .archive_by = archive_id ? "den@r" : NULL};
	assert_int_equal(messages_add(store, &message), 0);
	return message.place;
}

static int
overtake_in_room(struct store *store, void *data)
{
	(void)data;
	int64_t room = 0;
	int64_t gap = 0;
	assert_int_equal(conversations_ensure(store, CONVERSATION_ROOM, "den@r", &room),
			 0);
	(void)add_said(store, room, "one");
	int64_t mine = add_said(store, room, NULL);
	(void)add_said(store, room, NULL);
	assert_int_equal(gaps_open(store, "den@r", 0, &gap), 0);
	assert_int_equal(gaps_overtake(store, gap, room, mine), 0);
	assert_int_equal(gaps_close(store, gap), 0);
	(void)add_said(store, room, "two");
	int64_t last = add_said(store, room, NULL);
	assert_int_equal(gaps_open(store, "den@r", 0, &gap), 0);
	assert_int_equal(gaps_overtake(store, gap, room, mine), 1);
	/* What comes live from now on is behind the gap. */
	(void)add_said(store, room, "four");
	assert_int_equal(gaps_overtake(store, gap, room, last), 0);
	return 0;
}

static void
a_line_of_a_room_is_overtaken_by_what_was_said_before_it(void **state)
{
	assert_int_equal(bed_run(*state, overtake_in_room, NULL), 0);
}

static int
older_ends(struct store *store, void *data)
{
	(void)data;
	struct arena arena = {0};
	struct gap gap = {0};
	struct archive_position position = {0};
	assert_int_equal(archives_get(store, ME, &arena, &position), -ENOENT);
	int64_t first = open_gap(store, 0);
	assert_gap(store, first, NULL, NULL);
	assert_int_equal(gaps_set_tries(store, first, 3), 0);
	int64_t again = open_gap(store, 0);
	assert_int_equal(gaps_get(store, first, &arena, &gap), -ENOENT);
	assert_int_equal(gaps_get(store, again, &arena, &gap), 0);
	assert_int_equal(gap.tries, 3);
	assert_int_equal(archives_move(store, ME, "N", 9), 0);
	assert_int_equal(gaps_advance(store, again, "A"), 0);
	int64_t next = open_gap(store, 0);
	assert_gap(store, again, "A", "N");
	assert_gap(store, next, "N", NULL);
	int64_t last = open_gap(store, 0);
	assert_int_equal(gaps_get(store, next, &arena, &gap), -ENOENT);
	assert_gap(store, last, "N", NULL);
	assert_int_equal(gaps_first(store, ME, &arena, &gap), 0);
	assert_int_equal(gap.id, again);
	assert_int_equal(gaps_first(store, "other@x", &arena, &gap), -ENOENT);
	assert_int_equal(archives_get(store, ME, &arena, &position), 0);
	assert_string_equal(position.newest_id, "N");
	assert_int_equal(position.newest_ms, 9);
	assert_int_equal(gaps_set_tries(store, last, 2), 0);
	assert_int_equal(gaps_get(store, last, &arena, &gap), 0);
	assert_int_equal(gap.tries, 2);
	assert_int_equal(gap.since_ms, 9);
	assert_int_equal(gaps_rewind(store, last), 0);
	assert_gap(store, last, NULL, NULL);
	assert_int_equal(gaps_advance(store, last, "O"), 0);
	assert_int_equal(gaps_get(store, last, &arena, &gap), 0);
	assert_int_equal(gap.tries, 0);
	arena_done(&arena);
	return 0;
}

static void
an_older_gap_ends_where_the_next_begins(void **state)
{
	assert_int_equal(bed_run(*state, older_ends, NULL), 0);
}

static int
count_unread(struct store *store, void *data)
{
	(void)data;
	struct arena arena = {0};
	struct conversation row = {0};
	struct message line = {0};
	int64_t conversation = ensure(store, "f@x");
	int64_t gap = open_gap(store, 0);
	int64_t read = add_to_gap(store, gap, "f@x", "a");
	(void)add_to_gap(store, gap, "f@x", "b");
	(void)add_to_gap(store, GAP_BELOW, "f@x", "older");
	assert_int_equal(conversations_get(store, conversation, &arena, &row), 0);
	assert_int_equal(row.unread, 2);
	int64_t live = add_live(store, "f@x", "live");
	assert_int_equal(messages_get(store, live, &arena, &line), 0);
	assert_true(conversations_set_read(store, conversation, line.place) > 0);
	(void)add_to_gap(store, gap, "f@x", "c");
	assert_int_equal(conversations_get(store, conversation, &arena, &row), 0);
	assert_int_equal(row.unread, 0);
	assert_int_equal(row.last_ms, 5);
	assert_string_equal(row.last.body, "live");
	assert_int_equal(messages_get(store, read, &arena, &line), 0);
	arena_done(&arena);
	return 0;
}

static void
what_lies_before_a_read_line_counts_as_read(void **state)
{
	assert_int_equal(bed_run(*state, count_unread, NULL), 0);
}

static int64_t
unread_of(struct store *store, int64_t conversation)
{
	struct arena arena = {0};
	struct conversation row = {0};
	assert_int_equal(conversations_get(store, conversation, &arena, &row), 0);
	arena_done(&arena);
	return row.unread;
}

static int64_t
take_place(struct store *store, int64_t gap, int64_t conversation)
{
	int64_t place = 0;
	assert_int_equal(gaps_take_place(store, gap, conversation, &place), 0);
	return place;
}

static int
go_behind(struct store *store, void *data)
{
	(void)data;
	int64_t chat = ensure(store, "f@x");
	struct message first = {.conversation = chat,
				.sender = "f@x",
				.body = "first",
				.archive_id = "N",
				.archive_by = ME};
	struct message live = {.conversation = chat, .sender = "f@x", .body = "live"};
	assert_int_equal(messages_add(store, &first), 0);
	assert_int_equal(messages_add(store, &live), 0);
	assert_int_equal(archives_move(store, ME, "N", 9), 0);
	assert_true(conversations_set_read(store, chat, live.place) > 0);
	int64_t gap = open_gap(store, 0);
	assert_int_equal(gaps_has_brought(store, gap, chat, live.place), 0);
	(void)add_to_gap(store, gap, "other@x", "elsewhere");
	assert_int_equal(gaps_has_brought(store, gap, chat, live.place), 0);
	(void)add_to_gap(store, gap, "f@x", "missed");
	assert_int_equal(gaps_has_brought(store, gap, chat, live.place), 1);
	/* A server that gives again what was before the gap moves nothing. */
	assert_int_equal(gaps_has_brought(store, gap, chat, first.place), 0);
	/* What was read, and goes behind what was not, is news again. */
	assert_int_equal(unread_of(store, chat), 1);
	assert_int_equal(messages_move(store, live.id, take_place(store, gap, chat)), 0);
	assert_int_equal(unread_of(store, chat), 2);
	assert_bodies(store, "f@x", "first missed live ");
	/* Behind what was read it stays read. */
	struct arena arena = {0};
	assert_int_equal(messages_get(store, live.id, &arena, &live), 0);
	assert_true(conversations_set_read(store, chat, live.place) > 0);
	int64_t to = take_place(store, gap, chat);
	assert_int_equal(messages_move(store, live.id, to), 0);
	assert_int_equal(unread_of(store, chat), 0);
	(void)add_live(store, "f@x", "new");
	assert_int_equal(unread_of(store, chat), 1);
	assert_true(conversations_set_read(store, chat, to) >= 0);
	assert_int_equal(unread_of(store, chat), 1);
	arena_done(&arena);
	return 0;
}

static void
a_line_goes_behind_what_a_gap_brought_before_it(void **state)
{
	assert_int_equal(bed_run(*state, go_behind, NULL), 0);
}

static int
move_in_room(struct store *store, void *data)
{
	(void)data;
	struct message said = {
		.sender = ME, .is_outgoing = true, .state = MESSAGE_SENT, .body = "m1"};
	assert_int_equal(
		conversations_ensure(store, CONVERSATION_ROOM, "r@x", &said.conversation),
		0);
	struct message next = said, other = said;
	next.body = "m2";
	other.body = "o";
	other.is_outgoing = false;
	other.state = MESSAGE_RECEIVED;
	assert_int_equal(messages_add(store, &said), 0);
	assert_int_equal(messages_add(store, &next), 0);
	/* The room says one after the other, and the next one is still behind. */
	assert_int_equal(messages_move_to_end(store, said.id), 0);
	assert_int_equal(messages_add(store, &other), 0);
	assert_int_equal(messages_move_to_end(store, said.id), 1);
	return 0;
}

static void
what_a_room_did_not_say_yet_follows_in_its_turn(void **state)
{
	assert_int_equal(bed_run(*state, move_in_room, NULL), 0);
}

static int
move_lines(struct store *store, void *data)
{
	(void)data;
	struct arena arena = {0};
	struct message line = {0};
	struct message mine = {
		.sender = ME, .is_outgoing = true, .state = MESSAGE_QUEUED, .body = "m1"};
	struct message next = mine;
	next.body = "m2";
	mine.conversation = next.conversation = ensure(store, "f@x");
	(void)add_live(store, "f@x", "old");
	assert_int_equal(messages_add(store, &mine), 0);
	assert_int_equal(messages_add(store, &next), 0);
	assert_int_equal(messages_move_to_end(store, mine.id), 0);
	(void)add_live(store, "f@x", "live");
	assert_int_equal(messages_move_to_end(store, mine.id), 1);
	assert_int_equal(messages_set_state(store, mine.id, MESSAGE_SENT, NULL), 0);
	assert_int_equal(messages_move_to_end(store, next.id), 1);
	assert_int_equal(messages_set_state(store, next.id, MESSAGE_SENT, NULL), 0);
	assert_int_equal(messages_move_to_end(store, next.id), 0);
	assert_bodies(store, "f@x", "old live m1 m2 ");
	assert_int_equal(messages_move_to_end(store, 999), -ENOENT);
	assert_int_equal(messages_set_mark(store, mine.id, "A"), 0);
	assert_int_equal(messages_set_mark(store, mine.id, "B"), 0);
	assert_int_equal(messages_send_again(store, mine.id, true), 0);
	assert_int_equal(messages_get(store, mine.id, &arena, &line), 0);
	assert_string_equal(line.mark, "A");
	assert_int_equal(line.state, MESSAGE_QUEUED);
	assert_true(line.may_repeat);
	arena_done(&arena);
	return 0;
}

static void
a_line_that_waited_is_sent_behind_what_came(void **state)
{
	assert_int_equal(bed_run(*state, move_lines, NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(an_archives_lines_go_between_the_old_and_the_live_ones),
		CASE(a_second_gap_lies_above_what_came_live_after_the_first),
		CASE(what_lies_behind_the_newest_page_goes_behind_it),
		CASE(a_line_that_the_archive_forgot_keeps_its_place),
		CASE(a_line_is_overtaken_by_what_a_gap_brings),
		CASE(a_line_of_a_room_is_overtaken_by_what_was_said_before_it),
		CASE(an_older_gap_ends_where_the_next_begins),
		CASE(what_a_room_did_not_say_yet_follows_in_its_turn),
		CASE(what_lies_before_a_read_line_counts_as_read),
		CASE(a_line_goes_behind_what_a_gap_brought_before_it),
		CASE(a_line_that_waited_is_sent_behind_what_came),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
