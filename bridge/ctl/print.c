/*
 * The printers of print.h: two walks over the field tables.
 */
#include "bridge/ctl/print.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"

enum { TEXT_MAX = 256 * 1024, ROW_MAX_BYTES = 4096 };

/* ---- fields ---------------------------------------------------------------------- */

static const void *
place_of(const void *record, const struct bridge_field_row *field)
{
	return (const char *)record + field->offset;
}

static const char *
text_of(const void *record, const struct bridge_field_row *field)
{
	return *(const char *const *)place_of(record, field);
}

static const char *
choice_of(const void *record, const struct bridge_field_row *field)
{
	int value;
	memcpy(&value, place_of(record, field), sizeof value);
	return bridge_value_text(field->choice, value);
}

static size_t
count_of(const void *record, const struct bridge_field_row *field)
{
	return *(const size_t *)(const void *)((const char *)record +
					       field->count_offset);
}

/* The AT-th element of a LIST. */
static const void *
element_of(const void *record, const struct bridge_field_row *field, size_t at)
{
	return *(const char *const *)place_of(record, field) + at * field->record->size;
}

static const char *
string_of(const void *record, const struct bridge_field_row *field, size_t at)
{
	return (*(const char *const *const *)place_of(record, field))[at];
}

static void
add_hex(struct buf *out, const struct bridge_bin *bin)
{
	for (size_t i = 0; i < bin->len; i++)
		buf_printf(out, "%02x", bin->data[i]);
}

/* ---- JSON ------------------------------------------------------------------------ */

static void
add_escaped(struct buf *out, uint32_t point)
{
	if (point > 0xffff) {
		point -= 0x10000;
		buf_printf(out, "\\u%04x\\u%04x", 0xd800 + (point >> 10),
			   0xdc00 + (point & 0x3ff));
	} else {
		buf_printf(out, "\\u%04x", point);
	}
}

void
print_json_text(struct buf *out, const char *text)
{
	size_t len = strlen(text);
	buf_add_byte(out, '"');
	for (size_t at = 0; at < len;) {
		uint32_t point;
		size_t size = utf8_decode(text + at, len - at, &point);
		if (point == '"' || point == '\\')
			buf_printf(out, "\\%c", (int)point);
		else if (point == '\n')
			buf_add_text(out, "\\n");
		else if (point == UTF8_BAD)
			add_escaped(out, 0xfffd);
		else if (utf8_is_unsafe(point))
			add_escaped(out, point);
		else
			buf_add(out, text + at, size);
		at += size;
	}
	buf_add_byte(out, '"');
}

static void add_object(struct buf *out, const struct bridge_record_row *row,
		       const void *record, const char *key, const char *value);

static bool
is_shown(const void *record, const struct bridge_field_row *field)
{
	switch (field->type) {
	case BRIDGE_SECRET:
	case BRIDGE_SECRET_BIN:
		return false;
	case BRIDGE_STR:
	case BRIDGE_REC:
		return *(const void *const *)place_of(record, field) != NULL;
	case BRIDGE_BIN:
		return ((const struct bridge_bin *)place_of(record, field))->len > 0;
	case BRIDGE_BOOL:
	case BRIDGE_INT:
	case BRIDGE_ENUM:
	case BRIDGE_LIST:
	case BRIDGE_STRS:
		return true;
	}
	return false;
}

static void
add_array(struct buf *out, const struct bridge_field_row *field, const void *record)
{
	buf_add_byte(out, '[');
	for (size_t i = 0; i < count_of(record, field); i++) {
		if (i > 0)
			buf_add_byte(out, ',');
		if (field->type == BRIDGE_LIST)
			add_object(out, field->record, element_of(record, field, i), NULL,
				   NULL);
		else
			print_json_text(out, string_of(record, field, i));
	}
	buf_add_byte(out, ']');
}

static void
add_value(struct buf *out, const struct bridge_field_row *field, const void *record)
{
	const void *place = place_of(record, field);
	switch (field->type) {
	case BRIDGE_BOOL:
		buf_add_text(out, *(const bool *)place ? "true" : "false");
		return;
	case BRIDGE_INT:
		buf_printf(out, "%lld", (long long)*(const int64_t *)place);
		return;
	case BRIDGE_STR:
		print_json_text(out, text_of(record, field));
		return;
	case BRIDGE_ENUM:
		print_json_text(out, choice_of(record, field));
		return;
	case BRIDGE_BIN:
		buf_add_byte(out, '"');
		add_hex(out, place);
		buf_add_byte(out, '"');
		return;
	case BRIDGE_REC:
		add_object(out, field->record, *(const void *const *)place, NULL, NULL);
		return;
	case BRIDGE_LIST:
	case BRIDGE_STRS:
		add_array(out, field, record);
		return;
	case BRIDGE_SECRET:
	case BRIDGE_SECRET_BIN:
		return;
	}
}

static void
add_object(struct buf *out, const struct bridge_record_row *row, const void *record,
	   const char *key, const char *value)
{
	const char *comma = "";
	buf_add_byte(out, '{');
	if (key) {
		print_json_text(out, key);
		buf_add_byte(out, ':');
		print_json_text(out, value);
		comma = ",";
	}
	for (int i = 0; i < row->field_count; i++) {
		const struct bridge_field_row *field = &row->fields[i];
		if (!is_shown(record, field))
			continue;
		buf_printf(out, "%s\"%s\":", comma, field->name);
		add_value(out, field, record);
		comma = ",";
	}
	buf_add_byte(out, '}');
}

void
print_json(struct buf *out, const struct bridge_record_row *row, const void *record,
	   const char *key, const char *value)
{
	add_object(out, row, record, key, value);
	buf_add_byte(out, '\n');
}

/* ---- text ------------------------------------------------------------------------ */

struct flat {
	struct buf *out;
	const char *separator;
	struct buf prefix;
};

static void
add_fact(struct flat *flat, const char *name, const char *text)
{
	char *clean = clean_text(text, CLEAN_LINE, TEXT_MAX);
	buf_add(flat->out, flat->prefix.data, flat->prefix.len);
	buf_printf(flat->out, "%s=%s%s", name, clean, flat->separator);
	free(clean);
}

static void walk_flat(struct flat *flat, const struct bridge_record_row *row,
		      const void *record);

static void
nest(struct flat *flat, const char *name, const struct bridge_record_row *row,
     const void *record)
{
	size_t len = flat->prefix.len;
	buf_printf(&flat->prefix, "%s.", name);
	walk_flat(flat, row, record);
	flat->prefix.len = len;
}

static void
add_elements(struct flat *flat, const struct bridge_field_row *field, const void *record)
{
	for (size_t i = 0; i < count_of(record, field); i++) {
		char *name = mem_printf("%s.%zu", field->name, i);
		if (field->type == BRIDGE_LIST)
			nest(flat, name, field->record, element_of(record, field, i));
		else
			add_fact(flat, name, string_of(record, field, i));
		free(name);
	}
}

static void
add_flat_field(struct flat *flat, const struct bridge_field_row *field,
	       const void *record)
{
	const void *place = place_of(record, field);
	struct buf text = {0};
	switch (field->type) {
	case BRIDGE_REC:
		nest(flat, field->name, field->record, *(const void *const *)place);
		return;
	case BRIDGE_LIST:
	case BRIDGE_STRS:
		add_elements(flat, field, record);
		return;
	case BRIDGE_STR:
		add_fact(flat, field->name, text_of(record, field));
		return;
	case BRIDGE_ENUM:
		add_fact(flat, field->name, choice_of(record, field));
		return;
	case BRIDGE_BIN:
		add_hex(&text, place);
		break;
	case BRIDGE_BOOL:
		if (!*(const bool *)place && field->need == BRIDGE_OPTIONAL)
			return;
		buf_add_text(&text, *(const bool *)place ? "true" : "false");
		break;
	case BRIDGE_INT:
		if (!*(const int64_t *)place && field->need == BRIDGE_OPTIONAL)
			return;
		buf_printf(&text, "%lld", (long long)*(const int64_t *)place);
		break;
	case BRIDGE_SECRET:
	case BRIDGE_SECRET_BIN:
		return;
	}
	add_fact(flat, field->name, (const char *)text.data);
	buf_done(&text);
}

static void
walk_flat(struct flat *flat, const struct bridge_record_row *row, const void *record)
{
	for (int i = 0; i < row->field_count; i++) {
		if (is_shown(record, &row->fields[i]))
			add_flat_field(flat, &row->fields[i], record);
	}
}

void
print_flat(struct buf *out, const struct bridge_record_row *row, const void *record,
	   const char *separator)
{
	struct flat flat = {.out = out, .separator = separator};
	walk_flat(&flat, row, record);
	buf_done(&flat.prefix);
}

void
print_clean(struct buf *out, const char *before, const char *text)
{
	buf_add_clean(out, before, text, ROW_MAX_BYTES);
}

void
print_indented(struct buf *out, const char *text, const char *indent)
{
	char *clean = clean_text(text, CLEAN_TEXT, TEXT_MAX);
	for (const char *at = clean; *at; at++) {
		buf_add_byte(out, (uint8_t)*at);
		if (*at == '\n' && at[1])
			buf_add_text(out, indent);
	}
	free(clean);
}
