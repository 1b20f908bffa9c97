/*
 * Commands on one's own availability and connection.
 */
#include "tui/app.h"
#include "tui/commands.h"

static bool
set_presence(struct app *app, enum bridge_show show, const char *text)
{
	struct client *client = app_client(app);

	if (!client)
		return false;
	struct bridge_presence_params params = {.profile = app->model->profile,
						.show = show,
						.text = text[0] ? text : NULL};
	client_presence_set(client, &params, app_told, app);
	return true;
}

bool
command_online(struct app *app, const char *arguments)
{
	return set_presence(app, show_ONLINE, arguments);
}

bool
command_away(struct app *app, const char *arguments)
{
	return set_presence(app, show_AWAY, arguments);
}

bool
command_xa(struct app *app, const char *arguments)
{
	return set_presence(app, show_XA, arguments);
}

bool
command_dnd(struct app *app, const char *arguments)
{
	return set_presence(app, show_DND, arguments);
}

bool
command_connect(struct app *app, const char *arguments)
{
	struct client *client = app_client(app);

	(void)arguments;
	if (!client)
		return false;
	struct bridge_profile_name params = {.profile = app->model->profile};
	app->model->link.is_wanted = true;
	client_link_connect(client, &params, app_told, app);
	return true;
}

bool
command_disconnect(struct app *app, const char *arguments)
{
	struct client *client = app_client(app);

	(void)arguments;
	if (!client)
		return false;
	struct bridge_profile_name params = {.profile = app->model->profile};
	/* At once, for the last words of a /detach that follows; its event comes later.
	 */
	app->model->link.is_wanted = false;
	client_link_disconnect(client, &params, app_told, app);
	app_say(app, "You are offline and stay so until /connect.");
	return true;
}
