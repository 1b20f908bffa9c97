/*
 * Which page is shown, what it goes back to, and what moves and is opened in it. Where a
 * page stands, and its painting, is in view_draw.c.
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
#include "tui/people.h"
#include "tui/people_pane.h"
#include "tui/people_view.h"
#include "tui/rooms_view.h"
#include "tui/status.h"
#include "tui/terminal.h"
#include "tui/view_private.h"
#include "widgets/list.h"
#include "widgets/log.h"

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

struct chat *
view_subject(const struct view *view)
{
	return view->kind == VIEW_PEOPLE ? view->chat : view_chat(view);
}

/* What is being filled in is not taken from under the user's hands: the page comes when
 * the form goes. */
static void
wait_behind_form(struct view *view, enum view_kind kind, struct chat *chat)
{
	if (kind >= VIEW_PEOPLE)
		return;
	view->before = kind;
	view->chat = chat;
}

static void
switch_to(struct app *app, enum view_kind kind, struct chat *chat)
{
	struct view *view = app->view;

	if (view->kind == kind && (kind != VIEW_CHAT || view->chat == chat))
		return;
	if (forms_kind(app) != FORMS_NONE && kind != VIEW_FORM) {
		wait_behind_form(view, kind, chat);
		return;
	}
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

struct list *
view_list(const struct view *view)
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
	struct list *list = view_list(view);

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
	struct list *list = view_list(app->view);

	if (list)
		(void)list_move(list, by);
	else if (app->view->kind == VIEW_CHAT)
		(void)log_scroll(chat_view_log(app->view->chat_view), -by);
}

void
view_end(struct app *app, bool is_top)
{
	struct view *view = app->view;
	struct list *list = view_list(view);

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
