/*
 * Commands of ruling the room that is shown: who may do what there, who is asked to come.
 * What the room answers is said.
 */
#include <stdlib.h>
#include <string.h>

#include "bridge/base/buf.h"
#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"
#include "tui/app.h"
#include "tui/commands.h"
#include "tui/door.h"
#include "tui/nick.h"
#include "tui/people.h"
#include "tui/target.h"

enum {
	LIST_MAX = 4096, /* bytes of a list that is printed */
	JID_MAX = 3071,
	REASON_MAX = 256,
};

struct model_room *
room_here(struct app *app)
{
	struct model_room *room = people_room(app);

	if (!room)
		app_say_error(app, "That works in a room: /join ROOM opens one.");
	return room && app_client(app) ? room : NULL;
}

/* ---- a deed that waits for the room's answer ------------------------------- */

struct deed {
	struct app *app;
	char *done; /* said when it is done */
};

static struct deed *
deed_new(struct app *app, const char *who, const char *what)
{
	struct deed *deed = mem_alloc(sizeof *deed);
	char *name = clean_text(who, CLEAN_LINE, 256);

	*deed = (struct deed){app, mem_printf("%s %s.", name, what)};
	free(name);
	return deed;
}

static void
on_done(void *data, const struct bridge_failure *failure, const void *result)
{
	struct deed *deed = data;

	if (failure)
		app_told(deed->app, failure, result);
	else
		app_say(deed->app, "%s", deed->done);
	free(deed->done);
	free(deed);
}

/* The value of CHOICE that is called TEXT, or -1. */
static int
value_of(const struct bridge_choice_row *choice, const char *text)
{
	for (int i = 0; text && i < choice->count; i++) {
		if (strcmp(choice->values[i].text, text) == 0)
			return i;
	}
	return -1;
}

/* ---- roles ----------------------------------------------------------------- */

static void
set_role(struct app *app, struct model_room *room, const char *nick,
	 enum bridge_role role, const char *reason)
{
	static const char *const words[role_COUNT] = {
		[role_NONE] = "was kicked",
		[role_VISITOR] = "has no voice now",
		[role_PARTICIPANT] = "may speak now",
		[role_MODERATOR] = "is a moderator now",
	};
	struct bridge_room_role_params params = {
		.profile = app->model->profile,
		.jid = room->jid,
		.nick = nick,
		.role = role,
		.reason = reason && reason[0] ? reason : NULL,
	};

	client_room_role(door_client(app->door), &params, on_done,
			 deed_new(app, nick, words[role]));
}

bool
command_kick(struct app *app, const char *arguments)
{
	struct model_room *room = room_here(app);
	char *nick = room ? nick_or_word(room, &arguments) : NULL;

	if (!room)
		return false;
	if (!nick)
		return command_misused(app, "kick");
	set_role(app, room, nick, role_NONE, arguments);
	free(nick);
	return true;
}

static void
ask_voice(struct app *app, const struct model_room *room)
{
	struct bridge_jid_params params = {.profile = app->model->profile,
					   .jid = room->jid};

	client_room_voice(door_client(app->door), &params, on_done,
			  deed_new(app, "The moderators", "are asked to let you speak"));
}

bool
command_voice(struct app *app, const char *arguments)
{
	struct model_room *room = room_here(app);
	bool is_asking = room && !arguments[0];
	char *nick = room ? nick_or_word(room, &arguments) : NULL;
	bool is_off = strcmp(arguments, "off") == 0;
	bool is_fine = nick && (!arguments[0] || is_off);

	if (!room)
		return false;
	if (is_asking) {
		ask_voice(app, room);
		return true;
	}
	if (is_fine)
		set_role(app, room, nick, is_off ? role_VISITOR : role_PARTICIPANT, NULL);
	free(nick);
	return is_fine || command_misused(app, "voice");
}

bool
command_role(struct app *app, const char *arguments)
{
	struct model_room *room = room_here(app);
	char *nick = room ? nick_or_word(room, &arguments) : NULL;
	char *word = nick ? command_word(&arguments) : NULL;
	int role = value_of(&choice_role, word);

	if (!room)
		return false;
	if (role >= 0)
		set_role(app, room, nick, (enum bridge_role)role, arguments);
	free(nick);
	free(word);
	return role >= 0 || command_misused(app, "role");
}

/* ---- invitations ----------------------------------------------------------- */

bool
command_invite(struct app *app, const char *arguments)
{
	struct model_room *room = room_here(app);
	char *word = room ? command_word(&arguments) : NULL;
	char *who = word ? target_of(app, word, true) : NULL;

	if (!room)
		return false;
	if (!word)
		return command_misused(app, "invite");
	if (who) {
		struct bridge_room_invite_params params = {
			.profile = app->model->profile,
			.jid = room->jid,
			.who = who,
			.reason = arguments[0] ? arguments : NULL,
		};

		client_room_invite(door_client(app->door), &params, on_done,
				   deed_new(app, who, "was invited"));
	}
	bool is_fine = who != NULL;
	free(word);
	free(who);
	return is_fine;
}

/* ---- affiliations ---------------------------------------------------------- */

static void
set_affiliation(struct app *app, struct model_room *room, const char *target,
		enum bridge_affiliation affiliation, const char *reason)
{
	static const char *const words[affiliation_COUNT] = {
		[affiliation_NONE] = "is on no list now",
		[affiliation_OUTCAST] = "was banned",
		[affiliation_MEMBER] = "is a member now",
		[affiliation_ADMIN] = "is an admin now",
		[affiliation_OWNER] = "is an owner now",
	};
	struct bridge_room_affiliation_params params = {
		.profile = app->model->profile,
		.jid = room->jid,
		.target = target,
		.affiliation = affiliation,
		.reason = reason && reason[0] ? reason : NULL,
	};

	client_room_affiliation(door_client(app->door), &params, on_done,
				deed_new(app, target, words[affiliation]));
}

/* A list that was asked for. */
struct listing {
	struct app *app;
	enum bridge_affiliation affiliation;
};

static void
on_list(void *data, const struct bridge_failure *failure, const void *result)
{
	static const struct {
		const char *these, *nobody;
	} words[affiliation_COUNT] = {
		[affiliation_OUTCAST] = {"Banned", "Nobody is banned here."},
		[affiliation_MEMBER] = {"Members", "This room has no members."},
		[affiliation_ADMIN] = {"Admins", "This room has no admins."},
		[affiliation_OWNER] = {"Owners", "This room has no owners."},
	};
	struct listing *listing = data;
	struct app *app = listing->app;
	const struct bridge_room_affiliations_result *list = result;
	struct buf text = {0};

	if (failure) {
		app_told(app, failure, result);
		free(listing);
		return;
	}
	for (size_t i = 0; i < list->affiliates_count && text.len < LIST_MAX; i++) {
		buf_add_clean(&text, i ? ", " : " ", list->affiliates[i].jid, JID_MAX);
		size_t len = text.len;
		buf_add_clean(&text, " (", list->affiliates[i].reason, REASON_MAX);
		if (text.len > len)
			buf_add_byte(&text, ')');
	}
	if (text.len >= LIST_MAX)
		buf_add_text(&text, " …");
	char *rows = buf_take_text(&text);
	if (list->affiliates_count > 0)
		app_say(app, "%s (%zu):%s", words[listing->affiliation].these,
			list->affiliates_count, rows);
	else
		app_say(app, "%s", words[listing->affiliation].nobody);
	free(rows);
	free(listing);
}

static void
show_list(struct app *app, struct model_room *room, enum bridge_affiliation affiliation)
{
	struct bridge_room_affiliations_params params = {
		.profile = app->model->profile,
		.jid = room->jid,
		.affiliation = affiliation,
	};

	struct listing *listing = mem_alloc(sizeof *listing);
	*listing = (struct listing){app, affiliation};
	client_room_affiliations(door_client(app->door), &params, on_list, listing);
}

bool
command_ban(struct app *app, const char *arguments)
{
	struct model_room *room = room_here(app);
	char *target = room ? nick_or_word(room, &arguments) : NULL;

	if (!room)
		return false;
	if (target)
		set_affiliation(app, room, target, affiliation_OUTCAST, arguments);
	else
		show_list(app, room, affiliation_OUTCAST);
	free(target);
	return true;
}

bool
command_unban(struct app *app, const char *arguments)
{
	struct model_room *room = room_here(app);
	char *target = room ? command_word(&arguments) : NULL;

	if (!room)
		return false;
	if (!target)
		return command_misused(app, "unban");
	set_affiliation(app, room, target, affiliation_NONE, arguments);
	free(target);
	return true;
}

bool
command_affiliation(struct app *app, const char *arguments)
{
	struct model_room *room = room_here(app);
	char *target = room ? nick_or_word(room, &arguments) : NULL;
	char *word = target ? command_word(&arguments) : NULL;
	int affiliation = value_of(&choice_affiliation, word ? word : target);
	bool is_fine = affiliation >= 0 && (word || affiliation != affiliation_NONE);

	if (!room)
		return false;
	if (is_fine && word)
		set_affiliation(app, room, target, (enum bridge_affiliation)affiliation,
				arguments);
	else if (is_fine)
		show_list(app, room, (enum bridge_affiliation)affiliation);
	free(target);
	free(word);
	return is_fine || command_misused(app, "affiliation");
}

/* ---- ignoring -------------------------------------------------------------- */

static void
on_ignored(void *data, const struct bridge_failure *failure, const void *result)
{
	struct app *app = data;
	const struct bridge_room_ignore_result *ignored = result;
	struct buf text = {0};

	if (failure) {
		app_told(app, failure, result);
		return;
	}
	for (size_t i = 0; i < ignored->nicks_count && text.len < LIST_MAX; i++) {
		char *nick = nick_shown(ignored->nicks[i]);

		buf_printf(&text, "%s %s", i ? "," : "", nick);
		free(nick);
	}
	char *nicks = buf_take_text(&text);
	if (nicks[0])
		app_say(app, "You ignore here:%s. /ignore NICK off hears them again.",
			nicks);
	else
		app_say(app, "You ignore nobody here.");
	free(nicks);
}

bool
command_ignore(struct app *app, const char *arguments)
{
	struct model_room *room = room_here(app);
	char *nick = room ? nick_or_word(room, &arguments) : NULL;
	bool is_off = strcmp(arguments, "off") == 0;
	bool is_fine = !arguments[0] || is_off;

	if (room && is_fine) {
		struct bridge_room_ignore_params params = {
			.profile = app->model->profile,
			.jid = room->jid,
			.nick = nick,
			.is_off = is_off,
		};

		client_room_ignore(door_client(app->door), &params, on_ignored, app);
	}
	free(nick);
	if (!room)
		return false;
	return is_fine || command_misused(app, "ignore");
}
