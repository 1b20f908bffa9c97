/*
 * A growing run of bytes: what is read and not yet understood, what is written and not
 * yet sent. Zero-initialise to begin. There is always a NUL behind the last byte, so a
 * buffer of text can be read as a string.
 */
#ifndef TERN_BASE_BUF_H
#define TERN_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	uint8_t *data; /* NULL while nothing was ever added */
	size_t len;    /* bytes in use */
	size_t cap;
	bool is_secret; /* wipe bytes that are consumed, moved or freed */
};

/* Appends LEN bytes. */
void buf_add(struct buf *buf, const void *data, size_t len);

/* Appends a string without its NUL. */
void buf_add_text(struct buf *buf, const char *text);

/* Appends one byte. */
void buf_add_byte(struct buf *buf, uint8_t byte);

/* Appends what printf would print. */
void buf_printf(struct buf *buf, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Appends BEFORE and then TEXT, which others wrote, in one row made safe to show, of at
 * most MAX bytes; nothing where TEXT is NULL or empty. */
void buf_add_clean(struct buf *buf, const char *before, const char *text, size_t max);

/* Makes room for LEN more bytes and returns where they go; the caller adds to len. */
uint8_t *buf_room(struct buf *buf, size_t len);

/* Drops the first LEN bytes (at most all). */
void buf_consume(struct buf *buf, size_t len);

/* Empties the buffer and keeps its memory. */
void buf_clear(struct buf *buf);

/* The bytes as a string that the caller frees; the buffer is empty afterwards. Never
 * NULL. */
char *buf_take_text(struct buf *buf);

/* Frees the memory (wiped if is_secret) and leaves an empty buffer. */
void buf_done(struct buf *buf);

#endif
