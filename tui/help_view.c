/*
 * One row an entry, wrapped by the list. A row's key in the list is what Enter puts into
 * the input line.
 */
#include "tui/help_view.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/base/arena.h"
#include "bridge/base/mem.h"
#include "tui/app.h"
#include "tui/commands.h"
#include "tui/keymap.h"
#include "tui/marks.h"
#include "tui/options.h"
#include "widgets/list.h"
#include "widgets/theme.h"

#define COLUMN 29 /* where explanations begin */

struct help_view {
	struct list *list;
	struct arena arena; /* of the rows */
	struct list_row *rows;
	size_t count;
	enum help_topic topic;
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
	add(view, (struct list_row){.text = text, .role = ROLE_GROUP, .column = COLUMN});
}

/* A row; PUT is what Enter puts into the input line. */
static void
add_row(struct help_view *view, const char *put, const char *text, const char *help)
{
	add(view, (struct list_row){.key = put,
				    .text = text,
				    .role = ROLE_TEXT,
				    .detail = help,
				    .column = COLUMN});
}

static void
add_commands(struct help_view *view)
{
	size_t count;
	const struct command_row *rows = command_rows(&count);

	add_heading(view, "Commands");
	for (size_t i = 0; i < count; i++) {
		const char *blank = rows[i].usage[0] ? " " : "";

		add_row(view, arena_printf(&view->arena, "/%s%s", rows[i].name, blank),
			arena_printf(&view->arena, "/%s%s%s", rows[i].name, blank,
				     rows[i].usage),
			rows[i].help);
	}
}

static void
add_keys(struct app *app, struct help_view *view)
{
	add_heading(view, "Keys (M- is Alt, or Esc and then the key; C- is Ctrl)");
	for (size_t i = 0; keymap_each(i); i++) {
		int action = keymap_named(keymap_each(i));
		char *keys = keymap_keys(app->keymap, action);

		if (keys[0])
			add_row(view,
				arena_printf(&view->arena, "/bind KEY %s",
					     keymap_each(i)),
				arena_strdup(&view->arena, keys),
				arena_printf(&view->arena, "%s (%s)",
					     keymap_action_help(action), keymap_each(i)));
		free(keys);
	}
}

static void
add_marks(struct app *app, struct help_view *view)
{
	size_t count;
	const struct mark_row *rows = mark_rows(&count);
	bool is_ascii = options_is_on(app->options, "ascii_marks");

	add_heading(view, "Marks before your lines: what is proven of them");
	/* Each row needs a key of its own; a blank more makes no difference to Enter. */
	for (size_t i = 0; i < count; i++)
		add_row(view,
			arena_printf(&view->arena, "/set ascii_marks%*s", (int)i + 1, ""),
			mark_glyph(&rows[i], is_ascii), rows[i].help);
}

static void
add_option(struct help_view *view, const char *name, const char *value, const char *help)
{
	add_row(view, arena_printf(&view->arena, "/set %s ", name),
		arena_printf(&view->arena, "%s = %s", name, value[0] ? value : "\"\""),
		arena_strdup(&view->arena, help));
}

static void
add_options(struct app *app, struct help_view *view)
{
	const struct model *model = app->model;
	size_t count;
	const struct config_row *rows = option_rows(&count);

	add_heading(view, "Options of tern on this machine (/set OPTION VALUE)");
	for (size_t i = 0; i < count; i++)
		add_option(view, rows[i].name, options_get(app->options, rows[i].name),
			   rows[i].help);
	if (model->setting_count > 0)
		add_heading(view, "Options of this profile (/set OPTION VALUE)");
	for (size_t i = 0; i < model->setting_count; i++)
		add_option(view, model->settings[i].name,
			   model_setting_shown(&model->settings[i]),
			   model->settings[i].help);
}

void
help_view_fill(struct app *app, struct help_view *view, enum help_topic topic)
{
	forget(view);
	if (topic == HELP_ALL) {
		add_heading(view, "Arrows and PgDn move, Enter puts a row into the input "
				  "line, Esc Esc goes back.");
		add_commands(view);
		add_keys(app, view);
		add_marks(app, view);
	}
	add_options(app, view);
	list_set(view->list, view->rows, view->count);
	if (topic != view->topic)
		(void)list_home(view->list);
	view->topic = topic;
}

void
help_view_refill(struct app *app, struct help_view *view)
{
	help_view_fill(app, view, view->topic);
}
