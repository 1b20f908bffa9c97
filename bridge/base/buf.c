/*
 * The growing buffer of buf.h. Its capacity doubles; a secret buffer never uses realloc,
 * which would leave the old bytes behind in freed memory.
 */
#include "bridge/base/buf.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"

uint8_t *
buf_room(struct buf *buf, size_t len)
{
	if (len > SIZE_MAX / 4 || buf->len > SIZE_MAX / 4)
		abort();
	size_t need = buf->len + len + 1;
	if (need > buf->cap) {
		size_t cap = buf->cap ? buf->cap : 64;
		while (cap < need)
			cap *= 2;
		if (buf->is_secret) {
			uint8_t *moved = mem_alloc(cap);
			if (buf->len)
				memcpy(moved, buf->data, buf->len);
			mem_wipe(buf->data, buf->cap);
			free(buf->data);
			buf->data = moved;
		} else {
			buf->data = mem_resize(buf->data, cap, 1);
		}
		buf->cap = cap;
	}
	return buf->data + buf->len;
}

void
buf_add(struct buf *buf, const void *data, size_t len)
{
	uint8_t *room = buf_room(buf, len);
	if (len)
		memcpy(room, data, len);
	buf->len += len;
	buf->data[buf->len] = 0;
}

void
buf_add_text(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void
buf_add_byte(struct buf *buf, uint8_t byte)
{
	buf_add(buf, &byte, 1);
}

void
buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *text = mem_vprintf(format, args);
	va_end(args);
	size_t len = strlen(text);
	buf_add(buf, text, len);
	if (buf->is_secret)
		mem_wipe(text, len);
	free(text);
}

void
buf_add_clean(struct buf *buf, const char *before, const char *text, size_t max)
{
	char *clean = clean_text(text, CLEAN_LINE, max);
	if (clean[0])
		buf_printf(buf, "%s%s", before, clean);
	free(clean);
}

void
buf_consume(struct buf *buf, size_t len)
{
	if (len >= buf->len) {
		buf_clear(buf);
		return;
	}
	size_t rest = buf->len - len;
	memmove(buf->data, buf->data + len, rest);
	if (buf->is_secret)
		mem_wipe(buf->data + rest, len);
	buf->len = rest;
	buf->data[rest] = 0;
}

void
buf_clear(struct buf *buf)
{
	if (buf->is_secret)
		mem_wipe(buf->data, buf->len);
	buf->len = 0;
	if (buf->data)
		buf->data[0] = 0;
}

char *
buf_take_text(struct buf *buf)
{
	buf_room(buf, 0)[0] = 0;
	/* It may be kept for long. */
	char *text = buf->is_secret ? (char *)buf->data
				    : mem_resize(buf->data, buf->len + 1, 1);
	*buf = (struct buf){.is_secret = buf->is_secret};
	return text;
}

void
buf_done(struct buf *buf)
{
	if (buf->is_secret)
		mem_wipe(buf->data, buf->cap);
	free(buf->data);
	*buf = (struct buf){.is_secret = buf->is_secret};
}
