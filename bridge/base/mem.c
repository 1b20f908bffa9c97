/*
 * The allocations of mem.h over the C library. Only this file calls malloc's family, so
 * "out of memory aborts" is true in one place.
 */
#include "bridge/base/mem.h"

#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	LARGE_BLOCK = 32 * 1024,
	TRIM_FROM = 64 * 1024,
	TOP_PAD = 16 * 1024,
};

void
mem_begin(void)
{
	(void)mallopt(M_ARENA_MAX, 1);
	(void)mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
	(void)mallopt(M_TRIM_THRESHOLD, TRIM_FROM);
	(void)mallopt(M_TOP_PAD, TOP_PAD);
}

static void *
checked(void *pointer)
{
	if (!pointer)
		abort();
	return pointer;
}

void *
mem_alloc(size_t size)
{
	return checked(calloc(1, size ? size : 1));
}

void *
mem_array(size_t count, size_t size)
{
	return checked(calloc(count ? count : 1, size ? size : 1));
}

void *
mem_resize(void *pointer, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / size)
		abort();
	size_t bytes = count * size;
	return checked(realloc(pointer, bytes ? bytes : 1));
}

char *
mem_strdup(const char *text)
{
	return text ? checked(strdup(text)) : NULL;
}

char *
mem_strndup(const char *text, size_t len)
{
	char *copy = mem_alloc(len + 1);
	if (len)
		memcpy(copy, text, len);
	return copy;
}

char *
mem_vprintf(const char *format, va_list args)
{
	char *text = NULL;
	if (vasprintf(&text, format, args) < 0)
		abort();
	return text;
}

char *
mem_printf(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *text = mem_vprintf(format, args);
	va_end(args);
	return text;
}

void
mem_wipe(void *pointer, size_t len)
{
	if (pointer && len)
		explicit_bzero(pointer, len);
}

void
mem_replace(char **slot, const char *text)
{
	char *copy = mem_strdup(text);
	free(*slot);
	*slot = copy;
}
