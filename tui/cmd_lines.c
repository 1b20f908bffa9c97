/*
 * Commands on lines that wait for a word: taking back, sending again. The daemon decides
 * which lines these are, so that it is right for lines that are not on this screen too.
 * And on lines that were sent, which are those that are seen: having them forgotten.
 */
#include <stdlib.h>
#include <string.h>

#include "bridge/base/mem.h"
#include "tui/app.h"
#include "tui/commands.h"
#include "tui/door.h"
#include "tui/input.h"
#include "tui/nick.h"
#include "tui/people.h"
#include "tui/view.h"

/* The conversation that is shown, if the daemon can be called; else it said why not. */
static struct chat *
need_chat(struct app *app)
{
	struct chat *chat = view_chat(app->view);

	if (!chat)
		app_say_error(app, "No conversation is open here: /msg NAME opens one.");
	return chat && app_client(app) ? chat : NULL;
}

/* A line on its way back. */
struct cancel {
	struct app *app;
	char *jid;
};

static void
on_cancelled(void *data, const struct bridge_failure *failure, const void *result)
{
	struct cancel *cancel = data;
	struct app *app = cancel->app;
	const struct bridge_cancel_result *line = result;
	struct chat *chat = view_chat(app->view);

	if (failure)
		app_told(app, failure, result);
	else if (chat && strcmp(chat->jid, cancel->jid) == 0 &&
		 input_take_back(app, line->body))
		app_say(app, "The line was taken back.");
	else
		app_say(app, "The line was taken back; the history of the input line "
			     "(Up) has it.");
	free(cancel->jid);
	free(cancel);
}

bool
command_cancel(struct app *app, const char *arguments)
{
	const struct chat *chat = need_chat(app);

	(void)arguments;
	if (!chat)
		return false;
	struct bridge_cancel_params params = {.profile = app->model->profile,
					      .jid = chat->jid};
	struct cancel *cancel = mem_alloc(sizeof *cancel);
	*cancel = (struct cancel){app, mem_strdup(chat->jid)};
	client_message_cancel(door_client(app->door), &params, on_cancelled, cancel);
	return true;
}

static void
on_retried(void *data, const struct bridge_failure *failure, const void *result)
{
	struct app *app = data;
	const struct bridge_retry_result *retry = result;

	if (failure)
		app_told(app, failure, result);
	else if (!model_is_online(app->model))
		app_say(app, "%lld line%s will be sent when you are online.",
			(long long)retry->count, retry->count == 1 ? "" : "s");
}

bool
command_retry(struct app *app, const char *arguments)
{
	bool is_all = strcmp(arguments, "all") == 0;

	if (arguments[0] && !is_all)
		return command_misused(app, "retry");
	const struct chat *chat = need_chat(app);
	if (!chat)
		return false;
	struct bridge_retry_params params = {
		.profile = app->model->profile, .jid = chat->jid, .is_all = is_all};
	client_message_retry(door_client(app->door), &params, on_retried, app);
	return true;
}

/* The newest line of the shown conversation that stands: ours (NICK is NULL), or NICK's.
 */
static const struct chat_line *
newest(const struct chat *chat, const char *nick)
{
	for (size_t i = chat ? chat->line_count : 0; i-- > 0;) {
		const struct chat_line *line = chat->lines[i];
		bool is_meant =
			nick ? line->nick && strcmp(line->nick, nick) == 0 : line->is_own;

		if (is_meant && !line->is_retracted && line->id < CHAT_PENDING)
			return line;
	}
	return NULL;
}

bool
command_retract(struct app *app, const char *arguments)
{
	const struct chat_line *line = newest(view_chat(app->view), NULL);

	(void)arguments;
	if (!line) {
		app_say_error(app, "There is no line of yours here.");
		return false;
	}
	if (!app_client(app))
		return false;
	struct bridge_retract_params params = {.profile = app->model->profile,
					       .id = (int64_t)line->id};
	client_message_retract(door_client(app->door), &params, app_told, app);
	return true;
}

bool
command_moderate(struct app *app, const char *arguments)
{
	char *nick = nick_or_word(people_room(app), &arguments);
	const struct chat_line *line = nick ? newest(view_chat(app->view), nick) : NULL;

	if (!nick)
		return command_misused(app, "moderate");
	if (!line)
		app_say_error(app, "No line of %s stands here.", nick);
	free(nick);
	if (!line || !app_client(app))
		return false;
	struct bridge_moderate_params params = {
		.profile = app->model->profile,
		.id = (int64_t)line->id,
		.reason = arguments[0] ? arguments : NULL,
	};
	client_message_moderate(door_client(app->door), &params, app_told, app);
	return true;
}
