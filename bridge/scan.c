/*
 * The scanner of scan.h. It keeps no tree: a stack of element counts, and the number of
 * values still owed, which must fit in what a frame may still hold. So a length that lies
 * is refused when it is read, not when memory for it was taken.
 */
#include "bridge/scan.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static uint64_t
read_number(const uint8_t *data, size_t width)
{
	uint64_t number = 0;
	for (size_t i = 0; i < width; i++)
		number = number << 8 | data[i];
	return number;
}

/* The bytes from c0 on: kind, and the width of the number that follows. */
static const struct wide_row {
	uint8_t kind;
	uint8_t width;
} wide_rows[32] = {
	{SCAN_NIL, 0},	 {SCAN_NIL, 0},	  {SCAN_BOOL, 0},  {SCAN_BOOL, 0},
	{SCAN_BIN, 1},	 {SCAN_BIN, 2},	  {SCAN_BIN, 4},   {SCAN_EXT, 1},
	{SCAN_EXT, 2},	 {SCAN_EXT, 4},	  {SCAN_FLOAT, 4}, {SCAN_FLOAT, 8},
	{SCAN_INT, 1},	 {SCAN_INT, 2},	  {SCAN_INT, 4},   {SCAN_INT, 8},
	{SCAN_INT, 1},	 {SCAN_INT, 2},	  {SCAN_INT, 4},   {SCAN_INT, 8},
	{SCAN_EXT, 0},	 {SCAN_EXT, 0},	  {SCAN_EXT, 0},   {SCAN_EXT, 0},
	{SCAN_EXT, 0},	 {SCAN_STR, 1},	  {SCAN_STR, 2},   {SCAN_STR, 4},
	{SCAN_ARRAY, 2}, {SCAN_ARRAY, 4}, {SCAN_MAP, 2},   {SCAN_MAP, 4},
};

static uint64_t
sign_extend(uint64_t number, size_t width)
{
	assert(width > 0 && width <= 8);
	unsigned shift = (unsigned)(64 - 8 * width);
	uint64_t sign = (uint64_t)1 << (8 * width - 1);
	return shift && (number & sign) ? number | ~(uint64_t)0 << (8 * width) : number;
}

static void
read_wide(uint8_t first, uint64_t number, size_t width, struct scan_head *head)
{
	if (head->kind == SCAN_BOOL) {
		head->integer = first & 1;
	} else if (head->kind == SCAN_INT) {
		bool is_signed = first >= 0xd0;
		head->integer = is_signed ? sign_extend(number, width) : number;
		head->is_huge = !is_signed && number > INT64_MAX;
	} else if (first >= 0xd4 && first <= 0xd8) {
		head->size += 1;
		head->count = 1u << (first - 0xd4);
	} else if (head->kind != SCAN_FLOAT) {
		head->size += head->kind == SCAN_EXT ? 1 : 0;
		head->count = (uint32_t)number;
	}
}

int
scan_head(const uint8_t *data, size_t len, struct scan_head *ret_head)
{
	if (len == 0)
		return 0;
	uint8_t first = data[0];
	struct scan_head head = {.size = 1};
	if (first < 0x80 || first >= 0xe0) {
		head.kind = SCAN_INT;
		head.integer = first < 0x80 ? first : sign_extend(first, 1);
	} else if (first < 0x90) {
		head.kind = SCAN_MAP;
		head.count = first & 0x0f;
	} else if (first < 0xa0) {
		head.kind = SCAN_ARRAY;
		head.count = first & 0x0f;
	} else if (first < 0xc0) {
		head.kind = SCAN_STR;
		head.count = first & 0x1f;
	} else if (first == 0xc1) {
		return -EBADMSG;
	} else {
		const struct wide_row *row = &wide_rows[first - 0xc0];
		head.kind = (enum scan_kind)row->kind;
		head.size += row->width;
		if (len < head.size)
			return 0;
		read_wide(first, read_number(data + 1, row->width), row->width, &head);
	}
	if (len < head.size)
		return 0;
	*ret_head = head;
	return 1;
}

/* Takes the value that ends at state->at from its array or map, and those that end with
 * it. */
static void
close_value(struct scan_state *state)
{
	while (state->depth > 0 && --state->left[state->depth - 1] == 0)
		state->depth--;
}

/* Counts one value of HEAD in; its elements are owed from now on. */
static int
enter_value(struct scan_state *state, const struct scan_head *head)
{
	bool is_nested = head->kind == SCAN_ARRAY || head->kind == SCAN_MAP;
	size_t count = head->count;
	size_t elements = !is_nested ? 0 : head->kind == SCAN_MAP ? 2 * count : count;
	size_t bytes = head->size + (is_nested ? 0 : count);
	state->owed -= 1;
	if (state->at + bytes + elements + state->owed > SCAN_FRAME_MAX)
		return -EMSGSIZE;
	if (is_nested && state->depth == SCAN_DEPTH_MAX)
		return -ELOOP;
	state->owed += elements;
	state->at += bytes;
	if (elements > 0)
		state->left[state->depth++] = (uint32_t)elements;
	else
		close_value(state);
	return 0;
}

ssize_t
scan_more(struct scan_state *state, const uint8_t *data, size_t len)
{
	if (state->at == 0)
		state->owed = 1;
	while (state->owed > 0) {
		struct scan_head head;
		/* A string may have been entered before all of it was there. */
		if (state->at >= len)
			return 0;
		int status = scan_head(data + state->at, len - state->at, &head);
		if (status <= 0)
			return status;
		status = enter_value(state, &head);
		if (status < 0)
			return status;
	}
	return state->at <= len ? (ssize_t)state->at : 0;
}

ssize_t
scan_value(const uint8_t *data, size_t len)
{
	struct scan_state state = {0};
	return scan_more(&state, data, len);
}

size_t
scan_map_find(const uint8_t *data, size_t len, const char *key, const uint8_t **ret_value)
{
	struct scan_head head;
	if (scan_head(data, len, &head) <= 0 || head.kind != SCAN_MAP)
		return 0;
	size_t at = head.size;
	size_t key_len = strlen(key);
	for (uint32_t i = 0; i < head.count; i++) {
		ssize_t name_size = scan_value(data + at, len - at);
		if (name_size <= 0)
			return 0;
		size_t value_at = at + (size_t)name_size;
		ssize_t value_size = scan_value(data + value_at, len - value_at);
		if (value_size <= 0)
			return 0;
		const char *name;
		size_t name_len;
		if (scan_string(data + at, len - at, &name, &name_len) == 0 &&
		    name_len == key_len && memcmp(name, key, key_len) == 0) {
			*ret_value = data + value_at;
			return (size_t)value_size;
		}
		at = value_at + (size_t)value_size;
	}
	return 0;
}

int
scan_string(const uint8_t *data, size_t len, const char **ret_text, size_t *ret_len)
{
	struct scan_head head;
	if (scan_head(data, len, &head) <= 0 || head.kind != SCAN_STR ||
	    len - head.size < head.count)
		return -EINVAL;
	*ret_text = (const char *)data + head.size;
	*ret_len = head.count;
	return 0;
}
