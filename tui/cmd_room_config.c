/*
 * Commands of a room's owner: its configuration, as a form or as a list of fields, and
 * its end.
 */
#include <stdlib.h>
#include <string.h>

#include "bridge/base/buf.h"
#include "bridge/base/mem.h"
#include "bridge/base/room_link.h"
#include "tui/app.h"
#include "tui/commands.h"
#include "tui/door.h"
#include "tui/names.h"
#include "tui/room_config.h"
#include "tui/room_form.h"
#include "tui/view.h"

enum {
	ROW_MAX = 200,
	ALL_MAX = 16 * 1024, /* bytes of what is said of a form */
};

/* ---- /config: what is ------------------------------------------------------ */

/* A form that is asked for, and the field that it is about; NULL: all. */
struct asking {
	struct app *app;
	char *room, *key;
};

static void
add(struct buf *out, const char *before, const char *text)
{
	buf_add_clean(out, before, text, ROW_MAX);
}

static void
add_value(struct buf *out, const struct bridge_form_field *field)
{
	const char *first = field->values_count ? field->values[0] : "";

	buf_add_text(out, " = ");
	if (field->type == form_type_BOOLEAN)
		add(out, "",
		    strcmp(first, "1") == 0 || strcmp(first, "true") == 0 ? "yes" : "no");
	else if (field->type == form_type_TEXT_PRIVATE)
		add(out, "", first[0] ? "(hidden)" : "");
	else
		for (size_t i = 0; i < field->values_count; i++)
			add(out, i ? ", " : "", field->values[i]);
}

/* Whether FIELD is called KEY, or its name ends in that behind a "_" or "#", as the
 * daemon takes it. */
static bool
is_meant(const struct bridge_form_field *field, const char *key)
{
	size_t len = strlen(field->var), key_len = strlen(key);

	if (strcmp(field->var, key) == 0)
		return true;
	if (key_len == 0 || key_len >= len)
		return false;
	const char *end = field->var + len - key_len;
	return strcmp(end, key) == 0 && strchr("_#", end[-1]);
}

static void
add_whole(struct buf *out, const struct bridge_form_field *field)
{
	add(out, "", field->var);
	add_value(out, field);
	add(out, "\n", field->label);
	add(out, "\n", field->help);
	for (size_t i = 0; i < field->options_count; i++) {
		add(out, i ? ", " : "\none of ", field->options[i].value);
		add(out, " ", field->options[i].label);
	}
}

static void
on_config(void *data, const struct bridge_failure *failure, const void *result)
{
	struct asking *asking = data;
	struct app *app = asking->app;
	const struct bridge_room_config_result *config = result;
	struct buf text = {0};

	if (failure)
		app_told(app, failure, result);
	size_t count = failure ? 0 : config->form->fields_count;
	for (size_t i = 0; i < count && text.len < ALL_MAX; i++) {
		const struct bridge_form_field *field = &config->form->fields[i];

		if (field->type == form_type_HIDDEN || field->type == form_type_FIXED ||
		    (asking->key && !is_meant(field, asking->key)))
			continue;
		if (text.len > 0)
			buf_add_byte(&text, '\n');
		if (asking->key) {
			add_whole(&text, field);
			continue;
		}
		add(&text, "", room_form_key(field->var));
		add_value(&text, field);
	}
	bool is_found = text.len > 0;
	if (text.len >= ALL_MAX)
		buf_add_text(&text, "\n…");
	char *said = buf_take_text(&text);
	if (is_found && !view_notice(app, asking->room, said))
		app_say(app, "%s", said);
	if (!failure && !is_found)
		app_say_error(app,
			      "This room has no such field; /config list shows them.");
	free(said);
	free(asking->room);
	free(asking->key);
	free(asking);
}

/* ---- /config: what shall be ------------------------------------------------ */

static void
on_configured(void *data, const struct bridge_failure *failure, const void *result)
{
	if (failure)
		app_told(data, failure, result);
	else
		app_say(data, "The room took it.");
}

static void
configure(struct app *app, struct model_room *room, const char *key, const char *value)
{
	struct bridge_form_value field = {.var = key, .values = &value};
	struct bridge_room_configure_params params = {
		.profile = app->model->profile,
		.jid = room->jid,
		.fields = &field,
		.fields_count = 1,
	};

	field.values_count = strcmp(value, "none") == 0 ? 0 : 1;
	client_room_configure(door_client(app->door), &params, on_configured, app);
}

bool
command_config(struct app *app, const char *arguments)
{
	struct model_room *room = room_here(app);
	char *key = room ? command_word(&arguments) : NULL;

	if (!room)
		return false;
	if (key && arguments[0]) {
		configure(app, room, key, arguments);
		free(key);
		return true;
	}
	if (!key) {
		room_config_ask(app, room->jid);
		return true;
	}
	if (strcmp(key, "list") == 0) {
		free(key);
		key = NULL;
	}
	struct asking *asking = mem_alloc(sizeof *asking);
	struct bridge_jid_params params = {.profile = app->model->profile,
					   .jid = room->jid};
	*asking = (struct asking){app, mem_strdup(room->jid), key};
	client_room_config(door_client(app->door), &params, on_config, asking);
	return true;
}

/* ---- /destroy -------------------------------------------------------------- */

/* The room in which it goes on, where *REST begins with its address. The caller frees. */
static char *
take_elsewhere(const char **rest)
{
	const char *after = *rest;
	char *word = command_word(&after);
	char *jid = word && (room_link_is(word) || strchr(word, '@'))
			    ? names_address(word)
			    : NULL;

	if (jid)
		*rest = after;
	free(word);
	return jid;
}

bool
command_destroy(struct app *app, const char *arguments)
{
	struct model_room *room = room_here(app);
	char *word = room ? command_word(&arguments) : NULL;
	bool is_meant_so = word && strcmp(word, room->jid) == 0;

	if (!room)
		return false;
	free(word);
	if (!is_meant_so) {
		app_say_error(app, "/destroy %s destroys this room for everybody.",
			      room->jid);
		return false;
	}
	char *elsewhere = take_elsewhere(&arguments);
	struct bridge_room_destroy_params params = {
		.profile = app->model->profile,
		.jid = room->jid,
		.elsewhere = elsewhere,
		.reason = arguments[0] ? arguments : NULL,
	};
	client_room_destroy(door_client(app->door), &params, app_told, app);
	free(elsewhere);
	return true;
}
