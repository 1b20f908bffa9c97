/*
 * Memory of short lives: pieces that die about in the order in which they were made, as
 * those of stanzas do. They are cut from chunks, and a chunk goes when its last piece
 * goes: so a burst leaves no holes between what was made meanwhile and lasts.
 */
#ifndef TERN_XMPP_POOL_H
#define TERN_XMPP_POOL_H

#include <stdbool.h>
#include <stddef.h>

struct pool_chunk;

/* Zero-initialise to begin. */
struct pool {
	struct pool_chunk *open; /* what pieces are cut from; NULL for none yet */
	bool is_apart; /* each has a chunk for itself, so that AddressSanitizer sees one
			* that is overrun or used after its end */
};

/* SIZE bytes set to zero, aligned for pointers and 64-bit numbers. */
void *pool_alloc(struct pool *pool, size_t size);

/* A piece of SIZE bytes with what fits in it of PIECE (or NULL), which is freed. */
void *pool_resize(struct pool *pool, void *piece, size_t size);

/* Frees PIECE; NULL is fine. */
void pool_free(struct pool *pool, void *piece);

/* Ends it; pieces that are left live on until they are freed. */
void pool_done(struct pool *pool);

#endif
