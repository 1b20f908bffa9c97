/*
 * Logging in for the first time. Making the profile, attaching to it and connecting are
 * one attempt; `made` names the profile while there is one to take back.
 */
#include "tui/login.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/base/mem.h"
#include "tui/app.h"
#include "tui/door.h"
#include "tui/forms_private.h"
#include "tui/names.h"
#include "tui/view.h"
#include "widgets/form.h"
#include "widgets/theme.h"

static void
on_deleted(void *data, const struct bridge_failure *failure, const void *result)
{
	struct app *app = data;

	(void)failure;
	(void)result;
	if (app->forms->kind == FORMS_LOGIN && !app->forms->made) {
		form_set_busy(app->forms->form, false);
		view_place_all(app->view);
	}
}

void
login_undo(struct app *app, const char *reason)
{
	struct forms *forms = app->forms;
	struct client *client = door_client(app->door);
	char *made = forms->made;

	forms->made = NULL;
	forms_set_failed(app, reason);
	if (made && client) {
		struct bridge_profile_name params = {.profile = made};

		form_set_busy(forms->form, true);
		client_profile_delete(client, &params, on_deleted, app);
	}
	door_detach(app->door);
	model_forget(app->model);
	mem_replace(&app->model->profile, "");
	free(made);
}

static void
on_created(void *data, const struct bridge_failure *failure, const void *result)
{
	struct app *app = data;
	struct forms *forms = app->forms;

	(void)result;
	if (forms->kind != FORMS_LOGIN)
		return;
	if (failure) {
		mem_replace(&forms->made, NULL);
		if (forms->is_trying)
			forms_set_failed(app, failure->message);
		return;
	}
	if (!forms->is_trying) {
		login_undo(app, "Cancelled.");
		return;
	}
	forms_say(app, ROLE_NOTICE, "Connecting…");
	door_attach(app->door, forms->made);
}

static long
port_of(const char *text)
{
	char *end;
	long port = strtol(text, &end, 10);

	return *end == '\0' && port >= 0 && port <= 65535 ? port : -1;
}

/* The first thing wrong in the form, with the focus on it; NULL if nothing is. */
static const char *
check_login(struct form *form)
{
	char *address = names_address(form_value(form, "address"));
	bool is_account = address && strchr(address, '@');

	free(address);
	if (!is_account) {
		form_set_focus(form, "address");
		return "The address looks like name@server.";
	}
	if (form_value(form, "password")[0] == '\0') {
		form_set_focus(form, "password");
		return "The password is missing.";
	}
	if (form_value(form, "profile")[0] == '\0') {
		form_set_focus(form, "profile");
		return "The profile needs a name.";
	}
	if (port_of(form_value(form, "port")) < 0) {
		form_set_focus(form, "port");
		return "A port is a number up to 65535.";
	}
	return NULL;
}

/* A copy of a field, since its value is borrowed only until the next call; "" is NULL. */
static char *
field(struct form *form, const char *name)
{
	const char *value = form_value(form, name);

	return value[0] ? mem_strdup(value) : NULL;
}

static void
create(struct app *app, struct client *client)
{
	struct form *form = app->forms->form;
	char *address = names_address(form_value(form, "address"));
	char *password = field(form, "password"), *vault = field(form, "vault");
	char *host = field(form, "host"), *ca_file = field(form, "ca");
	struct bridge_profile_create_params params = {
		.profile = app->forms->made,
		.jid = address,
		.password = password,
		.profile_password = vault,
		.host = host,
		.port = port_of(form_value(form, "port")),
		.direct_tls = form_is_checked(form, "tls"),
		.ca_file = ca_file,
	};

	client_profile_create(client, &params, on_created, app);
	forms_wipe(password);
	forms_wipe(vault);
	free(address);
	free(host);
	free(ca_file);
}

void
login_submit(struct app *app, const char *button)
{
	struct forms *forms = app->forms;
	struct client *client = door_client(app->door);
	const char *problem = check_login(forms->form);

	(void)button;
	if (!client)
		problem = "The daemon is away; try again in a moment.";
	if (problem) {
		forms_say(app, ROLE_ERROR, problem);
		return;
	}
	mem_replace(&forms->made, form_value(forms->form, "profile"));
	forms_set_busy(app, "Making the profile…");
	create(app, client);
}

void
login_cancel(struct app *app)
{
	struct forms *forms = app->forms;

	if (!forms->is_trying) {
		forms_show(app, FORMS_FIRST);
		return;
	}
	if (app->model->profile[0])
		login_undo(app, "Cancelled.");
	else
		forms_set_failed(app, "Cancelled."); /* on_created takes it back */
}

void
login_propose(struct app *app)
{
	struct form *form = app->forms->form;

	if (form_is_touched(form, "profile"))
		return;
	const char *address = form_value(form, "address");
	char *local = mem_strndup(address, strcspn(address, "@"));
	form_set_value(form, "profile", local);
	free(local);
}
