/*
 * Links taken apart, as room_link.h says. An escaped byte is a part of what it stands in
 * and never a border of it, so the parts are cut before they are decoded.
 */
#include "bridge/base/room_link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"

enum { ADDRESS_MAX = 3071, PASSWORD_MAX = 1023, SCHEME = 5 };

bool
room_link_is(const char *text)
{
	return strncasecmp(text, "xmpp:", SCHEME) == 0;
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 'a' ^ 'A';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
is_safe(const char *text, size_t len)
{
	for (size_t i = 0; i < len;) {
		uint32_t point;
		i += utf8_decode(text + i, len - i, &point);
		if (point == UTF8_BAD || utf8_is_unsafe(point))
			return false;
	}
	return true;
}

/* The LEN bytes at TEXT without their escapes; NULL if that is no text, or none of 1 to
 * MAX bytes. The caller frees. */
static char *
decode(const char *text, size_t len, size_t max)
{
	char *out = mem_alloc(len + 1);
	size_t count = 0;
	bool is_fine = true;
	for (size_t i = 0; i < len && is_fine; i++) {
		int byte = (unsigned char)text[i];
		if (text[i] == '%') {
			int high = i + 2 < len ? hex(text[i + 1]) : -1;
			int low = i + 2 < len ? hex(text[i + 2]) : -1;
			is_fine = high >= 0 && low >= 0;
			byte = high * 16 + low;
			i += 2;
		}
		out[count++] = (char)byte;
	}
	if (is_fine && count > 0 && count <= max && is_safe(out, count))
		return out;
	mem_wipe(out, len);
	free(out);
	return NULL;
}

/* Cuts the address out of what follows the scheme: behind "//" comes the account that is
 * meant to be used, which the user has chosen; with nothing behind that it is a common
 * mistake for the address itself. */
static const char *
address_in(const char *text, size_t *len)
{
	const char *slash;
	if (*len < 2 || memcmp(text, "//", 2) != 0)
		return text;
	text += 2;
	*len -= 2;
	slash = memchr(text, '/', *len);
	if (!slash || !memchr(slash, '@', *len - (size_t)(slash - text)))
		return text;
	*len -= (size_t)(slash + 1 - text);
	return slash + 1;
}

/* The address in the LEN bytes at TEXT, which the caller frees; NULL if that is no
 * room's: something before an @ and behind it. */
static char *
take_address(const char *text, size_t len)
{
	text = address_in(text, &len);
	const char *slash = memchr(text, '/', len);
	size_t bare = slash ? (size_t)(slash - text) : len;
	char *address = decode(text, bare, ADDRESS_MAX);
	const char *at = address ? strchr(address, '@') : NULL;
	if (at && at > address && at[1] && !strpbrk(address, "/ ") &&
	    !strchr(at + 1, '@'))
		return address;
	free(address);
	return NULL;
}

/* The password among the LEN bytes of ";key=value" at TEXT. False if it is none. */
static bool
take_password(const char *text, size_t len, char **ret_password)
{
	static const char key[] = "password=";
	const char *end = text + len;
	while (text < end) {
		const char *next = memchr(text, ';', (size_t)(end - text));
		size_t part = (size_t)((next ? next : end) - text);
		if (part >= sizeof key - 1 && strncmp(text, key, sizeof key - 1) == 0) {
			size_t skip = sizeof key - 1;
			*ret_password = decode(text + skip, part - skip, PASSWORD_MAX);
			return part == skip || *ret_password;
		}
		text += part + 1;
	}
	return true;
}

int
room_link_parse(const char *text, char **ret_address, char **ret_password,
		const char **ret_problem)
{
	const char *rest = text + (room_link_is(text) ? SCHEME : 0);
	size_t len = strcspn(rest, "#");
	const char *query = memchr(rest, '?', len);
	size_t path = query ? (size_t)(query - rest) : len;
	const char *keys = query ? query + 1 : rest + len;
	size_t action = strcspn(keys, ";#");
	bool is_join = action == 0 || (action == 4 && strncasecmp(keys, "join", 4) == 0);
	char *address = take_address(rest, path);
	char *password = NULL;
	size_t skip = (size_t)(keys - rest) + action;
	if (!is_join)
		*ret_problem = "That link is not for joining a room.";
	else if (!address)
		*ret_problem = "That link names no room (xmpp:room@service?join).";
	else if (skip < len && !take_password(rest + skip + 1, len - skip - 1, &password))
		*ret_problem = "The password in that link cannot be read.";
	else {
		*ret_address = address;
		*ret_password = password;
		return 0;
	}
	free(address);
	return -EINVAL;
}
