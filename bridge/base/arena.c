/*
 * Blocks in a list, newest first; a piece that does not fit in the newest one opens
 * another. A block never moves, so pointers into an arena stay good. Blocks grow from
 * 4 KiB on: those of a large arena are pages of their own, which go back to the kernel
 * with it (mem_begin).
 */
#include "bridge/base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/mem.h"

enum { ARENA_BLOCK = 4096, ARENA_BLOCK_MOST = 64 * 1024 };

struct arena_block {
	struct arena_block *next;
	size_t used;
	size_t size;
	alignas(max_align_t) unsigned char bytes[];
};

/* Room of the block behind LAST (or NULL) that SIZE bytes have to fit in. */
static size_t
next_room(const struct arena_block *last, size_t size)
{
	size_t room = last ? 2 * last->size : ARENA_BLOCK;
	if (room > ARENA_BLOCK_MOST)
		room = ARENA_BLOCK_MOST;
	return size > room ? size : room;
}

void *
arena_alloc(struct arena *arena, size_t size)
{
	size_t align = alignof(max_align_t);
	if (size > SIZE_MAX / 2)
		abort();
	size = (size + align - 1) / align * align;
	struct arena_block *block = arena->blocks;
	if (!block || block->size - block->used < size) {
		size_t room = next_room(block, size);
		block = mem_alloc(sizeof *block + room);
		block->size = room;
		block->next = arena->blocks;
		arena->blocks = block;
	}
	void *piece = block->bytes + block->used;
	block->used += size;
	return piece;
}

void *
arena_array(struct arena *arena, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / 2 / size)
		abort();
	return arena_alloc(arena, count * size);
}

char *
arena_strndup(struct arena *arena, const char *text, size_t len)
{
	char *copy = arena_alloc(arena, len + 1);
	if (len)
		memcpy(copy, text, len);
	return copy;
}

char *
arena_strdup(struct arena *arena, const char *text)
{
	return text ? arena_strndup(arena, text, strlen(text)) : NULL;
}

char *
arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *text = mem_vprintf(format, args);
	va_end(args);
	size_t len = strlen(text);
	char *copy = arena_strndup(arena, text, len);
	if (arena->is_secret)
		mem_wipe(text, len);
	free(text);
	return copy;
}

void
arena_done(struct arena *arena)
{
	while (arena->blocks) {
		struct arena_block *block = arena->blocks;
		arena->blocks = block->next;
		if (arena->is_secret)
			mem_wipe(block->bytes, block->used);
		free(block);
	}
}
