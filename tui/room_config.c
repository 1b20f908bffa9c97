/*
 * The page lives in forms.c's place; each has a number, by which an answer that comes
 * after its page is known to be late.
 */
#include "tui/room_config.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/base/mem.h"
#include "tui/app.h"
#include "tui/chat.h"
#include "tui/door.h"
#include "tui/forms_private.h"
#include "tui/room_form.h"
#include "tui/view.h"
#include "widgets/form.h"
#include "widgets/theme.h"

/* A call that is under way. */
struct call {
	struct app *app;
	char *room;
	unsigned number; /* of the page that made it */
};

static struct call *
call_new(struct app *app, const char *room)
{
	struct call *call = mem_alloc(sizeof *call);

	*call = (struct call){app, mem_strdup(room), app->forms->room_number};
	return call;
}

static void
call_free(struct call *call)
{
	free(call->room);
	free(call);
}

/* ---- showing --------------------------------------------------------------- */

/* Whether ROOM, or a private conversation in it, is what is shown. */
static bool
is_shown(const struct app *app, const char *room)
{
	const struct chat *chat = view_chat(app->view);
	size_t len = strlen(room);

	return chat && strncmp(chat->jid, room, len) == 0 &&
	       (chat->jid[len] == '\0' || chat->jid[len] == '/');
}

static void
on_form(void *data, const struct bridge_failure *failure, const void *result)
{
	struct call *call = data;
	struct app *app = call->app;
	const struct bridge_room_config_result *config = result;

	if (failure) {
		app_told(app, failure, result);
	} else if (!is_shown(app, call->room)) {
		app_say(app, "The form of %s came; /config there asks for it again.",
			call->room);
	} else {
		struct room_form *made = room_form_new(call->room, config->form);

		forms_show_room(app, made);
	}
	call_free(call);
}

void
room_config_ask(struct app *app, const char *jid)
{
	struct bridge_jid_params params = {.profile = app->model->profile, .jid = jid};

	client_room_config(door_client(app->door), &params, on_form, call_new(app, jid));
}

/* ---- sending --------------------------------------------------------------- */

static void
on_configured(void *data, const struct bridge_failure *failure, const void *result)
{
	struct call *call = data;
	struct app *app = call->app;
	struct forms *forms = app->forms;
	bool is_late = forms->kind != FORMS_ROOM || forms->room_number != call->number;

	if (!is_late)
		forms->is_sending = false;
	if (!is_late && failure) {
		forms_set_failed(app, failure->message);
		room_form_blame(forms->room, forms->form, failure->message);
	} else if (failure) {
		app_told(app, failure, result);
	} else {
		if (!is_late)
			forms_close(app);
		app_say(app, "The room took it.");
	}
	call_free(call);
}

static void
send_form(struct app *app)
{
	struct forms *forms = app->forms;
	struct client *client = door_client(app->door);
	struct arena arena = {.is_secret = true};
	struct bridge_room_configure_params params = {
		.profile = app->model->profile,
		.jid = room_form_room(forms->room),
	};

	if (forms->is_sending)
		return;
	if (!client || door_state(app->door) != DOOR_ATTACHED) {
		forms_say(app, ROLE_ERROR, "The daemon is away; try again in a moment.");
		return;
	}
	params.fields =
		room_form_changes(forms->room, forms->form, &arena, &params.fields_count);
	forms_set_busy(app, "The room is asked…");
	forms->is_trying = false; /* it is not the link that this waits for */
	forms->is_sending = true;
	client_room_configure(client, &params, on_configured, call_new(app, params.jid));
	arena_done(&arena);
}

void
room_config_submit(struct app *app, const char *button)
{
	if (strcmp(button, "send") == 0)
		send_form(app);
	else
		form_focus_next(app->forms->form);
}

/* ---- giving up ------------------------------------------------------------- */

void
room_config_cancel(struct app *app)
{
	struct forms *forms = app->forms;
	bool is_button = strcmp(form_focus(forms->form), "cancel") == 0;

	if (!is_button && !forms->is_warned &&
	    room_form_is_changed(forms->room, forms->form)) {
		forms->is_warned = true;
		forms_say(app, ROLE_NOTICE, "Esc again gives up what you changed.");
		return;
	}
	forms_close(app);
	/* What waited behind it: a password, a profile that was locked meanwhile. */
	forms_link(app);
}

void
room_config_changed(struct app *app)
{
	app->forms->is_warned = false;
	form_set_message(app->forms->form, ROLE_NOTICE, NULL);
}
