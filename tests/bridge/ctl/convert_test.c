/* Tests of key=value words: typed by the schema, secrets from files only. */
#include "bridge/ctl/convert.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "bridge/base/mem.h"
#include "tests/bridge/cases.h"

static void
wrong_words_are_named(void **state)
{
	static const struct {
		const struct bridge_record_row *row;
		const char *word;
		const char *problem;
	} cases[] = {
		{&record_jid_params, "jid", "\"jid\" is not key=value"},
		{&record_jid_params, "nick=x",
		 "no field \"nick\"; there are profile, jid."},
		{&record_jid_params, "=x", "no field \"\""},
		{&record_nothing, "a=b", "no field \"a\"; there is none."},
		{&record_jid_params, "profile=x", "The field jid is missing"},
		{&record_line_params, "id=seven", "id is a whole number"},
		{&record_line_params, "id=99999999999999999999", "id is a whole number"},
		{&record_stop_params, "if_unused=perhaps", "if_unused is true or false"},
		{&record_presence_params, "show=asleep",
		 "show is one of offline, online"},
		{&record_profile_unlock_params, "password=hunter2",
		 "password is a secret"},
		{&record_profile_unlock_params, "password=@/nonexistent/x",
		 "cannot be read"},
		{&record_message_send_params, "token=xyz", "token is hexadecimal"},
		{&record_message_send_params, "token=abc", "half a byte"},
		{&record_contact_event, "contact=x",
		 "cannot be given on the command line"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct arena arena = {0};
		void *record = arena_alloc(&arena, cases[i].row->size);
		char *words[] = {mem_strdup(cases[i].word)};
		const char *problem =
			convert_params(cases[i].row, "p", words, 1, &arena, record);
		assert_non_null(problem);
		if (!strstr(problem, cases[i].problem))
			fail_msg("%s: %s", cases[i].word, problem);
		free(words[0]);
		arena_done(&arena);
	}
}

static void
words_become_fields(void **state)
{
	char jid[] = "jid=a@b";
	char first[] = "groups=x";
	char second[] = "groups=y=z";
	char set[] = "set_groups=yes";
	char name[] = "name=";
	char *words[] = {jid, first, second, set, name};
	struct bridge_roster_set_params params;
	struct arena arena = {0};
	(void)state;
	assert_null(convert_params(&record_roster_set_params, "home", words, 5, &arena,
				   &params));
	assert_string_equal(params.profile, "home");
	assert_string_equal(params.jid, "a@b");
	assert_string_equal(params.name, "");
	assert_int_equal(params.groups_count, 2);
	assert_string_equal(params.groups[1], "y=z");
	assert_true(params.set_groups);
	arena_done(&arena);
}

static void
a_field_given_twice_is_refused(void **state)
{
	char one[] = "jid=a";
	char two[] = "jid=b";
	char *words[] = {one, two};
	struct bridge_jid_params params;
	struct arena arena = {0};
	(void)state;
	const char *problem =
		convert_params(&record_jid_params, "p", words, 2, &arena, &params);
	assert_non_null(problem);
	assert_string_equal(problem, "jid is given twice.");
	arena_done(&arena);
}

static void
a_missing_token_is_made_and_a_given_one_is_taken(void **state)
{
	char jid[] = "jid=a@b";
	char body[] = "body=hello";
	char token[] = "token=00ff10";
	char *words[] = {jid, body, token};
	struct bridge_message_send_params params;
	struct arena arena = {0};
	(void)state;
	assert_null(convert_params(&record_message_send_params, "p", words, 2, &arena,
				   &params));
	assert_int_equal(params.token.len, 16);
	assert_null(convert_params(&record_message_send_params, "p", words, 3, &arena,
				   &params));
	assert_int_equal(params.token.len, 3);
	assert_memory_equal(params.token.data, "\x00\xff\x10", 3);
	arena_done(&arena);
}

static void
a_secret_is_the_first_line_of_its_file(void **state)
{
	char path[] = "/tmp/tern-convert-XXXXXX";
	struct bridge_profile_unlock_params params;
	struct arena arena = {0};
	(void)state;
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "hunter2\r\nmore\n", 14), 14);
	(void)close(fd);
	char *words[] = {mem_printf("password=@%s", path)};
	assert_null(convert_params(&record_profile_unlock_params, "p", words, 1, &arena,
				   &params));
	assert_string_equal(params.password, "hunter2");
	assert_true(arena.is_secret);
	(void)unlink(path);
	free(words[0]);
	arena_done(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_words_are_named),
		cmocka_unit_test(words_become_fields),
		cmocka_unit_test(a_field_given_twice_is_refused),
		cmocka_unit_test(a_missing_token_is_made_and_a_given_one_is_taken),
		cmocka_unit_test(a_secret_is_the_first_line_of_its_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
