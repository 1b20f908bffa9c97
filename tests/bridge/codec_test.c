/* Tests of the codec: every record goes there and back, and each kind of wrong field is
 * named in a sentence. */
#include "bridge/codec.h"

#include <errno.h>
#include <stdlib.h>

#include "bridge/scan.h"
#include "tests/bridge/cases.h"

/* A record of ROW whose every field is set, three levels of nesting at most. */
static void *
full_record(struct arena *arena, const struct bridge_record_row *row)
{
	static const char *const strings[] = {"one", "zwei", "\xe4\xb8\x89"};
	static const uint8_t bytes[] = {0, 1, 0xff};
	char *record = arena_alloc(arena, row->size);
	for (int i = 0; i < row->field_count; i++) {
		const struct bridge_field_row *field = &row->fields[i];
		void *place = record + field->offset;
		const void *pointer = field->name;
		struct bridge_bin bin = {bytes, sizeof bytes};
		int64_t number = -70000 + i;
		int choice = field->choice ? field->choice->count - 1 : 0;
		size_t count = field->type == BRIDGE_STRS ? COUNT_OF(strings) : 1;
		bool is_true = true;
		switch (field->type) {
		case BRIDGE_BOOL:
			memcpy(place, &is_true, sizeof is_true);
			continue;
		case BRIDGE_INT:
			memcpy(place, &number, sizeof number);
			continue;
		case BRIDGE_BIN:
		case BRIDGE_SECRET_BIN:
			memcpy(place, &bin, sizeof bin);
			continue;
		case BRIDGE_ENUM:
			memcpy(place, &choice, sizeof choice);
			continue;
		case BRIDGE_STRS:
			pointer = strings;
			break;
		case BRIDGE_REC:
		case BRIDGE_LIST:
			pointer = full_record(arena, field->record);
			break;
		case BRIDGE_STR:
		case BRIDGE_SECRET:
			break;
		}
		memcpy(place, &pointer, sizeof pointer);
		if (field->count_offset)
			memcpy(record + field->count_offset, &count, sizeof count);
	}
	return record;
}

static void
every_record_goes_there_and_back(void **state)
{
	(void)state;
	for (int i = 0; bridge_records[i]; i++) {
		const struct bridge_record_row *row = bridge_records[i];
		struct arena arena = {0};
		struct buf first = {0};
		struct buf second = {0};
		const char *problem = NULL;
		codec_encode(&first, row, full_record(&arena, row));
		assert_int_equal(scan_value(first.data, first.len), first.len);
		void *decoded = arena_alloc(&arena, row->size);
		assert_int_equal(codec_decode(first.data, first.len, row, &arena, decoded,
					      &problem),
				 0);
		codec_encode(&second, row, decoded);
		assert_int_equal(first.len, second.len);
		assert_memory_equal(first.data, second.data, first.len);
		buf_done(&first);
		buf_done(&second);
		arena_done(&arena);
	}
}

static void
a_cut_record_is_refused_and_not_read_past(void **state)
{
	(void)state;
	for (int i = 0; bridge_records[i]; i++) {
		const struct bridge_record_row *row = bridge_records[i];
		struct arena arena = {0};
		struct buf bytes = {0};
		codec_encode(&bytes, row, full_record(&arena, row));
		for (size_t len = 1; len < bytes.len; len++) {
			uint8_t *copy = malloc(len);
			const char *problem = NULL;
			memcpy(copy, bytes.data, len);
			void *decoded = arena_alloc(&arena, row->size);
			assert_int_equal(
				codec_decode(copy, len, row, &arena, decoded, &problem),
				-EINVAL);
			assert_non_null(problem);
			free(copy);
		}
		buf_done(&bytes);
		arena_done(&arena);
	}
}

static void
absent_optional_fields_are_not_sent(void **state)
{
	struct bridge_roster_set_params params = {.profile = "p", .jid = "a@b"};
	struct buf out = {0};
	(void)state;
	codec_encode(&out, &record_roster_set_params, &params);
	assert_int_equal(out.len, 1 + 8 + 2 + 4 + 4);
	assert_int_equal(out.data[0], 0x82);
	buf_clear(&out);
	params.name = "";
	codec_encode(&out, &record_roster_set_params, &params);
	assert_int_equal(out.data[0], 0x83);
	buf_done(&out);
}

static void
ill_formed_text_of_ours_is_replaced(void **state)
{
	struct bridge_jid_params params = {.profile = "p",
					   .jid = "a\xff"
						  "b"};
	struct bridge_jid_params back;
	struct arena arena = {0};
	struct buf out = {0};
	const char *problem = NULL;
	(void)state;
	codec_encode(&out, &record_jid_params, &params);
	assert_int_equal(codec_decode(out.data, out.len, &record_jid_params, &arena,
				      &back, &problem),
			 0);
	assert_string_equal(back.jid, "a\xef\xbf\xbd"
				      "b");
	buf_done(&out);
	arena_done(&arena);
}

static void
wrong_fields_are_named(void **state)
{
	static const struct {
		const struct bridge_record_row *row;
		const uint8_t *data;
		size_t len;
		const char *problem;
	} cases[] = {
		{&record_profile_name, BYTES(""), "field profile is missing"},
		{&record_profile_name, BYTES("\x80"), "field profile is missing"},
		{&record_profile_name, BYTES("\xc0"), "the fields is no map"},
		{&record_profile_name, BYTES("\x81\xa7profile\x01"),
		 "field profile is no string"},
		{&record_profile_name, BYTES("\x81\xa7profile\xc0"),
		 "field profile is no string"},
		{&record_profile_name,
		 BYTES("\x81\xa7profile\xa3"
		       "a\0b"),
		 "field profile holds a NUL"},
		{&record_profile_name, BYTES("\x81\xa7profile\xa1\xff"),
		 "field profile is no UTF-8"},
		{&record_line_params,
		 BYTES("\x82\xa7profile\xa1p\xa2id\xa1"
		       "1"),
		 "field id is no 64-bit integer"},
		{&record_line_params,
		 BYTES("\x82\xa7profile\xa1p\xa2id\xcf\xff\xff\xff\xff\xff\xff\xff\xff"),
		 "field id is no 64-bit integer"},
		{&record_line_params,
		 BYTES("\x82\xa7profile\xa1p\xa2id\xcb\0\0\0\0\0\0\0\0"),
		 "field id is no 64-bit integer"},
		{&record_stop_params, BYTES("\x81\xa9if_unused\x01"),
		 "field if_unused is neither true nor false"},
		{&record_presence_params, BYTES("\x82\xa7profile\xa1p\xa4show\x01"),
		 "field show is no string"},
		{&record_key_params, BYTES("\x82\xa7profile\xa1p\xa3key\xa1x"),
		 "field key is no bin"},
		{&record_contact_event,
		 BYTES("\x83\xa7profile\xa1p\xa3seq\x01\xa7"
		       "contact\x80"),
		 "field contact.jid is missing"},
		{&record_contact_event,
		 BYTES("\x83\xa7profile\xa1p\xa3seq\x01\xa7"
		       "contact\x90"),
		 "field contact is no map"},
		{&record_profile_list_result, BYTES("\x81\xa8profiles\x80"),
		 "field profiles is no list"},
		{&record_profile_list_result,
		 BYTES("\x81\xa8profiles\x92\x81\xa4name\xa1x\x01"),
		 "field profiles is no map"},
		{&record_roster_set_params,
		 BYTES("\x83\xa7profile\xa1p\xa3jid\xa1j\xa6groups\x91\x01"),
		 "field groups is no string"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct arena arena = {0};
		const char *problem = "none";
		void *record = arena_alloc(&arena, cases[i].row->size);
		int status = codec_decode(cases[i].data, cases[i].len, cases[i].row,
					  &arena, record, &problem);
		assert_string_equal(problem, cases[i].problem);
		assert_int_equal(status, -EINVAL);
		arena_done(&arena);
	}
}

static void
unknown_keys_and_texts_do_no_harm(void **state)
{
	static const struct {
		const uint8_t *data;
		size_t len;
		enum bridge_show show;
	} cases[] = {
		{BYTES("\x83\xa7profile\xa1p\xa4show\xa3"
		       "dnd\xaa"
		       "text\0later\x01"),
		 show_DND},
		{BYTES("\x82\xa7profile\xa1p\xa4show\xa3"
		       "dnd"),
		 show_DND},
		{BYTES("\x82\xa7profile\xa1p\xa4show\xa5"
		       "later"),
		 show_OFFLINE},
		{BYTES("\x83\xa4show\xa3"
		       "dnd\xa3new\x91\x81\x01\x02\xa7profile\xa1p"),
		 show_DND},
		{BYTES("\x84\x01\x02\xa7profile\xa1p\x90\x80\xa4show\xa3"
		       "dnd"),
		 show_DND},
		{BYTES("\x83\xa7profile\xa1p\xa4show\xa3"
		       "dnd\xa4text\xc0"),
		 show_DND},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct arena arena = {0};
		struct bridge_presence_params params;
		const char *problem = NULL;
		assert_int_equal(codec_decode(cases[i].data, cases[i].len,
					      &record_presence_params, &arena, &params,
					      &problem),
				 0);
		assert_int_equal(params.show, cases[i].show);
		assert_string_equal(params.profile, "p");
		assert_null(params.text);
		arena_done(&arena);
	}
}

static void
secrets_are_known_by_their_records(void **state)
{
	(void)state;
	assert_true(codec_has_secret(&record_profile_create_params));
	assert_true(codec_has_secret(&record_session_open_params));
	assert_false(codec_has_secret(&record_attach_result));
	assert_false(codec_has_secret(&record_nothing));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_record_goes_there_and_back),
		cmocka_unit_test(a_cut_record_is_refused_and_not_read_past),
		cmocka_unit_test(absent_optional_fields_are_not_sent),
		cmocka_unit_test(ill_formed_text_of_ours_is_replaced),
		cmocka_unit_test(wrong_fields_are_named),
		cmocka_unit_test(unknown_keys_and_texts_do_no_harm),
		cmocka_unit_test(secrets_are_known_by_their_records),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
