/*
 * Outbox and stream-management state on a disk that fails: the same script runs again and
 * again, each time another write, sync or statement goes wrong. What was told as durable
 * must be there afterwards exactly once, what was told as undone must not: so the store
 * must equal one in which only the told parts of the script ran, without any fault.
 */
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
#include "backend/store/messages.h"
#include "backend/store/sm.h"
#include "backend/store/tokens.h"
#include "bridge/base/buf.h"
#include "bridge/base/mem.h"
#include "tests/backend/store/bed.h"
#include "tests/backend/store/shim.h"

#define PEER "bob@example.org"
#define TRY(call)                                                                        \
	do {                                                                             \
		int try_error = (call);                                                  \
		if (try_error < 0)                                                       \
			return try_error;                                                \
	} while (0)

/* Fifteen: each of the five kinds of step once at each place of a group. */
enum { STEPS = 15, TOGETHER = 3 };

/* One part of the script: a job of its own. */
struct step {
	int number;
	int status;
	bool is_told;
};

static int
chat_of(struct store *store, int64_t *ret_chat)
{
	return conversations_ensure(store, CONVERSATION_CHAT, PEER, ret_chat);
}

/* message.send: the line, and its token with the answer. */
static int
accept_line(struct store *store, int number)
{
	char body[32];
	uint8_t token[16] = {(uint8_t)number};
	int64_t chat;
	(void)snprintf(body, sizeof body, "own %d", number);
	struct token_call call = {.token = token,
				  .method = "message.send",
				  .params = body,
				  .params_len = strlen(body)};
	TRY(chat_of(store, &chat));
	struct message message = {.conversation = chat,
				  .state = MESSAGE_QUEUED,
				  .is_outgoing = true,
				  .sender = "me@example.org",
				  .wire_id = body,
				  .body = body};
	TRY(messages_add(store, &message));
	return tokens_put(store, &call, &message.id, sizeof message.id, 1000);
}

/* The pump: the oldest line that waits goes into the queue and counts as sent. */
static int
send_line(struct store *store)
{
	struct arena arena = {0};
	struct message_list list;
	int64_t number;
	int error = messages_waiting(store, MESSAGE_QUEUED, 0, 1, &arena, &list);
	if (!error && list.count) {
		error = sm_queue(store, list.items[0].body, strlen(list.items[0].body),
				 list.items[0].id, &number);
		if (!error)
			error = messages_set_state(store, list.items[0].id, MESSAGE_SENT,
						   NULL);
	}
	arena_done(&arena);
	return error;
}

/* A message comes in: its line, and that it was counted. */
static int
take_line(struct store *store, int number)
{
	struct arena arena = {0};
	struct sm_row row;
	char body[32];
	int64_t chat;
	(void)snprintf(body, sizeof body, "theirs %d", number);
	int error = sm_load(store, &arena, &row);
	if (!error)
		error = chat_of(store, &chat);
	if (!error) {
		struct message message = {
			.conversation = chat, .sender = PEER, .body = body};
		error = messages_add(store, &message);
	}
	if (!error)
		error = sm_count_in(store, row.count_in + 1, number);
	arena_done(&arena);
	return error;
}

/* The server acknowledges all but the newest stanza. */
static int
take_ack(struct store *store)
{
	struct arena arena = {0};
	int64_t last;
	int64_t *ids;
	size_t count;
	int error = sm_last_number(store, &last);
	if (!error && last > 1)
		error = sm_ack(store, last - 1, &arena, &ids, &count);
	else
		count = 0;
	for (size_t i = 0; !error && i < count; i++)
		error = messages_raise_state(store, ids[i], MESSAGE_ACKED);
	arena_done(&arena);
	return error < 0 ? error : 0;
}

static int
run_step(struct store *store, void *data)
{
	int number = ((struct step *)data)->number;
	switch (number % 5) {
	case 0:
	case 1:
		return accept_line(store, number);
	case 2:
		return send_line(store);
	case 3:
		return take_line(store, number);
	default:
		return take_ack(store);
	}
}

static void
note_step(void *data, int status)
{
	struct step *step = data;
	assert_false(step->is_told);
	step->is_told = true;
	step->status = status;
}

/* Runs the steps of WANTED, three together; the set of those told as durable. What the
 * first group with a failure held goes to *RET_DOUBTFUL. */
static uint64_t
run_script(struct bed *bed, uint64_t wanted, uint64_t *ret_doubtful)
{
	uint64_t durable = 0;
	*ret_doubtful = 0;
	for (int i = 0; i < STEPS; i += TOGETHER) {
		struct step steps[TOGETHER] = {0};
		uint64_t group = 0;
		uint64_t done = 0;
		for (int k = 0; k < TOGETHER; k++) {
			steps[k].number = i + k;
			if (!(wanted >> (i + k) & 1))
				continue;
			group |= UINT64_C(1) << (i + k);
			assert_int_equal(
				store_submit(bed->store, run_step, note_step, &steps[k]),
				0);
		}
		for (int k = 0; k < TOGETHER; k++) {
			while ((group >> (i + k) & 1) && !steps[k].is_told)
				(void)uv_run(&bed->loop, UV_RUN_ONCE);
			if (steps[k].is_told && !steps[k].status)
				done |= UINT64_C(1) << (i + k);
		}
		if (done != group && !*ret_doubtful)
			*ret_doubtful = group;
		durable |= done;
	}
	return durable;
}

/* Everything that a user or a server could notice, as text. */
static char *
dump(struct bed *bed)
{
	struct arena arena = {0};
	struct buf out = {0};
	struct message_list list = {0};
	struct sm_stanza_list queue;
	struct sm_row row;
	int64_t chat = 0;
	if (conversations_find(bed->store, CONVERSATION_CHAT, PEER, &chat) == 0) {
		struct message_range range = {.conversation = chat, .limit = 500};
		assert_int_equal(messages_page(bed->store, &range, &arena, &list), 0);
	}
	for (size_t i = 0; i < list.count; i++) {
		const struct message *line = &list.items[i];
		buf_printf(&out, "%d %s state=%d\n", (int)line->id, line->body,
			   (int)line->state);
		assert_true(i == 0 || line->id > list.items[i - 1].id);
	}
	assert_int_equal(sm_load(bed->store, &arena, &row), 0);
	buf_printf(&out, "in=%d acked=%d\n", (int)row.count_in, (int)row.acked);
	assert_int_equal(sm_unacked(bed->store, 0, 100, &arena, &queue), 0);
	for (size_t i = 0; i < queue.count; i++)
		buf_printf(&out, "unacked=%d line=%d\n", (int)queue.items[i].number,
			   (int)queue.items[i].message);
	arena_done(&arena);
	return buf_take_text(&out);
}

static int
begin_session(struct store *store, void *data)
{
	(void)data;
	return sm_begin(store, "me@example.org/x");
}

static void
start_anew(struct bed *bed)
{
	static const char *const names[] = {"store.db", "store.db-wal", "store.db-shm"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		(void)remove(bed_path(bed, names[i]));
	bed_open(bed);
	assert_int_equal(bed_run(bed, begin_session, NULL), 0);
}

/* What the store holds after the steps of DURABLE without a fault. Of the last ones asked
 * for the answer is remembered, since most runs differ in one step only. */
static const char *
expected(uint64_t durable)
{
	static struct {
		uint64_t key;
		char *text;
	} known[256];
	uint64_t doubtful;
	size_t at = (size_t)(durable * UINT64_C(0x9e3779b97f4a7c15) >> 56);
	if (known[at].text && known[at].key == durable)
		return known[at].text;
	struct bed bed = {0};
	bed_make(&bed);
	start_anew(&bed);
	assert_int_equal(run_script(&bed, durable, &doubtful), durable);
	free(known[at].text);
	known[at].key = durable;
	known[at].text = dump(&bed);
	bed_done(&bed);
	return known[at].text;
}

static void
assert_as_told(struct bed *bed, uint64_t durable, uint64_t doubtful)
{
	char *found = dump(bed);
	if (strcmp(found, expected(durable)) != 0)
		assert_string_equal(found, expected(durable | doubtful));
	free(found);
}

/* A line more, whose id and seq are above all before, and its token once. */
static void
assert_goes_on(struct bed *bed)
{
	struct step step = {.number = 60};
	int64_t seq = store_position(bed->store).seq;
	struct arena arena = {0};
	struct message_list list;
	assert_int_equal(bed_run(bed, run_step, &step), 0);
	assert_true(store_position(bed->store).seq > seq);
	assert_int_equal(
		messages_waiting(bed->store, MESSAGE_QUEUED, 0, 100, &arena, &list), 0);
	assert_string_equal(list.items[list.count - 1].body, "own 60");
	assert_int_equal(bed_run(bed, run_step, &step), -EEXIST);
	arena_done(&arena);
}

static void
every_operation_on_the_disk_may_fail(void **state)
{
	struct bed *bed = *state;
	int visited = 0;
	for (int fault = 0; fault < SHIM_FAULTS; fault++) {
		bool has_failed = true;
		for (int n = 1; has_failed; n++) {
			uint64_t doubtful;
			start_anew(bed);
			shim_arm((enum shim_fault)fault, n);
			uint64_t durable =
				run_script(bed, (UINT64_C(1) << STEPS) - 1, &doubtful);
			if (fault == SHIM_DEATH)
				bed_close(bed);
			has_failed = shim_disarm();
			visited += has_failed;
			if (fault != SHIM_DEATH) {
				assert_as_told(bed, durable, 0);
				bed_close(bed);
				doubtful = 0;
			}
			bed_open(bed);
			assert_as_told(bed, durable, doubtful);
			assert_goes_on(bed);
			bed_close(bed);
			assert_true(n < 4000);
		}
	}
	print_message("outbox: %d operations failed in turn\n", visited);
	assert_true(visited > 100);
}

struct countdown {
	int left;
	bool has_failed;
};

static int
fail_at_zero(void *data, const char *step)
{
	struct countdown *countdown = data;
	(void)step;
	if (countdown->left == 0 || --countdown->left > 0)
		return 0;
	countdown->has_failed = true;
	return -EIO;
}

static void
every_statement_and_commit_may_fail(void **state)
{
	struct bed *bed = *state;
	struct countdown countdown = {0};
	int n = 0;
	bed->options = (struct store_options){fail_at_zero, &countdown};
	do {
		uint64_t doubtful;
		countdown = (struct countdown){0};
		start_anew(bed);
		countdown.left = ++n;
		uint64_t durable = run_script(bed, (UINT64_C(1) << STEPS) - 1, &doubtful);
		countdown.left = 0;
		assert_as_told(bed, durable, 0);
		bed_close(bed);
		bed_open(bed);
		assert_as_told(bed, durable, 0);
		assert_goes_on(bed);
		bed_close(bed);
	} while (countdown.has_failed);
	print_message("outbox: %d statements and commits failed in turn\n", n - 1);
	assert_true(n > 100);
}

static int
setup(void **state)
{
	struct bed *bed = mem_alloc(sizeof *bed);
	bed_make(bed);
	*state = bed;
	return 0;
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, bed_teardown)
	const struct CMUnitTest tests[] = {
		CASE(every_operation_on_the_disk_may_fail),
		CASE(every_statement_and_commit_may_fail),
	};
	shim_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
