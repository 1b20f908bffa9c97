/*
 * An arena: many small pieces of memory with one end of life. A decoded message, a page
 * of history, a parsed file each live in one. Zero-initialise to begin; pieces are never
 * freed one by one.
 */
#ifndef TERN_BASE_ARENA_H
#define TERN_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *blocks; /* newest first; NULL while empty */
	bool is_secret;		    /* wipe every block before it is freed */
};

/* SIZE bytes set to zero, aligned for any type, alive until arena_done. */
void *arena_alloc(struct arena *arena, size_t size);

/* COUNT elements of SIZE bytes set to zero; aborts on overflow. */
void *arena_array(struct arena *arena, size_t count, size_t size);

/* A copy of TEXT in the arena; NULL for NULL. */
char *arena_strdup(struct arena *arena, const char *text);

/* A copy of the first LEN bytes of TEXT with a NUL behind them. */
char *arena_strndup(struct arena *arena, const char *text, size_t len);

/* printf into the arena. */
char *arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Frees every piece (wiping them if is_secret) and leaves an empty arena. */
void arena_done(struct arena *arena);

#endif
