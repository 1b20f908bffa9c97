/*
 * The codec of codec.h. It packs through msgpack-c and reads in place, by the scanner's
 * heads, so that a decoded message costs what its fields need and nothing for the rest.
 * Nothing here names a single record.
 */
#include "bridge/codec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <msgpack/pack.h>

#include "bridge/base/utf8.h"
#include "bridge/pack.h"
#include "bridge/scan.h"

/* ---- writing --------------------------------------------------------------------- */

int
pack_into(void *data, const char *bytes, size_t len)
{
	buf_add(data, bytes, len);
	return 0;
}

void
pack_text(msgpack_packer *packer, const char *text, size_t len)
{
	(void)msgpack_pack_str(packer, len);
	(void)msgpack_pack_str_body(packer, text, len);
}

/* A string of ours; ill-formed UTF-8 is replaced, since the other side refuses it. */
static void
pack_string(msgpack_packer *packer, const char *text)
{
	size_t len = strlen(text);
	if (utf8_is_valid(text, len)) {
		pack_text(packer, text, len);
		return;
	}
	struct buf clean = {.is_secret = true};
	for (size_t at = 0; at < len;) {
		uint32_t point;
		char bytes[4];
		at += utf8_decode(text + at, len - at, &point);
		buf_add(&clean, bytes,
			utf8_encode(point == UTF8_BAD ? 0xfffd : point, bytes));
	}
	pack_text(packer, (const char *)clean.data, clean.len);
	buf_done(&clean);
}

/* What a field's type says is at its place in a record. */
static const void *
place_of(const void *record, size_t offset)
{
	return (const char *)record + offset;
}

static const char *
text_at(const void *record, const struct bridge_field_row *field)
{
	return *(const char *const *)place_of(record, field->offset);
}

static int
choice_at(const void *record, const struct bridge_field_row *field)
{
	int value;
	memcpy(&value, place_of(record, field->offset), sizeof value);
	return value;
}

static size_t
count_at(const void *record, const struct bridge_field_row *field)
{
	return *(const size_t *)place_of(record, field->count_offset);
}

static bool
is_present(const void *record, const struct bridge_field_row *field)
{
	const void *place = place_of(record, field->offset);
	if (field->need == BRIDGE_REQUIRED)
		return true;
	switch (field->type) {
	case BRIDGE_BOOL:
		return *(const bool *)place;
	case BRIDGE_INT:
		return *(const int64_t *)place != 0;
	case BRIDGE_STR:
	case BRIDGE_SECRET:
	case BRIDGE_REC:
		return *(const void *const *)place != NULL;
	case BRIDGE_BIN:
	case BRIDGE_SECRET_BIN:
		return ((const struct bridge_bin *)place)->len > 0;
	case BRIDGE_ENUM:
		return choice_at(record, field) != 0;
	case BRIDGE_LIST:
	case BRIDGE_STRS:
		return count_at(record, field) > 0;
	}
	abort();
}

static void pack_record(msgpack_packer *packer, const struct bridge_record_row *row,
			const void *record);

static void
pack_list(msgpack_packer *packer, const struct bridge_field_row *field,
	  const void *record)
{
	size_t count = count_at(record, field);
	const char *first = *(const char *const *)place_of(record, field->offset);
	(void)msgpack_pack_array(packer, count);
	for (size_t i = 0; i < count; i++) {
		if (field->type == BRIDGE_LIST)
			pack_record(packer, field->record,
				    first + i * field->record->size);
		else
			pack_string(
				packer,
				*(const char *const *)(const void *)(first +
								     i * sizeof first));
	}
}

static void
pack_bin(msgpack_packer *packer, const struct bridge_bin *bin)
{
	(void)msgpack_pack_bin(packer, bin->len);
	(void)msgpack_pack_bin_body(packer, bin->data, bin->len);
}

static void
pack_field(msgpack_packer *packer, const struct bridge_field_row *field,
	   const void *record)
{
	const void *place = place_of(record, field->offset);
	switch (field->type) {
	case BRIDGE_BOOL:
		(void)(*(const bool *)place ? msgpack_pack_true(packer)
					    : msgpack_pack_false(packer));
		return;
	case BRIDGE_INT:
		(void)msgpack_pack_int64(packer, *(const int64_t *)place);
		return;
	case BRIDGE_STR:
	case BRIDGE_SECRET:
		if (!text_at(record, field))
			abort();
		pack_string(packer, text_at(record, field));
		return;
	case BRIDGE_BIN:
	case BRIDGE_SECRET_BIN:
		pack_bin(packer, place);
		return;
	case BRIDGE_ENUM:
		pack_string(packer,
			    bridge_value_text(field->choice, choice_at(record, field)));
		return;
	case BRIDGE_REC:
		if (!*(const void *const *)place)
			abort();
		pack_record(packer, field->record, *(const void *const *)place);
		return;
	case BRIDGE_LIST:
	case BRIDGE_STRS:
		pack_list(packer, field, record);
		return;
	}
}

static void
pack_record(msgpack_packer *packer, const struct bridge_record_row *row,
	    const void *record)
{
	size_t count = 0;
	for (int i = 0; i < row->field_count; i++)
		count += is_present(record, &row->fields[i]);
	(void)msgpack_pack_map(packer, count);
	for (int i = 0; i < row->field_count; i++) {
		const struct bridge_field_row *field = &row->fields[i];
		if (!is_present(record, field))
			continue;
		pack_text(packer, field->name, strlen(field->name));
		pack_field(packer, field, record);
	}
}

void
codec_encode(struct buf *out, const struct bridge_record_row *row, const void *record)
{
	msgpack_packer packer;
	msgpack_packer_init(&packer, out, pack_into);
	pack_record(&packer, row, record);
}

/* ---- reading --------------------------------------------------------------------- */

/* One decoding: where it stands, and the names of the fields around it for a sentence. */
struct reader {
	const uint8_t *at;
	const uint8_t *end;
	struct arena *arena;
	const char *problem;
	const struct bridge_field_row *path[SCAN_DEPTH_MAX];
	int depth;
};

static int
fail(struct reader *reader, const char *what)
{
	char path[256] = "";
	size_t len = 0;
	for (int i = 0; i < reader->depth && len + 64 < sizeof path; i++) {
		const char *name = reader->path[i]->name;
		size_t name_len = strlen(name);
		if (name_len > 60)
			name_len = 60;
		if (i > 0)
			path[len++] = '.';
		memcpy(path + len, name, name_len);
		len += name_len;
		path[len] = 0;
	}
	reader->problem = len ? arena_printf(reader->arena, "field %s %s", path, what)
			      : arena_printf(reader->arena, "the fields %s", what);
	return -EINVAL;
}

/* Reads a head and steps over it; -EINVAL only where the bytes were never scanned. */
static int
read_head(struct reader *reader, struct scan_head *ret_head)
{
	size_t left = (size_t)(reader->end - reader->at);
	if (scan_head(reader->at, left, ret_head) <= 0)
		return fail(reader, "is cut off");
	bool has_body = ret_head->kind == SCAN_STR || ret_head->kind == SCAN_BIN ||
			ret_head->kind == SCAN_EXT;
	if (has_body && left - ret_head->size < ret_head->count)
		return fail(reader, "is cut off");
	reader->at += ret_head->size;
	return 0;
}

static int
skip_value(struct reader *reader)
{
	ssize_t size = scan_value(reader->at, (size_t)(reader->end - reader->at));
	if (size <= 0)
		return fail(reader, "is cut off");
	reader->at += size;
	return 0;
}

static int
read_text(struct reader *reader, const char **ret_text)
{
	struct scan_head head;
	if (read_head(reader, &head) < 0)
		return -EINVAL;
	if (head.kind != SCAN_STR)
		return fail(reader, "is no string");
	const char *text = (const char *)reader->at;
	if (head.count && memchr(text, 0, head.count))
		return fail(reader, "holds a NUL");
	if (!utf8_is_valid(text, head.count))
		return fail(reader, "is no UTF-8");
	reader->at += head.count;
	*ret_text = head.count ? arena_strndup(reader->arena, text, head.count) : "";
	return 0;
}

static int
read_bin(struct reader *reader, struct bridge_bin *ret_bin)
{
	struct scan_head head;
	if (read_head(reader, &head) < 0)
		return -EINVAL;
	if (head.kind != SCAN_BIN)
		return fail(reader, "is no bin");
	ret_bin->data = (const uint8_t *)arena_strndup(
		reader->arena, (const char *)reader->at, head.count);
	ret_bin->len = head.count;
	reader->at += head.count;
	return 0;
}

static int
read_number(struct reader *reader, enum scan_kind kind, const char *what,
	    int64_t *ret_number)
{
	struct scan_head head;
	if (read_head(reader, &head) < 0)
		return -EINVAL;
	if (head.kind != kind || head.is_huge)
		return fail(reader, what);
	*ret_number = (int64_t)head.integer;
	return 0;
}

static int
read_choice(struct reader *reader, const struct bridge_field_row *field, void *place)
{
	const char *text;
	if (read_text(reader, &text) < 0)
		return -EINVAL;
	int value = 0;
	for (int i = 0; i < field->choice->count; i++) {
		if (strcmp(field->choice->values[i].text, text) == 0)
			value = i;
	}
	memcpy(place, &value, sizeof value);
	return 0;
}

static int read_record(struct reader *reader, const struct bridge_record_row *row,
		       void *record);

/* Elements take at least one byte each on the wire, so the count is never above what the
 * frame holds; a lying one was refused by the scanner. Room grows with what was read: an
 * element may be much smaller on the wire than in memory. */
static int
read_list(struct reader *reader, const struct bridge_field_row *field, void *record)
{
	struct scan_head head;
	if (read_head(reader, &head) < 0)
		return -EINVAL;
	if (head.kind != SCAN_ARRAY)
		return fail(reader, "is no list");
	size_t size = field->type == BRIDGE_LIST ? field->record->size : sizeof(char *);
	size_t room = head.count < 64 ? head.count : 64;
	char *list = arena_array(reader->arena, room, size);
	for (size_t i = 0; i < head.count; i++) {
		if (i == room) {
			room = room * 2 < head.count ? room * 2 : head.count;
			char *wider = arena_array(reader->arena, room, size);
			memcpy(wider, list, i * size);
			list = wider;
		}
		char *place = list + i * size;
		int status = field->type == BRIDGE_LIST
				     ? read_record(reader, field->record, place)
				     : read_text(reader, (const char **)(void *)place);
		if (status < 0)
			return status;
	}
	memcpy((char *)record + field->offset, &list, sizeof list);
	*(size_t *)(void *)((char *)record + field->count_offset) = head.count;
	return 0;
}

static int
read_field(struct reader *reader, const struct bridge_field_row *field, void *record)
{
	void *place = (char *)record + field->offset;
	int64_t number = 0;
	void *nested;
	switch (field->type) {
	case BRIDGE_BOOL:
		if (read_number(reader, SCAN_BOOL, "is neither true nor false", &number) <
		    0)
			return -EINVAL;
		*(bool *)place = number != 0;
		return 0;
	case BRIDGE_INT:
		return read_number(reader, SCAN_INT, "is no 64-bit integer", place);
	case BRIDGE_STR:
	case BRIDGE_SECRET:
		return read_text(reader, place);
	case BRIDGE_BIN:
	case BRIDGE_SECRET_BIN:
		return read_bin(reader, place);
	case BRIDGE_ENUM:
		return read_choice(reader, field, place);
	case BRIDGE_REC:
		nested = arena_alloc(reader->arena, field->record->size);
		memcpy(place, &nested, sizeof nested);
		return read_record(reader, field->record, nested);
	case BRIDGE_LIST:
	case BRIDGE_STRS:
		return read_list(reader, field, record);
	}
	abort();
}

/* The field of that name, looked for from *HINT on: records mostly come in our order. */
static int
find_field(const struct bridge_record_row *row, const char *name, size_t len, int *hint)
{
	for (int i = 0; i < row->field_count; i++) {
		int at = (*hint + i) % row->field_count;
		const char *field = row->fields[at].name;
		if (strlen(field) == len && memcmp(field, name, len) == 0) {
			*hint = at + 1;
			return at;
		}
	}
	return -1;
}

static int
check_missing(struct reader *reader, const struct bridge_record_row *row, uint64_t seen)
{
	for (int i = 0; i < row->field_count; i++) {
		if (row->fields[i].need == BRIDGE_OPTIONAL || seen >> i & 1)
			continue;
		reader->path[reader->depth++] = &row->fields[i];
		return fail(reader, "is missing");
	}
	return 0;
}

/* Reads one key and its value. SEEN has a bit for each field that was met. */
static int
read_pair(struct reader *reader, const struct bridge_record_row *row, void *record,
	  int *hint, uint64_t *seen)
{
	struct scan_head head;
	const uint8_t *key = reader->at;
	if (scan_head(key, (size_t)(reader->end - key), &head) <= 0)
		return fail(reader, "is cut off");
	int index = -1;
	if (skip_value(reader) < 0)
		return -EINVAL;
	if (head.kind == SCAN_STR)
		index = find_field(row, (const char *)key + head.size, head.count, hint);
	const uint8_t *value = reader->at;
	bool is_nil = value < reader->end && *value == 0xc0;
	if (index < 0 || (is_nil && row->fields[index].need == BRIDGE_OPTIONAL))
		return skip_value(reader);
	reader->path[reader->depth++] = &row->fields[index];
	int status = read_field(reader, &row->fields[index], record);
	if (status < 0)
		return status;
	reader->depth--;
	*seen |= (uint64_t)1 << index;
	return 0;
}

static int
read_record(struct reader *reader, const struct bridge_record_row *row, void *record)
{
	struct scan_head head;
	if (read_head(reader, &head) < 0)
		return -EINVAL;
	if (head.kind != SCAN_MAP)
		return fail(reader, "is no map");
	uint64_t seen = 0;
	int hint = 0;
	for (uint32_t i = 0; i < head.count; i++) {
		int status = read_pair(reader, row, record, &hint, &seen);
		if (status < 0)
			return status;
	}
	return check_missing(reader, row, seen);
}

int
codec_decode(const uint8_t *data, size_t len, const struct bridge_record_row *row,
	     struct arena *arena, void *ret_record, const char **ret_problem)
{
	static const uint8_t empty_map[] = {0x80};
	if (len == 0) {
		data = empty_map;
		len = sizeof empty_map;
	}
	memset(ret_record, 0, row->size);
	struct reader reader = {.at = data, .end = data + len, .arena = arena};
	int status = read_record(&reader, row, ret_record);
	if (status < 0 && ret_problem)
		*ret_problem = reader.problem;
	return status;
}

bool
codec_has_secret(const struct bridge_record_row *row)
{
	for (int i = 0; i < row->field_count; i++) {
		const struct bridge_field_row *field = &row->fields[i];
		if (field->type == BRIDGE_SECRET || field->type == BRIDGE_SECRET_BIN ||
		    (field->record && codec_has_secret(field->record)))
			return true;
	}
	return false;
}
