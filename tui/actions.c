/*
 * The table of actions. Each action that has an Alt or F-key has a command or a Ctrl key
 * beside it; Esc and then a key is the same as Alt and the key.
 */
#include "tui/actions.h"

#include <stdlib.h>

#include "tui/app.h"
#include "tui/complete.h"
#include "tui/go.h"
#include "tui/input.h"
#include "tui/terminal.h"
#include "tui/toast.h"
#include "tui/view.h"
#include "widgets/screen.h"

static void
contacts(struct app *app)
{
	view_show(app, VIEW_CONTACTS);
}

static void
occupants(struct app *app)
{
	if (view_kind(app->view) == VIEW_PEOPLE)
		view_back(app);
	else
		(void)view_show_people(app);
}

static void
help(struct app *app)
{
	if (view_kind(app->view) == VIEW_HELP)
		view_back(app);
	else
		view_show(app, VIEW_HELP);
}

static void
next(struct app *app)
{
	go_by(app, 1);
}

static void
previous(struct app *app)
{
	go_by(app, -1);
}

static void
page_up(struct app *app)
{
	view_page(app, -1);
}

static void
page_down(struct app *app)
{
	view_page(app, 1);
}

static void
row_up(struct app *app)
{
	view_move(app, -1);
}

static void
row_down(struct app *app)
{
	view_move(app, 1);
}

static void
top(struct app *app)
{
	view_end(app, true);
}

static void
bottom(struct app *app)
{
	view_end(app, false);
}

static void
redraw(struct app *app)
{
	toast_clear(app->toast);
	screen_redraw(terminal_screen(app->terminal));
	view_touch_all(app->view);
}

static void
suspend(struct app *app)
{
	terminal_suspend(app->terminal);
}

static void
bare(struct app *app)
{
	char *text = view_bare(app);

	if (text)
		screen_bare_begin(terminal_screen(app->terminal), text);
	else
		app_say(app, "Only a conversation can be shown bare, for selecting.");
	free(text);
}

/* Esc Esc: whatever covers the conversation goes. */
static void
escape(struct app *app)
{
	toast_clear(app->toast);
	view_hint(app, NULL);
	if (view_kind(app->view) == VIEW_HELP || view_is_search(app->view))
		view_back(app);
	else if (view_kind(app->view) == VIEW_CHAT)
		view_end(app, false);
}

#define GO(number)                                                                       \
	static void go_##number(struct app *app)                                         \
	{                                                                                \
		(void)go_number(app, number);                                            \
	}
GO(1)
GO(2)
GO(3)
GO(4)
GO(5)
GO(6)
GO(7)
GO(8)
GO(9)
GO(10)

static const struct action_row rows[] = {
	{"send", "sends the line, runs the command, opens what is selected", "Enter",
	 input_enter},
	{"complete", "completes the word before the cursor", "Tab", complete_forward},
	{"complete-back", "completes it with the one before", "S-Tab", complete_back},
	{"clear", "empties the line; C-y brings it back", "C-c", input_clear},
	{"contacts", "shows your contacts", "F2 M-c", contacts},
	{"occupants", "shows who is in this room; typing searches, /who does too", "F3",
	 occupants},
	{"help", "shows all commands and keys; /help does too", "F1 M-h", help},
	{"next-active", "goes to the next conversation with something new; /go does too",
	 "M-a", go_active},
	{"next", "goes to the next conversation", "C-n M-n", next},
	{"previous", "goes to the conversation before", "C-p M-p", previous},
	{"page-up", "a page back", "PgUp M-v", page_up},
	{"page-down", "a page forward", "PgDn C-v", page_down},
	{"row-up", "a row back", "S-Up M-Up", row_up},
	{"row-down", "a row forward", "S-Down M-Down", row_down},
	{"top", "to the oldest line that is loaded", "M-< C-Home", top},
	{"bottom", "to the newest line", "M-> C-End", bottom},
	{"bare", "shows the page bare on the normal screen, for selecting with the mouse",
	 "C-o M-o", bare},
	{"redraw", "paints the screen anew", "C-l M-l", redraw},
	{"suspend", "goes to the shell; fg comes back", "C-z M-z", suspend},
	{"escape", "closes help and occupants, goes to the newest line", "Esc", escape},
	{"go-1", "goes to conversation 1; /go 1 does too", "M-1", go_1},
	{"go-2", "goes to conversation 2", "M-2", go_2},
	{"go-3", "goes to conversation 3", "M-3", go_3},
	{"go-4", "goes to conversation 4", "M-4", go_4},
	{"go-5", "goes to conversation 5", "M-5", go_5},
	{"go-6", "goes to conversation 6", "M-6", go_6},
	{"go-7", "goes to conversation 7", "M-7", go_7},
	{"go-8", "goes to conversation 8", "M-8", go_8},
	{"go-9", "goes to conversation 9", "M-9", go_9},
	{"go-10", "goes to conversation 10", "M-0", go_10},
};

const struct action_row *
action_rows(size_t *ret_count)
{
	*ret_count = sizeof rows / sizeof rows[0];
	return rows;
}
