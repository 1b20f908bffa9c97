/*
 * Each copy of a password lives until the call that takes it was made, and is wiped then.
 */
#include "tui/passwords.h"

#include <string.h>

#include "bridge/base/mem.h"
#include "tui/app.h"
#include "tui/door.h"
#include "tui/forms_private.h"
#include "widgets/form.h"
#include "widgets/theme.h"

void
passwords_failed(struct app *app, const char *reason)
{
	forms_set_failed(app, reason);
	form_set_value(app->forms->form, "password", NULL);
}

static void
on_unlocked(void *data, const struct bridge_failure *failure, const void *result)
{
	struct app *app = data;

	(void)result;
	if (app->forms->kind != FORMS_UNLOCK)
		return;
	if (failure) {
		passwords_failed(app, failure->message);
		return;
	}
	const char *profile =
		app->model->profile[0] ? app->model->profile : app->start->profile;
	door_attach(app->door, profile);
}

void
passwords_unlock(struct app *app, const char *button)
{
	struct client *client = door_client(app->door);
	const char *profile =
		app->model->profile[0] ? app->model->profile : app->start->profile;

	(void)button;
	if (!client) {
		forms_say(app, ROLE_ERROR, "The daemon is away; try again in a moment.");
		return;
	}
	char *password = mem_strdup(form_value(app->forms->form, "password"));
	struct bridge_profile_unlock_params params = {.profile = profile,
						      .password = password};
	forms_set_busy(app, "Unlocking…");
	client_profile_unlock(client, &params, on_unlocked, app);
	forms_wipe(password);
}

void
passwords_stay_locked(struct app *app)
{
	app_end(app, 0, mem_strdup("The profile stays locked; `tern` asks again."));
}

static void
on_password(void *data, const struct bridge_failure *failure, const void *result)
{
	struct app *app = data;

	(void)result;
	if (failure && app->forms->kind == FORMS_PASSWORD)
		passwords_failed(app, failure->message);
}

void
passwords_log_in(struct app *app, const char *button)
{
	struct client *client = door_client(app->door);

	(void)button;
	if (!client) {
		forms_say(app, ROLE_ERROR, "The daemon is away; try again in a moment.");
		return;
	}
	char *password = mem_strdup(form_value(app->forms->form, "password"));
	struct bridge_profile_change_params params = {.profile = app->model->profile,
						      .password = password};
	forms_set_busy(app, "Connecting…");
	/* The refusal that the model still holds is the old one. */
	app->model->link.state = link_state_CONNECTING;
	client_profile_change(client, &params, on_password, app);
	forms_wipe(password);
}

void
passwords_join(struct app *app, const char *button)
{
	struct forms *forms = app->forms;
	char *password = mem_strdup(form_value(forms->form, "password"));
	forms_key key = forms->key;

	(void)button;
	/* Closing the form says that none was given. */
	forms->key = NULL;
	forms_close(app);
	key(forms->key_data, password);
	forms_wipe(password);
	/* What waited behind it. */
	forms_link(app);
}

void
passwords_stay_out(struct app *app)
{
	forms_close(app);
	forms_link(app);
}
