/*
 * Three states of focus: reported in, reported out, never reported. The invariant: a
 * conversation is told as read only up to a line that stood on this screen.
 */
#include "tui/attention.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/mem.h"
#include "tui/app.h"
#include "tui/door.h"
#include "tui/options.h"
#include "tui/terminal.h"
#include "tui/view.h"
#include "widgets/screen.h"

#define BELL_EVERY_MS 5000
#define HERE_MS 30000 /* so long a key pressed counts as somebody being there */

enum focus { FOCUS_UNKNOWN, FOCUS_IN, FOCUS_OUT };

struct attention {
	enum focus focus;
	uint64_t key_at;  /* loop time of the last key, 0 for never */
	uint64_t bell_at; /* of the last bell */
	struct chat *seen_chat;
	int64_t seen_place; /* the newest place of seen_chat that stood on the screen */
	char *title;
};

/* The loop's time, never 0. */
static uint64_t
now_of(const struct app *app)
{
	uint64_t now = uv_now(app->loop);

	return now ? now : 1;
}

struct attention *
attention_new(void)
{
	return mem_alloc(sizeof(struct attention));
}

void
attention_free(struct attention *attention)
{
	if (!attention)
		return;
	free(attention->title);
	free(attention);
}

static void
mark_read(struct app *app, struct chat *chat, int64_t place)
{
	struct client *client = door_client(app->door);

	if (door_state(app->door) != DOOR_ATTACHED || place <= chat->read_place ||
	    (chat->unread == 0 && chat_first_after(chat, chat->read_place) == 0))
		return;
	struct bridge_conversation_read_params params = {
		.profile = app->model->profile, .jid = chat->jid, .place = place};
	chat->read_place = place;
	client_conversation_read(client, &params, NULL, NULL);
}

static void
mark_seen_read(struct app *app)
{
	struct attention *attention = app->attention;

	if (attention->seen_chat && view_chat(app->view) == attention->seen_chat)
		mark_read(app, attention->seen_chat, attention->seen_place);
}

void
attention_focus(struct app *app, bool is_focused)
{
	app->attention->focus = is_focused ? FOCUS_IN : FOCUS_OUT;
}

void
attention_key(struct app *app)
{
	struct attention *attention = app->attention;

	attention->key_at = now_of(app);
	if (attention->focus == FOCUS_UNKNOWN)
		mark_seen_read(app);
}

bool
attention_is_here(const struct app *app)
{
	const struct attention *attention = app->attention;

	if (attention->focus != FOCUS_UNKNOWN)
		return attention->focus == FOCUS_IN;
	return attention->key_at && now_of(app) - attention->key_at < HERE_MS;
}

static void
ring(struct app *app, const struct chat *chat)
{
	struct attention *attention = app->attention;
	uint64_t now = now_of(app);

	if (view_chat(app->view) == chat && view_is_at_bottom(app->view) &&
	    attention_is_here(app))
		return;
	if (!options_is_on(app->options, "bell") || !app->terminal)
		return;
	if (attention->bell_at && now - attention->bell_at < BELL_EVERY_MS)
		return;
	attention->bell_at = now;
	screen_bell(terminal_screen(app->terminal));
}

/* In a room only what names us rings, unless its rule says otherwise. */
static bool
is_told(struct app *app, const struct bridge_line *line)
{
	const struct model_room *room = model_room(app->model, line->jid);

	if (room && room->notify == notify_ALL)
		return true;
	return line->is_mention && !(room && room->notify == notify_NOTHING);
}

void
attention_line(struct app *app, const struct bridge_line_event *event)
{
	const struct bridge_line *line = event->line;
	const struct chat *chat = model_chat(app->model, line->jid);
	bool is_for_us = line->kind != conversation_kind_ROOM ||
			 (is_told(app, line) && !line->is_delayed);

	if (chat && event->is_new && !line->is_own && is_for_us)
		ring(app, chat);
}

void
attention_show_title(struct app *app)
{
	struct attention *attention = app->attention;
	const struct model *model = app->model;
	struct chat *chat = view_chat(app->view);
	int64_t unread = model_unread(model);
	bool is_read = chat && view_is_at_bottom(app->view) && attention_is_here(app);
	char count[32] = "", buffer[256], title[256];

	/* What is being read just now is not news: the title stays as it is. */
	if (is_read)
		unread -= model_told(model, chat);
	if (unread > 0)
		(void)snprintf(count, sizeof count, "(%lld) ", (long long)unread);
	const char *name = chat ? model_name(app->model, chat->jid, buffer, sizeof buffer)
				: model->profile;
	(void)snprintf(title, sizeof title, "%s%.200s%stern", count, name,
		       name[0] ? " - " : "");
	if (attention->title && strcmp(attention->title, title) == 0)
		return;
	mem_replace(&attention->title, title);
	screen_set_title(terminal_screen(app->terminal), title);
}

void
attention_seen(struct app *app)
{
	struct attention *attention = app->attention;

	attention->seen_chat = view_chat(app->view);
	if (!attention->seen_chat || screen_is_bare(terminal_screen(app->terminal)))
		return;
	attention->seen_place = view_seen_place(app->view);
	if (attention->focus == FOCUS_IN)
		mark_seen_read(app);
}
