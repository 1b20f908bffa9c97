/* Tests of the schema: the printed one is the golden file, and its rows keep the rules
 * that the codec relies on. */
#include "bridge/schema.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bridge/describe.h"
#include "tests/bridge/cases.h"

/* A deliberate change of the schema: write what this prints to schema.golden, by running
 * the test with TERN_GOLDEN_WRITE=1 in tests/bridge. */
static void
the_printed_schema_is_the_golden_one(void **state)
{
	struct buf text = {0};
	struct buf golden = {0};
	(void)state;
	bridge_describe(&text);
	if (getenv("TERN_GOLDEN_WRITE")) {
		FILE *file = fopen("schema.golden", "w");
		assert_non_null(file);
		assert_int_equal(fwrite(text.data, 1, text.len, file), text.len);
		(void)fclose(file);
	}
	int fd = open("schema.golden", O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	ssize_t count;
	while ((count = read(fd, buf_room(&golden, 4096), 4096)) > 0)
		golden.len += (size_t)count;
	(void)close(fd);
	buf_add(&golden, "", 0);
	assert_string_equal((char *)text.data, (char *)golden.data);
	buf_done(&text);
	buf_done(&golden);
}

static void
names_are_found_and_unique(void **state)
{
	(void)state;
	for (int i = 0; i < METHOD_COUNT; i++)
		assert_int_equal(bridge_method_named(bridge_methods[i].wire), i);
	for (int i = 0; i < EVENT_COUNT; i++)
		assert_int_equal(bridge_event_named(bridge_events[i].wire), i);
	for (int i = 0; i < ERROR_COUNT; i++)
		assert_int_equal(bridge_error_named(bridge_errors[i].name), i);
	assert_int_equal(bridge_method_named("no.such"), -1);
	assert_int_equal(bridge_event_named(""), -1);
	assert_int_equal(bridge_error_named("locked"), -1);
}

static void
records_fit_the_codec(void **state)
{
	(void)state;
	for (int i = 0; bridge_records[i]; i++) {
		const struct bridge_record_row *row = bridge_records[i];
		assert_true(row->field_count <= 64);
		for (int j = 0; j < row->field_count; j++) {
			const struct bridge_field_row *field = &row->fields[j];
			bool is_nested =
				field->type == BRIDGE_REC || field->type == BRIDGE_LIST;
			assert_true(field->offset < row->size);
			assert_int_equal(field->record != NULL, is_nested);
			assert_int_equal(field->choice != NULL,
					 field->type == BRIDGE_ENUM);
			assert_true(field->since >= row->since);
			assert_true(*field->doc);
		}
	}
}

/* The router finds the profile of a call by this field alone. */
static void
calls_to_a_profile_name_it(void **state)
{
	(void)state;
	for (int i = 0; i < METHOD_COUNT; i++) {
		if (bridge_methods[i].scope != BRIDGE_PROFILE)
			continue;
		const struct bridge_field_row *first = bridge_methods[i].params->fields;
		assert_string_equal(first->name, "profile");
		assert_int_equal(first->type, BRIDGE_STR);
		assert_int_equal(first->need, BRIDGE_REQUIRED);
	}
}

static void
values_have_texts(void **state)
{
	(void)state;
	assert_string_equal(bridge_show_text(show_DND), "dnd");
	assert_string_equal(bridge_value_text(&choice_show, -1), "unknown");
	assert_string_equal(bridge_value_text(&choice_show, 99), "unknown");
	assert_int_equal(strlen(bridge_schema_hash()), 16);
	assert_ptr_equal(bridge_schema_hash(), bridge_schema_hash());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_printed_schema_is_the_golden_one),
		cmocka_unit_test(names_are_found_and_unique),
		cmocka_unit_test(records_fit_the_codec),
		cmocka_unit_test(calls_to_a_profile_name_it),
		cmocka_unit_test(values_have_texts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
