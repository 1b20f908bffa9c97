/*
 * Each field has a row or, where some of many may be chosen, one for each choice below
 * its name. A row's name is its number; `sources` says which field and option it stands
 * for.
 */
#include "tui/room_form.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"
#include "tui/room_field.h"
#include "widgets/form.h"

enum {
	LABEL_BYTES = 200,
	LOCKED_BYTES = 60, /* of a label within a sentence */
	HELP_BYTES = 500,
	NOTE_BYTES = 2000,
	WHOLE = -1, /* a row stands for all of its field */
};

struct source {
	const struct bridge_form_field *field; /* NULL: a note or a button */
	int option;			       /* or WHOLE */
	const char *const *labels;	       /* of a choice */
};

struct room_form {
	struct arena arena; /* of all below */
	const char *room, *title;
	struct bridge_form_field *fields; /* a copy of what came */
	struct form_field *rows;
	struct source *sources;
	size_t row_count;
	bool is_cut;
};

const char *
room_form_key(const char *var)
{
	const char *border = strchr(var, '#');

	/* Another way to say whose field it is: {namespace}name. */
	if (!border && var[0] == '{')
		border = strchr(var, '}');
	const char *end = border ? strchr(border, '_') : NULL;

	return end && end[1] ? end + 1 : var;
}

/* ---- a copy ---------------------------------------------------------------- */

static const char *
cleaned(struct arena *arena, const char *text, enum clean_mode mode, size_t max)
{
	char *clean = clean_text(text ? text : "", mode, max);
	const char *kept = arena_strdup(arena, clean);

	mem_wipe(clean, strlen(clean));
	free(clean);
	return kept;
}

static const char *const *
copy_texts(struct arena *arena, const char *const *texts, size_t count)
{
	const char **copy = arena_array(arena, count + 1, sizeof *copy);

	for (size_t i = 0; i < count; i++)
		copy[i] = arena_strdup(arena, texts[i]);
	return copy;
}

static void
copy_field(struct arena *arena, const struct bridge_form_field *field,
	   struct bridge_form_field *copy)
{
	struct bridge_form_option *options =
		arena_array(arena, field->options_count + 1, sizeof *options);

	for (size_t i = 0; i < field->options_count; i++)
		options[i] = (struct bridge_form_option){
			.value = arena_strdup(arena, field->options[i].value),
			.label = arena_strdup(arena, field->options[i].label),
		};
	*copy = *field;
	copy->var = arena_strdup(arena, field->var);
	copy->label = arena_strdup(arena, field->label);
	copy->help = arena_strdup(arena, field->help);
	copy->values = copy_texts(arena, field->values, field->values_count);
	copy->options = options;
}

/* ---- rows ------------------------------------------------------------------ */

/* Adds ROW, of which the name is made here, standing for SOURCE. */
static void
add_row(struct room_form *made, struct form_field row, struct source source)
{
	if (made->row_count >= ROOM_FORM_ROWS_MAX) {
		made->is_cut = true;
		return;
	}
	row.name = arena_printf(&made->arena, "%zu", made->row_count);
	made->sources[made->row_count] = source;
	made->rows[made->row_count++] = row;
}

static void
add_note(struct room_form *made, const char *text)
{
	const char *note = cleaned(&made->arena, text, CLEAN_TEXT, NOTE_BYTES);

	if (note[0])
		add_row(made, (struct form_field){.kind = FORM_NOTE, .label = note},
			(struct source){.option = WHOLE});
}

static const char *
label_of(struct room_form *made, const struct bridge_form_field *field)
{
	const char *label = cleaned(&made->arena, field->label, CLEAN_LINE, LABEL_BYTES);
	const char *key = room_form_key(field->var);

	if (!label[strspn(label, " ")])
		label = cleaned(&made->arena, key, CLEAN_LINE, LABEL_BYTES);
	return label;
}

/* What the field is for, and the word that /config calls it by. */
static const char *
help_of(struct room_form *made, const struct bridge_form_field *field)
{
	const char *help = cleaned(&made->arena, field->help, CLEAN_LINE, HELP_BYTES);
	const char *key =
		cleaned(&made->arena, room_form_key(field->var), CLEAN_LINE, LABEL_BYTES);

	return arena_printf(&made->arena, "%s%s%s(%s)", help, help[0] ? " " : "",
			    field->is_required ? "Needs a value. " : "", key);
}

static const char *
option_label(struct room_form *made, const struct bridge_form_option *option)
{
	const char *label = cleaned(&made->arena, option->label, CLEAN_LINE, LABEL_BYTES);

	if (!label[strspn(label, " ")])
		label = cleaned(&made->arena, option->value, CLEAN_LINE, LABEL_BYTES);
	return label[strspn(label, " ")] ? label : "(empty)";
}

/* A check box for each option, below the field's name. */
static void
add_boxes(struct room_form *made, const struct bridge_form_field *field)
{
	const char *help = help_of(made, field);

	add_note(made, label_of(made, field));
	for (size_t i = 0; i < field->options_count; i++) {
		struct form_field row = {
			.kind = FORM_CHECK,
			.label = option_label(made, &field->options[i]),
			.help = help,
		};

		add_row(made, row, (struct source){.field = field, .option = (int)i});
	}
}

static void
add_choice(struct room_form *made, const struct bridge_form_field *field)
{
	const char **labels =
		arena_array(&made->arena, field->options_count, sizeof *labels);
	struct form_field row = {
		.kind = FORM_CHOICE,
		.label = label_of(made, field),
		.help = help_of(made, field),
	};

	for (size_t i = 0; i < field->options_count; i++)
		labels[i] = option_label(made, &field->options[i]);
	add_row(made, row,
		(struct source){.field = field, .option = WHOLE, .labels = labels});
}

static void
add_whole(struct room_form *made, const struct bridge_form_field *field,
	  enum form_kind kind)
{
	struct form_field row = {
		.kind = kind,
		.label = label_of(made, field),
		.help = help_of(made, field),
	};

	add_row(made, row, (struct source){.field = field, .option = WHOLE});
}

/* A field whose values are a text; where an edit would lose of them they are only named.
 */
static void
add_text(struct room_form *made, const struct bridge_form_field *field)
{
	const char *problem = room_field_problem(field, &made->arena);
	struct form_field row = {.kind = FORM_LOCKED};

	if (!problem) {
		add_whole(made, field, room_field_kind(field));
		return;
	}
	row.label = arena_printf(
		&made->arena, "%s: %s, and cannot be edited here.",
		cleaned(&made->arena, label_of(made, field), CLEAN_LINE, LOCKED_BYTES),
		problem);
	row.help = arena_printf(&made->arena,
				"It stays as it is; `ternctl room config` shows it and "
				"sets another. %s",
				help_of(made, field));
	add_row(made, row, (struct source){.field = field, .option = WHOLE});
}

static void
add_field(struct room_form *made, const struct bridge_form_field *field)
{
	bool has_options = field->options_count > 0;

	if (field->type == form_type_FIXED) {
		for (size_t i = 0; i < field->values_count; i++)
			add_note(made, field->values[i]);
	} else if (field->type == form_type_BOOLEAN) {
		add_whole(made, field, FORM_CHECK);
	} else if (field->type == form_type_LIST_MULTI && has_options) {
		add_boxes(made, field);
	} else if (field->type == form_type_LIST_SINGLE && has_options) {
		add_choice(made, field);
	} else if (field->type != form_type_HIDDEN) {
		/* A list that names nothing takes anything. */
		add_text(made, field);
	}
}

/* The last rows, for which there is always room. */
static void
add_end(struct room_form *made)
{
	static const struct form_field rows[] = {
		{"cut", FORM_NOTE,
		 "There is more than can be shown; it stays as it is. `ternctl room "
		 "config` shows all.",
		 NULL, false},
		{"send", FORM_BUTTON, "Send",
		 "Tab and arrows move, Space and ← → change, C-s sends, Esc gives up.",
		 false},
		{"cancel", FORM_BUTTON, "Give up", NULL, false},
	};

	for (size_t i = made->is_cut ? 0 : 1; i < sizeof rows / sizeof rows[0]; i++) {
		made->sources[made->row_count] = (struct source){.option = WHOLE};
		made->rows[made->row_count++] = rows[i];
	}
}

struct room_form *
room_form_new(const char *room, const struct bridge_form *record)
{
	struct room_form *made = mem_alloc(sizeof *made);
	struct arena *arena = &made->arena;
	size_t count = record->fields_count;

	arena->is_secret = true;
	made->room = arena_strdup(arena, room);
	made->title = cleaned(arena, record->title, CLEAN_LINE, LABEL_BYTES);
	if (!made->title[strspn(made->title, " ")])
		made->title = cleaned(arena, room, CLEAN_LINE, LABEL_BYTES);
	made->fields = arena_array(arena, count + 1, sizeof *made->fields);
	made->rows = arena_array(arena, ROOM_FORM_ROWS_MAX + 3, sizeof *made->rows);
	made->sources = arena_array(arena, ROOM_FORM_ROWS_MAX + 3, sizeof *made->sources);
	add_note(made, record->instructions);
	for (size_t i = 0; i < count; i++) {
		copy_field(arena, &record->fields[i], &made->fields[i]);
		add_field(made, &made->fields[i]);
	}
	add_end(made);
	return made;
}

void
room_form_free(struct room_form *room_form)
{
	if (!room_form)
		return;
	arena_done(&room_form->arena);
	free(room_form);
}

const char *
room_form_room(const struct room_form *room_form)
{
	return room_form->room;
}

/* ---- values ---------------------------------------------------------------- */

static bool
has_value(const struct bridge_form_field *field, const char *value)
{
	for (size_t i = 0; i < field->values_count; i++)
		if (strcmp(field->values[i], value) == 0)
			return true;
	return false;
}

static void
set_choice(struct form *form, const char *name, const struct source *source)
{
	const struct bridge_form_field *field = source->field;

	form_set_options(form, name, source->labels, field->options_count);
	for (size_t i = field->options_count; i-- > 0;)
		if (has_value(field, field->options[i].value))
			form_choose(form, name, (int)i);
}

static void
set_value(struct form *form, const struct form_field *row, const struct source *source)
{
	const struct bridge_form_field *field = source->field;
	const char *first = field->values_count ? field->values[0] : "";

	if (row->kind == FORM_CHOICE) {
		set_choice(form, row->name, source);
	} else if (source->option != WHOLE) {
		bool is_on = has_value(field, field->options[source->option].value);

		form_set_value(form, row->name, is_on ? "1" : NULL);
	} else if (row->kind == FORM_CHECK) {
		bool is_on = strcmp(first, "1") == 0 || strcmp(first, "true") == 0;

		form_set_value(form, row->name, is_on ? "1" : NULL);
	} else if (row->kind != FORM_LOCKED) {
		char *text = room_field_text(field);

		form_set_value(form, row->name, text);
		mem_wipe(text, strlen(text));
		free(text);
	}
}

struct form *
room_form_widget(const struct room_form *room_form)
{
	struct form *form =
		form_new(room_form->title, room_form->rows, room_form->row_count);

	for (size_t i = 0; i < room_form->row_count; i++)
		if (room_form->sources[i].field)
			set_value(form, &room_form->rows[i], &room_form->sources[i]);
	return form;
}

/* ---- changes --------------------------------------------------------------- */

static void
take_one(const char *text, struct arena *arena, struct bridge_form_value *change)
{
	const char **values = arena_array(arena, 1, sizeof *values);

	values[0] = arena_strdup(arena, text);
	change->values = values;
	change->values_count = text[0] ? 1 : 0;
}

/* The box of option OPTION of FIELD among the rows from ROW on; NULL if it has none. */
static const char *
box_of(const struct room_form *room_form, size_t row, size_t option)
{
	const struct source *first = &room_form->sources[row];
	size_t at = row + option;

	return at < room_form->row_count && first[option].field == first->field
		       ? room_form->rows[at].name
		       : NULL;
}

/* The options whose boxes are on, and of those without a box the ones that were. ROW has
 * the field's first box. */
static void
take_boxes(const struct room_form *room_form, size_t row, struct form *form,
	   struct arena *arena, struct bridge_form_value *change)
{
	const struct bridge_form_field *field = room_form->sources[row].field;
	const char **values = arena_array(arena, field->options_count, sizeof *values);

	for (size_t i = 0; i < field->options_count; i++) {
		const char *value = field->options[i].value;
		const char *box = box_of(room_form, row, i);

		if (box ? form_is_checked(form, box) : has_value(field, value))
			values[change->values_count++] = arena_strdup(arena, value);
	}
	change->values = values;
}

/* Whether the row, or one of the boxes that begin with it, was changed. */
static bool
is_row_changed(const struct room_form *room_form, size_t row, const struct form *form)
{
	const struct source *source = &room_form->sources[row];

	if (!source->field)
		return false;
	if (source->option == WHOLE)
		return form_is_touched(form, room_form->rows[row].name);
	for (size_t i = 0; source->option == 0 && i < source->field->options_count; i++) {
		const char *box = box_of(room_form, row, i);

		if (box && form_is_touched(form, box))
			return true;
	}
	return false;
}

bool
room_form_is_changed(const struct room_form *room_form, const struct form *form)
{
	for (size_t i = 0; i < room_form->row_count; i++)
		if (is_row_changed(room_form, i, form))
			return true;
	return false;
}

static void
take_change(const struct room_form *room_form, size_t row, struct form *form,
	    struct arena *arena, struct bridge_form_value *change)
{
	const struct source *source = &room_form->sources[row];
	const char *name = room_form->rows[row].name;
	enum form_kind kind = room_form->rows[row].kind;

	change->var = arena_strdup(arena, source->field->var);
	if (source->option != WHOLE)
		take_boxes(room_form, row, form, arena, change);
	else if (kind == FORM_CHECK)
		take_one(form_is_checked(form, name) ? "1" : "0", arena, change);
	else if (kind == FORM_CHOICE)
		take_one(source->field->options[form_choice(form, name)].value, arena,
			 change);
	else
		room_field_take(source->field, form_value(form, name), arena, change);
}

const struct bridge_form_value *
room_form_changes(const struct room_form *room_form, struct form *form,
		  struct arena *arena, size_t *ret_count)
{
	struct bridge_form_value *changes =
		arena_array(arena, room_form->row_count, sizeof *changes);
	size_t count = 0;

	for (size_t i = 0; i < room_form->row_count; i++)
		if (is_row_changed(room_form, i, form))
			take_change(room_form, i, form, arena, &changes[count++]);
	*ret_count = count;
	return changes;
}

void
room_form_blame(const struct room_form *room_form, struct form *form, const char *message)
{
	for (size_t i = 0; i < room_form->row_count; i++) {
		const struct bridge_form_field *field = room_form->sources[i].field;
		size_t len = field ? strlen(field->var) : 0;

		if (len > 0 && strncmp(message, field->var, len) == 0 &&
		    strchr(" :", message[len])) {
			form_set_focus(form, room_form->rows[i].name);
			return;
		}
	}
}
