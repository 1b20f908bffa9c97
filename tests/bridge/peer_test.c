/* Tests of a connection: hostile bytes, answers in any order, one write a turn, no wakeup
 * without work, and ends of every kind. */
#include "bridge/peer.h"

#include "tests/bridge/pair.h"

struct seen {
	struct peer *peer;
	int requests, events, closed, drained, alive;
	int status;
	int answers;
	char code[32];
	bool frees_itself, answers_itself;
};

static void
on_request(void *data, const struct frame *frame)
{
	struct seen *seen = data;
	seen->requests++;
	if (seen->answers_itself)
		peer_send_result(seen->peer, frame->id, METHOD_detach, NULL);
	if (seen->frees_itself)
		peer_free(seen->peer);
}

static void
on_event(void *data, const struct frame *frame)
{
	struct seen *seen = data;
	(void)frame;
	seen->events++;
}

static void
on_closed(void *data, int status, const char *problem)
{
	struct seen *seen = data;
	assert_non_null(problem);
	seen->closed++;
	seen->status = status;
}

static void
on_drained(void *data)
{
	struct seen *seen = data;
	seen->drained++;
}

static void
on_alive(void *data)
{
	struct seen *seen = data;
	seen->alive++;
}

static void
on_answer(void *data, const struct bridge_failure *failure, const void *result)
{
	struct seen *seen = data;
	assert_int_equal(failure == NULL, result != NULL);
	seen->answers++;
	(void)snprintf(seen->code, sizeof seen->code, "%s",
		       failure ? failure->code : "ok");
}

static const struct peer_hooks hooks = {on_request, on_event, on_closed, on_drained,
					on_alive};

static void
open_peer(struct pair *pair, struct seen *seen)
{
	*seen = (struct seen){0};
	pair_open(pair);
	seen->peer = peer_new(&pair->loop, pair->near, &hooks, seen);
	assert_non_null(seen->peer);
}

static void
bad_frames_get_an_error_and_a_close_where_out_of_step(void **state)
{
	static const struct {
		const char *name;
		const uint8_t *data;
		size_t len;
		bool is_closed;
		uint32_t id;
	} cases[] = {
		{"c1", BYTES("\xc1"), true, 0},
		{"text", BYTES("\xc1GET / HTTP/1.0\r\n\r\n"), true, 0},
		{"8 GiB", BYTES("\xdd\x0f\xff\xff\xff"), true, 0},
		{"long string", BYTES("\x94\x00\x01\xdb\xff\xff\xff\xff"), true, 0},
		{"deep",
		 BYTES("\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91"
		       "\x91"),
		 true, 0},
		{"a number", BYTES("\x05"), false, 0},
		{"a map", BYTES("\x80"), false, 0},
		{"params that are none", BYTES("\x94\x00\x07\xa1m\x05"), false, 7},
		{"a name that is none", BYTES("\x94\x00\x08\x05\x80"), false, 8},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct pair pair;
		struct seen seen;
		struct frame frame;
		open_peer(&pair, &seen);
		pair_say(&pair, cases[i].data, cases[i].len);
		pair_turn(&pair);
		assert_int_equal(seen.closed, cases[i].is_closed);
		assert_true(pair_hear(&pair));
		assert_true(pair_frame(&pair, &frame) > 0);
		assert_int_equal(frame.kind, FRAME_RESPONSE);
		assert_int_equal(frame.id, cases[i].id);
		assert_true(pair_is_error(&frame, "BAD_FRAME"));
		assert_int_equal(seen.requests, 0);
		peer_free(seen.peer);
		pair_close(&pair);
	}
}

static void
frames_come_whole_however_they_are_cut(void **state)
{
	static const uint8_t bytes[] = "\x94\x00\x01\xa1m\x80\x93\x02\xa1"
				       "e\x80\x94\x00\x02\xa1m\x80";
	(void)state;
	for (size_t step = 1; step < sizeof bytes; step++) {
		struct pair pair;
		struct seen seen;
		open_peer(&pair, &seen);
		for (size_t at = 0; at < sizeof bytes - 1; at += step) {
			size_t left = sizeof bytes - 1 - at;
			pair_say(&pair, bytes + at, left < step ? left : step);
			pair_turn(&pair);
		}
		assert_int_equal(seen.requests, 2);
		assert_int_equal(seen.events, 1);
		assert_true(seen.alive > 0);
		peer_free(seen.peer);
		pair_close(&pair);
	}
}

static void
half_a_frame_and_the_end_is_told(void **state)
{
	struct pair pair;
	struct seen seen;
	(void)state;
	open_peer(&pair, &seen);
	pair_say(&pair, BYTES("\x94\x00\x01"));
	pair_turn(&pair);
	assert_int_equal(seen.closed, 0);
	(void)close(pair.far);
	pair.far = -1;
	pair_turn(&pair);
	assert_int_equal(seen.closed, 1);
	assert_int_equal(seen.status, 0);
	peer_free(seen.peer);
	pair_close(&pair);
}

static void
answers_find_their_calls_in_any_order(void **state)
{
	struct pair pair;
	struct seen first = {0};
	struct seen second = {0};
	struct seen seen;
	(void)state;
	open_peer(&pair, &seen);
	peer_call(seen.peer, METHOD_session_ping, NULL, 0, on_answer, &first);
	peer_call(seen.peer, METHOD_session_ping, NULL, 0, on_answer, &second);
	pair_turn(&pair);
	pair_say(&pair, BYTES("\x94\x01\x02\xc0\x80"));
	pair_say(&pair, BYTES("\x94\x01\x63\xc0\x80"));
	pair_turn(&pair);
	assert_int_equal(first.answers, 0);
	assert_string_equal(second.code, "ok");
	pair_say(&pair, BYTES("\x94\x01\x01\x82\xa4"
			      "code\xa6LOCKED\xa7message\xa1x\xc0"));
	pair_say(&pair, BYTES("\x94\x01\x01\xc0\x80"));
	pair_turn(&pair);
	assert_string_equal(first.code, "LOCKED");
	assert_int_equal(first.answers, 1);
	peer_free(seen.peer);
	pair_close(&pair);
}

static void
a_wrong_answer_is_an_internal_error(void **state)
{
	struct pair pair;
	struct seen seen;
	(void)state;
	open_peer(&pair, &seen);
	peer_call(seen.peer, METHOD_hello, NULL, 0, on_answer, &seen);
	pair_turn(&pair);
	pair_say(&pair, BYTES("\x94\x01\x01\xc0\x80"));
	pair_turn(&pair);
	assert_string_equal(seen.code, "INTERNAL");
	peer_free(seen.peer);
	pair_close(&pair);
}

static void
calls_time_out_and_forgotten_ones_say_nothing(void **state)
{
	struct pair pair;
	struct seen seen;
	struct seen forgotten = {0};
	(void)state;
	open_peer(&pair, &seen);
	peer_call(seen.peer, METHOD_session_ping, NULL, 1, on_answer, &seen);
	peer_call(seen.peer, METHOD_session_ping, NULL, 1, on_answer, &forgotten);
	peer_forget(seen.peer, &forgotten);
	while (seen.answers == 0)
		(void)uv_run(&pair.loop, UV_RUN_ONCE);
	assert_string_equal(seen.code, "TIMEOUT");
	assert_int_equal(forgotten.answers, 0);
	peer_free(seen.peer);
	pair_close(&pair);
}

static void
the_end_answers_every_call_once(void **state)
{
	struct pair pair;
	struct seen seen;
	(void)state;
	open_peer(&pair, &seen);
	for (int i = 0; i < 100; i++)
		peer_call(seen.peer, METHOD_session_ping, NULL, i % 2 ? 60000 : 0,
			  on_answer, &seen);
	pair_turn(&pair);
	(void)close(pair.far);
	pair.far = -1;
	pair_turn(&pair);
	assert_int_equal(seen.answers, 100);
	assert_string_equal(seen.code, "BACKEND_GONE");
	assert_int_equal(seen.closed, 1);
	peer_call(seen.peer, METHOD_session_ping, NULL, 0, on_answer, &seen);
	assert_int_equal(seen.answers, 100);
	pair_turn(&pair);
	assert_int_equal(seen.answers, 101);
	assert_int_equal(seen.closed, 1);
	peer_free(seen.peer);
	pair_close(&pair);
}

static void
freeing_answers_calls_and_sends_what_waits(void **state)
{
	struct pair pair;
	struct seen seen;
	struct frame frame;
	(void)state;
	open_peer(&pair, &seen);
	peer_call(seen.peer, METHOD_session_ping, NULL, 0, on_answer, &seen);
	peer_send_failure(seen.peer, 5, ERROR_BUSY, "Later.");
	peer_free(seen.peer);
	assert_int_equal(seen.answers, 1);
	assert_int_equal(seen.closed, 0);
	(void)pair_hear(&pair);
	assert_true(pair_frame(&pair, &frame) > 0);
	pair_close(&pair);
}

static void
a_hook_may_free_its_peer(void **state)
{
	struct pair pair;
	struct seen seen;
	(void)state;
	open_peer(&pair, &seen);
	seen.frees_itself = true;
	pair_say(&pair, BYTES("\x94\x00\x01\xa1m\x80\x94\x00\x02\xa1m\x80"));
	pair_turn(&pair);
	assert_int_equal(seen.requests, 1);
	assert_int_equal(seen.closed, 0);
	pair_close(&pair);
}

static void
an_answer_in_the_hook_is_on_the_wire_before_the_loop_sleeps(void **state)
{
	struct pair pair;
	struct seen seen;
	struct frame frame;
	(void)state;
	open_peer(&pair, &seen);
	seen.answers_itself = true;
	pair_say(&pair, BYTES("\x94\x00\x01\xa1m\x80"));
	while (seen.requests == 0)
		(void)uv_run(&pair.loop, UV_RUN_ONCE);
	(void)uv_run(&pair.loop, UV_RUN_NOWAIT);
	assert_true(pair_hear(&pair));
	assert_true(pair_frame(&pair, &frame) > 0);
	/* Nothing keeps the loop awake: it would sleep without end. */
	assert_int_equal(uv_backend_timeout(&pair.loop), -1);
	peer_free(seen.peer);
	pair_close(&pair);
}

static void
what_the_kernel_does_not_take_is_queued_and_drained(void **state)
{
	static uint8_t much[1000000];
	struct pair pair;
	struct seen seen;
	size_t heard = 0;
	(void)state;
	open_peer(&pair, &seen);
	memset(much, 0x05, sizeof much);
	peer_send_bytes(seen.peer, much, sizeof much, true);
	assert_int_equal(peer_queued(seen.peer), sizeof much);
	pair_turn(&pair);
	assert_true(peer_queued(seen.peer) > 0 && peer_queued(seen.peer) < sizeof much);
	peer_send_bytes(seen.peer, much, 10, false);
	while (seen.drained == 0) {
		assert_true(pair_hear(&pair));
		pair_turn(&pair);
	}
	assert_true(pair_hear(&pair));
	heard = pair.got.len;
	assert_int_equal(heard, sizeof much + 10);
	assert_int_equal(peer_queued(seen.peer), 0);
	assert_int_equal(seen.drained, 1);
	peer_free(seen.peer);
	pair_close(&pair);
}

static void
a_paused_peer_reads_nothing_and_loses_nothing(void **state)
{
	struct pair pair;
	struct seen seen;
	(void)state;
	open_peer(&pair, &seen);
	peer_pause(seen.peer, true);
	pair_say(&pair, BYTES("\x94\x00\x01\xa1m\x80\x94\x00\x02\xa1m\x80"));
	pair_turn(&pair);
	assert_int_equal(seen.requests, 0);
	peer_pause(seen.peer, false);
	pair_turn(&pair);
	assert_int_equal(seen.requests, 2);
	peer_free(seen.peer);
	pair_close(&pair);
}

static void
a_descriptor_that_is_none_is_refused(void **state)
{
	uv_loop_t loop;
	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_null(peer_new(&loop, 9999, &hooks, NULL));
	assert_int_equal(errno, EBADF);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_frames_get_an_error_and_a_close_where_out_of_step),
		cmocka_unit_test(frames_come_whole_however_they_are_cut),
		cmocka_unit_test(half_a_frame_and_the_end_is_told),
		cmocka_unit_test(answers_find_their_calls_in_any_order),
		cmocka_unit_test(a_wrong_answer_is_an_internal_error),
		cmocka_unit_test(calls_time_out_and_forgotten_ones_say_nothing),
		cmocka_unit_test(the_end_answers_every_call_once),
		cmocka_unit_test(freeing_answers_calls_and_sends_what_waits),
		cmocka_unit_test(a_hook_may_free_its_peer),
		cmocka_unit_test(
			an_answer_in_the_hook_is_on_the_wire_before_the_loop_sleeps),
		cmocka_unit_test(what_the_kernel_does_not_take_is_queued_and_drained),
		cmocka_unit_test(a_paused_peer_reads_nothing_and_loses_nothing),
		cmocka_unit_test(a_descriptor_that_is_none_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
