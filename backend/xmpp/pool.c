/*
 * Before each piece stands how large it is and where its chunk begins. The open chunk is
 * never freed but by pool_done; when all of its pieces are gone it is cut anew. A large
 * piece has a chunk for itself.
 */
#include "backend/xmpp/pool.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/mem.h"

enum {
	CHUNK_ROOM = 8 * 1024 - 64,
	PIECE_MOST = 1024,
};

struct pool_chunk {
	size_t pieces; /* alive */
	size_t used;
	alignas(8) unsigned char bytes[];
};

struct piece {
	uint32_t size;
	uint32_t offset; /* from the chunk's first byte */
	alignas(8) unsigned char bytes[];
};

static struct pool_chunk *
new_chunk(size_t room)
{
	return mem_alloc(sizeof(struct pool_chunk) + room);
}

static struct piece *
piece_of(void *bytes)
{
	return (struct piece *)(void *)((unsigned char *)bytes -
					offsetof(struct piece, bytes));
}

static struct pool_chunk *
chunk_of(struct piece *piece)
{
	return (struct pool_chunk *)(void *)((unsigned char *)piece - piece->offset);
}

static void *
cut(struct pool_chunk *chunk, size_t size, size_t room)
{
	struct piece *piece = (struct piece *)(void *)(chunk->bytes + chunk->used);
	piece->size = (uint32_t)size;
	piece->offset = (uint32_t)((unsigned char *)piece - (unsigned char *)chunk);
	chunk->used += room;
	chunk->pieces++;
	return piece->bytes;
}

void *
pool_alloc(struct pool *pool, size_t size)
{
	if (size > UINT32_MAX / 2)
		abort();
	size_t room = sizeof(struct piece) + (size + 7) / 8 * 8;
	if (size > PIECE_MOST || pool->is_apart)
		return cut(new_chunk(room), size, room);
	struct pool_chunk *chunk = pool->open;
	if (!chunk || CHUNK_ROOM - chunk->used < room) {
		pool_done(pool);
		chunk = pool->open = new_chunk(CHUNK_ROOM);
		chunk->pieces = 1; /* being open */
	}
	return cut(chunk, size, room);
}

static void
release(struct pool_chunk *chunk)
{
	if (--chunk->pieces == 0)
		free(chunk);
}

void
pool_free(struct pool *pool, void *bytes)
{
	if (!bytes)
		return;
	struct pool_chunk *chunk = chunk_of(piece_of(bytes));
	if (chunk == pool->open && chunk->pieces == 2) {
		memset(chunk->bytes, 0, chunk->used);
		chunk->used = 0;
	}
	release(chunk);
}

void *
pool_resize(struct pool *pool, void *bytes, size_t size)
{
	void *more = pool_alloc(pool, size);
	if (bytes) {
		size_t old = piece_of(bytes)->size;
		memcpy(more, bytes, old < size ? old : size);
	}
	pool_free(pool, bytes);
	return more;
}

void
pool_done(struct pool *pool)
{
	if (pool->open)
		release(pool->open);
	pool->open = NULL;
}
