/*
 * Percent-encoding of profile names. A folder counts as a profile only if encoding its
 * decoded name gives the same folder again, so no profile has two folders.
 */
#include "backend/router/names.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/buf.h"

static bool
is_plain(unsigned char byte, bool is_first)
{
	return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
	       (byte >= '0' && byte <= '9') || byte == '_' || byte == '-' ||
	       (byte == '.' && !is_first);
}

char *
names_folder(const char *name)
{
	struct buf out = {0};
	for (const char *at = name; *at; at++) {
		if (is_plain((unsigned char)*at, at == name))
			buf_add_byte(&out, (uint8_t)*at);
		else
			buf_printf(&out, "%%%02X", (unsigned)(unsigned char)*at);
	}
	return buf_take_text(&out);
}

/* The value of an upper-case hexadecimal digit, or -1. */
static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

char *
names_profile(const char *folder)
{
	struct buf out = {0};
	const char *at = folder;
	while (*at) {
		if (*at != '%') {
			buf_add_byte(&out, (uint8_t)*at++);
			continue;
		}
		int high = digit(at[1]);
		int low = high < 0 ? -1 : digit(at[2]);
		if (low < 0 || (high == 0 && low == 0))
			break;
		buf_add_byte(&out, (uint8_t)(high * 16 + low));
		at += 3;
	}
	bool is_whole = !*at && out.len > 0 && out.len <= NAMES_MAX;
	char *name = buf_take_text(&out);
	char *again = names_folder(name);
	bool is_same = is_whole && strcmp(again, folder) == 0;
	free(again);
	if (is_same)
		return name;
	free(name);
	return NULL;
}
