/* Tests of what is printed: JSON on one line, nothing that a terminal obeys, no secrets.
 */
#include "bridge/ctl/print.h"

#include "tests/bridge/cases.h"

static void
json_texts_are_escaped(void **state)
{
	static const struct {
		const char *text, *json;
	} cases[] = {
		{"", "\"\""},
		{"a\"b\\c", "\"a\\\"b\\\\c\""},
		{"a\nb\tc", "\"a\\nb\\u0009c\""},
		{"\033[2J\x7f", "\"\\u001b[2J\\u007f\""},
		{"\xc2\x9b", "\"\\u009b\""},
		{"\xe2\x80\xae", "\"\\u202e\""},
		{"\xff", "\"\\ufffd\""},
		{"\xf4\x8f\xbf\xbf", "\"\\udbff\\udfff\""},
		{"\xc3\xa9\xf0\x9f\x98\x80", "\"\xc3\xa9\xf0\x9f\x98\x80\""},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buf out = {0};
		print_json_text(&out, cases[i].text);
		assert_string_equal((char *)out.data, cases[i].json);
		buf_done(&out);
	}
}

static void
records_are_one_object_a_line(void **state)
{
	const char *groups[] = {"x", "y"};
	struct bridge_contact contact = {
		.jid = "a@b",
		.subscription = subscription_TO,
		.groups = groups,
		.groups_count = 2,
	};
	struct bridge_contact_event event = {
		.profile = "p", .seq = 7, .contact = &contact};
	struct buf out = {0};
	(void)state;
	print_json(&out, &record_contact_event, &event, "event", "contact.changed");
	assert_string_equal((char *)out.data,
			    "{\"event\":\"contact.changed\",\"profile\":\"p\",\"seq\":7,"
			    "\"contact\":{\"jid\":\"a@b\",\"subscription\":\"to\","
			    "\"is_asking\":false,\"groups\":[\"x\",\"y\"],\"seq\":0}}\n");
	buf_clear(&out);
	print_flat(&out, &record_contact_event, &event, " ");
	assert_string_equal((char *)out.data,
			    "profile=p seq=7 contact.jid=a@b contact.subscription=to "
			    "contact.groups.0=x contact.groups.1=y ");
	buf_done(&out);
}

static void
secrets_are_left_out(void **state)
{
	struct bridge_profile_create_params params = {
		.profile = "p",
		.jid = "a@b",
		.password = "hunter2",
		.profile_password = "hunter3",
	};
	struct bridge_session_open_params key = {
		.profile = "p",
		.key = {(const uint8_t *)"hunter4", 7},
	};
	struct buf out = {0};
	(void)state;
	print_json(&out, &record_profile_create_params, &params, NULL, NULL);
	print_flat(&out, &record_profile_create_params, &params, "\n");
	print_json(&out, &record_session_open_params, &key, NULL, NULL);
	print_flat(&out, &record_session_open_params, &key, "\n");
	assert_null(strstr((char *)out.data, "hunter"));
	assert_null(strstr((char *)out.data, "68756e"));
	assert_null(strstr((char *)out.data, "password"));
	buf_done(&out);
}

static void
flat_facts_are_cleaned(void **state)
{
	struct bridge_jid_params params = {.profile = "p", .jid = "a\n\033[2Jb"};
	struct buf out = {0};
	(void)state;
	print_flat(&out, &record_jid_params, &params, "\n");
	assert_string_equal((char *)out.data, "profile=p\njid=a \xef\xbf\xbd[2Jb\n");
	buf_done(&out);
}

static void
continuation_lines_are_indented(void **state)
{
	struct buf out = {0};
	(void)state;
	print_indented(&out, "one\ntwo\r\nthree\n", "    ");
	assert_string_equal((char *)out.data, "one\n    two\n    three\n");
	buf_done(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_texts_are_escaped),
		cmocka_unit_test(records_are_one_object_a_line),
		cmocka_unit_test(secrets_are_left_out),
		cmocka_unit_test(flat_facts_are_cleaned),
		cmocka_unit_test(continuation_lines_are_indented),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
