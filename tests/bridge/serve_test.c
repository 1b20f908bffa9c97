/* Tests of the serving side: unknown methods, other scopes, wrong params, and answers
 * that come later or not to anybody. */
#include "bridge/serve.h"

#include "tests/bridge/pair.h"

struct server {
	struct peer *peer;
	unsigned scopes;
	struct serve_request *waiting;
};

static void
on_request(void *data, const struct frame *frame)
{
	struct server *server = data;
	server->waiting = serve_begin(server->peer, frame, server->scopes);
}

static void
ask(struct pair *pair, struct server *server, const uint8_t *data, size_t len)
{
	static const struct peer_hooks hooks = {.on_request = on_request};
	pair_open(pair);
	server->waiting = NULL;
	server->scopes = 1u << BRIDGE_ROUTER | 1u << BRIDGE_PROFILE;
	server->peer = peer_new(&pair->loop, pair->near, &hooks, server);
	pair_say(pair, data, len);
	pair_turn(pair);
}

static void
hear_answer(struct pair *pair, struct frame *frame)
{
	pair_turn(pair);
	(void)pair_hear(pair);
	assert_true(pair_frame(pair, frame) > 0);
	assert_int_equal(frame->kind, FRAME_RESPONSE);
	assert_int_equal(frame->id, 1);
}

static void
what_cannot_be_served_is_refused_by_name(void **state)
{
	static const struct {
		const uint8_t *data;
		size_t len;
		const char *code;
	} cases[] = {
		{BYTES("\x94\x00\x01\xa7no.such\x80"), "UNKNOWN_METHOD"},
		{BYTES("\x94\x00\x01\xa0\x80"), "UNKNOWN_METHOD"},
		{BYTES("\x94\x00\x01\xacsession.ping\x80"), "UNKNOWN_METHOD"},
		{BYTES("\x94\x00\x01\xd9\x50"
		       "0123456789012345678901234567890123456789"
		       "0123456789012345678901234567890123456789\x80"),
		 "UNKNOWN_METHOD"},
		{BYTES("\x94\x00\x01\xaeprofile.detach\x80"), "BAD_PARAMS"},
		{BYTES("\x94\x00\x01\xaeprofile.detach\x81\xa7profile\x01"),
		 "BAD_PARAMS"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct pair pair;
		struct server server;
		struct frame frame;
		ask(&pair, &server, cases[i].data, cases[i].len);
		assert_null(server.waiting);
		hear_answer(&pair, &frame);
		assert_true(pair_is_error(&frame, cases[i].code));
		peer_free(server.peer);
		pair_close(&pair);
	}
}

static const uint8_t detach[] = "\x94\x00\x01\xaeprofile.detach\x81\xa7profile\xa4home";

static void
params_live_until_the_answer(void **state)
{
	struct pair pair;
	struct server server;
	struct frame frame;
	(void)state;
	ask(&pair, &server, detach, sizeof detach - 1);
	assert_non_null(server.waiting);
	assert_int_equal(server.waiting->method, METHOD_detach);
	const struct bridge_profile_name *params = server.waiting->params;
	assert_string_equal(params->profile, "home");
	assert_true(pair_hear(&pair));
	assert_int_equal(pair.got.len, 0);
	serve_result(server.waiting, NULL);
	hear_answer(&pair, &frame);
	assert_int_equal(frame.error.len, 0);
	peer_free(server.peer);
	pair_close(&pair);
}

static void
a_failure_carries_its_sentence(void **state)
{
	struct pair pair;
	struct server server;
	struct frame frame;
	(void)state;
	ask(&pair, &server, detach, sizeof detach - 1);
	serve_fail(server.waiting, ERROR_NO_PROFILE, "There is no %s.", "home");
	hear_answer(&pair, &frame);
	assert_true(pair_is_error(&frame, "NO_PROFILE"));
	peer_free(server.peer);
	pair_close(&pair);
}

static void
an_answer_may_go_into_a_buffer(void **state)
{
	struct pair pair;
	struct server server;
	struct buf out = {0};
	struct frame frame;
	(void)state;
	ask(&pair, &server, detach, sizeof detach - 1);
	serve_fail_to(server.waiting, ERROR_STORAGE, &out, "Disk %s.", "full");
	assert_int_equal(frame_parse(out.data, out.len, &frame), 0);
	assert_true(pair_is_error(&frame, "STORAGE"));
	peer_free(server.peer);
	pair_close(&pair);
	buf_clear(&out);
	ask(&pair, &server, detach, sizeof detach - 1);
	serve_result_to(server.waiting, NULL, &out);
	assert_int_equal(frame_parse(out.data, out.len, &frame), 0);
	assert_int_equal(frame.result.len, 1);
	peer_free(server.peer);
	pair_close(&pair);
	buf_done(&out);
}

static void
an_answer_to_nobody_is_dropped(void **state)
{
	struct pair pair;
	struct server server;
	(void)state;
	ask(&pair, &server, detach, sizeof detach - 1);
	peer_free(server.peer);
	server.waiting->peer = NULL;
	serve_fail(server.waiting, ERROR_BUSY, "Nobody hears this.");
	pair_close(&pair);
}

static void
params_with_secrets_are_wiped(void **state)
{
	static const uint8_t unlock[] =
		"\x94\x00\x01\xaeprofile.unlock\x82\xa7profile\xa1p"
		"\xa8password\xa6secret";
	struct pair pair;
	struct server server;
	(void)state;
	ask(&pair, &server, unlock, sizeof unlock - 1);
	assert_non_null(server.waiting);
	assert_true(server.waiting->arena.is_secret);
	serve_result(server.waiting, NULL);
	peer_free(server.peer);
	pair_close(&pair);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_cannot_be_served_is_refused_by_name),
		cmocka_unit_test(params_live_until_the_answer),
		cmocka_unit_test(a_failure_carries_its_sentence),
		cmocka_unit_test(an_answer_may_go_into_a_buffer),
		cmocka_unit_test(an_answer_to_nobody_is_dropped),
		cmocka_unit_test(params_with_secrets_are_wiped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
