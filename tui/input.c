/*
 * Invariants: `base` is the draft that the text in the editor grew from; the draft timer
 * runs only while the line differs from it, the typing timer only while we are composing.
 * So an untouched tern sleeps.
 */
#include "tui/input.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/base/mem.h"
#include "tui/app.h"
#include "tui/clock.h"
#include "tui/commands.h"
#include "tui/door.h"
#include "tui/toast.h"
#include "tui/view.h"
#include "widgets/editor.h"
#include "widgets/editor_view.h"
#include "widgets/keys.h"
#include "widgets/text.h"

#define HISTORY 500
#define DRAFT_MS 600
#define PAUSE_MS 5000
#define PROMPT "› "
#define PROMPT_COLUMNS 2

struct input {
	struct app *app;
	struct editor *editor;
	struct editor_view editor_view;
	struct screen_area area;
	struct chat *chat;
	char *home; /* the line while no conversation is shown */
	char *base;
	unsigned version; /* of the editor when last looked at */
	unsigned drawn_version;
	size_t drawn_cursor;
	bool is_placed;
	int saving; /* draft calls without an answer */
	void (*on_saved)(struct app *app);
	bool is_composing;
	uint64_t key_at;
	uv_timer_t draft_timer, typing_timer;
	int open_handles;
};

struct input *
input_new(struct app *app)
{
	struct input *input = mem_alloc(sizeof *input);

	input->app = app;
	input->editor = editor_new(HISTORY);
	input->home = mem_strdup("");
	input->base = mem_strdup("");
	(void)uv_timer_init(app->loop, &input->draft_timer);
	(void)uv_timer_init(app->loop, &input->typing_timer);
	input->draft_timer.data = input;
	input->typing_timer.data = input;
	input->open_handles = 2;
	return input;
}

static void
on_handle_closed(uv_handle_t *handle)
{
	struct input *input = handle->data;

	if (--input->open_handles == 0)
		free(input);
}

void
input_free(struct input *input)
{
	if (!input)
		return;
	editor_free(input->editor);
	free(input->home);
	free(input->base);
	uv_close((uv_handle_t *)&input->draft_timer, on_handle_closed);
	uv_close((uv_handle_t *)&input->typing_timer, on_handle_closed);
}

struct editor *
input_editor(struct input *input)
{
	return input->editor;
}

static bool
is_attached(const struct app *app)
{
	return door_state(app->door) == DOOR_ATTACHED;
}

/* ---- drafts ---------------------------------------------------------------- */

struct draft_save {
	struct app *app;
	char *jid, *text;
};

static void
on_draft_saved(void *data, const struct bridge_failure *failure, const void *result)
{
	struct draft_save *save = data;
	struct app *app = save->app;
	struct input *input = app->input;
	struct chat *chat = model_chat(app->model, save->jid);

	(void)result;
	input->saving--;
	/* The event of an older save may have passed meanwhile. */
	if (chat && !failure && input->saving == 0)
		mem_replace(&chat->draft, save->text);
	else if (chat && failure)
		mem_replace(&chat->input, save->text);
	if (failure && strcmp(failure->code, "TOO_LARGE") == 0)
		app_say_error(app, "%s", failure->message);
	if (input->saving == 0 && input->on_saved) {
		void (*done)(struct app *) = input->on_saved;

		input->on_saved = NULL;
		done(app);
	}
	free(save->jid);
	free(save->text);
	free(save);
}

/* Keeps TEXT as CHAT's draft: in the daemon, or here until it is back. */
static void
keep_draft(struct app *app, struct chat *chat, const char *text)
{
	if (!is_attached(app)) {
		mem_replace(&chat->input, text);
		return;
	}
	mem_replace(&chat->input, "");
	if (strcmp(chat->draft, text) == 0)
		return;
	mem_replace(&chat->draft, text);
	struct draft_save *save = mem_alloc(sizeof *save);
	*save = (struct draft_save){app, mem_strdup(chat->jid), mem_strdup(text)};
	struct bridge_draft_params params = {
		.profile = app->model->profile, .jid = chat->jid, .text = text};
	app->input->saving++;
	client_draft_set(door_client(app->door), &params, on_draft_saved, save);
}

static void
save_line(struct app *app)
{
	struct input *input = app->input;

	if (!input->chat)
		return;
	(void)uv_timer_stop(&input->draft_timer);
	char *text = editor_text(input->editor);
	if (command_is_secret(text)) {
		mem_wipe(text, strlen(text));
		text[0] = '\0';
	}
	keep_draft(app, input->chat, text);
	mem_replace(&input->base, text);
	free(text);
}

static void
on_draft_timer(uv_timer_t *timer)
{
	struct input *input = timer->data;

	save_line(input->app);
}

bool
input_save(struct app *app, void (*done)(struct app *app))
{
	struct input *input = app->input;

	save_line(app);
	if (input->saving == 0)
		return false;
	input->on_saved = done;
	return true;
}

void
input_update(struct app *app)
{
	struct input *input = app->input;

	if (!input->chat || input->saving > 0 || !is_attached(app) ||
	    strcmp(input->chat->draft, input->base) == 0 || input->chat->input[0])
		return;
	char *text = editor_text(input->editor);
	bool is_untouched = strcmp(text, input->base) == 0;
	free(text);
	mem_replace(&input->base, input->chat->draft);
	if (is_untouched) {
		editor_set_text(input->editor, input->base);
		input->version = editor_version(input->editor);
	}
}

/* ---- typing ---------------------------------------------------------------- */

static void
tell_typing(struct app *app, enum bridge_chat_state state)
{
	struct input *input = app->input;

	if (!is_attached(app) || !input->chat ||
	    input->chat->kind != conversation_kind_CHAT ||
	    !model_setting_is_on(app->model, "typing", true))
		return;
	struct bridge_typing_params params = {
		.profile = app->model->profile, .jid = input->chat->jid, .state = state};
	client_typing_set(door_client(app->door), &params, NULL, NULL);
}

static void
stop_typing(struct app *app, enum bridge_chat_state state)
{
	struct input *input = app->input;

	(void)uv_timer_stop(&input->typing_timer);
	if (input->is_composing && state != chat_state_NONE)
		tell_typing(app, state);
	input->is_composing = false;
}

static void
on_typing_timer(uv_timer_t *timer)
{
	struct input *input = timer->data;
	uint64_t quiet = uv_now(input->app->loop) - input->key_at;

	if (quiet < PAUSE_MS)
		(void)uv_timer_start(timer, on_typing_timer, PAUSE_MS - quiet, 0);
	else
		stop_typing(input->app, chat_state_PAUSED);
}

static void
note_typing(struct app *app)
{
	struct input *input = app->input;
	const char *raw = editor_raw(input->editor);

	input->key_at = uv_now(app->loop);
	if (raw[0] == '\0') {
		stop_typing(app, chat_state_ACTIVE);
	} else if (!input->is_composing && raw[0] != '/') {
		input->is_composing = true;
		tell_typing(app, chat_state_COMPOSING);
		(void)uv_timer_start(&input->typing_timer, on_typing_timer, PAUSE_MS, 0);
	}
}

/* ---- editing -------------------------------------------------------------------------
 */

/* After each key: what follows from a changed text. */
static void
note_change(struct app *app)
{
	struct input *input = app->input;
	unsigned version = editor_version(input->editor);

	if (version == input->version)
		return;
	input->version = version;
	if (!input->chat)
		return;
	note_typing(app);
	if (!uv_is_active((uv_handle_t *)&input->draft_timer))
		(void)uv_timer_start(&input->draft_timer, on_draft_timer, DRAFT_MS, 0);
}

void
input_touch(struct app *app)
{
	note_change(app);
}

/* Lists are moved through with the arrows while the line is empty. */
static bool
moves_list(struct app *app, int editor_action)
{
	bool is_search = view_is_search(app->view);

	if (view_kind(app->view) == VIEW_CHAT ||
	    (!editor_is_empty(app->input->editor) && !is_search))
		return false;
	if (editor_action == EDITOR_OLDER)
		view_move(app, -1);
	else if (editor_action == EDITOR_NEWER)
		view_move(app, 1);
	else if (!is_search &&
		 (editor_action == EDITOR_HOME || editor_action == EDITOR_END))
		view_end(app, editor_action == EDITOR_HOME);
	else
		return false;
	return true;
}

void
input_edit(struct app *app, int editor_action)
{
	if (moves_list(app, editor_action))
		return;
	(void)editor_act(app->input->editor, (enum editor_action)editor_action);
	note_change(app);
}

void
input_event(struct app *app, const struct keys_event *event)
{
	struct input *input = app->input;

	if (event->type == KEYS_TEXT) {
		editor_insert(input->editor, event->text, event->len);
	} else if (event->type == KEYS_PASTE) {
		editor_paste(input->editor, event->text, event->len);
		if (event->is_cut)
			app_say_error(app, "The paste was longer than 1 MiB; the rest "
					   "was left out.");
	}
	note_change(app);
}

void
input_clear(struct app *app)
{
	editor_clear(app->input->editor);
	toast_clear(app->toast);
	note_change(app);
}

void
input_put(struct app *app, const char *text)
{
	editor_set_text(app->input->editor, text);
	note_change(app);
}

bool
input_take_back(struct app *app, const char *text)
{
	struct editor *editor = app->input->editor;

	if (editor_is_empty(editor)) {
		input_put(app, text);
		return true;
	}
	/* The daemon may have made it the draft already. */
	char *now = editor_text(editor);
	bool is_there = strcmp(now, text) == 0;
	free(now);
	if (!is_there)
		editor_add_history(editor, text);
	return is_there;
}

void
input_show(struct app *app, struct chat *chat)
{
	struct input *input = app->input;

	if (chat == input->chat)
		return;
	stop_typing(app, chat_state_PAUSED);
	if (input->chat) {
		save_line(app);
	} else {
		free(input->home);
		input->home = editor_text(input->editor);
	}
	input->chat = chat;
	const char *text = input->home;
	if (chat)
		text = chat->input[0] ? chat->input : chat->draft;
	editor_set_text(input->editor, text);
	mem_replace(&input->base, chat ? chat->draft : "");
	input->version = editor_version(input->editor);
}

/* ---- sending --------------------------------------------------------------- */

struct send {
	struct app *app;
	char *jid;
	uint8_t token[CHAT_TOKEN];
};

static void
on_sent(void *data, const struct bridge_failure *failure, const void *result)
{
	struct send *send = data;
	struct app *app = send->app;
	struct chat *chat = model_chat(app->model, send->jid);
	struct chat_line *line = chat ? chat_pending(chat, send->token) : NULL;

	if (line && !failure) {
		const struct bridge_message_send_result *stored = result;

		line->stored_id = (uint64_t)stored->id;
		if (chat_line(chat, line->stored_id))
			chat_drop(chat, line);
	} else if (line && strcmp(failure->code, "BACKEND_GONE") != 0) {
		/* With the backend gone it is sent again by its token after the next
		 * attach; any other answer means: it was not stored. */
		app_say_error(app, "Not sent: %s", failure->message);
		if (view_chat(app->view) == chat && editor_is_empty(app->input->editor))
			input_put(app, line->text);
		else
			editor_add_history(app->input->editor, line->text);
		chat_drop(chat, line);
	}
	free(send->jid);
	free(send);
}

static void
call_send(struct app *app, const struct chat *chat, const struct chat_line *line)
{
	struct send *send = mem_alloc(sizeof *send);
	struct bridge_message_send_params params = {
		.profile = app->model->profile,
		.token = {line->token, CHAT_TOKEN},
		.jid = chat->jid,
		.body = line->text,
	};

	send->app = app;
	send->jid = mem_strdup(chat->jid);
	memcpy(send->token, line->token, CHAT_TOKEN);
	client_message_send(door_client(app->door), &params, on_sent, send);
}

void
input_send(struct app *app, struct chat *chat, const char *text)
{
	uint8_t token[CHAT_TOKEN];

	client_token(token);
	call_send(app, chat, chat_add_pending(chat, token, text, clock_now()));
	if (view_chat(app->view) == chat)
		view_answered(app);
}

void
input_attached(struct app *app)
{
	const struct model *model = app->model;

	for (size_t i = 0; i < model->chats.count; i++) {
		struct chat *chat = model->chats.rows[i];

		for (size_t j = 0; j < chat->line_count; j++)
			if (chat->lines[j]->has_token && !chat->lines[j]->stored_id)
				call_send(app, chat, chat->lines[j]);
		if (chat->input[0] && chat != app->input->chat)
			keep_draft(app, chat, chat->input);
	}
	if (app->input->chat && app->input->chat->input[0])
		save_line(app);
}

/* The line is done with: it goes into the history, unless it holds a password. */
static void
take_line(struct app *app, const char *text)
{
	struct input *input = app->input;

	stop_typing(app, chat_state_NONE);
	if (command_is_secret(text))
		editor_set_text(input->editor, NULL);
	else
		free(editor_take(input->editor));
	input->version = editor_version(input->editor);
	save_line(app);
}

/* A line without a command: to the conversation that is shown. */
static void
enter_text(struct app *app, const char *text)
{
	struct chat *chat = view_chat(app->view);

	if (view_is_search(app->view)) {
		view_open_selected(app);
		return;
	}
	if (!chat) {
		app_say_error(app, "No conversation is open here: /msg NAME opens one. "
				   "Your text is kept.");
		return;
	}
	if (!app_client(app))
		return;
	input_send(app, chat, text);
	take_line(app, "");
}

/* The line goes before the command runs, so that one which shows another conversation
 * leaves nothing behind; it comes back where the command could not be done. */
static void
enter_command(struct app *app, const char *text)
{
	if (!command_is_known(app, text))
		return;
	take_line(app, text);
	if (!command_run(app, text) && editor_is_empty(app->input->editor))
		input_put(app, text);
}

void
input_enter(struct app *app)
{
	struct editor *editor = app->input->editor;

	toast_clear(app->toast);
	if (editor_is_empty(editor)) {
		view_open_selected(app);
		return;
	}
	char *text = editor_text(editor);
	bool is_plain = editor_has_paste(editor) || strchr(text, '\n');
	if (text[0] == '/' && text[1] != '/' && !is_plain)
		enter_command(app, text);
	else
		enter_text(app, text + (text[0] == '/' && !is_plain ? 1 : 0));
	mem_wipe(text, strlen(text));
	free(text);
}

/* ---- drawing --------------------------------------------------------------- */

int
input_rows(struct app *app, int width, int max)
{
	return editor_view_rows(app->input->editor, PROMPT_COLUMNS, width, max);
}

void
input_set_area(struct app *app, struct screen_area area)
{
	app->input->area = area;
	app->input->is_placed = false;
}

void
input_draw(struct app *app, struct screen *screen)
{
	struct input *input = app->input;
	unsigned version = editor_version(input->editor);
	size_t cursor = editor_cursor(input->editor);

	if (input->is_placed && version == input->drawn_version &&
	    cursor == input->drawn_cursor)
		return;
	input->is_placed = true;
	input->drawn_version = version;
	input->drawn_cursor = cursor;
	editor_view_draw(&input->editor_view, input->editor, screen, input->area, PROMPT,
			 true);
}
