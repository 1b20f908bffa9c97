/*
 * The loop's turn and what comes in: keys go to the question, the form or the keymap;
 * events of the daemon go to the model and, where they do more, to a small switch here.
 * Drawing happens in turn.c alone, before the loop sleeps.
 */
#include "tui/app.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/mem.h"
#include "bridge/base/paths.h"
#include "bridge/base/utf8.h"
#include "tui/actions.h"
#include "tui/attention.h"
#include "tui/clock.h"
#include "tui/commands.h"
#include "tui/complete.h"
#include "tui/demo.h"
#include "tui/door.h"
#include "tui/forms.h"
#include "tui/idle.h"
#include "tui/input.h"
#include "tui/keymap.h"
#include "tui/leave.h"
#include "tui/model_apply.h"
#include "tui/options.h"
#include "tui/people.h"
#include "tui/question.h"
#include "tui/terminal.h"
#include "tui/toast.h"
#include "tui/turn.h"
#include "tui/view.h"
#include "widgets/keys.h"
#include "widgets/screen.h"
#include "widgets/theme.h"

#define PATIENCE_MS 250 /* so long attaching may take before the screen opens */

/* ---- saying ---------------------------------------------------------------- */

static void say(struct app *app, int role, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));

static void
say(struct app *app, int role, const char *format, va_list args)
{
	char *text = mem_vprintf(format, args);

	toast_say(app->toast, role, text);
	free(text);
}

void
app_say(struct app *app, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(app, ROLE_NOTICE, format, args);
	va_end(args);
}

void
app_say_error(struct app *app, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(app, ROLE_ERROR, format, args);
	va_end(args);
}

void
app_told(void *data, const struct bridge_failure *failure, const void *result)
{
	struct app *app = data;

	(void)result;
	if (failure)
		app_say_error(app, "%s", failure->message);
}

struct client *
app_client(struct app *app)
{
	if (door_state(app->door) == DOOR_ATTACHED)
		return door_client(app->door);
	app_say_error(app, "%s Your text is kept; try again in a moment.",
		      door_state(app->door) < DOOR_CONNECTED
			      ? "The daemon is away and being started again."
			      : "The profile is being opened.");
	return NULL;
}

void
app_end(struct app *app, int code, char *take_words)
{
	free(app->last_words);
	app->last_words = take_words;
	app->exit_code = code;
	uv_stop(app->loop);
}

char *
app_load_theme(struct app *app, const char *name)
{
	struct theme *theme = NULL;
	char *problem = NULL, *folders[2], *program = paths_program();
	int result = -1;

	folders[0] = paths_config();
	folders[1] = program ? paths_join(program, "../share/tern") : NULL;
	if (strcmp(name, "default") == 0) {
		theme = theme_new_default();
		result = 0;
	} else if (strchr(name, '/') || name[0] == '.') {
		problem = mem_strdup("A theme's name has no / and no leading dot.");
	}
	for (size_t i = 0; i < 2 && result < 0 && folders[i] && !strpbrk(name, "/");
	     i++) {
		char *path = mem_printf("%s/themes/%s.theme", folders[i], name);

		free(problem);
		problem = NULL;
		result = theme_load(path, &theme, &problem);
		free(path);
		/* A file that is there and wrong is told, not passed over. */
		if (result != 0 && result != -ENOENT)
			break;
	}
	for (size_t i = 0; i < 2; i++)
		free(folders[i]);
	free(program);
	if (result == -ENOENT || (result < 0 && !problem)) {
		free(problem);
		return mem_printf("There is no theme %s; /theme shows which there are.",
				  name);
	}
	if (result < 0)
		return problem;
	if (app->terminal)
		screen_set_theme(terminal_screen(app->terminal), theme);
	theme_free(app->theme);
	app->theme = theme;
	view_rewrite(app->view);
	return NULL;
}

/* ---- keys ------------------------------------------------------------------ */

static void
run_key(struct app *app, uint32_t key)
{
	int action = keymap_find(app->keymap, key);
	size_t count;
	const struct action_row *rows = action_rows(&count);

	if (action >= KEYMAP_EDITOR)
		input_edit(app, action - KEYMAP_EDITOR);
	else if (action >= 0)
		rows[action].run(app);
}

static void
on_key(void *data, const struct keys_event *event)
{
	struct app *app = data;
	struct screen *screen = terminal_screen(app->terminal);

	turn_key(app->turn);
	if (app->leaving != APP_STAYS)
		return;
	if (event->type == KEYS_FOCUS_IN || event->type == KEYS_FOCUS_OUT) {
		attention_focus(app, event->type == KEYS_FOCUS_IN);
		return;
	}
	attention_key(app);
	idle_key(app->idle);
	if (screen_is_bare(screen)) {
		screen_bare_end(screen);
		view_touch_all(app->view);
		return;
	}
	view_hint(app, NULL);
	if (question_event(app, event))
		return;
	if (view_kind(app->view) == VIEW_FORM)
		forms_event(app, event);
	else if (event->type == KEYS_KEY)
		run_key(app, event->key);
	else
		input_event(app, event);
}

static void
on_resize(void *data)
{
	struct app *app = data;

	turn_key(app->turn);
	view_place_all(app->view);
}

static void
on_gone(void *data)
{
	leave_begin(data, APP_HANGUP);
}

void
app_need_screen(struct app *app)
{
	static const struct terminal_hooks hooks = {
		.on_key = on_key, .on_resize = on_resize, .on_gone = on_gone};
	char *problem = NULL;

	if (app->terminal || app->leaving != APP_STAYS)
		return;
	if (terminal_open(app->loop, app->theme, &hooks, app, &app->terminal, &problem) <
	    0) {
		app_end(app, 1, problem);
		return;
	}
	(void)uv_timer_stop(&app->patience);
	if (screen_is_guessed(terminal_screen(app->terminal)))
		app_say(app,
			"This machine does not know the terminal %s; it is taken for an "
			"xterm-256color.",
			getenv("TERM"));
}

/* ---- the daemon ------------------------------------------------------------ */

/* The profile that NAME means in LIST; NULL if it is not there. */
static const struct bridge_profile_info *
find_profile(const struct bridge_profile_list_result *list, const char *name)
{
	for (size_t i = 0; i < list->profiles_count; i++) {
		const struct bridge_profile_info *info = &list->profiles[i];

		if (strcmp(info->name, name) == 0 ||
		    (info->is_default && strcmp(name, "@DEFAULT@") == 0))
			return info;
	}
	return NULL;
}

static void
on_profiles(void *data, const struct bridge_failure *failure, const void *result)
{
	struct app *app = data;
	const struct bridge_profile_list_result *list = result;

	if (failure) {
		if (strcmp(failure->code, "BACKEND_GONE") != 0)
			app_end(app, 3, mem_strdup(failure->message));
		return;
	}
	if (list->profiles_count == 0) {
		forms_show(app, FORMS_FIRST);
		return;
	}
	const struct bridge_profile_info *info = find_profile(list, app->start->profile);
	if (info)
		app->model->attached = info->attached;
	door_attach(app->door, info ? info->name : app->start->profile);
}

static void
on_greeted(void *data, const char *problem)
{
	struct app *app = data;

	idle_greeted(app->idle);
	mem_replace(&app->warning, problem);
	if (problem)
		app_say_error(app, "%s", problem);
}

static void
on_connected(void *data)
{
	struct app *app = data;

	if (app->demo)
		demo_connected(app->demo);
	else if (forms_kind(app) == FORMS_NONE)
		client_profile_list(door_client(app->door), &(struct bridge_nothing){0},
				    on_profiles, app);
}

static void
tell_held(struct app *app, int64_t count)
{
	if (count > 0)
		app_say(app,
			"%lld of your lines waited too long to be sent without asking: "
			"/retry sends, /cancel takes back.",
			(long long)count);
}

static void
on_attached(void *data, const struct bridge_attach_result *result)
{
	struct app *app = data;

	model_apply_attach(app->model, result, (int64_t)uv_now(app->loop));
	app_need_screen(app);
	if (!app->terminal)
		return;
	if (view_kind(app->view) == VIEW_NOTHING) {
		view_show(app, VIEW_CONTACTS);
		tell_held(app, result->held);
	} else {
		toast_clear(app->toast); /* what was said of the daemon being away */
		if (app->warning)
			app_say_error(app, "%s", app->warning);
	}
	people_attached(app, result);
	input_attached(app);
	forms_link(app);
}

/* The status bar has no room for a whole reason: it is said once, until the next. */
static void
tell_link(struct app *app)
{
	const struct model_link *link = &app->model->link;
	bool is_bad =
		link->state == link_state_WAITING || link->state == link_state_REFUSED;

	if (model_is_online(app->model) && app->link_told) {
		mem_replace(&app->link_told, NULL);
		toast_clear(app->toast);
	}
	if (!is_bad || !link->reason || forms_kind(app) != FORMS_NONE ||
	    (app->link_told && strcmp(app->link_told, link->reason) == 0))
		return;
	mem_replace(&app->link_told, link->reason);
	app_say_error(app, "%s", link->reason);
}

static void
on_event(void *data, enum bridge_event event, const void *record)
{
	struct app *app = data;

	if (!model_apply_event(app->model, event, record, (int64_t)uv_now(app->loop)))
		return;
	people_event(app, event, record);
	turn_event(app->turn, event, record);
	if (event == EVENT_line_changed) {
		attention_line(app, record);
	} else if (event == EVENT_notice) {
		const struct bridge_notice_event *notice = record;
		char *text = clean_text(notice->text, CLEAN_TEXT, 4096);

		if (!view_notice(app, notice->jid, text))
			app_say(app, "%s", text);
		free(text);
	} else if (event == EVENT_link_changed) {
		forms_link(app);
		tell_link(app);
	}
}

static void
on_locked(void *data)
{
	forms_show(data, FORMS_UNLOCK);
}

static void
on_refused(void *data, const struct bridge_failure *failure)
{
	struct app *app = data;

	if (app->demo || forms_kind(app) == FORMS_LOGIN)
		forms_fail(app, failure->message);
	else
		app_end(app, 1, clean_text(failure->message, CLEAN_LINE, 1024));
}

static void
on_away(void *data, const char *problem)
{
	struct app *app = data;

	app->model->dirty |= MODEL_LINK;
	if (app->leaving == APP_QUIT) {
		app->is_daemon_ending = true;
		return;
	}
	if (!app->terminal && app->leaving == APP_STAYS)
		app_end(app, 3,
			mem_printf("The daemon went away while tern was starting%s%s",
				   problem ? ": " : ".", problem ? problem : ""));
}

static void
on_fatal(void *data, const char *problem)
{
	struct app *app = data;

	app_end(app, 3, clean_text(problem, CLEAN_LINE, 1024));
}

static void
get_cursor(void *data, int64_t *ret_epoch, int64_t *ret_seq)
{
	struct app *app = data;

	*ret_epoch = app->model->epoch;
	*ret_seq = app->model->seq;
}

/* ---- the loop -------------------------------------------------------------- */

static void
on_signal(uv_signal_t *handle, int number)
{
	(void)number;
	leave_begin(handle->data, APP_HANGUP);
}

void
app_wake_in(struct app *app, uint64_t ms)
{
	turn_wake_in(app->turn, ms);
}

static void
on_patience(uv_timer_t *timer)
{
	struct app *app = timer->data;

	app_need_screen(app);
}

static void
start_handles(struct app *app)
{
	static const int numbers[] = {SIGHUP, SIGTERM, SIGINT};

	(void)uv_timer_init(app->loop, &app->patience);
	app->patience.data = app;
	(void)uv_timer_start(&app->patience, on_patience, PATIENCE_MS, 0);
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		(void)uv_signal_init(app->loop, &app->signals[i]);
		app->signals[i].data = app;
		(void)uv_signal_start(&app->signals[i], on_signal, numbers[i]);
	}
}

static void
load_options(struct app *app)
{
	char *problem;

	app->options = options_load(&problem);
	if (problem)
		app_say_error(app, "%s", problem);
	free(problem);
	options_bind(app->options, app->keymap);
	clock_set_zone(options_get(app->options, "timezone"));
	problem = app_load_theme(app, options_get(app->options, "theme"));
	if (problem)
		app_say_error(app, "%s", problem);
	free(problem);
	if (!app->theme)
		app->theme = theme_new_default();
}

struct app *
app_new(uv_loop_t *loop, const struct app_start *start, int fd)
{
	static const struct door_hooks hooks = {
		.on_greeted = on_greeted,
		.on_connected = on_connected,
		.on_attached = on_attached,
		.on_event = on_event,
		.on_locked = on_locked,
		.on_refused = on_refused,
		.on_away = on_away,
		.on_fatal = on_fatal,
		.get_cursor = get_cursor,
	};
	struct app *app = mem_alloc(sizeof *app);

	app->loop = loop;
	app->start = start;
	app->model = model_new();
	app->toast = toast_new();
	app->question = question_new();
	app->attention = attention_new();
	app->forms = forms_new();
	app->view = view_new();
	app->keymap = keymap_new();
	app->complete = complete_new();
	app->input = input_new(app);
	load_options(app);
	app->door = door_new(loop, &hooks, app);
	app->idle = idle_new(app);
	app->turn = turn_new(app);
	start_handles(app);
	if (start->is_demo)
		forms_try(app);
	else
		door_open(app->door, fd, start->is_embedded);
	return app;
}

static void
close_handles(struct app *app)
{
	uv_close((uv_handle_t *)&app->patience, NULL);
	for (size_t i = 0; i < sizeof app->signals / sizeof app->signals[0]; i++)
		uv_close((uv_handle_t *)&app->signals[i], NULL);
}

void
app_free(struct app *app)
{
	if (!app)
		return;
	/* Calls that wait are told that the backend is gone; they may still speak. */
	door_free(app->door);
	idle_free(app->idle);
	turn_free(app->turn);
	terminal_close(app->terminal);
	demo_free(app->demo);
	input_free(app->input);
	complete_done(app->complete);
	view_free(app->view);
	forms_free(app->forms);
	keymap_free(app->keymap);
	options_free(app->options);
	attention_free(app->attention);
	question_free(app->question);
	toast_free(app->toast);
	theme_free(app->theme);
	model_free(app->model);
	close_handles(app);
	free(app->link_told);
	free(app->warning);
	free(app->last_words);
	/* The handles are part of it: the loop closes them first. */
	while (uv_run(app->loop, UV_RUN_DEFAULT) != 0)
		;
	free(app);
}
