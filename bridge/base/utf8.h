/*
 * UTF-8 by RFC 3629, and the one cleaner for text from outside: every string that another
 * person chose passes clean_text before a terminal sees it.
 */
#ifndef TERN_BASE_UTF8_H
#define TERN_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum clean_mode {
	CLEAN_LINE, /* line ends and tabs become spaces */
	CLEAN_TEXT, /* LF stays, CR LF and CR become LF, a tab becomes a space */
};

#define UTF8_BAD 0xffffffffu

/* Reads one code point of the LEN > 0 bytes at TEXT. Returns its length in bytes (1 to 4)
 * and stores it in *RET_POINT; for a byte that begins no well-formed sequence returns 1
 * and stores UTF8_BAD. */
size_t utf8_decode(const char *text, size_t len, uint32_t *ret_point);

/* Writes POINT as UTF-8 to OUT (4 bytes of room) and returns its length. */
size_t utf8_encode(uint32_t point, char out[4]);

/* Whether the LEN bytes are well-formed UTF-8. */
bool utf8_is_valid(const char *text, size_t len);

/* The largest length <= MAX that does not cut a sequence of TEXT (LEN bytes) in two. */
size_t utf8_cut(const char *text, size_t len, size_t max);

/* Whether POINT must not reach a terminal: C0, DEL, C1, bidi embeddings, overrides and
 * isolates, line and paragraph separators, noncharacters, surrogates. */
bool utf8_is_unsafe(uint32_t point);

/* TEXT (NULL counts as empty) made safe to show: ill-formed bytes and unsafe code points
 * become U+FFFD, more than MAX bytes are cut with an ellipsis. The caller frees. */
char *clean_text(const char *text, enum clean_mode mode, size_t max);

#endif
