/*
 * Leaving is bounded: whatever the daemon does, the loop stops when patience runs out.
 */
#include "tui/leave.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"
#include "tui/demo.h"
#include "tui/door.h"
#include "tui/input.h"
#include "tui/question.h"

#define HANGUP_MS 500
#define DETACH_MS 1000
#define QUIT_MS 5000

/* NAME as one would type it on the shell; the caller frees. */
static char *
shell_word(const char *name)
{
	char *clean = clean_text(name, CLEAN_LINE, 256);

	if (strspn(clean, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			  "0123456789._-@") == strlen(clean))
		return clean;
	char *quoted = mem_printf("'%s'", clean);
	free(clean);
	return quoted;
}

static void
write_last_words(struct app *app)
{
	const struct model *model = app->model;
	char *name = shell_word(model->profile);

	if (app->last_words || model->profile[0] == '\0')
		;
	else if (app->demo)
		app->last_words = mem_strdup("The trial is over, and nothing of it is "
					     "left. `tern` begins again.");
	else if (app->start->is_embedded)
		app->last_words = mem_printf("%s is offline, since its daemon was tern's "
					     "own. `tern -p %s` "
					     "comes back.",
					     name, name);
	else if (app->leaving == APP_QUIT && app->is_daemon_ending)
		app->last_words = mem_printf("%s is offline and the daemon has ended. "
					     "`tern -p %s` comes back.",
					     name, name);
	else if (app->leaving == APP_QUIT)
		app->last_words = mem_printf(
			"%s is offline; the daemon goes on for others (`ternd stop` ends "
			"it). `tern -p %s` comes back.",
			name, name);
	else if (!model->link.is_wanted)
		app->last_words =
			mem_printf("%s is offline, as it was; the daemon goes on. `tern "
				   "-p %s` comes back, `ternd stop` ends it.",
				   name, name);
	else
		app->last_words = mem_printf("%s stays online. `tern -p %s` comes back, "
					     "`ternctl -p %s disconnect` ends it.",
					     name, name, name);
	free(name);
}

static void
finish(struct app *app)
{
	if (app->leaving != APP_HANGUP)
		write_last_words(app);
	uv_stop(app->loop);
}

static void
on_patience(uv_timer_t *timer)
{
	finish(timer->data);
}

static void
on_stopped(void *data, const struct bridge_failure *failure, const void *result)
{
	struct app *app = data;
	const struct bridge_stop_result *stop = result;

	/* A daemon that ends may close before it answers. */
	app->is_daemon_ending =
		failure ? door_state(app->door) == DOOR_AWAY : stop->is_stopping;
	finish(app);
}

static void
on_offline(void *data, const struct bridge_failure *failure, const void *result)
{
	struct app *app = data;
	struct client *client = door_client(app->door);
	struct bridge_stop_params params = {.if_unused = true};

	(void)failure;
	(void)result;
	if (!client) {
		finish(app);
		return;
	}
	door_detach(app->door);
	client_stop(client, &params, on_stopped, app);
}

/* The draft is kept: go on. */
static void
go_on(struct app *app)
{
	struct client *client = door_client(app->door);

	if (app->leaving == APP_QUIT && client &&
	    door_state(app->door) == DOOR_ATTACHED) {
		struct bridge_profile_name params = {.profile = app->model->profile};

		client_link_quit(client, &params, on_offline, app);
		return;
	}
	finish(app);
}

void
leave_begin(struct app *app, enum app_leaving how)
{
	uint64_t patience = how == APP_HANGUP ? HANGUP_MS
			    : how == APP_QUIT ? QUIT_MS
					      : DETACH_MS;

	if (app->leaving != APP_STAYS && how != APP_HANGUP)
		return;
	app->leaving = how;
	(void)uv_timer_start(&app->patience, on_patience, patience, 0);
	if (how == APP_QUIT)
		app_say(app, "Leaving…");
	if (!input_save(app, go_on))
		go_on(app);
}

void
leave_unused(struct app *app)
{
	struct client *client = door_client(app->door);
	struct bridge_stop_params params = {.if_unused = true};

	if (!client) {
		uv_stop(app->loop);
		return;
	}
	app->leaving = APP_HANGUP;
	(void)uv_timer_start(&app->patience, on_patience, HANGUP_MS, 0);
	client_stop(client, &params, on_stopped, app);
}

static void
on_answer(void *data, bool is_yes)
{
	if (is_yes)
		leave_begin(data, APP_QUIT);
}

void
leave_quit(struct app *app)
{
	if (app->model->attached > 1 && !app->demo)
		question_ask(app, on_answer, app,
			     "Another tern is attached to %s and would be offline too. "
			     "Quit? (y/n; /detach leaves it online)",
			     app->model->profile);
	else
		leave_begin(app, APP_QUIT);
}
