/*
 * Data forms, as form.h says.
 */
#include "backend/xmpp/form.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/xmpp/jid.h"
#include "backend/xmpp/ns.h"
#include "backend/xmpp/stanza.h"
#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"

enum { TEXT_MAX = 16 * 1024, NAMES_MAX = 400, VALUES_MAX = 1000 };

/* ---- reading ---- */

static const char *const type_words[] = {
	[FORM_BOOLEAN] = "boolean",
	[FORM_FIXED] = "fixed",
	[FORM_HIDDEN] = "hidden",
	[FORM_JID_MULTI] = "jid-multi",
	[FORM_JID_SINGLE] = "jid-single",
	[FORM_LIST_MULTI] = "list-multi",
	[FORM_LIST_SINGLE] = "list-single",
	[FORM_TEXT_MULTI] = "text-multi",
	[FORM_TEXT_PRIVATE] = "text-private",
	[FORM_TEXT_SINGLE] = "text-single",
};

/* A type that is missing or unknown is text-single (XEP-0004 section 3.3). */
static enum form_type
type_of(const char *word)
{
	for (size_t i = 0; word && i < sizeof type_words / sizeof *type_words; i++) {
		if (strcmp(type_words[i], word) == 0)
			return (enum form_type)i;
	}
	return FORM_TEXT_SINGLE;
}

/* What is only to be seen, cut; NULL where there is nothing. */
static const char *
keep_words(struct arena *arena, const char *text)
{
	if (!text || !*text)
		return NULL;
	return arena_strndup(arena, text, utf8_cut(text, strlen(text), TEXT_MAX));
}

static size_t
count_of(const struct stanza *parent, const char *name)
{
	return stanza_count(parent, name, NS_DATA_FORM);
}

static void
read_values(const struct stanza *row, struct arena *arena, struct form_field *field)
{
	size_t count = count_of(row, "value");
	const char **values = arena_array(arena, count + 1, sizeof *values);
	const struct stanza *value = stanza_child(row, "value", NS_DATA_FORM);
	for (size_t i = 0; i < count; i++) {
		values[i] = arena_strdup(arena, stanza_text(value));
		value = stanza_next(value, "value", NS_DATA_FORM);
	}
	field->values = values;
	field->value_count = count;
}

static void
read_options(const struct stanza *row, struct arena *arena, struct form_field *field)
{
	size_t count = count_of(row, "option");
	struct form_option *options = arena_array(arena, count + 1, sizeof *options);
	const struct stanza *option = stanza_child(row, "option", NS_DATA_FORM);
	for (; option; option = stanza_next(option, "option", NS_DATA_FORM)) {
		const char *value = stanza_child_text(option, "value", NS_DATA_FORM);
		if (!value)
			continue;
		options[field->option_count++] = (struct form_option){
			.value = arena_strdup(arena, value),
			.label = keep_words(arena, stanza_get(option, "label")),
		};
	}
	field->options = options;
}

static void
read_field(const struct stanza *row, struct arena *arena, struct form_field *field)
{
	const char *var = stanza_get(row, "var");
	*field = (struct form_field){
		.var = var && *var ? arena_strdup(arena, var) : NULL,
		.type = type_of(stanza_type(row)),
		.label = keep_words(arena, stanza_get(row, "label")),
		.help = keep_words(arena, stanza_child_text(row, "desc", NS_DATA_FORM)),
		.is_required = stanza_child(row, "required", NS_DATA_FORM),
	};
	read_values(row, arena, field);
	read_options(row, arena, field);
	if (!field->var)
		field->type = FORM_FIXED;
	else if (!stanza_type(row) && field->value_count > 1)
		field->type = FORM_TEXT_MULTI;
}

int
form_read(const struct stanza *x, struct arena *arena, struct form *ret_form)
{
	if (!stanza_is(x, "x", NS_DATA_FORM))
		return -EINVAL;
	size_t count = count_of(x, "field");
	struct form form = {
		.title = keep_words(arena, stanza_child_text(x, "title", NS_DATA_FORM)),
		.instructions = keep_words(
			arena, stanza_child_text(x, "instructions", NS_DATA_FORM)),
		.fields = arena_array(arena, count + 1, sizeof *form.fields),
		.field_count = count,
	};
	const struct stanza *row = stanza_child(x, "field", NS_DATA_FORM);
	for (size_t i = 0; i < count; i++) {
		read_field(row, arena, &form.fields[i]);
		row = stanza_next(row, "field", NS_DATA_FORM);
	}
	*ret_form = form;
	return 0;
}

struct form_field *
form_find(const struct form *form, const char *name)
{
	struct form_field *found = NULL;
	size_t len = strlen(name);
	for (size_t i = 0; len && i < form->field_count; i++) {
		struct form_field *field = &form->fields[i];
		size_t var_len = field->var ? strlen(field->var) : 0;
		if (!var_len)
			continue;
		if (strcmp(field->var, name) == 0)
			return field;
		if (var_len > len && strcmp(field->var + var_len - len, name) == 0 &&
		    strchr("_#", field->var[var_len - len - 1])) {
			if (found)
				return NULL;
			found = field;
		}
	}
	return found;
}

const char *
form_value(const struct form *form, const char *var)
{
	for (size_t i = 0; i < form->field_count; i++) {
		const struct form_field *field = &form->fields[i];
		if (field->var && strcmp(field->var, var) == 0 && field->value_count > 0)
			return *field->values[0] ? field->values[0] : NULL;
	}
	return NULL;
}

/* ---- filling ---- */

/* A change of a field that is being checked. */
struct filling {
	const struct form_field *field;
	struct arena *arena;
	const char **values;
	size_t count;
	const char *problem;
};

static bool
is_many(enum form_type type)
{
	return type == FORM_JID_MULTI || type == FORM_LIST_MULTI ||
	       type == FORM_TEXT_MULTI;
}

static void
take_boolean(struct filling *filling, const char *text)
{
	static const char *const words[] = {"0",  "1",	 "false", "true",
					    "no", "yes", "off",	  "on"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcasecmp(words[i], text) == 0) {
			filling->values[filling->count++] = i & 1 ? "1" : "0";
			return;
		}
	}
	filling->problem =
		arena_printf(filling->arena, "%s is yes or no.", filling->field->var);
}

static void
take_jid(struct filling *filling, const char *text)
{
	char *jid = jid_full(text);
	if (jid)
		filling->values[filling->count++] = arena_strdup(filling->arena, jid);
	else
		filling->problem = arena_printf(filling->arena, "%s: %s is no address.",
						filling->field->var, text);
	free(jid);
}

static const char *
say_options(const struct form_field *field, struct arena *arena)
{
	const char *names = "";
	for (size_t i = 0; i < field->option_count && strlen(names) < NAMES_MAX; i++)
		names = arena_printf(arena, "%s%s%s", names, i ? ", " : "",
				     field->options[i].value);
	return names;
}

/* One of the options; a field without any takes what it is given. */
static void
take_choice(struct filling *filling, const char *text)
{
	const struct form_field *field = filling->field;
	const char *found = field->option_count ? NULL : text;
	for (size_t i = 0; i < field->option_count && !found; i++) {
		if (strcmp(field->options[i].value, text) == 0)
			found = field->options[i].value;
	}
	for (size_t i = 0; i < field->option_count && !found; i++) {
		const char *label = field->options[i].label;
		if (label && strcasecmp(label, text) == 0)
			found = field->options[i].value;
	}
	if (found)
		filling->values[filling->count++] = arena_strdup(filling->arena, found);
	else
		filling->problem =
			arena_printf(filling->arena, "%s is one of %s.", field->var,
				     say_options(field, filling->arena));
}

/* Whether the room itself has given FIELD more than the one line that it may have. */
static bool
has_breaks(const struct form_field *field)
{
	return field->value_count > 0 && strpbrk(field->values[0], "\r\n");
}

static void
take_line(struct filling *filling, const char *text)
{
	if (strpbrk(text, "\r\n") && !has_breaks(filling->field))
		filling->problem = arena_printf(filling->arena, "%s is one line.",
						filling->field->var);
	else
		filling->values[filling->count++] = arena_strdup(filling->arena, text);
}

static void
take_lines(struct filling *filling, const char *text)
{
	for (;;) {
		size_t len = strcspn(text, "\n");
		if (filling->count >= VALUES_MAX) {
			filling->problem = arena_printf(filling->arena, "%s is too long.",
							filling->field->var);
			return;
		}
		filling->values[filling->count++] =
			arena_strndup(filling->arena, text, len);
		if (!text[len])
			return;
		text += len + 1;
	}
}

static void
take(struct filling *filling, const char *text)
{
	if (!stanza_text_check(text) || strlen(text) > TEXT_MAX) {
		filling->problem =
			arena_printf(filling->arena,
				     "%s is too long, or holds what XMPP cannot carry.",
				     filling->field->var);
		return;
	}
	switch (filling->field->type) {
	case FORM_BOOLEAN:
		take_boolean(filling, text);
		return;
	case FORM_JID_MULTI:
	case FORM_JID_SINGLE:
		take_jid(filling, text);
		return;
	case FORM_LIST_MULTI:
	case FORM_LIST_SINGLE:
		take_choice(filling, text);
		return;
	case FORM_TEXT_MULTI:
		take_lines(filling, text);
		return;
	case FORM_TEXT_PRIVATE:
	case FORM_TEXT_SINGLE:
		take_line(filling, text);
		return;
	case FORM_FIXED:
	case FORM_HIDDEN:
		break;
	}
	filling->problem =
		arena_printf(filling->arena, "%s cannot be set.",
			     filling->field->var ? filling->field->var : "That");
}

int
form_set(struct form_field *field, const char *const *values, size_t count,
	 struct arena *arena, const char **ret_problem)
{
	struct filling filling = {.field = field, .arena = arena};
	/* Nothing, and an empty text, take what was there away. */
	bool is_empty = count == 0 || (count == 1 && !*values[0]);
	/* Some rooms send none for no: that may stay. */
	bool is_set_boolean = field->type == FORM_BOOLEAN && field->value_count > 0;
	if (is_empty)
		count = 0;
	filling.values = arena_array(arena, VALUES_MAX + 1, sizeof *filling.values);
	if (field->type == FORM_FIXED || field->type == FORM_HIDDEN)
		take(&filling, "");
	else if (is_empty && (field->is_required || is_set_boolean))
		filling.problem = arena_printf(arena, "%s needs a value.", field->var);
	else if (count > VALUES_MAX && is_many(field->type))
		filling.problem = arena_printf(arena, "%s takes %d values at most.",
					       field->var, VALUES_MAX);
	else if (count > 1 && !is_many(field->type))
		filling.problem = arena_printf(arena, "%s takes one value.", field->var);
	for (size_t i = 0; i < count && !filling.problem; i++)
		take(&filling, values[i]);
	if (filling.problem) {
		*ret_problem = filling.problem;
		return -EINVAL;
	}
	field->values = filling.values;
	field->value_count = filling.count;
	return 0;
}

/* ---- writing ---- */

void
form_add_field(struct stanza *x, const char *var, const char *type, const char *value)
{
	struct stanza *field = stanza_add(x, "field", NULL);
	stanza_set(field, "var", var);
	stanza_set(field, "type", type);
	stanza_add_with_text(field, "value", NULL, value);
}

struct stanza *
form_add(struct stanza *parent, const char *form_type)
{
	struct stanza *x = stanza_add(parent, "x", NS_DATA_FORM);
	stanza_set(x, "type", "submit");
	form_add_field(x, "FORM_TYPE", "hidden", form_type);
	return x;
}

void
form_submit(const struct form *form, struct stanza *parent)
{
	struct stanza *x = stanza_add(parent, "x", NS_DATA_FORM);
	stanza_set(x, "type", "submit");
	for (size_t i = 0; i < form->field_count; i++) {
		const struct form_field *field = &form->fields[i];
		if (field->type == FORM_FIXED)
			continue;
		struct stanza *row = stanza_add(x, "field", NULL);
		stanza_set(row, "var", field->var);
		if (field->type == FORM_HIDDEN)
			stanza_set(row, "type", "hidden");
		for (size_t j = 0; j < field->value_count; j++)
			stanza_add_with_text(row, "value", NULL, field->values[j]);
	}
}
