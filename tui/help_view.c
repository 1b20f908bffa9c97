/*
 * One row an entry; the whole sentence of a row that is cut is said on Enter. Keys of the
 * list widget are "kind name".
 */
#include "tui/help_view.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/base/arena.h"
#include "bridge/base/mem.h"
#include "tui/app.h"
#include "tui/commands.h"
#include "tui/keymap.h"
#include "tui/options.h"
#include "widgets/list.h"
#include "widgets/text.h"
#include "widgets/theme.h"

#define COLUMN 26

struct help_view {
	struct list *list;
	struct arena arena; /* of the rows */
	struct list_row *rows;
	size_t count;
};

struct help_view *
help_view_new(void)
{
	struct help_view *view = mem_alloc(sizeof *view);

	view->list = list_new();
	return view;
}

static void
forget(struct help_view *view)
{
	free(view->rows);
	arena_done(&view->arena);
	view->rows = NULL;
	view->count = 0;
}

void
help_view_free(struct help_view *view)
{
	if (!view)
		return;
	list_free(view->list);
	forget(view);
	free(view);
}

struct list *
help_view_list(struct help_view *view)
{
	return view->list;
}

static void
add(struct help_view *view, struct list_row row)
{
	view->rows = mem_resize(view->rows, view->count + 1, sizeof *view->rows);
	view->rows[view->count++] = row;
}

static void
add_heading(struct help_view *view, const char *text)
{
	add(view, (struct list_row){.text = text, .role = ROLE_GROUP});
}

static void
add_row(struct help_view *view, const char *text, const char *help)
{
	int missing = COLUMN - text_width(text, strlen(text));

	add(view, (struct list_row){.key = arena_printf(&view->arena, "%zu", view->count),
				    .text = arena_printf(&view->arena, "%s%*s", text,
							 missing > 0 ? missing : 0, ""),
				    .role = ROLE_TEXT,
				    .detail = help});
}

static void
add_commands(struct help_view *view)
{
	size_t count;
	const struct command_row *rows = command_rows(&count);

	add_heading(view, "Commands (/help COMMAND says more)");
	for (size_t i = 0; i < count; i++)
		add_row(view,
			arena_printf(&view->arena, "/%s%s%s", rows[i].name,
				     rows[i].usage[0] ? " " : "", rows[i].usage),
			rows[i].help);
}

static void
add_keys(struct app *app, struct help_view *view)
{
	add_heading(view, "Keys (M- is Alt, or Esc and then the key; C- is Ctrl)");
	for (size_t i = 0; keymap_each(i); i++) {
		int action = keymap_named(keymap_each(i));
		char *keys = keymap_keys(app->keymap, action);

		if (keys[0])
			add_row(view, arena_strdup(&view->arena, keys),
				arena_printf(&view->arena, "%s (%s)",
					     keymap_action_help(action), keymap_each(i)));
		free(keys);
	}
}

static void
add_options(struct app *app, struct help_view *view)
{
	size_t count;
	const struct config_row *rows = option_rows(&count);

	add_heading(view, "Options (/set OPTION VALUE)");
	for (size_t i = 0; i < count; i++)
		add_row(view, rows[i].name, rows[i].help);
	for (size_t i = 0; i < app->model->setting_count; i++)
		add_row(view, arena_strdup(&view->arena, app->model->settings[i].name),
			arena_strdup(&view->arena, app->model->settings[i].help));
}

void
help_view_fill(struct app *app, struct help_view *view)
{
	forget(view);
	add_heading(view, "Enter opens, /contacts goes back, C-n and C-p go from one "
			  "conversation to the next");
	add_commands(view);
	add_keys(app, view);
	add_options(app, view);
	list_set(view->list, view->rows, view->count);
	(void)list_home(view->list);
}

void
help_view_explain(struct app *app, struct help_view *view)
{
	const char *key = list_selected(view->list);

	for (size_t i = 0; key && i < view->count; i++) {
		const struct list_row *row = &view->rows[i];

		if (!row->key || strcmp(row->key, key) != 0)
			continue;
		char *text = mem_strdup(row->text);
		size_t len = strlen(text);

		while (len > 0 && text[len - 1] == ' ')
			text[--len] = '\0';
		app_say(app, "%s: %s", text, row->detail ? row->detail : "");
		free(text);
		return;
	}
}
