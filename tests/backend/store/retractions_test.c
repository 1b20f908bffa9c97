/*
 * Lines that were taken back: what no longer counts as unread, and what waits for a line
 * that is not here yet.
 */
#include "backend/store/retractions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "backend/store/messages.h"
#include "tests/backend/store/bed.h"

#define CASE(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
#define DEN "den@rooms.example"

static const struct conversation_key den = {CONVERSATION_ROOM, DEN};

/* ---- what counts ---- */

enum { LINES = 5 }; /* the first and the fourth name us; the third is our own */

struct counts {
	int read;      /* so many lines were read */
	int gone[3];   /* then these lines were taken back, counted from 1 */
	bool is_older; /* before that, a line from before the first was fetched */
	bool is_twice;
	int unread, mentions;
};

static const struct counts counts[] = {
	{.unread = 4, .mentions = 2},
	{.gone = {2}, .unread = 3, .mentions = 2},
	{.gone = {1}, .unread = 3, .mentions = 1},
	{.gone = {1}, .is_twice = true, .unread = 3, .mentions = 1},
	{.gone = {3}, .unread = 4, .mentions = 2},
	{.gone = {1, 4, 5}, .unread = 1, .mentions = 0},
	{.read = 3, .unread = 2, .mentions = 1},
	{.read = 3, .gone = {1}, .unread = 2, .mentions = 1},
	{.read = 3, .gone = {4, 5}, .unread = 0, .mentions = 0},
	{.read = 5, .gone = {5}, .unread = 0, .mentions = 0},
	/* Nobody counted that one. */
	{.gone = {6}, .is_older = true, .unread = 4, .mentions = 2},
	{.gone = {6, 2}, .is_older = true, .unread = 3, .mentions = 2},
};

static void
add_older(struct store *store, int64_t conversation, struct message *line)
{
	*line = (struct message){
		.conversation = conversation, .sender = DEN "/bob", .body = "old"};
	assert_int_equal(messages_place_below(store, conversation, &line->place), 0);
	assert_int_equal(messages_add_placed(store, line, false), 0);
}

static int
count_job(struct store *store, void *data)
{
	const struct counts *row = data;
	struct message lines[LINES + 1];
	struct conversation badge;
	struct arena arena = {0};
	char jid[64];
	int64_t id = 0;
	(void)snprintf(jid, sizeof jid, "room%td@rooms.example", row - counts);
	assert_int_equal(conversations_ensure(store, CONVERSATION_ROOM, jid, &id), 0);
	for (int i = 0; i < LINES; i++) {
		lines[i] = (struct message){.conversation = id,
					    .sender = jid,
					    .body = "line",
					    .is_outgoing = i == 2,
					    .state = i == 2 ? MESSAGE_ACKED
							    : MESSAGE_RECEIVED,
					    .is_mention = i == 0 || i == 3};
		assert_int_equal(messages_add(store, &lines[i]), 0);
	}
	if (row->is_older)
		add_older(store, id, &lines[LINES]);
	if (row->read)
		assert_true(conversations_set_read(store, id,
						   lines[row->read - 1].place) >= 0);
	for (int i = 0; i < 3 && row->gone[i]; i++) {
		int64_t line = lines[row->gone[i] - 1].id;
		assert_int_equal(messages_retract(store, line, "", NULL), 0);
		if (row->is_twice)
			assert_int_equal(messages_retract(store, line, "bob", "no"), 0);
	}
	assert_int_equal(conversations_get(store, id, &arena, &badge), 0);
	assert_int_equal(badge.unread, row->unread);
	assert_int_equal(badge.mentions, row->mentions);
	/* What is counted anew when one reads on is the same. */
	assert_true(conversations_set_read(store, id, 1) >= 0);
	assert_int_equal(conversations_get(store, id, &arena, &badge), 0);
	assert_int_equal(badge.mentions, row->mentions);
	arena_done(&arena);
	return 0;
}

static void
what_was_taken_back_is_not_unread(void **state)
{
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
		assert_int_equal(bed_run(*state, count_job, (void *)(intptr_t)&counts[i]),
				 0);
}

/* ---- what waits ---- */

static int
put_job(struct store *store, void *data)
{
	return retractions_put(store, data);
}

static void
put(struct bed *bed, const char *jid, const char *line, const char *occupant_id)
{
	struct retraction_row row = {.key = {CONVERSATION_ROOM, jid},
				     .line = line,
				     .occupant_id = occupant_id,
				     .by = "Bob",
				     .reason = "why"};
	assert_int_equal(bed_run(bed, put_job, &row), 0);
}

static size_t
count_of(struct bed *bed, const struct conversation_key *key, const char *line)
{
	const char *ids[] = {NULL, line, "other"};
	struct retraction_list list;
	struct arena arena = {0};
	assert_int_equal(retractions_find(bed->store, key, ids, 3, &arena, &list), 0);
	arena_done(&arena);
	return list.count;
}

static int
remove_job(struct store *store, void *data)
{
	return retractions_remove(store, *(int64_t *)data);
}

static void
what_waits_is_there_after_a_restart(void **state)
{
	struct bed *bed = *state;
	struct arena arena = {0};
	struct retraction_list list;
	const char *ids[] = {"l1"};
	assert_int_equal(retractions_exist(bed->store), 0);
	put(bed, DEN, "l1", "o1");
	put(bed, DEN, "l1", "o1");
	put(bed, DEN, "l1", "o2");
	put(bed, "pit@rooms.example", "l1", "o1");
	bed_close(bed);
	bed_open(bed);
	assert_int_equal(retractions_exist(bed->store), 1);
	assert_int_equal(retractions_find(bed->store, &den, ids, 1, &arena, &list), 0);
	assert_int_equal(list.count, 2);
	assert_string_equal(list.items[0].line, "l1");
	assert_string_equal(list.items[0].occupant_id, "o1");
	assert_null(list.items[0].sender);
	assert_string_equal(list.items[0].by, "Bob");
	assert_string_equal(list.items[0].reason, "why");
	assert_int_equal(bed_run(bed, remove_job, &list.items[0].id), 0);
	assert_int_equal(count_of(bed, &den, "l1"), 1);
	assert_int_equal(count_of(bed, &den, "l2"), 0);
	arena_done(&arena);
}

static int
flood_den_job(struct store *store, void *data)
{
	char line[32];
	(void)data;
	for (int i = 0; i < 2 * RETRACTIONS_PEER_MAX; i++) {
		(void)snprintf(line, sizeof line, "l%d", i);
		struct retraction_row row = {.key = den, .line = line};
		assert_int_equal(retractions_put(store, &row), 0);
	}
	return 0;
}

static int
flood_job(struct store *store, void *data)
{
	char jid[64];
	(void)flood_den_job(store, data);
	for (int i = 0; i < RETRACTIONS_MAX - RETRACTIONS_PEER_MAX; i++) {
		(void)snprintf(jid, sizeof jid, "f%d@x", i);
		struct retraction_row row = {.key = {CONVERSATION_CHAT, jid},
					     .line = "l"};
		assert_int_equal(retractions_put(store, &row), 0);
	}
	return 0;
}

static int
room_job(struct store *store, void *data)
{
	struct retraction_row row = {.key = den, .line = "said", .is_room = true};
	int error = retractions_put(store, &row);
	row = (struct retraction_row){.key = den, .line = "said", .is_own = true};
	(void)data;
	return error ? error : retractions_put(store, &row);
}

static void
a_flood_of_occupants_leaves_what_the_room_and_we_said(void **state)
{
	struct bed *bed = *state;
	assert_int_equal(bed_run(bed, room_job, NULL), 0);
	assert_int_equal(bed_run(bed, flood_den_job, NULL), 0);
	assert_int_equal(count_of(bed, &den, "said"), 2);
}

static void
who_takes_back_without_end_fills_no_disk(void **state)
{
	struct bed *bed = *state;
	char huge[RETRACTION_ID_MAX + 2];
	char newest[32];
	memset(huge, 'x', sizeof huge - 1);
	huge[sizeof huge - 1] = 0;
	put(bed, "pit@rooms.example", huge, NULL);
	assert_int_equal(retractions_exist(bed->store), 0);
	assert_int_equal(bed_run(bed, flood_job, NULL), 0);
	/* The oldest of the conversation itself gave way. */
	(void)snprintf(newest, sizeof newest, "l%d", 2 * RETRACTIONS_PEER_MAX - 1);
	assert_int_equal(count_of(bed, &den, "l0"), 0);
	assert_int_equal(count_of(bed, &den, newest), 1);
	(void)snprintf(newest, sizeof newest, "l%d", RETRACTIONS_PEER_MAX);
	assert_int_equal(count_of(bed, &den, newest), 1);
	put(bed, "pit@rooms.example", "l", NULL);
	assert_int_equal(count_of(bed, &den, newest), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_was_taken_back_is_not_unread),
		CASE(what_waits_is_there_after_a_restart),
		CASE(who_takes_back_without_end_fills_no_disk),
		CASE(a_flood_of_occupants_leaves_what_the_room_and_we_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
