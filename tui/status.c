/*
 * Parts with priorities: what matters least gives way first on a narrow screen. Nothing
 * here wakes tern up but the time to the next try, while it waits for one.
 */
#include "tui/status.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/base/arena.h"
#include "bridge/base/mem.h"
#include "tui/app.h"
#include "tui/clock.h"
#include "tui/door.h"
#include "tui/link_text.h"
#include "tui/nick.h"
#include "tui/occupants.h"
#include "tui/options.h"
#include "tui/terminal.h"
#include "tui/view.h"
#include "widgets/bar.h"
#include "widgets/screen.h"
#include "widgets/text.h"
#include "widgets/theme.h"

#define NAME_COLUMNS 24

struct status {
	struct bar *chats, *bar;
	struct screen_area chats_area, bar_area;
};

/* Parts under construction. */
struct parts {
	struct arena arena;
	struct bar_part *rows;
	size_t count;
};

struct status *
status_new(void)
{
	struct status *status = mem_alloc(sizeof *status);

	status->chats = bar_new(ROLE_BAR);
	status->bar = bar_new(ROLE_STATUS);
	return status;
}

void
status_free(struct status *status)
{
	if (!status)
		return;
	bar_free(status->chats);
	bar_free(status->bar);
	free(status);
}

void
status_set_areas(struct status *status, struct screen_area chats, struct screen_area bar)
{
	status->chats_area = chats;
	status->bar_area = bar;
	if (chats.height > 0)
		bar_set_area(status->chats, chats);
	if (bar.height > 0)
		bar_set_area(status->bar, bar);
	bar_touch(status->chats);
	bar_touch(status->bar);
}

static void
add(struct parts *parts, struct bar_part part)
{
	if (!part.text || !part.text[0])
		return;
	parts->rows = mem_resize(parts->rows, parts->count + 1, sizeof *parts->rows);
	parts->rows[parts->count++] = part;
}

static void
finish(struct parts *parts, struct bar *bar)
{
	bar_set(bar, parts->rows, parts->count);
	free(parts->rows);
	arena_done(&parts->arena);
}

/* ---- the conversation line ------------------------------------------------------------
 */

/* How much a conversation asks for attention. */
static int
role_of(struct app *app, const struct chat *chat)
{
	const struct model_room *room = model_room(app->model, chat->jid);
	enum bridge_notify rule = room ? room->notify : notify_DEFAULT;

	if (chat->unread == 0 || rule == notify_NOTHING)
		return ROLE_BAR;
	return chat->mentions || rule == notify_ALL ? ROLE_BAR_ATTENTION
						    : ROLE_BAR_ACTIVITY;
}

static void
add_chat(struct app *app, struct parts *parts, const struct chat *chat, size_t number)
{
	char buffer[256];
	bool is_current = view_chat(app->view) == chat;
	char *name = text_ellipsis(
		model_name(app->model, chat->jid, buffer, sizeof buffer), NAME_COLUMNS);
	struct bar_part part = {
		.side = BAR_LEFT,
		.priority = is_current	       ? 30
			    : chat->unread > 0 ? 20
					       : 10,
		.shrink = 6,
		.role = is_current ? ROLE_BAR_CURRENT : role_of(app, chat),
	};

	/* What is on the screen needs no count. */
	bool is_counted =
		chat->unread > 0 && !(is_current && view_is_at_bottom(app->view));
	if (is_counted && chat->mentions > 0)
		part.text =
			arena_printf(&parts->arena, " %zu %s (%lld @%lld) ", number, name,
				     (long long)chat->unread, (long long)chat->mentions);
	else if (is_counted)
		part.text = arena_printf(&parts->arena, " %zu %s (%lld) ", number, name,
					 (long long)chat->unread);
	else
		part.text = arena_printf(&parts->arena, " %zu %s ", number, name);
	free(name);
	add(parts, part);
}

static void
update_chats(struct app *app, struct status *status)
{
	struct parts parts = {0};
	const struct model *model = app->model;

	add(&parts,
	    (struct bar_part){
		    .side = BAR_LEFT,
		    .priority = 25,
		    .role = view_kind(app->view) == VIEW_CONTACTS ? ROLE_BAR_CURRENT
								  : ROLE_BAR,
		    .text = view_kind(app->view) == VIEW_CONTACTS ? " contacts "
			    : view_kind(app->view) == VIEW_HELP	  ? " help "
			    : view_kind(app->view) == VIEW_PEOPLE ? " occupants "
			    : view_kind(app->view) == VIEW_ROOMS  ? " rooms "
								  : ""});
	for (size_t i = 0; i < model->open_count; i++)
		add_chat(app, &parts, model->open[i], i + 1);
	if (model->open_count == 0)
		add(&parts, (struct bar_part){.side = BAR_LEFT,
					      .priority = 5,
					      .shrink = 12,
					      .role = ROLE_BAR,
					      .text = "No chats yet: /msg NAME"});
	if (model->requests.count > 0)
		add(&parts,
		    (struct bar_part){
			    .side = BAR_RIGHT,
			    .priority = 22,
			    .role = ROLE_BAR_ATTENTION,
			    .text = arena_printf(&parts.arena, " %zu request%s ",
						 model->requests.count,
						 model->requests.count == 1 ? "" : "s")});
	finish(&parts, status->chats);
}

/* ---- the status bar -------------------------------------------------------- */

/* What the account does: the connection, and once online the own availability. */
static const char *
self_text(struct app *app, struct arena *arena)
{
	const struct model *model = app->model;
	uint64_t changes_in;

	if (model->link.state == link_state_ONLINE) {
		if (model->show == show_ONLINE && model->status_text[0] == '\0')
			return "";
		return arena_printf(arena, "%s%s%s%s", bridge_show_text(model->show),
				    model->is_auto ? " (idle)" : "",
				    model->status_text[0] ? ": " : "",
				    model->status_text);
	}
	char *text = link_text(model, (int64_t)uv_now(app->loop), &changes_in);
	const char *kept = arena_strdup(arena, text);
	free(text);
	if (changes_in > 0 && !screen_is_bare(terminal_screen(app->terminal)))
		app_wake_in(app, changes_in);
	return kept;
}

/* What the account waits for while this tern is not attached to it. */
static const char *
door_text(const struct app *app)
{
	return door_state(app->door) < DOOR_CONNECTED ? "the daemon is away" : "opening";
}

/* Whether what is known of others is known to be so now. */
static bool
is_connected(const struct app *app)
{
	return door_state(app->door) == DOOR_ATTACHED && model_is_online(app->model);
}

static void
add_self(struct app *app, struct parts *parts)
{
	const struct model *model = app->model;
	bool is_attached = door_state(app->door) == DOOR_ATTACHED;
	bool is_online = is_connected(app);
	bool is_bad = !is_attached || model->link.state == link_state_REFUSED ||
		      model->link.state == link_state_WAITING ||
		      model->link.state == link_state_LOCKED;
	const char *mark = is_online ? "●" : "○";

	add(parts, (struct bar_part){.side = BAR_LEFT,
				     .priority = 50,
				     .shrink = 8,
				     .role = is_online ? ROLE_STATUS_GOOD : ROLE_STATUS,
				     .text = arena_printf(&parts->arena, " %s %s", mark,
							  model->profile)});
	add(parts, (struct bar_part){.side = BAR_LEFT,
				     .priority = 40,
				     .shrink = 7,
				     .role = is_bad ? ROLE_STATUS_BAD : ROLE_STATUS,
				     .text = is_attached ? self_text(app, &parts->arena)
							 : door_text(app)});
	if (is_attached && !model->is_protected)
		add(parts, (struct bar_part){.side = BAR_LEFT,
					     .priority = 2,
					     .role = ROLE_STATUS_HINT,
					     .text = "unprotected"});
}

/* What one should know of the room that is shown: why it is closed, or its subject. */
static void
add_room(struct app *app, struct parts *parts, const struct model_room *room)
{
	static const char *const states[room_state_COUNT] = {
		[room_state_OUT] = "not in this room: /join",
		[room_state_WAITING] = "joined soon",
		[room_state_ENTERING] = "joining",
		[room_state_REFUSED] = "not in this room",
	};
	bool is_in = room->state == room_state_IN && is_connected(app);
	const char *moved =
		room->moved_to[0]
			? arena_printf(&parts->arena, "moved to %s: /join goes there",
				       room->moved_to)
			: NULL;
	const char *text = is_in		 ? room->subject
			   : moved		 ? moved
			   : room->reason[0]	 ? room->reason
			   : states[room->state] ? states[room->state]
						 : "";

	add(parts,
	    (struct bar_part){.side = BAR_MIDDLE,
			      .priority = is_in ? 10 : 30,
			      .shrink = 8,
			      .role = is_in ? ROLE_STATUS_HINT : ROLE_STATUS_BAD,
			      .text = arena_printf(&parts->arena, "%s%s%s", room->name,
						   text[0] ? ": " : "", text)});
}

/* An occupant of a room, with whom one talks in private. */
static void
add_occupant(struct app *app, struct parts *parts, const struct chat *chat)
{
	const struct model_room *room = model_room_of(app->model, chat->jid);
	const struct occupant *who =
		room && room->people ? occupants_find(room->people, nick_of(chat->jid))
				     : NULL;
	char buffer[256];
	const char *name = model_name(app->model, chat->jid, buffer, sizeof buffer);
	const char *text = !room || room->state != room_state_IN
				   ? "you are not in the room"
			   : who	  ? bridge_show_text(who->show)
			   : room->people ? "not in the room now"
					  : "in private";
	bool has_more = who && who->text;

	add(parts,
	    (struct bar_part){.side = BAR_MIDDLE,
			      .priority = 10,
			      .shrink = 8,
			      .role = ROLE_STATUS_HINT,
			      .text = arena_printf(&parts->arena, "%s: %s%s%s", name,
						   text, has_more ? ", " : "",
						   has_more ? who->text : "")});
}

static void
add_other(struct app *app, struct parts *parts)
{
	struct chat *chat = view_chat(app->view);
	char buffer[256];

	if (!chat)
		return;
	const struct model_room *room = model_room(app->model, chat->jid);
	if (room) {
		add_room(app, parts, room);
		return;
	}
	if (nick_of(chat->jid)) {
		add_occupant(app, parts, chat);
		return;
	}
	const struct model_contact *contact = model_contact(app->model, chat->jid);
	const struct model_presence *best = contact ? model_best(contact) : NULL;
	const char *name = model_name(app->model, chat->jid, buffer, sizeof buffer);
	if (chat->typing == chat_state_COMPOSING && is_connected(app)) {
		add(parts, (struct bar_part){.side = BAR_MIDDLE,
					     .priority = 30,
					     .shrink = 6,
					     .role = ROLE_STATUS_HINT,
					     .text = arena_printf(&parts->arena,
								  "%s is typing", name)});
		return;
	}
	const char *show = best ? bridge_show_text(best->show) : "offline";
	const char *text = best && best->text[0] ? best->text : NULL;
	const char *was = best && !is_connected(app) ? "was " : "";

	if (!contact)
		show = "not among your contacts";
	add(parts, (struct bar_part){.side = BAR_MIDDLE,
				     .priority = 10,
				     .shrink = 8,
				     .role = ROLE_STATUS_HINT,
				     .text = arena_printf(
					     &parts->arena, "%s: %s%s%s%s", name, was,
					     show, text ? ", " : "", text ? text : "")});
}

static void
add_right(struct app *app, struct parts *parts)
{
	size_t below = view_below(app->view);
	char time[8];

	if (below > 0)
		add(parts, (struct bar_part){.side = BAR_RIGHT,
					     .priority = 45,
					     .role = ROLE_STATUS_HINT,
					     .text = arena_printf(&parts->arena,
								  "↓ %zu below", below)});
	if (app->terminal && terminal_has_prefix(app->terminal))
		add(parts, (struct bar_part){.side = BAR_RIGHT,
					     .priority = 46,
					     .role = ROLE_STATUS_HINT,
					     .text = "Esc-"});
	if (options_is_on(app->options, "clock")) {
		clock_minute(clock_now(), time);
		add(parts, (struct bar_part){.side = BAR_RIGHT,
					     .priority = 8,
					     .role = ROLE_STATUS_HINT,
					     .text = arena_strdup(&parts->arena, time)});
	}
	add(parts, (struct bar_part){.side = BAR_RIGHT,
				     .priority = 1,
				     .role = ROLE_STATUS_HINT,
				     .text = view_kind(app->view) == VIEW_HELP ||
							     view_is_search(app->view)
						     ? "Esc Esc: back "
						     : "F1: help "});
}

static void
update_bar(struct app *app, struct status *status)
{
	struct parts parts = {0};
	const char *hint = view_hinted(app->view);

	add_self(app, &parts);
	if (hint)
		add(&parts, (struct bar_part){.side = BAR_LEFT,
					      .priority = 60,
					      .shrink = 10,
					      .role = ROLE_STATUS_HINT,
					      .text = hint});
	else
		add_other(app, &parts);
	add_right(app, &parts);
	finish(&parts, status->bar);
}

void
status_update(struct app *app, struct status *status)
{
	update_chats(app, status);
	update_bar(app, status);
}

void
status_draw(struct status *status, struct screen *screen)
{
	if (status->chats_area.height > 0)
		bar_draw(status->chats, screen);
	if (status->bar_area.height > 0)
		bar_draw(status->bar, screen);
}
