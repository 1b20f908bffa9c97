/* Tests of the scanner: a table of good and bad bytes, each also cut at every place. */
#include "bridge/scan.h"

#include <errno.h>
#include <stdlib.h>

#include "tests/bridge/cases.h"

static const struct {
	const char *name;
	const uint8_t *data;
	size_t len;
	ssize_t expected;
} cases[] = {
	{"nothing", BYTES(""), 0},
	{"nil", BYTES("\xc0"), 1},
	{"fixints", BYTES("\x7f\x01"), 1},
	{"negative", BYTES("\xe0"), 1},
	{"the byte c1", BYTES("\xc1"), -EBADMSG},
	{"c1 inside", BYTES("\x92\x01\xc1"), -EBADMSG},
	{"c1 as a key", BYTES("\x81\xc1\x01"), -EBADMSG},
	{"ints", BYTES("\xcf\1\2\3\4\5\6\7\x8"), 9},
	{"half an int", BYTES("\xcf\1\2\3"), 0},
	{"double", BYTES("\xcb\1\2\3\4\5\6\7\x8"), 9},
	{"fixstr", BYTES("\xa3xyz"), 4},
	{"half a fixstr", BYTES("\xa3xy"), 0},
	{"str8", BYTES("\xd9\x01z"), 3},
	{"str32 that lies", BYTES("\xdb\xff\xff\xff\xff"), -EMSGSIZE},
	{"str32 just over", BYTES("\xdb\x00\x40\x00\x00"), -EMSGSIZE},
	{"str32 within", BYTES("\xdb\x00\x3f\xff\x00"), 0},
	{"bin32 that lies", BYTES("\xc6\x7f\xff\xff\xff"), -EMSGSIZE},
	{"ext32 that lies", BYTES("\xc9\x7f\xff\xff\xff\x01"), -EMSGSIZE},
	{"ext8", BYTES("\xc7\x02\x01zz"), 5},
	{"fixext1", BYTES("\xd4\x01z"), 3},
	{"fixext16",
	 BYTES("\xd8\x01"
	       "0123456789abcdef"),
	 18},
	{"array", BYTES("\x93\x01\x02\x03"), 4},
	{"array too short", BYTES("\x93\x01\x02"), 0},
	{"empty map", BYTES("\x80"), 1},
	{"map", BYTES("\x81\xa1k\x90"), 4},
	{"map without its value", BYTES("\x81\xa1k"), 0},
	{"array32 that reserves 8 GiB", BYTES("\xdd\x0f\xff\xff\xff"), -EMSGSIZE},
	{"map32 that lies", BYTES("\xdf\xff\xff\xff\xff"), -EMSGSIZE},
	{"map32 of half as many", BYTES("\xdf\x00\x20\x00\x00"), -EMSGSIZE},
	{"lies add up", BYTES("\x92\xdd\x00\x3f\xff\xff"), -EMSGSIZE},
	{"16 deep",
	 BYTES("\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x01"),
	 17},
	{"17 deep",
	 BYTES("\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91"
	       "\x01"),
	 -ELOOP},
	{"17 deep, empty",
	 BYTES("\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x90"),
	 -ELOOP},
	{"deep in the second", BYTES("\x92\x91\x01\x91\x91\x02"), 6},
	{"what follows is not read", BYTES("\x91\x01\xc1\xc1"), 2},
};

static void
values_have_their_length_or_their_error(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		ssize_t size = scan_value(cases[i].data, cases[i].len);
		if (size != cases[i].expected)
			print_error("%s\n", cases[i].name);
		assert_int_equal(size, cases[i].expected);
	}
}

/* The bytes in a block of exactly that size, so that a read past the end is seen. */
static ssize_t
scan_exactly(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	assert_non_null(copy);
	memcpy(copy, data, len);
	ssize_t size = scan_value(copy, len);
	free(copy);
	return size;
}

static void
a_cut_value_wants_more_and_is_never_read_past(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		for (size_t len = 0; len < cases[i].len; len++) {
			ssize_t size = scan_exactly(cases[i].data, len);
			ssize_t whole = cases[i].expected;
			bool is_fair = size == 0 || size == whole;
			assert_true(is_fair);
			if (whole > 0 && len < (size_t)whole)
				assert_int_equal(size, 0);
		}
	}
}

static void
walking_on_finds_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct scan_state scan = {0};
		ssize_t size = 0;
		for (size_t len = 0; len <= cases[i].len && size == 0; len++)
			size = scan_more(&scan, cases[i].data, len);
		assert_int_equal(size, cases[i].expected);
	}
}

static void
a_frame_of_4_mib_passes_and_one_more_byte_does_not(void **state)
{
	uint8_t *data = calloc(1, SCAN_FRAME_MAX + 1);
	uint32_t body = SCAN_FRAME_MAX - 5;
	(void)state;
	assert_non_null(data);
	data[0] = 0xc6;
	for (int i = 0; i < 4; i++)
		data[1 + i] = (uint8_t)(body >> (24 - 8 * i));
	assert_int_equal(scan_value(data, SCAN_FRAME_MAX), SCAN_FRAME_MAX);
	data[4]++;
	assert_int_equal(scan_value(data, SCAN_FRAME_MAX + 1), -EMSGSIZE);
	free(data);
}

static void
keys_are_found_in_a_map(void **state)
{
	static const uint8_t map[] = "\x83\xa1"
				     "a\x01\xa2"
				     "bb\xa1x\x05\xa1y";
	const uint8_t *value = NULL;
	const char *text;
	size_t len;
	(void)state;
	assert_int_equal(scan_map_find(map, sizeof map - 1, "a", &value), 1);
	assert_int_equal(*value, 1);
	assert_int_equal(scan_map_find(map, sizeof map - 1, "bb", &value), 2);
	assert_int_equal(scan_string(value, 2, &text, &len), 0);
	assert_int_equal(len, 1);
	assert_int_equal(*text, 'x');
	assert_int_equal(scan_map_find(map, sizeof map - 1, "b", &value), 0);
	assert_int_equal(scan_map_find(BYTES("\x91\x01"), "b", &value), 0);
	assert_int_equal(scan_string(BYTES("\x01"), &text, &len), -EINVAL);
}

static void
integers_keep_their_sign_and_size(void **state)
{
	static const struct {
		const uint8_t *data;
		size_t len;
		int64_t value;
		bool is_huge;
	} ints[] = {
		{BYTES("\x05"), 5, false},
		{BYTES("\xff"), -1, false},
		{BYTES("\xcc\xff"), 255, false},
		{BYTES("\xd0\xff"), -1, false},
		{BYTES("\xd1\x80\x00"), -32768, false},
		{BYTES("\xd2\xff\xff\xff\xfe"), -2, false},
		{BYTES("\xce\xff\xff\xff\xff"), 4294967295, false},
		{BYTES("\xd3\x80\0\0\0\0\0\0\0"), INT64_MIN, false},
		{BYTES("\xcf\x7f\xff\xff\xff\xff\xff\xff\xff"), INT64_MAX, false},
		{BYTES("\xcf\xff\xff\xff\xff\xff\xff\xff\xff"), -1, true},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(ints); i++) {
		struct scan_head head;
		assert_int_equal(scan_head(ints[i].data, ints[i].len, &head), 1);
		assert_int_equal(head.kind, SCAN_INT);
		assert_true((int64_t)head.integer == ints[i].value);
		assert_int_equal(head.is_huge, ints[i].is_huge);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_have_their_length_or_their_error),
		cmocka_unit_test(a_cut_value_wants_more_and_is_never_read_past),
		cmocka_unit_test(walking_on_finds_the_same),
		cmocka_unit_test(a_frame_of_4_mib_passes_and_one_more_byte_does_not),
		cmocka_unit_test(keys_are_found_in_a_map),
		cmocka_unit_test(integers_keep_their_sign_and_size),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
