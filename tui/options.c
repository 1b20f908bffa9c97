/*
 * The table of tern's own options and what a change of each does. Kept in the file
 * `config` of the configuration folder, one line each, bindings as `bind.KEY = ACTION`.
 * The file's place is asked for each time: the trial has folders of its own.
 */
#include "tui/options.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/buf.h"
#include "bridge/base/config_file.h"
#include "bridge/base/mem.h"
#include "bridge/base/paths.h"
#include "tui/app.h"
#include "tui/clock.h"
#include "tui/idle.h"
#include "tui/keymap.h"
#include "tui/terminal.h"
#include "tui/view.h"
#include "widgets/keys.h"

#define BIND "bind."

struct binding {
	uint32_t key;
	char *action;
};

struct options {
	struct config *config;
	struct binding *bindings;
	size_t binding_count;
};

static const char *
check_zone(const char *value)
{
	return clock_knows(value) ? NULL
				  : "There is no such time zone; one looks like "
				    "Europe/Berlin or UTC.";
}

static const struct config_row rows[] = {
	{.name = "ascii_marks",
	 .type = CONFIG_BOOL,
	 .fallback = "off",
	 .help = "Marks your lines with plain ASCII, where the font lacks the dots."},
	{.name = "bell",
	 .type = CONFIG_BOOL,
	 .fallback = "on",
	 .help = "Rings the terminal's bell for a message in a conversation that you are "
		 "not reading."},
	{.name = "clock",
	 .type = CONFIG_BOOL,
	 .fallback = "off",
	 .help = "Shows the time in the status bar, as it was when something last "
		 "happened."},
	{.name = "idle_after",
	 .type = CONFIG_INT,
	 .fallback = "10",
	 .most = 24 * 60,
	 .help = "Takes you for absent after so many minutes without a key; 0: never."},
	{.name = "joins",
	 .type = CONFIG_CHOICE,
	 .fallback = "folded",
	 .choices = "folded|hidden|shown",
	 .help = "Who comes into a room, leaves it or takes another nick: folded into "
		 "one line, hidden, or each shown. Who is kicked or banned always is."},
	{.name = "occupants",
	 .type = CONFIG_BOOL,
	 .fallback = "on",
	 .help = "Shows who is in a room beside its conversation, from 100 columns on."},
	{.name = "theme",
	 .type = CONFIG_TEXT,
	 .fallback = "default",
	 .help = "The theme's name."},
	{.name = "timezone",
	 .type = CONFIG_TEXT,
	 .fallback = "",
	 .check = check_zone,
	 .help = "The time zone of all times shown, such as Europe/Berlin; empty: the "
		 "machine's."},
	{.name = NULL},
};

#define ROW_COUNT (sizeof rows / sizeof rows[0] - 1)

const struct config_row *
option_rows(size_t *ret_count)
{
	*ret_count = ROW_COUNT;
	return rows;
}

const struct config_row *
option_find(const char *name)
{
	for (size_t i = 0; i < ROW_COUNT; i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

char *
option_type_text(const struct config_row *row)
{
	switch (row->type) {
	case CONFIG_BOOL:
		return mem_strdup("on|off");
	case CONFIG_INT:
		return mem_printf("%ld to %ld", row->least, row->most);
	case CONFIG_CHOICE:
		return mem_strdup(row->choices);
	case CONFIG_TEXT:
	default:
		return mem_strdup("text");
	}
}

/* The configuration file, its folder made for writing; the caller frees. NULL without a
 * home. */
static char *
config_path(bool is_for_writing)
{
	char *folder = paths_config();
	char *path = folder ? paths_join(folder, "config") : NULL;

	if (folder && is_for_writing)
		(void)paths_make(folder);

	free(folder);
	return path;
}

/* ---- bindings -------------------------------------------------------------- */

static void
set_binding(struct options *options, uint32_t key, const char *action)
{
	bool is_default = strcmp(action, "default") == 0;

	for (size_t i = 0; i < options->binding_count; i++) {
		if (options->bindings[i].key != key)
			continue;
		free(options->bindings[i].action);
		options->bindings[i] = options->bindings[--options->binding_count];
		break;
	}
	if (is_default)
		return;
	options->bindings = mem_resize(options->bindings, options->binding_count + 1,
				       sizeof *options->bindings);
	options->bindings[options->binding_count++] =
		(struct binding){key, mem_strdup(action)};
}

static void
on_config_line(void *data, const struct config_line *line)
{
	struct options *options = data;

	if (!line->name || strncmp(line->name, BIND, strlen(BIND)) != 0)
		return;
	uint32_t key = keys_named(line->name + strlen(BIND));
	if (key)
		set_binding(options, key, line->value);
}

char *
options_keep_binding(struct options *options, uint32_t key, const char *action)
{
	char name[KEYS_NAME_MAX], *path = config_path(true);
	char *option = mem_printf(BIND "%s", keys_name(key, name));
	char *problem = NULL;

	set_binding(options, key, action);
	int result = path ? config_file_put(path, option, action) : -1;
	if (result < 0)
		problem =
			mem_printf("The binding works until you leave, but could not be "
				   "kept in %s.",
				   path ? path : "your home");
	free(option);
	free(path);
	return problem;
}

void
options_bind(const struct options *options, struct keymap *keymap)
{
	for (size_t i = 0; i < options->binding_count; i++)
		(void)keymap_bind(keymap, options->bindings[i].key,
				  options->bindings[i].action);
}

char *
options_bindings(const struct options *options)
{
	struct buf list = {0};
	char name[KEYS_NAME_MAX];

	for (size_t i = 0; i < options->binding_count; i++)
		buf_printf(&list, "%s%s %s", i ? ", " : "",
			   keys_name(options->bindings[i].key, name),
			   options->bindings[i].action);
	return buf_take_text(&list);
}

/* ---- values --------------------------------------------------------------------------
 */

struct options *
options_load(char **ret_problem)
{
	struct options *options = mem_alloc(sizeof *options);
	struct buf problems = {0};
	char *path = config_path(false);

	*ret_problem = NULL;
	options->config = config_new(rows);
	if (path) {
		(void)config_read(options->config, path, false, &problems);
		(void)config_file_walk(path, on_config_line, options);
	}
	if (problems.len > 0)
		*ret_problem = buf_take_text(&problems);
	buf_done(&problems);
	free(path);
	return options;
}

void
options_free(struct options *options)
{
	if (!options)
		return;
	config_free(options->config);
	for (size_t i = 0; i < options->binding_count; i++)
		free(options->bindings[i].action);
	free(options->bindings);
	free(options);
}

const char *
options_get(const struct options *options, const char *name)
{
	return config_text(options->config, name);
}

bool
options_is_on(const struct options *options, const char *name)
{
	return config_bool(options->config, name);
}

/* Makes the values work; a sentence if one can't. */
static char *
apply(struct app *app, const char *name)
{
	const char *value = options_get(app->options, name);

	if (strcmp(name, "theme") == 0)
		return app_load_theme(app, value);
	if (strcmp(name, "timezone") == 0)
		clock_set_zone(value);
	if (strcmp(name, "idle_after") == 0)
		idle_changed(app->idle);
	if (strcmp(name, "occupants") == 0)
		view_place_all(app->view);
	if (strcmp(name, "timezone") == 0 || strcmp(name, "ascii_marks") == 0)
		view_rewrite(app->view);
	return NULL;
}

char *
options_change(struct app *app, const char *name, const char *value)
{
	struct config *config = app->options->config;
	char *before = mem_strdup(config_text(config, name));
	char *path = config_path(true);
	char *problem = NULL;

	const struct config_row *row = option_find(name);
	if (row && strcmp(value, "default") == 0)
		value = row->fallback;
	if (config_set(config, name, value, &problem) == 0) {
		problem = apply(app, name);
		if (problem)
			(void)config_set(config, name, before, NULL);
		else if (!path || config_write(config, path, name) < 0)
			problem = mem_printf("%s is %s until you leave, but it could not "
					     "be kept in %s.",
					     name, config_text(config, name),
					     path ? path : "your home");
	}
	free(before);
	free(path);
	return problem;
}

/* ---- themes ---------------------------------------------------------------- */

/* Adds the names of the files in FOLDER (freed) that end with .theme. */
static void
add_themes(struct buf *list, char *take_folder, const char *between)
{
	DIR *folder = take_folder ? opendir(take_folder) : NULL;
	const struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		const char *dot = strrchr(entry->d_name, '.');

		/* default is built in; its file is there to be copied. */
		if (dot && dot != entry->d_name && strcmp(dot, ".theme") == 0 &&
		    strcmp(entry->d_name, "default.theme") != 0)
			buf_printf(list, "%s%.*s", between, (int)(dot - entry->d_name),
				   entry->d_name);
	}
	if (folder)
		(void)closedir(folder);
	free(take_folder);
}

char *
options_themes(const char *between)
{
	struct buf list = {0};
	char *own = paths_config(), *program = paths_program();

	buf_add_text(&list, "default");
	add_themes(&list, own ? paths_join(own, "themes") : NULL, between);
	add_themes(&list, program ? paths_join(program, "../share/tern/themes") : NULL,
		   between);
	free(own);
	free(program);
	return buf_take_text(&list);
}
