/*
 * Own lines that wait for a word of the user.
 */
#include "backend/store/waiting.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/store/conversations.h"
#include "backend/store/messages.h"
#include "tests/backend/store/bed.h"

#define CASE(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)

/* One line of each state to f@x, ids 1 to 8 in the order of the enum, and one to g@x. */
static int
add_all(struct store *store, void *data)
{
	int64_t *conversations = data;
	static const char *const jids[] = {"f@x", "g@x"};
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(conversations_ensure(store, CONVERSATION_CHAT, jids[i],
						      &conversations[i]),
				 0);
	for (int state = MESSAGE_RECEIVED; state <= MESSAGE_HELD; state++) {
		struct message message = {
			.conversation = conversations[0],
			.state = (enum message_state)state,
			.is_outgoing = state != MESSAGE_RECEIVED,
			.sent_ms = 1000,
			.sender = "me@x",
			.body = "x",
			.wire_id = "w",
			.origin_id = "w",
			.archive_id = state == MESSAGE_FAILED ? "a" : NULL,
			.archive_by = state == MESSAGE_FAILED ? "me@x" : NULL,
		};
		assert_int_equal(messages_add(store, &message), 0);
		assert_int_equal(message.id, state + 1);
	}
	struct message other = {.conversation = conversations[1],
				.sender = "me@x",
				.state = MESSAGE_QUEUED,
				.is_outgoing = true,
				.body = "y"};
	return messages_add(store, &other);
}

static void
the_newest_that_waits_is_found(void **state)
{
	struct bed *bed = *state;
	int64_t conversations[2], id = 0, count = 0;
	struct arena arena = {0};
	struct waiting_list list;
	assert_int_equal(bed_run(bed, add_all, conversations), 0);
	assert_int_equal(waiting_newest(bed->store, conversations[0], &id), 0);
	assert_int_equal(id, MESSAGE_HELD + 1);
	assert_int_equal(waiting_newest_stuck(bed->store, conversations[0], &id), 0);
	assert_int_equal(id, MESSAGE_HELD + 1);
	assert_int_equal(waiting_newest(bed->store, conversations[1], &id), 0);
	assert_int_equal(id, 9);
	assert_int_equal(waiting_newest_stuck(bed->store, conversations[1], &id),
			 -ENOENT);
	assert_int_equal(waiting_stuck(bed->store, conversations[0], &arena, &list), 0);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.ids[0], MESSAGE_FAILED + 1);
	assert_int_equal(list.ids[1], MESSAGE_HELD + 1);
	assert_int_equal(waiting_held(bed->store, &count), 0);
	assert_int_equal(count, 1);
	arena_done(&arena);
}

static int
again(struct store *store, void *data)
{
	(void)data;
	for (int64_t id = MESSAGE_RECEIVED + 1; id <= MESSAGE_DISPLAYED + 1; id++)
		assert_int_equal(waiting_again(store, id, "new", 2000), -ENOENT);
	assert_int_equal(waiting_again(store, MESSAGE_FAILED + 1, "new", 2000), 0);
	assert_int_equal(waiting_again(store, MESSAGE_HELD + 1, "new", 2000), 0);
	return 0;
}

static void
a_failed_line_is_another_message_and_a_held_one_the_same(void **state)
{
	struct bed *bed = *state;
	int64_t conversations[2], count = 9;
	struct arena arena = {0};
	struct message failed, held;
	assert_int_equal(bed_run(bed, add_all, conversations), 0);
	assert_int_equal(bed_run(bed, again, NULL), 0);
	assert_int_equal(messages_get(bed->store, MESSAGE_FAILED + 1, &arena, &failed),
			 0);
	assert_int_equal(messages_get(bed->store, MESSAGE_HELD + 1, &arena, &held), 0);
	assert_int_equal(failed.state, MESSAGE_QUEUED);
	assert_string_equal(failed.wire_id, "new");
	assert_string_equal(failed.origin_id, "new");
	assert_null(failed.archive_id);
	assert_int_equal(failed.sent_ms, 2000);
	assert_int_equal(held.state, MESSAGE_QUEUED);
	assert_string_equal(held.origin_id, "w");
	assert_int_equal(held.sent_ms, 2000);
	assert_int_equal(waiting_held(bed->store, &count), 0);
	assert_int_equal(count, 0);
	arena_done(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_newest_that_waits_is_found),
		CASE(a_failed_line_is_another_message_and_a_held_one_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
