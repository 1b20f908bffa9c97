/*
 * The call of room.occupants and its answer; what is said of who comes and goes. A room
 * that nobody has looked at since tern was started is never asked about, and one that is
 * hidden for a while costs nothing more: the first thing told of it then ends the watch.
 */
#include "tui/people.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"
#include "tui/app.h"
#include "tui/chat_view.h"
#include "tui/comings.h"
#include "tui/door.h"
#include "tui/nick.h"
#include "tui/options.h"
#include "tui/room_news.h"
#include "tui/view.h"

enum {
	HIDDEN_MS = 3000,
	LEFT_MS = 5 * 60 * 1000, /* so long words may still be meant for who is gone */
};

struct people_ask {
	struct app *app;
	char *jid;
};

static void
on_people(void *data, const struct bridge_failure *failure, const void *result)
{
	struct people_ask *ask = data;
	const struct bridge_room_occupants_result *answer = result;
	struct model_room *room = model_room(ask->app->model, ask->jid);

	if (room)
		room->is_asking = false;
	/* One that is refused is asked again when the room's state changes. */
	if (room && failure)
		room->is_refused = true;
	else if (room && room->state == room_state_IN)
		model_put_people(ask->app->model, room, answer->occupants,
				 answer->occupants_count);
	free(ask->jid);
	free(ask);
}

struct model_room *
people_room(struct app *app)
{
	struct chat *chat = view_subject(app->view);

	return chat ? model_room_of(app->model, chat->jid) : NULL;
}

/* Notes since when rooms are hidden. */
static void
mark_hidden(struct app *app, const struct model_room *shown)
{
	for (size_t i = 0; i < app->model->rooms.count; i++) {
		struct model_room *room = app->model->rooms.rows[i];
		if (room == shown)
			room->hidden_at = 0;
		else if (!room->hidden_at)
			room->hidden_at = uv_now(app->loop);
	}
}

void
people_update(struct app *app)
{
	struct model_room *room = people_room(app);

	mark_hidden(app, room);
	if (room && uv_now(app->loop) > LEFT_MS)
		model_room_forget_left(room, uv_now(app->loop) - LEFT_MS);
	if (!room || room->state != room_state_IN || room->is_watched ||
	    room->is_refused || room->is_asking || door_state(app->door) != DOOR_ATTACHED)
		return;
	struct people_ask *ask = mem_alloc(sizeof *ask);
	struct bridge_room_occupants_params params = {
		.profile = app->model->profile, .jid = room->jid, .watch = true};

	*ask = (struct people_ask){app, mem_strdup(room->jid)};
	room->is_asking = true;
	client_room_occupants(door_client(app->door), &params, on_people, ask);
}

/* Ends the watch of the room JID if it was out of sight for long enough that it is not
 * just passed by. */
static void
let_go(struct app *app, const char *jid)
{
	struct model_room *room = model_room(app->model, jid);

	if (!room || !room->is_watched || !room->hidden_at ||
	    uv_now(app->loop) - room->hidden_at < HIDDEN_MS ||
	    door_state(app->door) != DOOR_ATTACHED)
		return;
	struct bridge_room_unwatch_params params = {.profile = app->model->profile,
						    .jid = room->jid};
	client_room_unwatch(door_client(app->door), &params, NULL, NULL);
	model_forget_people(app->model, room);
}

/* ---- who comes and goes ---------------------------------------------------- */

#define WHY_MAX 1024
#define WORD_MAX 4096 /* bytes of a nick in quotes */

/* The lines of ROOM where those who come and go are to be told in it, else NULL. */
static struct chat_view *
lines_for_comings(struct app *app, const char *room)
{
	if (strcmp(options_get(app->options, "joins"), "hidden") == 0)
		return NULL;
	return view_lines(app, room);
}

/* What one sentence holds: all since the last line, or just the next. */
static struct comings *
comings_in(struct app *app, struct chat_view *lines)
{
	if (strcmp(options_get(app->options, "joins"), "shown") == 0)
		chat_view_end_comings(lines);
	return chat_view_comings(lines);
}

static void
tell_change(struct app *app, const struct bridge_occupant_event *event)
{
	struct chat_view *lines = lines_for_comings(app, event->jid);
	const struct model_room *room = model_room(app->model, event->jid);
	bool is_other_nick = event->was && event->was[0];

	if (!lines || !room || !room->people || !(event->is_new || is_other_nick))
		return;
	if (is_other_nick)
		comings_renamed(comings_in(app, lines), event->was,
				event->occupant->nick);
	else if (!event->occupant->is_own)
		comings_came(comings_in(app, lines), event->occupant->nick);
	else
		return;
	chat_view_show_comings(lines);
}

/* What was done to who did not leave by himself; NULL for all others. */
static const char *
deed_of(enum bridge_occupant_end end)
{
	static const char *const deeds[occupant_end_COUNT] = {
		[occupant_end_KICKED] = "kicked",
		[occupant_end_BANNED] = "banned",
		[occupant_end_UNAFFILIATED] = "put out as no member any more",
		[occupant_end_MEMBERS_ONLY] = "put out, as only members may stay",
	};

	return deeds[end];
}

static void
tell_deed(struct app *app, const struct bridge_occupant_gone_event *event,
	  const char *deed)
{
	const struct model_room *room = model_room(app->model, event->jid);
	bool is_own = room && strcmp(room->nick, event->nick) == 0;
	char *who = is_own ? mem_strdup("You") : nick_shown(event->nick);
	char *actor = event->actor ? nick_shown(event->actor) : mem_strdup("");
	char *why = clean_text(event->text, CLEAN_LINE, WHY_MAX);
	/* Reasons often end as sentences do. */
	bool is_ended = why[0] && strchr(".!?", why[strlen(why) - 1]);
	char *said = mem_printf("%s %s %s%s%s%s%s%s", who, is_own ? "were" : "was", deed,
				event->actor ? " by " : "", actor, why[0] ? ": " : "",
				why, is_ended ? "" : ".");

	(void)view_notice(app, event->jid, said);
	free(said);
	free(why);
	free(actor);
	free(who);
}

static void
tell_gone(struct app *app, const struct bridge_occupant_gone_event *event)
{
	const char *deed = deed_of(event->end);

	if (deed) {
		tell_deed(app, event, deed);
		return;
	}
	struct chat_view *lines = lines_for_comings(app, event->jid);
	const struct model_room *room = model_room(app->model, event->jid);
	if (!lines || !room || !room->people || strcmp(room->nick, event->nick) == 0)
		return;
	comings_left(comings_in(app, lines), event->nick);
	chat_view_show_comings(lines);
}

/* Wherever the user is, with the command that answers it. */
static void
tell_voice_asked(struct app *app, const struct bridge_voice_event *event)
{
	const struct model_room *room = model_room(app->model, event->jid);
	char *who = nick_shown(event->nick);
	char *word = nick_word(event->nick);
	char *clean = clean_text(word, CLEAN_LINE, WORD_MAX);
	char *said =
		mem_printf("%s asks to speak here: /voice %s allows it.", who, clean);

	if (room && !view_notice(app, event->jid, said))
		app_say(app, "%s asks to speak in %s: /voice %s there allows it.", who,
			room->name, clean);
	free(said);
	free(clean);
	free(word);
	free(who);
}

/* Being put out is told on every page, the rest only in the room itself. */
static void
tell_room(struct app *app, const struct bridge_room *record)
{
	struct model_room *room = model_room(app->model, record->jid);
	bool was_inside = room && room->told.is_inside;
	char *said = room ? room_news(room, record->condition) : NULL;

	if (said && !view_notice(app, room->jid, said) && was_inside &&
	    room->state == room_state_REFUSED)
		app_say_error(app, "%s: %s", room->name, said);
	free(said);
}

static void
note_left(struct app *app, const char *jid, const char *nick)
{
	struct model_room *room = model_room(app->model, jid);

	if (room && nick && nick[0])
		model_room_left(room, nick, uv_now(app->loop));
}

void
people_attached(struct app *app, const struct bridge_attach_result *result)
{
	for (size_t i = 0; i < result->voices_count; i++)
		tell_voice_asked(app, &(struct bridge_voice_event){
					      .jid = result->voices[i].jid,
					      .nick = result->voices[i].nick,
				      });
}

void
people_event(struct app *app, enum bridge_event event, const void *record)
{
	if (event == EVENT_occupant_changed) {
		const struct bridge_occupant_event *changed = record;
		let_go(app, changed->jid);
		note_left(app, changed->jid, changed->was);
		tell_change(app, changed);
	} else if (event == EVENT_occupant_gone) {
		const struct bridge_occupant_gone_event *gone = record;
		let_go(app, gone->jid);
		note_left(app, gone->jid, gone->nick);
		tell_gone(app, gone);
	} else if (event == EVENT_voice_asked) {
		tell_voice_asked(app, record);
	} else if (event == EVENT_room_changed) {
		tell_room(app, ((const struct bridge_room_event *)record)->room);
	}
}
