/*
 * The verb of a room's configuration: its form as text or JSON, and changes to it as
 * pairs or JSON. The room's own words are checked by the backend, which answers for each
 * field.
 */
#include <stdint.h>
#include <string.h>

#include "bridge/base/arena.h"
#include "bridge/ctl/json.h"
#include "bridge/ctl/print.h"
#include "bridge/ctl/verbs.h"

/* ---- what is ---- */

static void
add_options(struct buf *out, const struct bridge_form_field *field)
{
	for (size_t i = 0; i < field->options_count; i++) {
		print_clean(out, i ? ", " : "# one of: ", field->options[i].value);
		print_clean(out, " = ", field->options[i].label);
	}
	if (field->options_count)
		buf_add_byte(out, '\n');
}

static void
add_field(struct buf *out, const struct bridge_form_field *field)
{
	if (field->type == form_type_HIDDEN)
		return;
	if (field->label) {
		print_clean(out, "# ", field->label);
		buf_add_byte(out, '\n');
	}
	if (field->help) {
		print_clean(out, "# ", field->help);
		buf_add_byte(out, '\n');
	}
	add_options(out, field);
	for (size_t i = 0; i < field->values_count || i == 0; i++) {
		const char *value = i < field->values_count ? field->values[i] : "";
		bool is_hidden = field->type == form_type_TEXT_PRIVATE && *value;
		print_clean(out, field->type == form_type_FIXED ? "# " : "", field->var);
		if (field->type != form_type_FIXED)
			buf_add_byte(out, '=');
		print_clean(out, field->type == form_type_FIXED ? "# " : "",
			    is_hidden ? "(hidden)" : value);
		buf_add_byte(out, '\n');
	}
}

static int
take_form(struct ctl *ctl, const void *result, void *data)
{
	const struct bridge_room_config_result *config = result;
	struct buf out = {0};
	(void)data;
	if (ctl->command->is_json) {
		print_json(&out, &record_form, config->form, NULL, NULL);
	} else {
		for (size_t i = 0; i < config->form->fields_count; i++)
			add_field(&out, &config->form->fields[i]);
	}
	ctl_put(ctl, &out);
	buf_done(&out);
	return CTL_OK;
}

/* ---- what shall be ---- */

/* Adds KEY=VALUE (VALUE is borrowed) to the FIELDS, of which there are *COUNT; false if
 * it is none. */
static bool
add_pair(struct arena *arena, struct bridge_form_value *fields, size_t *count,
	 const char *text)
{
	const char *equals = strchr(text, '=');
	struct bridge_form_value *field = NULL;
	if (!equals || equals == text)
		return false;
	const char *var = arena_strndup(arena, text, (size_t)(equals - text));
	for (size_t i = 0; i < *count; i++) {
		if (strcmp(fields[i].var, var) == 0)
			field = &fields[i];
	}
	if (!field)
		*(field = &fields[(*count)++]) = (struct bridge_form_value){.var = var};
	const char **values = arena_array(arena, field->values_count + 1, sizeof *values);
	for (size_t i = 0; i < field->values_count; i++)
		values[i] = field->values[i];
	values[field->values_count++] = equals + 1;
	field->values = values;
	return true;
}

static int
take_pairs(const struct ctl_command *command, struct arena *arena,
	   struct bridge_room_configure_params *params)
{
	size_t words = (size_t)command->word_count;
	struct bridge_form_value *fields = arena_array(arena, words, sizeof *fields);
	for (size_t i = 1; i < words; i++) {
		if (!add_pair(arena, fields, &params->fields_count, command->words[i]))
			return ctl_complain(CTL_USAGE, "\"%.64s\" is not key=value.",
					    command->words[i]);
	}
	params->fields = fields;
	return CTL_OK;
}

static int
take_json(const char *text, size_t len, struct arena *arena,
	  struct bridge_room_configure_params *params)
{
	struct json_member *members;
	size_t count;
	const char *problem = json_read(text, len, arena, &members, &count);
	if (problem)
		return ctl_complain(CTL_USAGE, "%s", problem);
	struct bridge_form_value *fields = arena_array(arena, count + 1, sizeof *fields);
	for (size_t i = 0; i < count; i++)
		fields[i] = (struct bridge_form_value){
			.var = members[i].name,
			.values = members[i].values,
			.values_count = members[i].count,
		};
	params->fields = fields;
	params->fields_count = count;
	return CTL_OK;
}

/* Pairs, one JSON object, or one on standard input. */
static int
take_fields(const struct ctl_command *command, struct arena *arena,
	    struct bridge_room_configure_params *params)
{
	const char *first = command->words[1];
	bool is_input = strcmp(first, "-") == 0;
	struct buf input = {.is_secret = true};
	int code;
	if (*first != '{' && !is_input)
		return take_pairs(command, arena, params);
	if (command->word_count > 2)
		return ctl_complain(CTL_USAGE, "JSON says all: nothing may follow it.");
	if (!is_input)
		return take_json(first, strlen(first), arena, params);
	code = ctl_read_input(&input);
	if (code == CTL_OK)
		code = take_json(input.data ? (const char *)input.data : "", input.len,
				 arena, params);
	buf_done(&input);
	return code;
}

static int
configure(struct ctl *ctl, const struct ctl_command *command)
{
	struct arena arena = {.is_secret = true};
	struct bridge_room_configure_params params = {
		.profile = command->profile,
		.jid = command->words[0],
	};
	int code = take_fields(command, &arena, &params);
	if (code == CTL_OK)
		code = ctl_call(ctl, METHOD_room_configure, &params, NULL, NULL);
	arena_done(&arena);
	return code;
}

int
verb_room_config(struct ctl *ctl, const struct ctl_command *command)
{
	struct bridge_jid_params params = {.profile = command->profile,
					   .jid = command->words[0]};
	if (command->word_count > 1)
		return configure(ctl, command);
	return ctl_call(ctl, METHOD_room_config, &params, take_form, NULL);
}
