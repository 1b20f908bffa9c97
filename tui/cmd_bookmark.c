/*
 * Commands of bookmarks, of the rule of notification in them, and of finding rooms.
 */
#include <stdlib.h>
#include <string.h>

#include "bridge/base/buf.h"
#include "bridge/base/mem.h"
#include "bridge/base/room_link.h"
#include "bridge/base/utf8.h"
#include "tui/app.h"
#include "tui/commands.h"
#include "tui/door.h"
#include "tui/names.h"
#include "tui/rooms_view.h"
#include "tui/view.h"

enum { LIST_MAX = 3500, TEXT_MAX = 200, ROOMS_MAX = 10000 };

/* Says TEXT (taken over) in the conversation that is shown, else above the bar. */
static void
say_list(struct app *app, struct buf *text)
{
	struct chat *chat = view_chat(app->view);
	char *said = buf_take_text(text);

	if (!chat || !view_notice(app, chat->jid, said))
		app_say(app, "%s", said);
	free(said);
}

/* ---- /bookmark ------------------------------------------------------------- */

static void
on_bookmarks(void *data, const struct bridge_failure *failure, const void *result)
{
	struct app *app = data;
	const struct bridge_bookmark_list_result *list = result;
	struct buf text = {0};

	if (failure) {
		app_told(app, failure, result);
		return;
	}
	buf_add_text(&text, list->bookmarks_count ? "Bookmarks:" : "No bookmarks.");
	for (size_t i = 0; i < list->bookmarks_count && text.len < LIST_MAX; i++) {
		const struct bridge_bookmark *row = &list->bookmarks[i];

		buf_add_clean(&text, "\n", row->jid, TEXT_MAX);
		buf_add_clean(&text, " as ", row->nick, TEXT_MAX);
		buf_add_clean(&text, "  ", row->name, TEXT_MAX);
		buf_add_text(&text, !row->is_autojoin ? ""
				    : row->is_not_here
					    ? "  (joined, but not on this host)"
					    : "  (joined)");
	}
	say_list(app, &text);
}

static void
on_bookmarked(void *data, const struct bridge_failure *failure, const void *result)
{
	struct app *app = data;
	const struct bridge_bookmark_result *set = result;

	if (failure) {
		app_told(app, failure, result);
		return;
	}
	char *jid = clean_text(set->bookmark->jid, CLEAN_LINE, TEXT_MAX);
	app_say(app, "%s is bookmarked%s.", jid,
		set->bookmark->is_not_here   ? " and joined, but not on this host"
		: set->bookmark->is_autojoin ? " and joined on every device"
					     : "");
	free(jid);
}

static void
on_removed(void *data, const struct bridge_failure *failure, const void *result)
{
	if (failure)
		app_told(data, failure, result);
	else
		app_say(data, "The bookmark is gone.");
}

/* A room that is meant, and the password of the link that meant it; NULL: none. */
struct meant {
	char *jid, *password;
};

static void
meant_done(struct meant *meant)
{
	if (meant->password)
		mem_wipe(meant->password, strlen(meant->password));
	free(meant->password);
	free(meant->jid);
}

/* The room in LINK, into MEANT; false after saying what is wrong. */
static bool
set_linked(struct app *app, const char *link, struct meant *meant)
{
	char *room = NULL;
	const char *problem;

	if (room_link_parse(link, &room, &meant->password, &problem) < 0) {
		app_say_error(app, "%s", problem);
		return false;
	}
	meant->jid = names_address(room);
	if (!meant->jid)
		app_say_error(app, "That link names no room (xmpp:room@service?join).");
	free(room);
	return meant->jid != NULL;
}

/* The room that is shown, or WORD, into MEANT; false after saying why not. */
static bool
set_meant(struct app *app, const char *word, struct meant *meant)
{
	if (word && room_link_is(word))
		return set_linked(app, word, meant);
	if (!word) {
		const struct model_room *room = room_here(app);

		meant->jid = room ? mem_strdup(room->jid) : NULL;
		return meant->jid != NULL;
	}
	meant->jid = strpbrk(word, "@/") ? names_address(word) : mem_strdup(word);
	if (!meant->jid)
		app_say_error(app, "%s is no room's address (room@service).", word);
	return meant->jid != NULL;
}

static void
set_bookmark(struct app *app, const struct meant *meant, const char *word,
	     const char *name)
{
	bool is_elsewhere = strcmp(word, "elsewhere") == 0;
	bool is_here = strcmp(word, "here") == 0;
	struct bridge_bookmark_set_params params = {
		.profile = app->model->profile,
		.jid = meant->jid,
		.name = name && name[0] ? name : NULL,
		.password = meant->password,
		.autojoin = change_YES,
		.here = is_elsewhere ? change_NO
			: is_here    ? change_YES
				     : change_KEEP,
	};

	client_bookmark_set(door_client(app->door), &params, on_bookmarked, app);
}

bool
command_bookmark(struct app *app, const char *arguments)
{
	static const char *const words[] = {"add", "here", "elsewhere", "remove"};
	char *word = command_word(&arguments);
	char *target = command_word(&arguments);
	bool is_known = !word;
	bool is_list = word && strcmp(word, "list") == 0;
	struct meant meant = {0};

	for (size_t i = 0; word && i < sizeof words / sizeof words[0]; i++)
		is_known |= strcmp(word, words[i]) == 0;
	if (!is_known && !is_list)
		(void)command_misused(app, "bookmark");
	bool is_fine = is_list || (is_known && set_meant(app, target, &meant));
	bool is_done = is_fine && app_client(app);
	if (is_done && is_list) {
		struct bridge_profile_name params = {.profile = app->model->profile};

		client_bookmark_list(door_client(app->door), &params, on_bookmarks, app);
	} else if (is_done && word && strcmp(word, "remove") == 0) {
		struct bridge_jid_params params = {.profile = app->model->profile,
						   .jid = meant.jid};

		client_bookmark_remove(door_client(app->door), &params, on_removed, app);
	} else if (is_done) {
		set_bookmark(app, &meant, word ? word : "add", arguments);
	}
	meant_done(&meant);
	free(target);
	free(word);
	return is_done;
}

/* ---- /notify --------------------------------------------------------------- */

static const char *const told[notify_COUNT] = {
	[notify_DEFAULT] = "what names you",
	[notify_ALL] = "everything",
	[notify_MENTIONS] = "what names you",
	[notify_NOTHING] = "nothing",
};

static void
on_notify(void *data, const struct bridge_failure *failure, const void *result)
{
	struct app *app = data;
	const struct bridge_room_result *set = result;

	if (failure)
		app_told(app, failure, result);
	else
		app_say(app, "You are told of %s here.", told[set->room->notify]);
}

bool
command_notify(struct app *app, const char *arguments)
{
	const struct model_room *room = room_here(app);
	int rule = 0;

	if (!room)
		return false;
	if (!arguments[0]) {
		app_say(app, "You are told of %s here.", told[room->notify]);
		return true;
	}
	while (rule < notify_COUNT &&
	       strcmp(bridge_notify_text((enum bridge_notify)rule), arguments) != 0)
		rule++;
	if (rule == notify_COUNT)
		return command_misused(app, "notify");
	struct bridge_room_notify_params params = {
		.profile = app->model->profile,
		.jid = room->jid,
		.rule = (enum bridge_notify)rule,
	};
	client_room_notify(door_client(app->door), &params, on_notify, app);
	return true;
}

/* ---- /rooms ---------------------------------------------------------------- */

/* A walk over the pages of a service. */
struct walk {
	struct app *app;
	char *service; /* NULL: the account's own */
	size_t seen;
	unsigned number; /* of the search */
};

static void ask_rooms(struct walk *walk, const char *after);

static void
walk_free(struct walk *walk)
{
	free(walk->service);
	free(walk);
}

static void
on_rooms(void *data, const struct bridge_failure *failure, const void *result)
{
	struct walk *walk = data;
	struct app *app = walk->app;
	const struct bridge_room_find_result *page = result;

	/* Who has left the page, or asks elsewhere, is not taken back to it. */
	bool is_wanted = view_kind(app->view) == VIEW_ROOMS &&
			 walk->number == rooms_view_number(view_rooms(app->view));
	if (failure && is_wanted && walk->seen == 0)
		view_back(app);
	if (failure || !is_wanted) {
		app_told(app, failure, result);
		walk_free(walk);
		return;
	}
	rooms_view_add(view_rooms(app->view), page);
	walk->seen += page->rooms_count;
	view_rooms_changed(app->view);
	if (page->next && page->rooms_count > 0 && walk->seen < ROOMS_MAX &&
	    door_client(app->door))
		ask_rooms(walk, page->next);
	else
		walk_free(walk);
}

static void
ask_rooms(struct walk *walk, const char *after)
{
	struct bridge_room_find_params params = {
		.profile = walk->app->model->profile,
		.service = walk->service,
		.after = after,
		.limit = 200,
	};

	client_room_find(door_client(walk->app->door), &params, on_rooms, walk);
}

bool
command_rooms(struct app *app, const char *arguments)
{
	char *service = arguments[0] ? names_address(arguments) : NULL;

	if (arguments[0] && !service)
		app_say_error(app, "%s is no service's address.", arguments);
	if ((arguments[0] && !service) || !app_client(app)) {
		free(service);
		return false;
	}
	struct walk *walk = mem_alloc(sizeof *walk);
	walk->app = app;
	walk->service = service;
	walk->number = rooms_view_begin(view_rooms(app->view));
	view_show_rooms(app);
	ask_rooms(walk, NULL);
	return true;
}

bool
command_list(struct app *app, const char *arguments)
{
	return command_rooms(app, arguments);
}

/* ---- /info ----------------------------------------------------------------- */

/* What a room is like, as a list of words. */
static void
add_traits(struct buf *out, const struct bridge_room_info *info)
{
	const struct {
		bool is_so;
		const char *text;
	} traits[] = {
		{info->is_members_only, "for members only"},
		{info->has_password, "behind a password"},
		{info->is_moderated, "only who has voice may speak"},
		{info->shows_addresses, "everybody sees your address"},
		{info->has_archive, "keeps what is said"},
		{!info->is_persistent, "gone when the last one leaves"},
	};

	const char *between = "\n";
	if (info->occupants > 0) {
		buf_printf(out, "\n%lld here", (long long)info->occupants);
		between = ", ";
	}
	for (size_t i = 0; i < sizeof traits / sizeof traits[0]; i++) {
		if (!traits[i].is_so)
			continue;
		buf_printf(out, "%s%s", between, traits[i].text);
		between = ", ";
	}
}

static void
on_info(void *data, const struct bridge_failure *failure, const void *result)
{
	struct app *app = data;
	const struct bridge_room_info *info = result;
	struct buf text = {0};

	if (failure) {
		app_told(app, failure, result);
		return;
	}
	buf_add_clean(&text, "", info->jid, TEXT_MAX);
	buf_add_clean(&text, ": ", info->name, TEXT_MAX);
	buf_add_clean(&text, "\n", info->description, TEXT_MAX);
	buf_add_clean(&text, "\nSubject: ", info->subject, TEXT_MAX);
	buf_add_clean(&text, "\nLanguage: ", info->language, TEXT_MAX);
	add_traits(&text, info);
	say_list(app, &text);
}

bool
command_info(struct app *app, const char *arguments)
{
	char *word = command_word(&arguments);
	struct meant meant = {0};
	bool is_fine = set_meant(app, word, &meant) && app_client(app);
	struct bridge_room_info_params params = {.profile = app->model->profile,
						 .jid = meant.jid};

	if (is_fine)
		client_room_info_get(door_client(app->door), &params, on_info, app);
	meant_done(&meant);
	free(word);
	return is_fine;
}
