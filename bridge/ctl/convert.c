/*
 * The conversion of convert.h: each word names a field, and the field's row says what its
 * value may be.
 */
#include "bridge/ctl/convert.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bridge/base/buf.h"
#include "bridge/base/mem.h"
#include "bridge/client.h"
#include "bridge/ctl/secret.h"

struct conversion {
	const struct bridge_record_row *row;
	struct arena *arena;
	char *record;
	uint64_t seen; /* a bit for each field */
	const char *problem;
};

static int __attribute__((format(printf, 2, 3)))
refuse(struct conversion *conversion, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *text = mem_vprintf(format, args);
	va_end(args);
	conversion->problem = arena_strdup(conversion->arena, text);
	free(text);
	return -EINVAL;
}

static int
refuse_unknown(struct conversion *conversion, const char *word, size_t len)
{
	struct buf names = {0};
	for (int i = 0; i < conversion->row->field_count; i++)
		buf_printf(&names, "%s%s", i > 0 ? ", " : "",
			   conversion->row->fields[i].name);
	(void)refuse(conversion, "There is no field \"%.*s\"; there %s %s.",
		     (int)(len < 64 ? len : 64), word, names.len ? "are" : "is",
		     names.len ? (const char *)names.data : "none");
	buf_done(&names);
	return -EINVAL;
}

static int
take_bool(struct conversion *conversion, const struct bridge_field_row *field,
	  const char *value)
{
	static const char *const words[] = {"false", "true", "no", "yes",
					    "off",   "on",   "0",  "1"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcasecmp(value, words[i]) == 0) {
			*(bool *)(conversion->record + field->offset) = i & 1;
			return 0;
		}
	}
	return refuse(conversion, "%s is true or false.", field->name);
}

static int
take_int(struct conversion *conversion, const struct bridge_field_row *field,
	 const char *value)
{
	char *end;
	errno = 0;
	long long number = strtoll(value, &end, 10);
	if (!*value || *end || errno)
		return refuse(conversion, "%s is a whole number.", field->name);
	int64_t result = number;
	memcpy(conversion->record + field->offset, &result, sizeof result);
	return 0;
}

static int
take_choice(struct conversion *conversion, const struct bridge_field_row *field,
	    const char *value)
{
	struct buf texts = {0};
	for (int i = 0; i < field->choice->count; i++) {
		if (strcmp(value, field->choice->values[i].text) == 0) {
			memcpy(conversion->record + field->offset, &i, sizeof i);
			buf_done(&texts);
			return 0;
		}
		buf_printf(&texts, "%s%s", i > 0 ? ", " : "",
			   field->choice->values[i].text);
	}
	(void)refuse(conversion, "%s is one of %s.", field->name,
		     texts.len ? (const char *)texts.data : "");
	buf_done(&texts);
	return -EINVAL;
}

/* A secret, or bytes, from the file behind an @. */
static int
take_file(struct conversion *conversion, const struct bridge_field_row *field,
	  const char *value)
{
	struct buf text = {.is_secret = true};
	char *problem = NULL;
	if (*value != '@')
		return refuse(
			conversion,
			"%s is a secret: give it as %s=@FILE (@- is standard input).",
			field->name, field->name);
	conversion->arena->is_secret = true;
	if (secret_read(value + 1, &text, &problem) < 0) {
		(void)refuse(conversion, "%s", problem);
		free(problem);
		return -EINVAL;
	}
	const char *copy =
		arena_strndup(conversion->arena, (const char *)text.data, text.len);
	struct bridge_bin bin = {(const uint8_t *)copy, text.len};
	char *place = conversion->record + field->offset;
	if (field->type == BRIDGE_SECRET)
		memcpy(place, &copy, sizeof copy);
	else
		memcpy(place, &bin, sizeof bin);
	buf_done(&text);
	return 0;
}

static int
digit_of(char letter)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = letter ? strchr(digits, letter | 0x20) : NULL;
	return found ? (int)(found - digits) : -1;
}

static int
take_hex(struct conversion *conversion, const struct bridge_field_row *field,
	 const char *value)
{
	size_t len = strlen(value) / 2;
	uint8_t *bytes = arena_alloc(conversion->arena, len + 1);
	for (size_t i = 0; i < len; i++) {
		int high = digit_of(value[2 * i]);
		int low = digit_of(value[2 * i + 1]);
		if (high < 0 || low < 0)
			return refuse(conversion, "%s is hexadecimal.", field->name);
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	if (value[2 * len])
		return refuse(conversion, "%s has half a byte too much.", field->name);
	struct bridge_bin bin = {bytes, len};
	memcpy(conversion->record + field->offset, &bin, sizeof bin);
	return 0;
}

static void
add_string(struct conversion *conversion, const struct bridge_field_row *field,
	   const char *value)
{
	size_t *count = (size_t *)(void *)(conversion->record + field->count_offset);
	const char **old;
	memcpy(&old, conversion->record + field->offset, sizeof old);
	const char **list = arena_array(conversion->arena, *count + 1, sizeof *list);
	if (*count)
		memcpy(list, old, *count * sizeof *list);
	list[(*count)++] = value;
	memcpy(conversion->record + field->offset, &list, sizeof list);
}

static int
take_value(struct conversion *conversion, const struct bridge_field_row *field,
	   const char *value)
{
	switch (field->type) {
	case BRIDGE_BOOL:
		return take_bool(conversion, field, value);
	case BRIDGE_INT:
		return take_int(conversion, field, value);
	case BRIDGE_STR:
		memcpy(conversion->record + field->offset, &value, sizeof value);
		return 0;
	case BRIDGE_SECRET:
	case BRIDGE_SECRET_BIN:
		return take_file(conversion, field, value);
	case BRIDGE_BIN:
		return take_hex(conversion, field, value);
	case BRIDGE_ENUM:
		return take_choice(conversion, field, value);
	case BRIDGE_STRS:
		add_string(conversion, field, value);
		return 0;
	case BRIDGE_REC:
	case BRIDGE_LIST:
		break;
	}
	return refuse(conversion, "%s cannot be given on the command line.", field->name);
}

static int
find_field(const struct bridge_record_row *row, const char *name, size_t len)
{
	for (int i = 0; i < row->field_count; i++) {
		if (strlen(row->fields[i].name) == len &&
		    strncmp(row->fields[i].name, name, len) == 0)
			return i;
	}
	return -1;
}

static int
take_word(struct conversion *conversion, const char *word)
{
	const char *equals = strchr(word, '=');
	if (!equals)
		return refuse(conversion, "\"%.64s\" is not key=value.", word);
	size_t len = (size_t)(equals - word);
	int at = find_field(conversion->row, word, len);
	if (at < 0)
		return refuse_unknown(conversion, word, len);
	const struct bridge_field_row *field = &conversion->row->fields[at];
	if ((conversion->seen >> at & 1) && field->type != BRIDGE_STRS)
		return refuse(conversion, "%s is given twice.", field->name);
	conversion->seen |= (uint64_t)1 << at;
	return take_value(conversion, field, equals + 1);
}

/* What need not be said: the profile, and a token. */
static void
fill_defaults(struct conversion *conversion, const char *profile)
{
	int at = find_field(conversion->row, "profile", 7);
	if (at >= 0 && conversion->row->fields[at].type == BRIDGE_STR &&
	    !(conversion->seen >> at & 1)) {
		memcpy(conversion->record + conversion->row->fields[at].offset, &profile,
		       sizeof profile);
		conversion->seen |= (uint64_t)1 << at;
	}
	at = find_field(conversion->row, "token", 5);
	if (at >= 0 && conversion->row->fields[at].type == BRIDGE_BIN &&
	    !(conversion->seen >> at & 1)) {
		uint8_t *token = arena_alloc(conversion->arena, 16);
		client_token(token);
		struct bridge_bin bin = {token, 16};
		memcpy(conversion->record + conversion->row->fields[at].offset, &bin,
		       sizeof bin);
		conversion->seen |= (uint64_t)1 << at;
	}
}

const char *
convert_params(const struct bridge_record_row *row, const char *profile, char **words,
	       int count, struct arena *arena, void *ret_record)
{
	struct conversion conversion = {.row = row, .arena = arena, .record = ret_record};
	int status = 0;
	memset(ret_record, 0, row->size);
	for (int i = 0; i < count && status == 0; i++)
		status = take_word(&conversion, words[i]);
	if (status == 0)
		fill_defaults(&conversion, profile);
	for (int i = 0; i < row->field_count && status == 0; i++) {
		if (row->fields[i].need == BRIDGE_REQUIRED && !(conversion.seen >> i & 1))
			status = refuse(&conversion, "The field %s is missing: %s.",
					row->fields[i].name, row->fields[i].doc);
	}
	return status < 0 ? conversion.problem : NULL;
}
