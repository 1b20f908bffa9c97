/* Tests of the arena: pieces are zero, aligned, apart, and copies are copies. */
#include "bridge/base/arena.h"

#include "tests/bridge/cases.h"

static void
pieces_are_zero_aligned_and_apart(void **state)
{
	struct arena arena = {0};
	(void)state;
	for (size_t size = 0; size < 300; size++) {
		unsigned char *piece = arena_alloc(&arena, size);
		assert_int_equal((uintptr_t)piece % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(piece[i], 0);
		memset(piece, 0xff, size);
	}
	arena_done(&arena);
	assert_null(arena.blocks);
}

static void
a_piece_larger_than_a_block_fits(void **state)
{
	struct arena arena = {.is_secret = true};
	(void)state;
	char *small = arena_strdup(&arena, "small");
	char *large = arena_alloc(&arena, 100000);
	memset(large, 'x', 100000);
	assert_string_equal(small, "small");
	arena_done(&arena);
	assert_true(arena.is_secret);
}

static void
texts_are_copied(void **state)
{
	struct arena arena = {0};
	(void)state;
	assert_null(arena_strdup(&arena, NULL));
	assert_string_equal(arena_strndup(&arena, "abcdef", 3), "abc");
	assert_string_equal(arena_printf(&arena, "%d-%s", 7, "x"), "7-x");
	arena_done(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_are_zero_aligned_and_apart),
		cmocka_unit_test(a_piece_larger_than_a_block_fits),
		cmocka_unit_test(texts_are_copied),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
