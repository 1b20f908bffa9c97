/* Tests of frames: what is a message and what is not, and that raw parts pass unchanged.
 */
#include "bridge/frame.h"

#include <errno.h>

#include "bridge/scan.h"
#include "tests/bridge/cases.h"

static void
messages_are_told_from_the_rest(void **state)
{
	static const struct {
		const uint8_t *data;
		size_t len;
		int status;
		enum frame_kind kind;
		size_t params_len;
	} cases[] = {
		{BYTES("\x94\x00\x01\xa1m\x80"), 0, FRAME_REQUEST, 1},
		{BYTES("\x94\x00\x01\xa1m\x91\x80"), 0, FRAME_REQUEST, 1},
		{BYTES("\x94\x00\x01\xa1m\x90"), 0, FRAME_REQUEST, 0},
		{BYTES("\x94\x00\x01\xa1m\xc0"), 0, FRAME_REQUEST, 0},
		{BYTES("\x94\x00\x01\xa1m\x92\x80\x80"), -EBADMSG, 0, 0},
		{BYTES("\x94\x00\x01\xa1m\x01"), -EBADMSG, 0, 0},
		{BYTES("\x94\x00\x01\x01\x80"), -EBADMSG, 0, 0},
		{BYTES("\x94\x00\xff\xa1m\x80"), -EBADMSG, 0, 0},
		{BYTES("\x94\x00\xcf\0\0\0\1\0\0\0\0\xa1m\x80"), -EBADMSG, 0, 0},
		{BYTES("\x94\x01\x01\xc0\x80"), 0, FRAME_RESPONSE, 0},
		{BYTES("\x93\x02\xa1"
		       "e\x80"),
		 0, FRAME_NOTIFICATION, 1},
		{BYTES("\x94\x02\xa1"
		       "e\x80\x80"),
		 -EBADMSG, 0, 0},
		{BYTES("\x93\x00\x01\xa1m"), -EBADMSG, 0, 0},
		{BYTES("\x94\x03\x01\xa1m\x80"), -EBADMSG, 0, 0},
		{BYTES("\x94\xa1x\x01\xa1m\x80"), -EBADMSG, 0, 0},
		{BYTES("\x95\x00\x01\xa1m\x80\x80"), -EBADMSG, 0, 0},
		{BYTES("\x90"), -EBADMSG, 0, 0},
		{BYTES("\x80"), -EBADMSG, 0, 0},
		{BYTES("\x01"), -EBADMSG, 0, 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct frame frame = {0};
		int status = frame_parse(cases[i].data, cases[i].len, &frame);
		assert_int_equal(status, cases[i].status);
		assert_int_equal(frame.kind, cases[i].kind);
		assert_int_equal(frame.params.len, cases[i].params_len);
	}
}

static void
what_is_written_is_read(void **state)
{
	struct bridge_profile_name params = {.profile = "home"};
	struct bridge_resync_event event = {.profile = "home"};
	struct buf out = {0};
	struct frame frame;
	(void)state;
	frame_request(&out, 7, METHOD_detach, &params);
	assert_int_equal(frame_parse(out.data, out.len, &frame), 0);
	assert_int_equal(frame.id, 7);
	assert_memory_equal(frame.name, "profile.detach", frame.name_len);
	struct bridge_bin raw = frame.params;
	struct buf passed = {0};
	frame_request_raw(&passed, 0xffffffff, frame.name, frame.name_len, raw);
	assert_int_equal(frame_parse(passed.data, passed.len, &frame), 0);
	assert_int_equal(frame.id, 0xffffffff);
	assert_int_equal(frame.params.len, raw.len);
	assert_memory_equal(frame.params.data, raw.data, raw.len);
	buf_clear(&passed);
	buf_clear(&out);
	frame_event(&out, EVENT_resync, &event);
	assert_int_equal(frame_parse(out.data, out.len, &frame), 0);
	assert_int_equal(frame.kind, FRAME_NOTIFICATION);
	frame_event_raw(&passed, frame.name, frame.name_len, frame.params);
	assert_int_equal(passed.len, out.len);
	assert_memory_equal(passed.data, out.data, out.len);
	buf_done(&passed);
	buf_done(&out);
}

static void
answers_hold_an_error_or_a_result(void **state)
{
	struct buf out = {0};
	struct frame frame;
	(void)state;
	frame_result(&out, 3, METHOD_detach, NULL);
	assert_int_equal(frame_parse(out.data, out.len, &frame), 0);
	assert_int_equal(frame.error.len, 0);
	assert_int_equal(frame.result.len, 1);
	buf_clear(&out);
	frame_failure(&out, 3, ERROR_LOCKED, "It is locked.");
	assert_int_equal(frame_parse(out.data, out.len, &frame), 0);
	assert_int_equal(frame.result.len, 0);
	const uint8_t *code = NULL;
	assert_int_equal(scan_map_find(frame.error.data, frame.error.len, "code", &code),
			 7);
	buf_clear(&out);
	frame_response_raw(&out, 9, frame.error, frame.result);
	buf_done(&out);
}

static void
the_id_of_a_bad_request_is_guessed(void **state)
{
	uint32_t id = 99;
	(void)state;
	assert_true(frame_guess_id(BYTES("\x94\x00\x05\xa1m\x01"), &id));
	assert_int_equal(id, 5);
	assert_false(frame_guess_id(BYTES("\x94\x01\x05\xa1m\x01"), &id));
	assert_false(frame_guess_id(BYTES("\x91\x00"), &id));
	assert_false(frame_guess_id(BYTES("\xa1x"), &id));
	assert_int_equal(id, 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_told_from_the_rest),
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(answers_hold_an_error_or_a_result),
		cmocka_unit_test(the_id_of_a_bad_request_is_guessed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
