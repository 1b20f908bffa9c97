/*
 * Names of profiles: checked, put into NFC, and written as folder names and back.
 * utf8proc is asked for the form and for what is a control character.
 */
#include "backend/store/profile_name.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "bridge/base/buf.h"
#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"

enum {
	NAME_CHARACTERS = 64,
	NAME_BYTES_TYPED = 4096, /* before NFC, against silly work */
	FOLDER_BYTES = 255,	 /* what file systems take */
};

static bool
is_plain(char byte, bool is_first)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || byte == '_' || byte == '-' ||
	       (byte == '.' && !is_first);
}

static bool
is_space(uint32_t point)
{
	return point == ' ' ||
	       utf8proc_category((utf8proc_int32_t)point) == UTF8PROC_CATEGORY_ZS;
}

/* Whether POINT leaves nothing on a screen by itself: what Unicode lets be ignored (the
 * zero-width space, fillers), formats, marks, spaces. */
static bool
is_invisible(uint32_t point)
{
	utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)point);
	return utf8proc_get_property((utf8proc_int32_t)point)->ignorable ||
	       category == UTF8PROC_CATEGORY_CF || category == UTF8PROC_CATEGORY_MN ||
	       category == UTF8PROC_CATEGORY_ME || category == UTF8PROC_CATEGORY_ZS ||
	       point == 0x2800; /* the empty Braille pattern */
}

/* A sentence on what is wrong with the NFC text NAME, or NULL. */
static const char *
fault_of(const char *name)
{
	size_t len = strlen(name);
	size_t count = 0;
	uint32_t first = 0;
	uint32_t last = 0;
	bool is_visible = false;
	for (size_t at = 0; at < len; count++) {
		at += utf8_decode(name + at, len - at, &last);
		if (count == 0)
			first = last;
		utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)last);
		if (utf8_is_unsafe(last) || category == UTF8PROC_CATEGORY_CC ||
		    category == UTF8PROC_CATEGORY_CN)
			return "a profile name can't hold control or unassigned "
			       "characters";
		is_visible = is_visible || !is_invisible(last);
	}
	if (count == 0)
		return "a profile name has at least one character";
	if (count > NAME_CHARACTERS)
		return "a profile name has at most 64 characters";
	if (is_space(first) || is_space(last))
		return "a profile name can't begin or end with a space";
	if (!is_visible)
		return "a profile name needs a character that can be seen";
	if (first == '@')
		return "a profile name can't begin with @: those are names such as "
		       "@DEFAULT@";
	return NULL;
}

char *
profile_name_folder(const char *name)
{
	struct buf folder = {0};
	for (size_t i = 0; name[i]; i++) {
		if (is_plain(name[i], i == 0))
			buf_add_byte(&folder, (uint8_t)name[i]);
		else
			buf_printf(&folder, "%%%02X", (unsigned)(uint8_t)name[i]);
	}
	return buf_take_text(&folder);
}

int
profile_name_check(const char *text, char **ret_name, const char **ret_sentence)
{
	size_t len = strlen(text);
	if (len > NAME_BYTES_TYPED) {
		*ret_sentence = "a profile name has at most 64 characters";
		return -EINVAL;
	}
	if (!utf8_is_valid(text, len)) {
		*ret_sentence = "a profile name must be UTF-8";
		return -EINVAL;
	}
	utf8proc_uint8_t *composed = utf8proc_NFC((const utf8proc_uint8_t *)text);
	char *name = mem_strdup(composed ? (const char *)composed : "");
	free(composed);
	const char *fault = fault_of(name);
	char *folder = profile_name_folder(name);
	if (!fault && strlen(folder) > FOLDER_BYTES)
		fault = "this profile name is too long for a folder: use fewer "
			"characters";
	free(folder);
	if (fault) {
		free(name);
		*ret_sentence = fault;
		return -EINVAL;
	}
	*ret_name = name;
	return 0;
}

static int
hex_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	return -1;
}

char *
profile_name_of_folder(const char *folder)
{
	struct buf bytes = {0};
	bool is_good = true;
	for (const char *at = folder; *at && is_good; at++) {
		if (*at != '%') {
			buf_add_byte(&bytes, (uint8_t)*at);
			continue;
		}
		int high = hex_value(at[1]);
		int low = high < 0 ? -1 : hex_value(at[2]);
		is_good = low >= 0 && (high || low);
		if (is_good) {
			buf_add_byte(&bytes, (uint8_t)(high * 16 + low));
			at += 2;
		}
	}
	char *decoded = buf_take_text(&bytes);
	char *name = NULL;
	const char *sentence;
	if (is_good && profile_name_check(decoded, &name, &sentence) == 0) {
		/* the one spelling only, or two folders would be one profile */
		char *again = profile_name_folder(name);
		is_good = !strcmp(again, folder);
		free(again);
	}
	free(decoded);
	if (!is_good) {
		free(name);
		return NULL;
	}
	return name;
}

char *
profile_name_twin(const char *name)
{
	utf8proc_uint8_t *twin = utf8proc_NFD((const utf8proc_uint8_t *)name);
	char *copy = twin && strcmp((const char *)twin, name) != 0
			     ? mem_strdup((const char *)twin)
			     : NULL;
	free(twin);
	return copy;
}
