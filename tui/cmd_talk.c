/*
 * Commands that open, close and fill conversations.
 */
#include <stdlib.h>
#include <string.h>

#include "bridge/base/mem.h"
#include "tui/app.h"
#include "tui/commands.h"
#include "tui/door.h"
#include "tui/go.h"
#include "tui/input.h"
#include "tui/nick.h"
#include "tui/occupants.h"
#include "tui/people.h"
#include "tui/target.h"
#include "tui/view.h"

bool
command_contacts(struct app *app, const char *arguments)
{
	(void)arguments;
	view_show(app, VIEW_CONTACTS);
	return true;
}

/* Words for who is gone reach nobody, a contact of that name least of all. */
static void
say_left(struct app *app, const char *nick)
{
	char *shown = nick_shown(nick);

	app_say_error(app,
		      "%s is not in this room any more. Somebody else of that name is "
		      "reached by the address: /msg ADDRESS.",
		      shown);
	free(shown);
}

/* Whom *REST begins with, which moves behind it: in a room an occupant first, then
 * anybody. The caller frees; NULL after saying why. */
static char *
take_partner(struct app *app, const char **rest)
{
	struct model_room *room = people_room(app);
	char *nick = room ? nick_take(room, rest) : NULL;
	char *jid = NULL;

	if (nick) {
		if (occupants_find(room->people, nick))
			jid = mem_printf("%s/%s", room->jid, nick);
		else
			say_left(app, nick);
		free(nick);
		return jid;
	}
	char *word = command_word(rest);
	/* An address that is written out is taken as it is, known or not. */
	if (word && strchr(word, '/') && model_room_of(app->model, word))
		jid = mem_strdup(word);
	else if (word)
		jid = target_of(app, word, true);
	free(word);
	return jid;
}

bool
command_msg(struct app *app, const char *arguments)
{
	const char *text = arguments;

	if (arguments[0] == '\0')
		return command_misused(app, "msg");
	char *jid = take_partner(app, &text);
	if (!jid)
		return false;
	bool is_done = true;
	if (!model_chat(app->model, jid) && !app_client(app)) {
		is_done = false;
	} else {
		struct chat *chat = model_need_chat(app->model, jid);

		if (nick_of(jid) && model_room_of(app->model, jid))
			chat->kind = conversation_kind_PRIVATE;
		view_show_chat(app, chat);
		if (text[0] && app_client(app))
			input_send(app, chat, text);
		else if (text[0])
			is_done = false;
	}
	free(jid);
	return is_done;
}

bool
command_query(struct app *app, const char *arguments)
{
	return command_msg(app, arguments);
}

bool
command_go(struct app *app, const char *arguments)
{
	char *end;

	if (arguments[0] == '\0') {
		go_active(app);
		return true;
	}
	unsigned long number = strtoul(arguments, &end, 10);
	if (*end == '\0')
		return go_number(app, number);
	const char *rest = arguments;
	char *word = command_word(&rest);
	char *jid = target_of(app, rest[0] ? arguments : word, true);
	free(word);
	if (!jid)
		return false;
	view_show_chat(app, model_need_chat(app->model, jid));
	free(jid);
	return true;
}

bool
command_me(struct app *app, const char *arguments)
{
	struct chat *chat = view_chat(app->view);

	if (arguments[0] == '\0')
		return command_misused(app, "me");
	if (!chat) {
		app_say_error(app, "No conversation is open here: /msg NAME opens one.");
		return false;
	}
	if (!app_client(app))
		return false;
	char *text = mem_printf("/me %s", arguments);
	input_send(app, chat, text);
	free(text);
	return true;
}

bool
command_close(struct app *app, const char *arguments)
{
	char *jid = target_or_shown(app, arguments, false);
	struct client *client = jid ? app_client(app) : NULL;
	struct chat *chat = jid ? model_chat(app->model, jid) : NULL;

	if (!client || !chat) {
		free(jid);
		return false;
	}
	const struct model_room *room = model_room(app->model, jid);
	if (room && (room->state != room_state_OUT || room->is_wanted)) {
		room_leave(app, room, "");
		free(jid);
		return true;
	}
	struct bridge_jid_params params = {.profile = app->model->profile, .jid = jid};
	bool is_shown = view_chat(app->view) == chat;
	model_set_open(app->model, chat, false);
	client_conversation_close(client, &params, app_told, app);
	if (is_shown)
		view_show(app, VIEW_CONTACTS);
	free(jid);
	return true;
}
