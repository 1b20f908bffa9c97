/*
 * Commands on tern itself: help, options, themes, keys, leaving.
 */
#include <stdlib.h>
#include <string.h>

#include "bridge/base/buf.h"
#include "bridge/base/mem.h"
#include "tui/app.h"
#include "tui/commands.h"
#include "tui/keymap.h"
#include "tui/leave.h"
#include "tui/options.h"
#include "tui/view.h"
#include "widgets/keys.h"

bool
command_help(struct app *app, const char *arguments)
{
	const char *name = arguments[0] == '/' ? arguments + 1 : arguments;

	if (name[0] == '\0') {
		view_show(app, VIEW_HELP);
		return true;
	}
	const struct command_row *row = command_find(name, strlen(name));
	if (!row) {
		char *line = mem_printf("/%s", name);

		(void)command_is_known(app, line);
		free(line);
		return false;
	}
	app_say(app, "/%s%s%s: %s", row->name, row->usage[0] ? " " : "", row->usage,
		row->help);
	return true;
}

/* ---- options --------------------------------------------------------------- */

static bool
say_option(struct app *app, const char *name)
{
	const struct config_row *row = option_find(name);
	const struct model_setting *setting = model_setting(app->model, name);
	char *takes = row	? option_type_text(row)
		      : setting ? model_setting_takes(setting)
				: NULL;

	if (row)
		app_say(app, "%s = %s (%s; default: %s): %s", name,
			options_get(app->options, name), takes,
			row->fallback[0] ? row->fallback : "empty", row->help);
	else if (setting)
		app_say(app, "%s = %s (%s): %s", name, model_setting_shown(setting),
			takes, setting->help ? setting->help : "");
	else
		app_say_error(app, "There is no option %s; /set lists them.", name);
	free(takes);
	return row || setting;
}

/* An option of the profile on its way to the daemon. */
struct change {
	struct app *app;
	char *name;
};

static void
on_changed(void *data, const struct bridge_failure *failure, const void *result)
{
	struct change *change = data;
	const struct model_setting *setting =
		model_setting(change->app->model, change->name);

	if (failure)
		app_told(change->app, failure, result);
	else if (setting)
		app_say(change->app, "%s = %s", change->name,
			model_setting_shown(setting));
	free(change->name);
	free(change);
}

static bool
set_option(struct app *app, const char *name, const char *value)
{
	if (option_find(name)) {
		char *problem = options_change(app, name, value);

		if (problem)
			app_say_error(app, "%s", problem);
		else
			app_say(app, "%s = %s", name, options_get(app->options, name));
		app->model->dirty |= MODEL_SETTINGS;
		free(problem);
		return !problem;
	}
	const struct model_setting *setting = model_setting(app->model, name);
	if (!setting) {
		app_say_error(app, "There is no option %s; /set lists them.", name);
		return false;
	}
	struct client *client = app_client(app);
	if (!client)
		return false;
	struct bridge_setting_params params = {
		.profile = app->model->profile, .name = name, .value = value};
	/* The daemon's switches are yes and no. */
	if (model_setting_is_switch(setting) && strcmp(value, "on") == 0)
		params.value = "yes";
	else if (model_setting_is_switch(setting) && strcmp(value, "off") == 0)
		params.value = "no";
	struct change *change = mem_alloc(sizeof *change);
	*change = (struct change){app, mem_strdup(name)};
	client_setting_set(client, &params, on_changed, change);
	return true;
}

bool
command_set(struct app *app, const char *arguments)
{
	const char *value = arguments;
	char *name = command_word(&value);
	bool is_done = true;

	if (!name)
		view_show_options(app);
	else if (value[0] == '\0' && !strchr(arguments, '"'))
		is_done = say_option(app, name);
	else
		is_done = set_option(app, name, strcmp(value, "\"\"") == 0 ? "" : value);
	free(name);
	return is_done;
}

bool
command_theme(struct app *app, const char *arguments)
{
	if (arguments[0])
		return set_option(app, "theme", arguments);
	char *names = options_themes(", ");
	app_say(app, "The theme is %s. There are: %s.",
		options_get(app->options, "theme"), names);
	free(names);
	return true;
}

/* ---- keys ------------------------------------------------------------------ */

static void
say_bindings(struct app *app)
{
	char *list = options_bindings(app->options);

	if (list[0])
		app_say(app, "Bound by you: %s. /help shows every key.", list);
	else
		app_say(app, "All keys are as they came; /help shows them, /bind KEY "
			     "ACTION changes one.");
	free(list);
}

bool
command_bind(struct app *app, const char *arguments)
{
	char name[KEYS_NAME_MAX];
	const char *action = arguments;
	char *word = command_word(&action);
	uint32_t key = word ? keys_named(word) : 0;
	bool is_done = true;

	if (!word) {
		say_bindings(app);
	} else if (!key) {
		app_say_error(app, "%s is no key; keys look like C-n, M-a, F5, PgUp.",
			      word);
		is_done = false;
	} else if (action[0] == '\0') {
		int bound = keymap_find(app->keymap, key);

		app_say(app, "%s does %s. %s", keys_name(key, name),
			keymap_action_name(bound), keymap_action_help(bound));
	} else if (keymap_bind(app->keymap, key, action) < 0) {
		app_say_error(app, "There is no action %s; Tab shows them.", action);
		is_done = false;
	} else {
		char *problem = options_keep_binding(app->options, key, action);

		if (problem)
			app_say_error(app, "%s", problem);
		else
			app_say(app, "%s does %s.", keys_name(key, name),
				keymap_action_name(keymap_find(app->keymap, key)));
		free(problem);
	}
	free(word);
	return is_done;
}

/* ---- leaving --------------------------------------------------------------- */

bool
command_detach(struct app *app, const char *arguments)
{
	(void)arguments;
	leave_begin(app, APP_DETACH);
	return true;
}

bool
command_quit(struct app *app, const char *arguments)
{
	(void)arguments;
	leave_quit(app);
	return true;
}
