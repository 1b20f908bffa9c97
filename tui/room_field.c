/*
 * What is shown has as many lines as what came, so the two are matched line by line. The
 * bounds are those of what the daemon takes, and of what can be drawn at each key.
 */
#include "tui/room_field.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/base/buf.h"
#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"
#include "widgets/editor.h"

enum {
	VALUE_BYTES = 16 * 1024, /* of one value */
	VALUES_MAX = 1000,
	ALL_BYTES = 64 * 1024,
};

static bool
is_many(const struct bridge_form_field *field)
{
	return field->type == form_type_JID_MULTI ||
	       field->type == form_type_LIST_MULTI || field->type == form_type_TEXT_MULTI;
}

enum form_kind
room_field_kind(const struct bridge_form_field *field)
{
	if (field->type == form_type_TEXT_PRIVATE)
		return FORM_SECRET;
	/* Where a room breaks the rule that a value is one line, so may its owner. */
	if (is_many(field) ||
	    (field->values_count > 0 && strpbrk(field->values[0], "\r\n")))
		return FORM_LINES;
	return FORM_TEXT;
}

static void
drop(char *text)
{
	mem_wipe(text, strlen(text));
	free(text);
}

/* ---- shown ----------------------------------------------------------------- */

/* The values as they came, one after the other. */
static char *
raw_text(const struct bridge_form_field *field)
{
	struct buf text = {.is_secret = true};

	for (size_t i = 0; i < field->values_count; i++) {
		if (i > 0)
			buf_add_byte(&text, '\n');
		buf_add_text(&text, field->values[i]);
	}
	return buf_take_text(&text);
}

/* RAW as an editor gives it back that nobody touched. */
static char *
shown_text(const struct bridge_form_field *field, const char *raw)
{
	enum form_kind kind = room_field_kind(field);
	char *clean =
		clean_text(raw, kind == FORM_LINES ? CLEAN_TEXT : CLEAN_LINE, SIZE_MAX);
	struct editor *editor = editor_new(0);

	editor_set_secret(editor, kind == FORM_SECRET);
	editor_set_text(editor, clean);
	char *shown = editor_text(editor);
	editor_free(editor);
	drop(clean);
	return shown;
}

char *
room_field_text(const struct bridge_form_field *field)
{
	char *raw = raw_text(field);
	char *shown = shown_text(field, raw);

	drop(raw);
	return shown;
}

const char *
room_field_problem(const struct bridge_form_field *field, struct arena *arena)
{
	size_t count = field->values_count, longest = 0, all = 0;

	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(field->values[i]);

		longest = len > longest ? len : longest;
		all += len + 1;
	}
	if (count > 1 && !is_many(field))
		return arena_printf(arena, "it has %zu values instead of one", count);
	if (count > VALUES_MAX)
		return arena_printf(arena, "it has %zu values", count);
	if (longest > VALUE_BYTES || all > ALL_BYTES)
		return arena_printf(arena, "it has %zu bytes", all - count);
	if (room_field_kind(field) != FORM_SECRET)
		return NULL;
	char *raw = raw_text(field), *shown = shown_text(field, raw);
	bool is_same = strcmp(raw, shown) == 0;
	drop(raw);
	drop(shown);
	return is_same ? NULL : "it has characters that cannot be typed";
}

/* ---- edited ---------------------------------------------------------------- */

struct lines {
	const char **rows;
	size_t count;
};

/* The lines of TEXT in ARENA; one more, which is empty, behind a last line end. */
static struct lines
split(const char *text, struct arena *arena)
{
	struct lines lines = {0};
	size_t most = 1;

	for (const char *at = text; *at; at++)
		most += *at == '\n' || *at == '\r';
	lines.rows = arena_array(arena, most, sizeof *lines.rows);
	for (;;) {
		size_t len = strcspn(text, "\r\n");

		lines.rows[lines.count++] = arena_strndup(arena, text, len);
		if (!text[len])
			return lines;
		text += len + (strncmp(text + len, "\r\n", 2) == 0 ? 2 : 1);
	}
}

/* Puts back what RAW has for the lines that stand in LINES as SHOWN has them, beginning
 * each time where the last one was. */
static void
restore(struct lines *lines, const struct lines *shown, const struct lines *raw)
{
	size_t from = 0;

	for (size_t i = 0; i < lines->count && shown->count == raw->count; i++) {
		for (size_t tries = 0; tries < shown->count; tries++) {
			size_t at = (from + tries) % shown->count;

			if (strcmp(lines->rows[i], shown->rows[at]) != 0)
				continue;
			lines->rows[i] = raw->rows[at];
			from = at + 1;
			break;
		}
	}
}

static const char *
joined(const struct lines *lines, struct arena *arena)
{
	struct buf text = {.is_secret = true};

	for (size_t i = 0; i < lines->count; i++) {
		if (i > 0)
			buf_add_byte(&text, '\n');
		buf_add_text(&text, lines->rows[i]);
	}
	char *whole = buf_take_text(&text);
	const char *kept = arena_strdup(arena, whole);
	drop(whole);
	return kept;
}

/* The lines as values; an empty one counts in a text, at its end only if there was one.
 */
static void
take_values(const struct bridge_form_field *field, const struct lines *lines,
	    bool has_end, struct bridge_form_value *change)
{
	bool is_text = field->type == form_type_TEXT_MULTI;
	const char **values = lines->rows;
	size_t count = 0;

	for (size_t i = 0; i < lines->count; i++) {
		bool is_last = i + 1 == lines->count;

		if (values[i][0] || (is_text && (!is_last || (has_end && i > 0))))
			values[count++] = values[i];
	}
	change->values = values;
	change->values_count = count;
}

void
room_field_take(const struct bridge_form_field *field, const char *text,
		struct arena *arena, struct bridge_form_value *change)
{
	bool is_lines = room_field_kind(field) == FORM_LINES;
	char *raw_all = raw_text(field), *shown_all = shown_text(field, raw_all);
	struct lines lines = split(text, arena);
	struct lines raw = split(raw_all, arena), shown = split(shown_all, arena);
	bool is_same = strcmp(text, shown_all) == 0;

	if (strcmp(raw_all, shown_all) != 0)
		restore(&lines, &shown, &raw);
	if (is_lines && is_many(field)) {
		take_values(field, &lines, raw.count > 1 && !raw.rows[raw.count - 1][0],
			    change);
	} else {
		const char **values = arena_array(arena, 1, sizeof *values);

		values[0] =
			is_same ? arena_strdup(arena, raw_all) : joined(&lines, arena);
		change->values = values;
		change->values_count = values[0][0] ? 1 : 0;
	}
	drop(raw_all);
	drop(shown_all);
}
