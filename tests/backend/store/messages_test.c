/*
 * Lines: their order, their pages, their sameness, the outbox.
 */
#include "backend/store/messages.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/store/conversations.h"
#include "tests/backend/store/bed.h"

#define CASE(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)

static int64_t
ensure(struct store *store, const char *jid)
{
	int64_t id = 0;
	assert_int_equal(conversations_ensure(store, CONVERSATION_CHAT, jid, &id), 0);
	return id;
}

static void
assert_bodies(const struct message_list *list, const char *expected)
{
	char text[256] = "";
	size_t len = 0;
	for (size_t i = 0; i < list->count; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "%s ",
					list->items[i].body);
	assert_string_equal(text, expected);
}

static int
add_numbered(struct store *store, void *data)
{
	(void)data;
	for (int i = 1; i <= 9; i++) {
		char body[16];
		(void)snprintf(body, sizeof body, "%d", i);
		struct message message = {.sender = "f@x", .body = body};
		message.conversation = ensure(store, i % 3 ? "f@x" : "g@x");
		assert_int_equal(messages_add(store, &message), 0);
	}
	return 0;
}

static void
pages_go_both_ways_in_the_order_of_place(void **state)
{
	struct bed *bed = *state;
	struct arena arena = {0};
	struct message_list list;
	assert_int_equal(bed_run(bed, add_numbered, NULL), 0);
	int64_t id = 0;
	assert_int_equal(conversations_find(bed->store, CONVERSATION_CHAT, "f@x", &id),
			 0);
	struct message_range range = {.conversation = id, .limit = 3};
	assert_int_equal(messages_page(bed->store, &range, &arena, &list), 0);
	assert_bodies(&list, "5 7 8 ");
	assert_true(list.items[0].place < list.items[1].place);
	int64_t newest = list.items[2].place;
	range.before = list.items[0].place;
	assert_int_equal(messages_page(bed->store, &range, &arena, &list), 0);
	assert_bodies(&list, "1 2 4 ");
	range.after = list.items[0].place;
	range.before = 0;
	assert_int_equal(messages_page(bed->store, &range, &arena, &list), 0);
	assert_bodies(&list, "2 4 5 ");
	range.before = newest;
	range.limit = 400;
	assert_int_equal(messages_page(bed->store, &range, &arena, &list), 0);
	assert_bodies(&list, "2 4 5 7 ");
	range.after = newest;
	range.before = 0;
	assert_int_equal(messages_page(bed->store, &range, &arena, &list), 0);
	assert_int_equal(list.count, 0);
	int64_t count = 0;
	assert_int_equal(messages_count(bed->store, id, 0, &count), 0);
	assert_int_equal(count, 6);
	arena_done(&arena);
}

static int
keep_every_field(struct store *store, void *data)
{
	(void)data;
	struct arena arena = {0};
	struct message read;
	struct message message = {
		.conversation = ensure(store, "f@x"),
		.kind = MESSAGE_CHAT,
		.state = MESSAGE_QUEUED,
		.is_outgoing = true,
		.is_delayed = true,
		.is_mention = true,
		.may_repeat = true,
		.sent_ms = 1,
		.received_ms = 2,
		.sender = "me@x",
		.resource = "tern",
		.wire_id = "w",
		.origin_id = "o",
		.archive_id = "a",
		.archive_by = "me@x",
		.body = "two\nlines",
		.reason = "why",
	};
	assert_int_equal(messages_add(store, &message), 0);
	assert_int_equal(messages_get(store, message.id, &arena, &read), 0);
	assert_int_equal(read.place, message.place);
	assert_int_equal(read.seq, message.seq);
	assert_int_equal(read.state, MESSAGE_QUEUED);
	assert_true(read.is_outgoing && read.is_delayed && read.is_mention &&
		    read.may_repeat);
	assert_int_equal(read.sent_ms, 1);
	assert_int_equal(read.received_ms, 2);
	assert_string_equal(read.sender, "me@x");
	assert_string_equal(read.resource, "tern");
	assert_string_equal(read.wire_id, "w");
	assert_string_equal(read.origin_id, "o");
	assert_string_equal(read.archive_id, "a");
	assert_string_equal(read.archive_by, "me@x");
	assert_string_equal(read.body, "two\nlines");
	assert_string_equal(read.reason, "why");
	assert_int_equal(messages_get(store, message.id + 1, &arena, &read), -ENOENT);
	struct conversation row;
	assert_int_equal(conversations_get(store, message.conversation, &arena, &row), 0);
	assert_int_equal(row.unread, 0);
	arena_done(&arena);
	return 0;
}

static void
every_field_is_kept(void **state)
{
	assert_int_equal(bed_run(*state, keep_every_field, NULL), 0);
}

static int
find_same(struct store *store, int64_t conversation, const char *sender, const char *id,
	  struct message *ret_found)
{
	struct arena arena = {0};
	struct message_twin twin = {conversation, sender, id, NULL, false};
	int result = messages_find_same(store, &twin, &arena, ret_found);
	if (result == 0) {
		twin.body = ret_found->body;
		assert_int_equal(messages_find_same(store, &twin, &arena, ret_found), 0);
		twin.is_unarchived = true;
		bool has_id = ret_found->archive_id != NULL;
		assert_int_equal(messages_find_same(store, &twin, &arena, ret_found),
				 has_id ? -ENOENT : 0);
		twin.body = "another";
		assert_int_equal(messages_find_same(store, &twin, &arena, ret_found),
				 -ENOENT);
	}
	arena_done(&arena);
	return result;
}

static int
find_twins(struct store *store, void *data)
{
	(void)data;
	struct arena arena = {0};
	struct message found;
	int64_t f = ensure(store, "f@x");
	int64_t g = ensure(store, "g@x");
	struct message mine = {.conversation = f,
			       .sender = "me@x",
			       .body = "mine",
			       .wire_id = "id",
			       .origin_id = "id",
			       .is_outgoing = true};
	struct message theirs = {.conversation = f,
				 .sender = "f@x",
				 .body = "theirs",
				 .wire_id = "id",
				 .archive_id = "9",
				 .archive_by = "me@x"};
	struct message elsewhere = {.conversation = g,
				    .sender = "f@x",
				    .body = "elsewhere",
				    .wire_id = "other",
				    .origin_id = "id"};
	assert_int_equal(messages_add(store, &mine), 0);
	assert_int_equal(messages_add(store, &theirs), 0);
	assert_int_equal(messages_add(store, &elsewhere), 0);
	assert_int_equal(find_same(store, f, "f@x", "id", &found), 0);
	assert_int_equal(found.id, theirs.id);
	assert_int_equal(find_same(store, f, "me@x", "id", &found), 0);
	assert_int_equal(found.id, mine.id);
	assert_int_equal(find_same(store, g, "f@x", "id", &found), 0);
	assert_int_equal(found.id, elsewhere.id);
	assert_int_equal(find_same(store, g, "f@x", "other", &found), -ENOENT);
	assert_int_equal(find_same(store, g, "x@x", "id", &found), -ENOENT);
	assert_int_equal(messages_find_sent(store, f, "id", &arena, &found), 0);
	assert_string_equal(found.body, "mine");
	assert_int_equal(messages_find_sent(store, g, "id", &arena, &found), -ENOENT);
	assert_int_equal(messages_find_archived(store, "me@x", "9", &arena, &found), 0);
	assert_string_equal(found.body, "theirs");
	assert_int_equal(messages_find_archived(store, "f@x", "9", &arena, &found),
			 -ENOENT);
	assert_int_equal(messages_set_archived(store, mine.id, "10", "me@x"), 0);
	assert_int_equal(messages_find_archived(store, "me@x", "10", &arena, &found), 0);
	assert_string_equal(found.body, "mine");
	assert_int_equal(messages_set_archived(store, 999, "10", "me@x"), -ENOENT);
	arena_done(&arena);
	return 0;
}

static void
ids_count_within_conversation_and_sender(void **state)
{
	assert_int_equal(bed_run(*state, find_twins, NULL), 0);
}

static int
walk_outbox(struct store *store, void *data)
{
	(void)data;
	struct arena arena = {0};
	struct message_list list;
	struct message lines[3];
	static const char *const bodies[] = {"a", "b", "c"};
	for (size_t i = 0; i < 3; i++) {
		lines[i] = (struct message){.conversation =
						    ensure(store, i == 1 ? "g@x" : "f@x"),
					    .sender = "me@x",
					    .body = bodies[i],
					    .is_outgoing = true,
					    .state = MESSAGE_QUEUED};
		assert_int_equal(messages_add(store, &lines[i]), 0);
	}
	assert_int_equal(messages_waiting(store, MESSAGE_QUEUED, 0, 2, &arena, &list), 0);
	assert_bodies(&list, "a b ");
	assert_int_equal(
		messages_waiting(store, MESSAGE_QUEUED, lines[1].id, 2, &arena, &list),
		0);
	assert_bodies(&list, "c ");
	int64_t since = store_position(store).seq;
	assert_int_equal(messages_set_state(store, lines[0].id, MESSAGE_SENT, NULL), 0);
	assert_int_equal(messages_set_state(store, lines[1].id, MESSAGE_FAILED, "no"), 0);
	assert_int_equal(messages_set_state(store, 999, MESSAGE_SENT, NULL), -ENOENT);
	assert_int_equal(messages_waiting(store, MESSAGE_QUEUED, 0, 9, &arena, &list), 0);
	assert_bodies(&list, "c ");
	assert_int_equal(messages_waiting(store, MESSAGE_SENT, 0, 9, &arena, &list), 0);
	assert_bodies(&list, "a ");
	assert_int_equal(messages_changed(store, 0, since, 9, &arena, &list), 0);
	assert_bodies(&list, "a b ");
	assert_string_equal(list.items[1].reason, "no");
	assert_int_equal(
		messages_changed(store, lines[0].conversation, since, 9, &arena, &list),
		0);
	assert_bodies(&list, "a ");
	struct conversation_list badges;
	assert_int_equal(conversations_set_open(store, lines[0].conversation, true), 1);
	assert_int_equal(conversations_changed(store, since, &arena, &badges), 0);
	assert_int_equal(badges.count, 2); /* g by its last line, f by being opened */

	assert_int_equal(messages_withdraw(store, lines[0].id), -ENOENT);
	assert_int_equal(messages_withdraw(store, lines[1].id), 0);
	assert_int_equal(messages_withdraw(store, lines[2].id), 0);
	assert_int_equal(messages_withdraw(store, lines[2].id), -ENOENT);
	struct message next = {
		.conversation = lines[2].conversation, .sender = "f@x", .body = ""};
	assert_int_equal(messages_add(store, &next), 0);
	assert_true(next.id > lines[2].id);
	arena_done(&arena);
	return 0;
}

static void
the_outbox_is_the_queued_lines_in_order(void **state)
{
	assert_int_equal(bed_run(*state, walk_outbox, NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(pages_go_both_ways_in_the_order_of_place),
		CASE(every_field_is_kept),
		CASE(ids_count_within_conversation_and_sender),
		CASE(the_outbox_is_the_queued_lines_in_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
