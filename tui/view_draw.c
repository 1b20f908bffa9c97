/*
 * Layout: the page on top as high as can be, at full width (so that the terminal itself
 * can scroll it) but for a room's occupants on a wide screen, the rest below. Rows are
 * given out from the bottom: status, input, conversation line, toast; where there are too
 * few, the later ones go without.
 */
#include <string.h>

#include "tui/app.h"
#include "tui/chat_view.h"
#include "tui/contacts_view.h"
#include "tui/forms.h"
#include "tui/help_view.h"
#include "tui/input.h"
#include "tui/options.h"
#include "tui/people.h"
#include "tui/people_pane.h"
#include "tui/people_view.h"
#include "tui/question.h"
#include "tui/rooms_view.h"
#include "tui/status.h"
#include "tui/terminal.h"
#include "tui/toast.h"
#include "tui/view_private.h"
#include "widgets/editor.h"
#include "widgets/list.h"
#include "widgets/log.h"
#include "widgets/screen.h"

void
view_place_all(struct view *view)
{
	view->is_placed = false;
}

void
view_touch_all(struct view *view)
{
	view->is_placed = false;
}

void
view_rewrite(struct view *view)
{
	chat_view_rewrite(view->chat_view);
	view->is_placed = false;
	view->has_stale_contacts = true;
}

static void
set_page_area(struct app *app, struct screen_area area)
{
	struct view *view = app->view;

	view->page = area;
	if (view->kind == VIEW_CHAT) {
		log_set_area(chat_view_log(view->chat_view), area);
		log_touch(chat_view_log(view->chat_view));
	} else if (view_list(view)) {
		list_set_area(view_list(view), area);
		list_touch(view_list(view));
	} else if (view->kind == VIEW_FORM) {
		forms_set_area(app, area);
	}
}

/* The columns that who is in a room takes beside its conversation. */
static int
pane_width(struct app *app, int width)
{
	const struct chat *chat = view_chat(app->view);

	if (!chat || !model_room(app->model, chat->jid) ||
	    !options_is_on(app->options, "occupants"))
		return 0;
	return people_pane_width(width);
}

/* Places everything; what keeps its place is left alone. */
static void
place(struct app *app)
{
	struct view *view = app->view;
	struct screen *screen = terminal_screen(app->terminal);
	int rows = screen_rows(screen), width = screen_columns(screen);
	bool is_plain = view->kind != VIEW_FORM;
	int left = rows;

	int status = is_plain && left > 1 ? 1 : 0;
	left -= status;
	int input = is_plain ? input_rows(app, width, left / 3 > 1 ? left / 3 : 1) : 0;
	left -= input;
	int bar = is_plain && left > 2 ? 1 : 0;
	left -= bar;
	int toast = is_plain ? toast_rows(app->toast, width, left > 1 ? left - 1 : 0) : 0;
	left -= toast;
	int beside = pane_width(app, width);
	struct screen_area page = {0, 0, left, width - beside};
	struct screen_area pane = {0, width - beside, left, beside};
	struct screen_area said = {left, 0, toast, width};
	struct screen_area line = {left + toast + bar, 0, input, width};
	if (view->is_placed && memcmp(&page, &view->page, sizeof page) == 0 &&
	    memcmp(&said, &view->toast, sizeof said) == 0 &&
	    memcmp(&line, &view->input, sizeof line) == 0)
		return;
	if (!view->is_placed)
		screen_erase(screen);
	view->is_placed = true;
	set_page_area(app, page);
	people_pane_set_area(view->pane, pane);
	view->toast = said;
	toast_set_area(app->toast, said);
	view->input = line;
	input_set_area(app, line);
	status_set_areas(view->status, (struct screen_area){left + toast, 0, bar, width},
			 (struct screen_area){rows - status, 0, status, width});
}

/* Searched anew when somebody came or went, or the line is another. */
static void
update_people(struct app *app)
{
	struct view *view = app->view;
	struct editor *editor = input_editor(app->input);
	unsigned version = editor_version(editor);

	if (view->search_version == version && !(app->model->dirty & MODEL_PEOPLE))
		return;
	view->search_version = version;
	const char *line = editor_raw(editor);
	people_view_update(view->people, model_room_of(app->model, view->chat->jid),
			   line[0] == '/' ? "" : line);
}

/* The same for rooms, when more were found. */
static void
update_rooms(struct app *app)
{
	struct view *view = app->view;
	struct editor *editor = input_editor(app->input);
	unsigned version = editor_version(editor);
	const char *line = editor_raw(editor);

	if (view->search_version == version && !view->has_stale_rooms)
		return;
	view->search_version = version;
	view->has_stale_rooms = false;
	rooms_view_update(view->rooms, line[0] == '/' ? "" : line);
}

static void
update(struct app *app)
{
	struct view *view = app->view;
	unsigned dirty = app->model->dirty;

	if (dirty & (MODEL_CONTACTS | MODEL_CHATS | MODEL_LINK))
		view->has_stale_contacts = true;
	if (view->kind == VIEW_CONTACTS && view->has_stale_contacts) {
		contacts_view_update(app, view->contacts);
		view->has_stale_contacts = false;
	}
	if (view->kind == VIEW_PEOPLE)
		update_people(app);
	if (view->kind == VIEW_ROOMS)
		update_rooms(app);
	if (view->kind == VIEW_HELP && (dirty & MODEL_SETTINGS))
		help_view_refill(app, view->help);
	input_update(app);
	place(app);
	people_update(app);
	if (view->kind == VIEW_CHAT)
		chat_view_update(app, view->chat_view);
	if (view->kind != VIEW_FORM)
		status_update(app, view->status);
	app->model->dirty = 0;
}

/* The page, and who is beside it. Lines that come fast leave blank rows below them; a
 * while later these are closed. */
static void
draw_chat(struct app *app, struct screen *screen)
{
	struct view *view = app->view;
	struct log *log = chat_view_log(view->chat_view);
	const struct model_room *room = people_room(app);
	uint64_t now = uv_now(app->loop);
	int slack = log_slack(log);

	log_set_fixed(log, people_pane_stays_ms(view->pane, room, now) > 0);
	int moved = log_draw(log, screen);
	if (moved > 0 || (log_slack(log) > 0 && log_slack(log) != slack))
		people_pane_page_moved(view->pane, now);
	if (log_slack(log) > 0)
		app_wake_in(app, people_pane_stays_ms(view->pane, room, now));
	people_pane_moved(view->pane, moved);
	people_pane_draw(view->pane, room, app->theme, screen);
}

void
view_draw(struct app *app)
{
	struct view *view = app->view;
	struct screen *screen = terminal_screen(app->terminal);

	update(app);
	question_drawn(app, view->kind != VIEW_FORM && view->toast.height > 0);
	if (view->kind == VIEW_FORM) {
		forms_draw(app, screen);
		return;
	}
	if (view->kind == VIEW_CHAT) {
		draw_chat(app, screen);
	} else if (view_list(view)) {
		list_draw(view_list(view), screen);
	}
	toast_draw(app->toast, screen);
	status_draw(view->status, screen);
	input_draw(app, screen);
}
