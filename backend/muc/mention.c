/*
 * Words are told by what is around them: neither a letter nor a digit. Case is folded by
 * Unicode's rules, so a nick in any script is found.
 */
#include "backend/muc/mention.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "bridge/base/mem.h"

/* The same as below for TEXT that has no other letters than ASCII's, else NULL: most of
 * what is said in a busy room costs no more than to be looked at. */
static char *
fold_ascii(const char *text)
{
	size_t len = strlen(text);
	char *out = mem_alloc(len + 1);
	for (size_t i = 0; i < len; i++) {
		char byte = text[i];
		if ((unsigned char)byte >= 0x80) {
			free(out);
			return NULL;
		}
		out[i] = byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
	}
	return out;
}

/* Case-folded and composed; NULL if TEXT is no UTF-8. */
static char *
fold(const char *text)
{
	char *ascii = fold_ascii(text);
	if (ascii)
		return ascii;
	utf8proc_uint8_t *out = NULL;
	utf8proc_ssize_t len = utf8proc_map((const utf8proc_uint8_t *)text, 0, &out,
					    UTF8PROC_NULLTERM | UTF8PROC_STABLE |
						    UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
	return len < 0 ? NULL : (char *)out;
}

static bool
is_word(utf8proc_int32_t point)
{
	utf8proc_category_t category = utf8proc_category(point);
	return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO);
}

static utf8proc_int32_t
point_at(const char *text, size_t len)
{
	utf8proc_int32_t point = 0;
	if (len == 0 || utf8proc_iterate((const utf8proc_uint8_t *)text,
					 (utf8proc_ssize_t)len, &point) < 0)
		return 0;
	return point;
}

static utf8proc_int32_t
point_before(const char *text, const char *end)
{
	const char *start = end;
	while (start > text && ((unsigned char)*--start & 0xc0) == 0x80)
		continue;
	return point_at(start, (size_t)(end - start));
}

static bool
stands_alone(const char *text, const char *found, size_t len)
{
	const char *end = found + len;
	bool is_joined_left =
		is_word(point_at(found, len)) && is_word(point_before(text, found));
	bool is_joined_right =
		is_word(point_before(found, end)) && is_word(point_at(end, strlen(end)));
	return !is_joined_left && !is_joined_right;
}

/* Whether NICK stands in FOLDED. */
static bool
has(const char *folded, const char *nick)
{
	char *word = fold(nick);
	size_t len = word ? strlen(word) : 0;
	bool is_there = false;
	const char *at = len ? strstr(folded, word) : NULL;
	for (; at && !is_there; at = strstr(at + 1, word))
		is_there = stands_alone(folded, at, len);
	free(word);
	return is_there;
}

static bool
has_any(const char *folded, const char *words)
{
	bool is_there = false;
	while (*words && !is_there) {
		words += strspn(words, ", ");
		size_t len = strcspn(words, ",");
		size_t end = len;
		while (end > 0 && words[end - 1] == ' ')
			end--;
		char *word = mem_strndup(words, end);
		is_there = has(folded, word);
		free(word);
		words += len;
	}
	return is_there;
}

bool
mention_has(const char *text, const char *nick, const char *words)
{
	char *folded = fold(text);
	bool is_there = folded && ((nick && has(folded, nick)) || has_any(folded, words));
	free(folded);
	return is_there;
}
