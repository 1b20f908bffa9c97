/*
 * Layout: the page on top as high as can be, at full width (so that the terminal itself
 * can scroll it) but for a room's occupants on a wide screen, the rest below. Rows are
 * given out from the bottom: status, input, conversation line, toast; where there are too
 * few, the later ones go without.
 */
#include "tui/view.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/base/mem.h"
#include "tui/app.h"
#include "tui/chat_view.h"
#include "tui/commands.h"
#include "tui/contacts_view.h"
#include "tui/door.h"
#include "tui/forms.h"
#include "tui/help_view.h"
#include "tui/input.h"
#include "tui/options.h"
#include "tui/people.h"
#include "tui/people_pane.h"
#include "tui/people_view.h"
#include "tui/rooms_view.h"
#include "tui/status.h"
#include "tui/terminal.h"
#include "tui/toast.h"
#include "widgets/editor.h"
#include "widgets/list.h"
#include "widgets/log.h"
#include "widgets/screen.h"

struct view {
	enum view_kind kind, before;
	struct chat *chat; /* of VIEW_CHAT, kept while help is shown */
	struct chat_view *chat_view;
	struct contacts_view *contacts;
	struct help_view *help;
	struct status *status;
	struct people_pane *pane;
	struct people_view *people;
	struct rooms_view *rooms;
	unsigned search_version; /* of the input line that PEOPLE was searched by */
	char *hint;
	struct screen_area page, toast, input;
	bool is_placed; /* areas are as the layout wants them */
	bool has_stale_contacts;
	bool has_stale_rooms;
};

struct view *
view_new(void)
{
	struct view *view = mem_alloc(sizeof *view);

	view->chat_view = chat_view_new();
	view->contacts = contacts_view_new();
	view->help = help_view_new();
	view->status = status_new();
	view->pane = people_pane_new();
	view->people = people_view_new();
	view->rooms = rooms_view_new();
	view->has_stale_contacts = true;
	return view;
}

void
view_free(struct view *view)
{
	if (!view)
		return;
	chat_view_free(view->chat_view);
	contacts_view_free(view->contacts);
	help_view_free(view->help);
	status_free(view->status);
	people_pane_free(view->pane);
	people_view_free(view->people);
	rooms_view_free(view->rooms);
	free(view->hint);
	free(view);
}

enum view_kind
view_kind(const struct view *view)
{
	return view->kind;
}

struct chat *
view_chat(const struct view *view)
{
	return view->kind == VIEW_CHAT ? view->chat : NULL;
}

static void
switch_to(struct app *app, enum view_kind kind, struct chat *chat)
{
	struct view *view = app->view;

	if (view->kind == kind && (kind != VIEW_CHAT || view->chat == chat))
		return;
	if (kind >= VIEW_PEOPLE) {
		if (view->kind < VIEW_PEOPLE)
			view->before = view->kind;
		/* A search is no draft of the conversation. */
		if (kind == VIEW_PEOPLE || kind == VIEW_ROOMS)
			input_show(app, NULL);
	} else {
		view->chat = chat;
		chat_view_show(app, view->chat_view, chat);
		input_show(app, chat);
	}
	view->kind = kind;
	view->has_stale_contacts = true;
	if (app->terminal)
		terminal_set_escape_key(app->terminal, kind == VIEW_FORM);
	view_hint(app, NULL);
	view_place_all(view);
}

void
view_show(struct app *app, enum view_kind kind)
{
	if (kind == VIEW_HELP)
		help_view_fill(app, app->view->help, HELP_ALL);
	switch_to(app, kind, NULL);
}

bool
view_show_people(struct app *app)
{
	if (!people_room(app)) {
		app_say_error(app, "That works in a room: /join ROOM opens one.");
		return false;
	}
	app->view->search_version = 0;
	switch_to(app, VIEW_PEOPLE, NULL);
	return true;
}

void
view_show_rooms(struct app *app)
{
	view_rooms_changed(app->view);
	switch_to(app, VIEW_ROOMS, NULL);
}

struct rooms_view *
view_rooms(struct view *view)
{
	return view->rooms;
}

void
view_rooms_changed(struct view *view)
{
	view->has_stale_rooms = true;
}

bool
view_is_search(const struct view *view)
{
	return view->kind == VIEW_PEOPLE || view->kind == VIEW_ROOMS;
}

void
view_show_options(struct app *app)
{
	help_view_fill(app, app->view->help, HELP_OPTIONS);
	switch_to(app, VIEW_HELP, NULL);
}

void
view_show_chat(struct app *app, struct chat *chat)
{
	struct client *client = door_client(app->door);

	if (!chat->is_open && door_state(app->door) == DOOR_ATTACHED) {
		struct bridge_jid_params params = {.profile = app->model->profile,
						   .jid = chat->jid};

		model_set_open(app->model, chat, true);
		client_conversation_open(client, &params, app_told, app);
	}
	switch_to(app, VIEW_CHAT, chat);
}

void
view_back(struct app *app)
{
	struct view *view = app->view;

	if (view->before == VIEW_CHAT && view->chat)
		switch_to(app, VIEW_CHAT, view->chat);
	else
		switch_to(app, VIEW_CONTACTS, NULL);
	view_place_all(view);
}

/* ---- moving ---------------------------------------------------------------- */

static struct list *
list_shown(const struct view *view)
{
	if (view->kind == VIEW_CONTACTS)
		return contacts_view_list(view->contacts);
	if (view->kind == VIEW_PEOPLE)
		return people_view_list(view->people);
	if (view->kind == VIEW_ROOMS)
		return rooms_view_list(view->rooms);
	return view->kind == VIEW_HELP ? help_view_list(view->help) : NULL;
}

static void
scroll_back(struct view *view, int (*scroll)(struct log *log))
{
	(void)scroll(chat_view_log(view->chat_view));
	chat_view_want_older(view->chat_view);
}

void
view_page(struct app *app, int by)
{
	struct view *view = app->view;
	struct list *list = list_shown(view);

	if (list)
		(void)list_page(list, by);
	else if (view->kind == VIEW_CHAT && by < 0)
		scroll_back(view, log_page_up);
	else if (view->kind == VIEW_CHAT)
		(void)log_page_down(chat_view_log(view->chat_view));
}

void
view_move(struct app *app, int by)
{
	struct list *list = list_shown(app->view);

	if (list)
		(void)list_move(list, by);
	else if (app->view->kind == VIEW_CHAT)
		(void)log_scroll(chat_view_log(app->view->chat_view), -by);
}

void
view_end(struct app *app, bool is_top)
{
	struct view *view = app->view;
	struct list *list = list_shown(view);

	if (list && is_top)
		(void)list_home(list);
	else if (list)
		(void)list_end(list);
	else if (view->kind == VIEW_CHAT && is_top)
		log_to_top(chat_view_log(view->chat_view));
	else if (view->kind == VIEW_CHAT)
		log_to_bottom(chat_view_log(view->chat_view));
}

/* A conversation with the selected occupant. */
static void
open_occupant(struct app *app)
{
	struct view *view = app->view;
	const char *nick = list_selected(people_view_list(view->people));
	const struct model_room *room = model_room_of(app->model, view->chat->jid);

	if (!nick || !room)
		return;
	if (strcmp(nick, room->nick) == 0) {
		app_say(app, "That is you.");
		return;
	}
	char *jid = mem_printf("%s/%s", room->jid, nick);
	struct chat *chat = model_need_chat(app->model, jid);
	chat->kind = conversation_kind_PRIVATE;
	input_clear(app);
	view_show_chat(app, chat);
	free(jid);
}

static void
join_selected(struct app *app)
{
	const char *jid = list_selected(rooms_view_list(app->view->rooms));

	if (!jid)
		return;
	char *line = mem_printf("/join %s", jid);
	input_clear(app);
	(void)command_run(app, line);
	free(line);
}

void
view_open_selected(struct app *app)
{
	struct view *view = app->view;

	if (view->kind == VIEW_PEOPLE) {
		open_occupant(app);
		return;
	}
	if (view->kind == VIEW_ROOMS) {
		join_selected(app);
		return;
	}

	if (view->kind == VIEW_HELP) {
		const char *text = list_selected(help_view_list(view->help));

		if (text)
			input_put(app, text);
		return;
	}
	if (view->kind != VIEW_CONTACTS)
		return;
	const char *jid = contacts_view_selected(view->contacts);
	if (!jid)
		return;
	if (by_jid_find(&app->model->requests, jid)) {
		app_say(app,
			"%s wants to see when you are online: /accept %s lets them, "
			"/deny %s refuses.",
			jid, jid, jid);
		return;
	}
	view_show_chat(app, model_need_chat(app->model, jid));
}

bool
view_is_at_bottom(const struct view *view)
{
	return log_is_at_bottom(chat_view_log(view->chat_view));
}

size_t
view_below(const struct view *view)
{
	return view->kind == VIEW_CHAT ? log_below(chat_view_log(view->chat_view)) : 0;
}

int64_t
view_seen_place(const struct view *view)
{
	return view->kind == VIEW_CHAT ? chat_view_seen(view->chat_view) : 0;
}

struct chat_view *
view_lines(struct app *app, const char *jid)
{
	const struct view *view = app->view;

	if (view->kind != VIEW_CHAT || !jid || strcmp(view->chat->jid, jid) != 0)
		return NULL;
	return view->chat_view;
}

bool
view_notice(struct app *app, const char *jid, const char *text)
{
	struct chat_view *lines = view_lines(app, jid);

	struct chat *chat = jid ? model_chat(app->model, jid) : NULL;

	if (lines)
		chat_view_notice(lines, text);
	else if (chat)
		chat_view_keep(chat, text);
	return lines != NULL;
}

void
view_answered(struct app *app)
{
	chat_view_answered(app->view->chat_view);
}

char *
view_bare(struct app *app)
{
	if (app->view->kind == VIEW_CHAT)
		return log_bare(chat_view_log(app->view->chat_view));
	return NULL;
}

void
view_hint(struct app *app, const char *text)
{
	mem_replace(&app->view->hint, text);
}

const char *
view_hinted(const struct view *view)
{
	return view->hint;
}

/* ---- drawing --------------------------------------------------------------- */

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
	} else if (list_shown(view)) {
		list_set_area(list_shown(view), area);
		list_touch(list_shown(view));
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
	if (view->kind == VIEW_FORM) {
		forms_draw(app, screen);
		return;
	}
	if (view->kind == VIEW_CHAT) {
		draw_chat(app, screen);
	} else if (list_shown(view)) {
		list_draw(list_shown(view), screen);
	}
	toast_draw(app->toast, screen);
	status_draw(view->status, screen);
	input_draw(app, screen);
}
