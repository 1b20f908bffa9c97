/* Tests of a frontend's connection: hello and what it may answer, events decoded. */
#include "bridge/client.h"

#include "bridge/base/log.h"
#include "tests/bridge/pair.h"

struct seen {
	struct client *client;
	int hellos, events, closed;
	bool has_problem, has_result;
	enum bridge_event event;
	char profile[32];
	bool frees_itself;
};

static void
on_hello(void *data, const char *problem, const struct bridge_hello_result *result)
{
	struct seen *seen = data;
	seen->hellos++;
	seen->has_problem = problem != NULL;
	seen->has_result = result != NULL;
	if (seen->frees_itself)
		client_free(seen->client);
}

static void
on_event(void *data, enum bridge_event event, const void *record)
{
	struct seen *seen = data;
	seen->events++;
	seen->event = event;
	if (event == EVENT_resync)
		(void)snprintf(seen->profile, sizeof seen->profile, "%s",
			       ((const struct bridge_resync_event *)record)->profile);
}

static void
on_closed(void *data, const char *problem)
{
	struct seen *seen = data;
	assert_non_null(problem);
	seen->closed++;
}

static void
open_client(struct pair *pair, struct seen *seen)
{
	static const struct client_hooks hooks = {on_hello, on_event, on_closed};
	struct frame frame;
	*seen = (struct seen){0};
	pair_open(pair);
	seen->client = client_new(&pair->loop, pair->near, "test", &hooks, seen);
	assert_non_null(seen->client);
	pair_turn(pair);
	assert_true(pair_hear(pair));
	size_t size = pair_frame(pair, &frame);
	assert_true(size > 0);
	assert_memory_equal(frame.name, "bridge.hello", 12);
	buf_consume(&pair->got, size);
}

static void
answer_hello(struct pair *pair, const char *schema)
{
	struct bridge_hello_result result = {
		.program = "ternd",
		.version = "0",
		.schema = schema,
		.pid = 1,
	};
	struct buf out = {0};
	frame_result(&out, 1, METHOD_hello, &result);
	pair_say(pair, out.data, out.len);
	buf_done(&out);
	pair_turn(pair);
}

static void
the_same_schema_is_no_problem(void **state)
{
	struct pair pair;
	struct seen seen;
	(void)state;
	open_client(&pair, &seen);
	answer_hello(&pair, bridge_schema_hash());
	assert_int_equal(seen.hellos, 1);
	assert_true(seen.has_result);
	assert_false(seen.has_problem);
	client_free(seen.client);
	pair_close(&pair);
}

static void
another_schema_is_a_sentence_and_a_result(void **state)
{
	struct pair pair;
	struct seen seen;
	(void)state;
	open_client(&pair, &seen);
	answer_hello(&pair, "0123456789abcdef");
	assert_true(seen.has_result);
	assert_true(seen.has_problem);
	client_free(seen.client);
	pair_close(&pair);
}

static void
a_refused_hello_has_no_result(void **state)
{
	struct pair pair;
	struct seen seen;
	struct buf out = {0};
	(void)state;
	open_client(&pair, &seen);
	frame_failure(&out, 1, ERROR_WRONG_SCHEMA, "Too old.");
	pair_say(&pair, out.data, out.len);
	pair_turn(&pair);
	assert_int_equal(seen.hellos, 1);
	assert_false(seen.has_result);
	assert_true(seen.has_problem);
	buf_done(&out);
	client_free(seen.client);
	pair_close(&pair);
}

static void
events_are_decoded_and_bad_ones_dropped(void **state)
{
	struct pair pair;
	struct seen seen;
	(void)state;
	log_open("test", 2, LOG_NOTHING);
	open_client(&pair, &seen);
	pair_say(&pair, BYTES("\x93\x02\xaeprofile.resync\x81\xa7profile\xa4home"));
	pair_say(&pair, BYTES("\x93\x02\xa7no.such\x80"));
	pair_say(&pair, BYTES("\x93\x02\xaeprofile.resync\x80"));
	pair_turn(&pair);
	assert_int_equal(seen.events, 1);
	assert_int_equal(seen.event, EVENT_resync);
	assert_string_equal(seen.profile, "home");
	client_free(seen.client);
	pair_close(&pair);
}

static void
a_daemon_that_goes_before_hello_refuses_nothing(void **state)
{
	struct pair pair;
	struct seen seen;
	(void)state;
	open_client(&pair, &seen);
	(void)close(pair.far);
	pair.far = -1;
	pair_turn(&pair);
	assert_int_equal(seen.closed, 1);
	assert_int_equal(seen.hellos, 0);
	client_free(seen.client);
	pair_close(&pair);
}

static void
a_client_may_be_freed_in_its_hook(void **state)
{
	struct pair pair;
	struct seen seen;
	(void)state;
	open_client(&pair, &seen);
	seen.frees_itself = true;
	answer_hello(&pair, bridge_schema_hash());
	assert_int_equal(seen.hellos, 1);
	pair_close(&pair);
}

static void
freeing_at_once_is_quiet(void **state)
{
	struct pair pair;
	struct seen seen;
	(void)state;
	open_client(&pair, &seen);
	client_free(seen.client);
	assert_int_equal(seen.hellos, 0);
	assert_int_equal(seen.closed, 0);
	pair_close(&pair);
}

static void
tokens_differ(void **state)
{
	uint8_t one[16];
	uint8_t two[16];
	(void)state;
	client_token(one);
	client_token(two);
	assert_memory_not_equal(one, two, 16);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_schema_is_no_problem),
		cmocka_unit_test(another_schema_is_a_sentence_and_a_result),
		cmocka_unit_test(a_refused_hello_has_no_result),
		cmocka_unit_test(events_are_decoded_and_bad_ones_dropped),
		cmocka_unit_test(a_daemon_that_goes_before_hello_refuses_nothing),
		cmocka_unit_test(a_client_may_be_freed_in_its_hook),
		cmocka_unit_test(freeing_at_once_is_quiet),
		cmocka_unit_test(tokens_differ),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
