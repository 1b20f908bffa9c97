/*
 * Commands of rooms: into one, out of one, its subject, our nick, who is there.
 */
#include <stdlib.h>
#include <string.h>

#include "bridge/base/buf.h"
#include "bridge/base/mem.h"
#include "bridge/base/room_link.h"
#include "tui/app.h"
#include "tui/commands.h"
#include "tui/door.h"
#include "tui/forms.h"
#include "tui/names.h"
#include "tui/occupants.h"
#include "tui/question.h"
#include "tui/target.h"
#include "tui/toast.h"
#include "tui/view.h"

#define NAMES_ROW_MAX 4096 /* bytes of occupants that /names prints */

/* ---- /join ----------------------------------------------------------------- */

struct join {
	struct app *app;
	char *jid, *nick, *password;
	char *here; /* the room at hand, if we are in under the nick that is asked for */
	bool is_made; /* by this, after asking */
};

static void
join_free(struct join *join)
{
	if (!join)
		return;
	if (join->password)
		explicit_bzero(join->password, strlen(join->password));
	free(join->jid);
	free(join->nick);
	free(join->password);
	free(join->here);
	free(join);
}

static void send_join(struct app *app, struct join *take_join);

/* Whether it shall be made. */
static void
on_answer(void *data, bool is_yes)
{
	struct join *join = data;

	if (is_yes && app_client(join->app)) {
		join->is_made = true;
		send_join(join->app, join);
	} else {
		join_free(join);
	}
}

/* Another password, or the first one. */
static void
on_password(void *data, const char *password)
{
	struct join *join = data;

	if (!password || !app_client(join->app)) {
		join_free(join);
		return;
	}
	if (join->password)
		mem_wipe(join->password, strlen(join->password));
	mem_replace(&join->password, password);
	send_join(join->app, join);
}

/* Whether the user is asked for it; then JOIN goes on with that. */
static bool
ask_password(struct join *join)
{
	char *said = join->password
			     ? mem_printf("That was not the password of %s.", join->jid)
			     : mem_printf("%s has a password.", join->jid);
	bool is_asked = forms_ask_key(join->app, said, on_password, join);

	free(said);
	return is_asked;
}

/* Whether NAME, of a room at our own server, is written as a channel of IRC and is none.
 */
static bool
is_channel(const char *name)
{
	return name[0] == '#' && !strpbrk(name, "@%");
}

static void
on_joined(void *data, const struct bridge_failure *failure, const void *result)
{
	struct join *join = data;
	struct app *app = join->app;

	toast_clear(app->toast); /* "Joining…" is over */
	if (!failure) {
		const struct bridge_room_result *joined = result;
		struct chat *chat = model_need_chat(app->model, joined->room->jid);
		/* Else it was told in the conversation already. */
		bool is_news = view_chat(app->view) != chat;

		view_show_chat(app, chat);
		if (join->is_made)
			app_say(app, "You made this room: /config shows how it is set "
				     "up, /invite asks somebody in.");
		else if (is_news && joined->room->role == role_VISITOR)
			app_say(app, "You may read here, but not speak: /voice asks for "
				     "that.");
		else if (!is_news && join->here &&
			 strcmp(join->here, joined->room->jid) == 0)
			app_say(app, "You are in this room.");
	} else if (strcmp(failure->code, "NOT_FOUND") == 0) {
		question_ask(app, on_answer, join,
			     "There is no room %s%s. Make it? (y/n)", join->jid,
			     is_channel(join->jid) ? " (here names begin with no #)"
						   : "");
		return;
	} else if (strcmp(failure->code, "ROOM_PASSWORD") == 0 && ask_password(join)) {
		return;
	} else {
		app_told(app, failure, result);
	}
	join_free(join);
}

static void
send_join(struct app *app, struct join *take_join)
{
	struct bridge_room_join_params params = {
		.profile = app->model->profile,
		.jid = take_join->jid,
		.nick = take_join->nick,
		.password = take_join->password,
		.may_create = take_join->is_made,
	};

	app_say(app, "Joining %s…", take_join->jid);
	client_room_join(door_client(app->door), &params, on_joined, take_join);
}

/* The room that WORD names; a nick may stand behind its slash, as in an occupant's
 * address. A bare name is a room's at the account's own service. */
static void
set_named(struct join *join, const char *word)
{
	size_t len = strcspn(word, "/");
	char *room = mem_strndup(word, len);

	join->jid = strchr(room, '@') ? names_address(room) : mem_strdup(room);
	if (word[len] && word[len + 1])
		join->nick = mem_strdup(word + len + 1);
	free(room);
}

/* Where the room JID goes on: elsewhere, if it moved. */
static const char *
goes_on_at(const struct app *app, const char *jid)
{
	const struct model_room *room = model_room(app->model, jid);

	return room && room->moved_to[0] ? room->moved_to : jid;
}

/* Which room WORD (NULL: the one at hand) means, with its password if it is a link that
 * holds one; or what is wrong with it. */
static const char *
set_room(struct app *app, struct join *join, const char *word)
{
	struct chat *chat = view_chat(app->view);
	const char *problem = NULL;
	char *linked = NULL;

	if (word && room_link_is(word) &&
	    room_link_parse(word, &linked, &join->password, &problem) < 0)
		return problem;
	if (linked)
		join->jid = names_address(linked);
	else if (word)
		set_named(join, word);
	else if (chat && chat->kind == conversation_kind_ROOM)
		join->jid = mem_strdup(goes_on_at(app, chat->jid));
	else
		join->jid = mem_strdup(app->model->invited);
	free(linked);
	return join->jid && join->jid[0] ? NULL
					 : "It is no room's address (room@service).";
}

/* If that is the room to join, nothing changes. */
static void
look_here(struct app *app, struct join *join)
{
	const struct chat *chat = view_chat(app->view);
	const struct model_room *room = chat ? model_room(app->model, chat->jid) : NULL;

	if (room && room->state == room_state_IN &&
	    (!join->nick || strcmp(join->nick, room->nick) == 0))
		join->here = mem_strdup(chat->jid);
}

bool
command_join(struct app *app, const char *arguments)
{
	struct join *join = mem_alloc(sizeof *join);
	char *word = command_word(&arguments);
	const char *problem = set_room(app, join, word);

	join->app = app;
	char *nick = command_word(&arguments);
	if (nick) {
		free(join->nick);
		join->nick = nick;
	}
	if (!join->password)
		join->password = command_word(&arguments);
	/* A password with blanks that is not in quotes would be the wrong one. */
	bool is_fine = !problem && !arguments[0];
	if (problem ? !word : !is_fine)
		(void)command_misused(app, "join");
	else if (problem && room_link_is(word))
		app_say_error(app, "%s", problem);
	else if (problem)
		app_say_error(app, "%s is no room's address (room@service).", word);
	free(word);
	if (is_fine && app_client(app)) {
		look_here(app, join);
		send_join(app, join);
		return true;
	}
	join_free(join);
	return false;
}

/* ---- in a room ------------------------------------------------------------- */

/* The room that is shown, or WORD; NULL after saying why. */
static struct model_room *
need_room(struct app *app, const char *word)
{
	struct chat *chat = view_chat(app->view);
	char *jid = word && word[0] ? target_of(app, word, false) : NULL;
	struct model_room *room = NULL;

	if (word && word[0] && !jid)
		return NULL;
	if (jid)
		room = model_room(app->model, jid);
	else if (chat && chat->kind == conversation_kind_ROOM)
		room = model_room(app->model, chat->jid);
	if (!room)
		app_say_error(app, "That works in a room: /join ROOM opens one.");
	free(jid);
	return room && app_client(app) ? room : NULL;
}

void
room_leave(struct app *app, const struct model_room *room, const char *text)
{
	struct bridge_room_leave_params params = {
		.profile = app->model->profile,
		.jid = room->jid,
		.text = text[0] ? text : NULL,
	};
	struct chat *chat = model_chat(app->model, room->jid);

	client_room_leave(door_client(app->door), &params, app_told, app);
	if (chat) {
		struct bridge_jid_params closing = {.profile = app->model->profile,
						    .jid = chat->jid};
		bool is_shown = view_chat(app->view) == chat;

		model_set_open(app->model, chat, false);
		client_conversation_close(door_client(app->door), &closing, app_told,
					  app);
		if (is_shown)
			view_show(app, VIEW_CONTACTS);
	}
	app_say(app, "You left %s; its history stays.", room->name);
}

bool
command_leave(struct app *app, const char *arguments)
{
	struct chat *chat = view_chat(app->view);
	bool is_in_room = chat && chat->kind == conversation_kind_ROOM;
	/* In a room, words are the last ones. */
	struct model_room *room = need_room(app, is_in_room ? "" : arguments);

	if (!room)
		return false;
	room_leave(app, room, is_in_room ? arguments : "");
	return true;
}

bool
command_part(struct app *app, const char *arguments)
{
	return command_leave(app, arguments);
}

bool
command_nick(struct app *app, const char *arguments)
{
	struct model_room *room = room_here(app);
	const char *rest = arguments;

	if (!room)
		return false;
	if (!arguments[0])
		return command_misused(app, "nick");
	/* Blanks are fine without quotes; a nick in quotes is what stands in them. */
	char *word = arguments[0] == '"' ? command_word(&rest) : NULL;
	struct bridge_room_nick_params params = {
		.profile = app->model->profile,
		.jid = room->jid,
		.nick = word && !rest[0] ? word : arguments,
	};
	client_room_nick(door_client(app->door), &params, app_told, app);
	free(word);
	return true;
}

bool
command_subject(struct app *app, const char *arguments)
{
	struct model_room *room = room_here(app);

	if (!room)
		return false;
	if (!arguments[0]) {
		if (room->subject[0])
			app_say(app, "%s%s%s%s", room->subject,
				room->subject_by[0] ? " (set by " : "", room->subject_by,
				room->subject_by[0] ? ")" : "");
		else
			app_say(app, "%s has no subject.", room->name);
		return true;
	}
	struct bridge_room_subject_params params = {
		.profile = app->model->profile,
		.jid = room->jid,
		.text = strcmp(arguments, "none") == 0 ? "" : arguments,
	};
	client_room_subject(door_client(app->door), &params, app_told, app);
	return true;
}

bool
command_topic(struct app *app, const char *arguments)
{
	return command_subject(app, arguments);
}

/* ---- /names ---------------------------------------------------------------- */

static void
on_names(void *data, const struct bridge_failure *failure, const void *result)
{
	struct app *app = data;
	const struct bridge_room_occupants_result *names = result;
	struct buf text = {0};

	if (failure) {
		app_told(app, failure, result);
		return;
	}
	struct occupants *people = occupants_new();
	for (size_t i = 0; i < names->occupants_count; i++)
		occupants_put(people, &names->occupants[i], NULL);
	size_t count;
	const struct occupant *const *rows = occupants_sorted(people, &count);
	buf_printf(&text, "%zu here:", count);
	for (size_t i = 0; i < count && text.len < NAMES_ROW_MAX; i++) {
		buf_printf(&text, "%s %s%s", i ? "," : "", occupant_sign(rows[i]),
			   rows[i]->shown);
	}
	if (text.len >= NAMES_ROW_MAX)
		buf_add_text(&text, " …");
	char *said = buf_take_text(&text);
	if (!view_notice(app, names->room->jid, said))
		app_say(app, "%s", said);
	free(said);
	occupants_free(people);
}

bool
command_names(struct app *app, const char *arguments)
{
	struct model_room *room =
		arguments[0] ? need_room(app, arguments) : room_here(app);

	if (!room)
		return false;
	if (room->state != room_state_IN) {
		app_say_error(app, "You are not in %s: /join %s.", room->name, room->jid);
		return false;
	}
	struct bridge_room_occupants_params params = {.profile = app->model->profile,
						      .jid = room->jid};
	client_room_occupants(door_client(app->door), &params, on_names, app);
	return true;
}

bool
command_who(struct app *app, const char *arguments)
{
	(void)arguments;
	return view_show_people(app);
}
