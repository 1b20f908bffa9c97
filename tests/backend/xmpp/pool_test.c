/* Tests of the pool: pieces are zero, aligned and apart, whatever dies when. */
#include "backend/xmpp/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PIECES = 400 };

static size_t
size_of(size_t number)
{
	return number % 50 == 49 ? 5000 : number * 7 % 300;
}

static void *
new_piece(struct pool *pool, size_t number)
{
	unsigned char *piece = pool_alloc(pool, size_of(number));
	assert_int_equal((uintptr_t)piece % 8, 0);
	for (size_t i = 0; i < size_of(number); i++)
		assert_int_equal(piece[i], 0);
	memset(piece, (int)(number % 255) + 1, size_of(number));
	return piece;
}

static void
end_piece(struct pool *pool, unsigned char *piece, size_t number)
{
	for (size_t i = 0; i < size_of(number); i++)
		assert_int_equal(piece[i], number % 255 + 1);
	pool_free(pool, piece);
}

/* STEP 1: in the order of their birth; else all over the place, half of them twice. */
static void
live_and_die(bool is_apart, size_t step)
{
	struct pool pool = {.is_apart = is_apart};
	void *pieces[PIECES];
	for (size_t i = 0; i < PIECES; i++)
		pieces[i] = new_piece(&pool, i);
	for (size_t i = 0; i < PIECES; i += 2) {
		end_piece(&pool, pieces[i * step % PIECES], i * step % PIECES);
		pieces[i * step % PIECES] = new_piece(&pool, i * step % PIECES);
	}
	for (size_t i = 0; i < PIECES; i++) {
		if (i == PIECES / 2)
			pool_done(&pool);
		end_piece(&pool, pieces[i * step % PIECES], i * step % PIECES);
	}
	assert_null(pool.open);
}

static void
pieces_are_zero_aligned_and_apart(void **state)
{
	(void)state;
	for (int is_apart = 0; is_apart < 2; is_apart++) {
		live_and_die(is_apart, 1);
		live_and_die(is_apart, 131);
		live_and_die(is_apart, PIECES - 1);
	}
}

static void
a_chunk_whose_pieces_are_gone_is_cut_anew(void **state)
{
	struct pool pool = {0};
	(void)state;
	char *first = pool_alloc(&pool, 100);
	memset(first, 'x', 100);
	pool_free(&pool, first);
	char *second = pool_alloc(&pool, 100);
	assert_ptr_equal(second, first);
	assert_int_equal(second[0], 0);
	assert_int_equal(second[99], 0);
	pool_free(&pool, second);
	pool_done(&pool);
}

static void
a_piece_keeps_what_fits_when_it_is_resized(void **state)
{
	struct pool pool = {0};
	(void)state;
	char *piece = pool_resize(&pool, NULL, 6);
	memcpy(piece, "short", 6);
	piece = pool_resize(&pool, piece, 3000);
	assert_string_equal(piece, "short");
	assert_int_equal(piece[2999], 0);
	piece = pool_resize(&pool, piece, 5);
	assert_memory_equal(piece, "short", 5);
	pool_free(&pool, piece);
	pool_free(&pool, NULL);
	pool_done(&pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_are_zero_aligned_and_apart),
		cmocka_unit_test(a_chunk_whose_pieces_are_gone_is_cut_anew),
		cmocka_unit_test(a_piece_keeps_what_fits_when_it_is_resized),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
