/*
 * One pass over the text, which never looks behind its end; the first thing that is wrong
 * is told with its line and column.
 */
#include "bridge/ctl/json.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "bridge/base/buf.h"
#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"

struct reader {
	const char *text;
	size_t len, at;
	struct arena *arena;
	const char *problem; /* NULL while all is well */
	size_t problem_at;
};

static bool
refuse(struct reader *reader, const char *problem)
{
	if (!reader->problem) {
		reader->problem = problem;
		reader->problem_at = reader->at;
	}
	return false;
}

/* The next byte that is no space; 0 at the end. */
static char
peek(struct reader *reader)
{
	while (reader->at < reader->len && strchr(" \t\r\n", reader->text[reader->at]) &&
	       reader->text[reader->at])
		reader->at++;
	return reader->at < reader->len ? reader->text[reader->at] : '\0';
}

static bool
take(struct reader *reader, char c)
{
	if (peek(reader) != c)
		return false;
	reader->at++;
	return true;
}

/* ---- strings ---- */

static bool
read_hex(struct reader *reader, uint32_t *ret_point)
{
	uint32_t point = 0;
	for (int i = 0; i < 4; i++) {
		char c = reader->at < reader->len ? reader->text[reader->at] : '\0';
		const char *digits = "0123456789abcdef";
		const char *digit = strchr(digits, c >= 'A' && c <= 'F' ? c | 0x20 : c);
		if (!c || !digit)
			return refuse(reader, "\\u needs four hexadecimal digits");
		point = point * 16 + (uint32_t)(digit - digits);
		reader->at++;
	}
	*ret_point = point;
	return true;
}

/* Behind \u: one code point, which may take a second escape. */
static bool
read_point(struct reader *reader, struct buf *out)
{
	uint32_t point, low;
	char bytes[4];
	if (!read_hex(reader, &point))
		return false;
	if (point >= 0xd800 && point < 0xdc00) {
		bool has_low = reader->at + 2 <= reader->len &&
			       memcmp(reader->text + reader->at, "\\u", 2) == 0;
		reader->at += has_low ? 2 : 0;
		if (!has_low || !read_hex(reader, &low) || low < 0xdc00 || low > 0xdfff)
			return refuse(reader, "half a character is none");
		point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
	} else if (point >= 0xdc00 && point <= 0xdfff) {
		return refuse(reader, "half a character is none");
	}
	if (point == 0)
		return refuse(reader, "a text cannot hold \\u0000");
	buf_add(out, bytes, utf8_encode(point, bytes));
	return true;
}

static bool
read_escape(struct reader *reader, struct buf *out)
{
	static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	char c = reader->at < reader->len ? reader->text[reader->at] : '\0';
	const char *letter = c ? strchr(letters, c) : NULL;
	if (c == 'u') {
		reader->at++;
		return read_point(reader, out);
	}
	if (!letter)
		return refuse(reader, "there is no such escape");
	reader->at++;
	buf_add_byte(out, (uint8_t)meant[letter - letters]);
	return true;
}

/* Behind the opening quote. */
static const char *
read_string(struct reader *reader)
{
	struct buf out = {.is_secret = true}; /* it may be a room's password */
	const char *text = NULL;
	bool is_fine = true;
	while (is_fine && reader->at < reader->len && reader->text[reader->at] != '"') {
		char c = reader->text[reader->at];
		if ((unsigned char)c < ' ') {
			is_fine = refuse(reader, "a text is one line; \\n is a line end");
			break;
		}
		reader->at++;
		if (c == '\\')
			is_fine = read_escape(reader, &out);
		else
			buf_add_byte(&out, (uint8_t)c);
	}
	if (is_fine && reader->at >= reader->len)
		is_fine = refuse(reader, "the text has no end");
	if (is_fine) {
		reader->at++;
		text = arena_strndup(reader->arena,
				     out.data ? (const char *)out.data : "", out.len);
	}
	buf_done(&out);
	return text;
}

/* ---- values ---- */

static bool
is_number(const char *text, size_t len)
{
	size_t at = len > 0 && text[0] == '-';
	size_t digits = 0;
	for (; at < len && strchr("0123456789+-.eE", text[at]); at++)
		digits += text[at] >= '0' && text[at] <= '9';
	return at == len && digits > 0;
}

/* What stands without quotes: *RET_TEXT is NULL for null. */
static bool
read_word(struct reader *reader, const char **ret_text)
{
	const char *start = reader->text + reader->at;
	size_t len = 0, left = reader->len - reader->at;
	while (len < left && start[len] && !strchr(" \t\r\n,:]}[{\"", start[len]))
		len++;
	bool is_null = len == 4 && memcmp(start, "null", 4) == 0;
	bool is_word = (len == 4 && memcmp(start, "true", 4) == 0) ||
		       (len == 5 && memcmp(start, "false", 5) == 0);
	if (!is_null && !is_word && !is_number(start, len))
		return refuse(reader, "a value is a text in quotes, a number, true, "
				      "false, null, or a list of these");
	*ret_text = is_null ? NULL : arena_strndup(reader->arena, start, len);
	reader->at += len;
	return true;
}

static bool
read_scalar(struct reader *reader, const char **ret_text)
{
	if (take(reader, '"')) {
		*ret_text = read_string(reader);
		return *ret_text != NULL;
	}
	return read_word(reader, ret_text);
}

/* Behind the opening bracket. */
static bool
read_list(struct reader *reader, const char **values, size_t *count)
{
	if (take(reader, ']'))
		return true;
	do {
		(void)peek(reader);
		if (*count == JSON_VALUES_MAX)
			return refuse(reader, "the list is too long");
		if (!read_scalar(reader, &values[*count]))
			return false;
		if (!values[*count])
			return refuse(reader, "null is nothing to put in a list");
		++*count;
	} while (take(reader, ','));
	return take(reader, ']') || refuse(reader, "a comma or ] is missing");
}

static bool
read_values(struct reader *reader, struct json_member *member)
{
	bool is_list = take(reader, '[');
	const char **values =
		arena_array(reader->arena, is_list ? JSON_VALUES_MAX : 1, sizeof *values);
	bool is_fine;
	(void)peek(reader);
	if (is_list) {
		is_fine = read_list(reader, values, &member->count);
	} else {
		is_fine = read_scalar(reader, &values[0]);
		member->count = is_fine && values[0] ? 1 : 0;
	}
	member->values = values;
	return is_fine;
}

static bool
read_member(struct reader *reader, struct json_member *members, size_t *count)
{
	struct json_member *member = &members[*count];
	(void)peek(reader);
	if (*count == JSON_MEMBERS_MAX)
		return refuse(reader, "there are too many fields");
	if (!take(reader, '"'))
		return refuse(reader, "a field's name in quotes is missing");
	member->name = read_string(reader);
	if (!member->name)
		return false;
	for (size_t i = 0; i < *count; i++) {
		if (strcmp(members[i].name, member->name) == 0)
			return refuse(reader, "this field was there already; a list "
					      "gives it more values");
	}
	if (!take(reader, ':'))
		return refuse(reader, "a colon is missing");
	++*count;
	return read_values(reader, member);
}

static bool
read_object(struct reader *reader, struct json_member *members, size_t *count)
{
	if (!take(reader, '{'))
		return refuse(reader, "an object {…} is missing");
	if (!take(reader, '}')) {
		do {
			if (!read_member(reader, members, count))
				return false;
		} while (take(reader, ','));
		if (!take(reader, '}'))
			return refuse(reader, "a comma or } is missing");
	}
	return peek(reader) == '\0' && reader->at == reader->len
		       ? true
		       : refuse(reader, "there is something behind the object");
}

static const char *
say_problem(const struct reader *reader)
{
	size_t line = 1, column = 1;
	for (size_t i = 0; i < reader->problem_at && i < reader->len; i++) {
		bool is_inside = (reader->text[i] & 0xc0) == 0x80;
		column += !is_inside;
		if (reader->text[i] == '\n') {
			line++;
			column = 1;
		}
	}
	return arena_printf(reader->arena, "JSON, line %zu, column %zu: %s.", line,
			    column, reader->problem);
}

const char *
json_read(const char *text, size_t len, struct arena *arena,
	  struct json_member **ret_members, size_t *ret_count)
{
	struct reader reader = {.text = text, .len = len, .arena = arena};
	struct json_member *members =
		arena_array(arena, JSON_MEMBERS_MAX + 1, sizeof *members);
	size_t count = 0;
	if (!utf8_is_valid(text, len))
		return "The JSON is no UTF-8.";
	if (!read_object(&reader, members, &count))
		return say_problem(&reader);
	*ret_members = members;
	*ret_count = count;
	return NULL;
}
