/*
 * A table of forms with what each does when it is submitted, cancelled, or the connection
 * changes. Making a profile and attaching to it is one attempt: when it fails or is
 * cancelled, the profile goes again, so nothing half-made is left (login.c).
 */
#include "tui/forms.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"
#include "tui/app.h"
#include "tui/demo.h"
#include "tui/door.h"
#include "tui/forms_private.h"
#include "tui/leave.h"
#include "tui/login.h"
#include "tui/passwords.h"
#include "tui/room_config.h"
#include "tui/room_form.h"
#include "tui/terminal.h"
#include "tui/view.h"
#include "widgets/form.h"
#include "widgets/keys.h"
#include "widgets/theme.h"

static const struct form_field first_fields[] = {
	{"note", FORM_NOTE, "tern is a client for XMPP, the open network for chat.", NULL,
	 false},
	{"try", FORM_BUTTON, "Try it",
	 "A private server on this machine with two contacts that answer; gone when you "
	 "leave.",
	 false},
	{"login", FORM_BUTTON, "Log in", "With an account that you have.", false},
	{"quit", FORM_BUTTON, "Quit", NULL, false},
};

static const struct form_field login_fields[] = {
	{"address", FORM_TEXT, "Address", "Your account, such as anna@example.org.",
	 false},
	{"password", FORM_SECRET, "Password", "The account's password.", false},
	{"more", FORM_MORE, "More", "Profile, host, port, certificates.", false},
	{"profile", FORM_TEXT, "Profile name",
	 "What this account is called on this machine.", true},
	{"vault", FORM_SECRET, "Profile password",
	 "Seals the stored password on this machine and is asked for when tern starts; "
	 "empty: unprotected.",
	 true},
	{"host", FORM_TEXT, "Host", "Connect here; empty: found by the address.", true},
	{"port", FORM_TEXT, "Port", "And to this port; empty: the usual one.", true},
	{"tls", FORM_CHECK, "Direct TLS", "TLS from the first byte, without STARTTLS.",
	 true},
	{"ca", FORM_TEXT, "CA file", "A PEM file trusted instead of the system's.", true},
	{"submit", FORM_BUTTON, "Log in", NULL, false},
	{"cancel", FORM_BUTTON, "Back", NULL, false},
	{"note", FORM_NOTE,
	 "No account yet? Many servers give one for free: see "
	 "https://providers.xmpp.net.",
	 NULL, false},
};

static const struct form_field unlock_fields[] = {
	{"note", FORM_NOTE,
	 "This profile is protected by a password of its own (not the account's).", NULL,
	 false},
	{"password", FORM_SECRET, "Profile password", NULL, false},
	{"submit", FORM_BUTTON, "Unlock", NULL, false},
	{"cancel", FORM_BUTTON, "Leave it locked", NULL, false},
};

static const struct form_field password_fields[] = {
	{"note", FORM_NOTE, "The server refused the account's password.", NULL, false},
	{"password", FORM_SECRET, "Password", "The account's password as it is now.",
	 false},
	{"submit", FORM_BUTTON, "Log in", NULL, false},
	{"cancel", FORM_BUTTON, "Stay offline", NULL, false},
};

static const struct form_field trial_fields[] = {
	{"note", FORM_NOTE,
	 "A private server on this machine, with two contacts that answer. It ends, and "
	 "all its data goes, when you leave tern.",
	 NULL, false},
	{"cancel", FORM_BUTTON, "Quit", NULL, false},
};

static const struct form_field install_fields[] = {
	{"note", FORM_NOTE,
	 "The trial needs packages from Debian: a server (Prosody) and slixmpp. No "
	 "service of theirs will be started. tern leaves the screen to apt meanwhile.",
	 NULL, false},
	{"submit", FORM_BUTTON, "Install them", NULL, false},
	{"cancel", FORM_BUTTON, "Back", NULL, false},
};

static const struct form_field key_fields[] = {
	{"password", FORM_SECRET, "Password", "The room's; whoever told you of it knows.",
	 false},
	{"submit", FORM_BUTTON, "Join", NULL, false},
	{"cancel", FORM_BUTTON, "Back", NULL, false},
};

struct form_row {
	const char *title;
	const struct form_field *fields;
	size_t count;
	void (*submit)(struct app *app, const char *button);
	void (*cancel)(struct app *app);
	bool is_last; /* cancelling it ends tern, which Ctrl-C never does */
};

static const struct form_row *row_of(enum forms_kind kind);

static void
drop_form(struct forms *forms)
{
	forms_key key = forms->key;

	forms->key = NULL;
	if (key)
		key(forms->key_data, NULL);
	form_free(forms->form);
	room_form_free(forms->room);
	forms->form = NULL;
	forms->room = NULL;
	forms->kind = FORMS_NONE;
}

struct forms *
forms_new(void)
{
	return mem_alloc(sizeof(struct forms));
}

void
forms_free(struct forms *forms)
{
	if (!forms)
		return;
	drop_form(forms);
	free(forms->made);
	free(forms);
}

enum forms_kind
forms_kind(const struct app *app)
{
	return app->forms->kind;
}

void
forms_show(struct app *app, enum forms_kind kind)
{
	struct forms *forms = app->forms;
	const struct form_row *row = row_of(kind);

	app_need_screen(app);
	if (!app->terminal || forms->kind == kind)
		return;
	drop_form(forms);
	forms->kind = kind;
	forms->is_trying = false;
	forms->form = form_new(row->title, row->fields, row->count);
	view_show(app, VIEW_FORM);
	view_place_all(app->view);
}

void
forms_close(struct app *app)
{
	struct forms *forms = app->forms;

	drop_form(forms);
	forms->is_trying = false;
	mem_replace(&forms->made, NULL);
	view_back(app);
}

void
forms_show_room(struct app *app, struct room_form *take_room)
{
	struct forms *forms = app->forms;

	if (!app->terminal || forms->kind != FORMS_NONE) {
		room_form_free(take_room);
		return;
	}
	forms->kind = FORMS_ROOM;
	forms->is_trying = forms->is_warned = forms->is_sending = false;
	forms->room = take_room;
	forms->room_number++;
	forms->form = room_form_widget(take_room);
	view_show(app, VIEW_FORM);
	view_place_all(app->view);
	forms_say(app, ROLE_NOTICE, "Tab and arrows move, C-s sends, Esc gives up.");
}

void
forms_say(struct app *app, int role, const char *text)
{
	char *clean = clean_text(text, CLEAN_TEXT, 1024);

	form_set_message(app->forms->form, role, clean);
	free(clean);
}

void
forms_set_busy(struct app *app, const char *phase)
{
	app->forms->is_trying = true;
	form_set_busy(app->forms->form, true);
	forms_say(app, ROLE_NOTICE, phase);
}

void
forms_set_failed(struct app *app, const char *reason)
{
	app->forms->is_trying = false;
	form_set_busy(app->forms->form, false);
	forms_say(app, ROLE_ERROR, reason);
}

bool
forms_ask_key(struct app *app, const char *text, forms_key key, void *data)
{
	struct forms *forms = app->forms;

	if (!app->terminal || forms->kind != FORMS_NONE)
		return false;
	forms_show(app, FORMS_KEY);
	forms->key = key;
	forms->key_data = data;
	forms_say(app, ROLE_NOTICE, text);
	return true;
}

void
forms_wipe(char *secret)
{
	if (secret)
		mem_wipe(secret, strlen(secret));
	free(secret);
}

/* ---- the first run and the trial ------------------------------------------- */

void
forms_try(struct app *app)
{
	char *problem;

	if (!demo_has_packages(&problem)) {
		if (problem)
			forms_say(app, ROLE_ERROR, problem);
		else
			forms_show(app, FORMS_INSTALL);
		free(problem);
		return;
	}
	forms_show(app, FORMS_TRIAL);
	forms_set_busy(app, "Starting the server…");
	app->demo = demo_start(app);
}

static void
submit_first(struct app *app, const char *button)
{
	if (strcmp(button, "try") == 0)
		forms_try(app);
	else if (strcmp(button, "login") == 0)
		forms_show(app, FORMS_LOGIN);
	else
		leave_unused(app);
}

static void
cancel_first(struct app *app)
{
	leave_unused(app);
}

static void
back_to_first(struct app *app)
{
	forms_show(app, FORMS_FIRST);
}

static void
submit_install(struct app *app, const char *button)
{
	(void)button;
	screen_suspend(terminal_screen(app->terminal));
	bool is_installed = demo_install();
	screen_resume(terminal_screen(app->terminal));
	view_place_all(app->view);
	if (is_installed)
		forms_try(app);
	else
		forms_say(app, ROLE_ERROR, "The packages could not be installed.");
}

static void
cancel_trial(struct app *app)
{
	/* What was started ends with tern alone: a trial is left by leaving. */
	app_end(app, 0, NULL);
}

static void
submit_trial(struct app *app, const char *button)
{
	(void)button;
	cancel_trial(app);
}

/* ---- what all have in common ----------------------------------------------- */

#define ROW(title, fields, submit, cancel, is_last)                                      \
	{                                                                                \
		title, fields, sizeof fields / sizeof fields[0], submit, cancel, is_last \
	}

static const struct form_row form_rows[FORMS_KIND_COUNT] = {
	[FORMS_FIRST] = ROW("tern", first_fields, submit_first, cancel_first, true),
	[FORMS_LOGIN] = ROW("Log in", login_fields, login_submit, login_cancel, false),
	[FORMS_UNLOCK] = ROW("Locked", unlock_fields, passwords_unlock,
			     passwords_stay_locked, true),
	[FORMS_PASSWORD] = ROW("Password refused", password_fields, passwords_log_in,
			       forms_close, false),
	[FORMS_TRIAL] = ROW("Trial", trial_fields, submit_trial, cancel_trial, true),
	[FORMS_INSTALL] =
		ROW("Trial", install_fields, submit_install, back_to_first, false),
	[FORMS_KEY] = ROW("A room's password", key_fields, passwords_join,
			  passwords_stay_out, false),
	[FORMS_ROOM] = {.submit = room_config_submit, .cancel = room_config_cancel},
};

static const struct form_row *
row_of(enum forms_kind kind)
{
	return &form_rows[kind];
}

static bool
is_ctrl(const struct keys_event *event, char letter)
{
	return event->type == KEYS_KEY && event->key == (KEYS_CTRL | (uint32_t)letter);
}

static void
cancel(struct app *app, const struct form_row *row, const struct keys_event *event)
{
	if (is_ctrl(event, 'c') && row->is_last)
		forms_say(app, ROLE_NOTICE, "Esc leaves tern.");
	else
		row->cancel(app);
}

void
forms_event(struct app *app, const struct keys_event *event)
{
	struct forms *forms = app->forms;

	if (!forms->form)
		return;
	const struct form_row *row = row_of(forms->kind);
	enum form_result result = form_event(forms->form, event);
	const char *button = form_focus(forms->form);
	/* The only form that is long. */
	if (forms->kind == FORMS_ROOM && is_ctrl(event, 's'))
		room_config_submit(app, "send");
	else if (forms->kind == FORMS_ROOM && result == FORM_CHANGED)
		room_config_changed(app);
	else if (result == FORM_CHANGED && forms->kind == FORMS_LOGIN &&
		 strcmp(button, "address") == 0)
		login_propose(app);
	else if (result == FORM_CANCELLED ||
		 (result == FORM_PRESSED && strcmp(button, "cancel") == 0))
		cancel(app, row, event);
	else if (result == FORM_PRESSED || result == FORM_SUBMITTED)
		row->submit(app, button);
}

static const char *
phase_of(enum bridge_link_state state)
{
	static const char *const phases[link_state_COUNT] = {
		[link_state_RESOLVING] = "Looking up the server…",
		[link_state_CONNECTING] = "Connecting…",
		[link_state_SECURING] = "Checking the server's certificate…",
		[link_state_AUTHENTICATING] = "Logging in…",
		[link_state_BINDING] = "Logging in…",
	};

	return phases[state];
}

static bool
is_about_password(const struct model_link *link)
{
	return link->condition && strcmp(link->condition, "not-authorized") == 0;
}

static void
link_of_attempt(struct app *app)
{
	struct forms *forms = app->forms;
	const struct model_link *link = &app->model->link;
	bool is_refused = link->state == link_state_REFUSED ||
			  (link->state == link_state_WAITING && link->reason);
	const char *reason = link->reason ? link->reason : "The server refused.";

	if (model_is_online(app->model)) {
		forms->was_refused = false;
		forms_close(app);
	} else if (is_refused && forms->kind == FORMS_LOGIN) {
		char *copy = mem_strdup(reason);

		login_undo(app, copy);
		free(copy);
	} else if (forms->kind == FORMS_PASSWORD && is_about_password(link) &&
		   is_refused) {
		passwords_failed(app, reason);
	} else if (is_refused) {
		forms_set_failed(app, reason);
	} else if (phase_of(link->state)) {
		forms_say(app, ROLE_NOTICE, phase_of(link->state));
	}
}

void
forms_link(struct app *app)
{
	struct forms *forms = app->forms;
	const struct model_link *link = &app->model->link;

	if (link->state != link_state_REFUSED && link->state != link_state_WAITING)
		forms->was_refused = false;
	if (forms->kind == FORMS_UNLOCK && door_state(app->door) == DOOR_ATTACHED &&
	    link->state != link_state_LOCKED)
		forms_close(app);
	else if (forms->kind == FORMS_PASSWORD && model_is_online(app->model))
		forms_close(app); /* it may have been told elsewhere */
	else if (forms->kind != FORMS_NONE && forms->is_trying)
		link_of_attempt(app);
	if (forms->kind != FORMS_NONE)
		return;
	if (link->state == link_state_LOCKED) {
		forms_show(app, FORMS_UNLOCK);
	} else if (link->state == link_state_REFUSED && is_about_password(link) &&
		   !forms->was_refused) {
		forms->was_refused = true;
		forms_show(app, FORMS_PASSWORD);
		if (link->reason)
			forms_say(app, ROLE_ERROR, link->reason);
	}
}

void
forms_fail(struct app *app, const char *reason)
{
	if (app->forms->form)
		forms_set_failed(app, reason);
	else if (app->terminal)
		app_say_error(app, "%s", reason);
}

void
forms_set_area(struct app *app, struct screen_area area)
{
	if (!app->forms->form)
		return;
	form_set_area(app->forms->form, area);
	form_touch(app->forms->form);
}

void
forms_draw(struct app *app, struct screen *screen)
{
	if (app->forms->form)
		form_draw(app->forms->form, screen);
}
