/*
 * Which escape sequence is which key: the tables behind keys.c.
 */
#ifndef TERN_WIDGETS_KEYS_TABLE_H
#define TERN_WIDGETS_KEYS_TABLE_H

#include <stddef.h>
#include <stdint.h>

enum keys_found_kind {
	KEYS_FOUND_NOTHING,
	KEYS_FOUND_KEY,	  /* key */
	KEYS_FOUND_POINT, /* key is a code point without modifiers */
	KEYS_FOUND_PASTE, /* a paste begins */
	KEYS_FOUND_FOCUS_IN,
	KEYS_FOUND_FOCUS_OUT,
};

struct keys_found {
	enum keys_found_kind kind;
	uint32_t key;
};

/* What the LEN bytes after ESC mean: "[A", "OP", "[1;5C", "[3~", "[97;5u", "[[A" … */
struct keys_found keys_look_up(const char *sequence, size_t len);

#endif
