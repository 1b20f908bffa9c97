/*
 * Commands on contacts: the roster, subscription requests, blocking. What changed is seen
 * by the daemon's events; what went wrong is said.
 */
#include <stdlib.h>
#include <string.h>

#include "bridge/base/buf.h"
#include "bridge/base/mem.h"
#include "tui/app.h"
#include "tui/commands.h"
#include "tui/names.h"
#include "tui/target.h"
#include "tui/view.h"

/* What to say when a call has worked. */
struct told {
	struct app *app;
	char *text;
};

static void
on_told(void *data, const struct bridge_failure *failure, const void *result)
{
	struct told *told = data;

	if (failure)
		app_told(told->app, failure, result);
	else
		app_say(told->app, "%s", told->text);
	free(told->text);
	free(told);
}

static struct told *
told_new(struct app *app, char *take_text)
{
	struct told *told = mem_alloc(sizeof *told);

	*told = (struct told){app, take_text};
	return told;
}

bool
command_add(struct app *app, const char *arguments)
{
	const char *name = arguments;
	char *word = command_word(&name);

	if (!word)
		return command_misused(app, "add");
	char *jid = names_address(word);
	struct client *client = jid ? app_client(app) : NULL;
	if (!jid)
		app_say_error(app, "%s is no address; one looks like name@server.", word);
	if (client) {
		struct bridge_roster_set_params params = {
			.profile = app->model->profile,
			.jid = jid,
			.name = name[0] ? name : NULL,
			.subscribe = true,
		};
		char *text = mem_printf("%s is among your contacts now and was asked to "
					"show when they are online.",
					jid);

		client_roster_set(client, &params, on_told, told_new(app, text));
	}
	free(word);
	free(jid);
	return client != NULL;
}

bool
command_remove(struct app *app, const char *arguments)
{
	char *jid = target_or_shown(app, arguments, true);
	struct client *client = jid ? app_client(app) : NULL;

	if (client) {
		struct bridge_jid_params params = {.profile = app->model->profile,
						   .jid = jid};
		char *text = mem_printf("%s is no contact any more.", jid);

		client_roster_remove(client, &params, on_told, told_new(app, text));
	}
	free(jid);
	return client != NULL;
}

/* The contact that the first word of *REST means, NULL after saying why not. */
static const struct model_contact *
contact_of(struct app *app, const char *command, const char **rest)
{
	char *word = command_word(rest);

	if (!word) {
		(void)command_misused(app, command);
		return NULL;
	}
	char *jid = target_of(app, word, false);
	const struct model_contact *contact = jid ? model_contact(app->model, jid) : NULL;
	if (jid && !contact)
		app_say_error(app, "%s is not among your contacts; /add %s first.", jid,
			      jid);
	free(word);
	free(jid);
	return contact;
}

bool
command_rename(struct app *app, const char *arguments)
{
	const char *name = arguments;
	const struct model_contact *contact = contact_of(app, "rename", &name);
	struct client *client = contact ? app_client(app) : NULL;

	if (!client)
		return false;
	struct bridge_roster_set_params params = {
		.profile = app->model->profile, .jid = contact->jid, .name = name};
	client_roster_set(client, &params, app_told, app);
	return true;
}

bool
command_group(struct app *app, const char *arguments)
{
	const char *rest = arguments;
	const struct model_contact *contact = contact_of(app, "group", &rest);
	struct client *client = contact ? app_client(app) : NULL;
	const char **groups = NULL;
	size_t count = 0;
	char *word;

	if (!client)
		return false;
	while ((word = command_word(&rest))) {
		groups = mem_resize(groups, count + 1, sizeof *groups);
		groups[count++] = word;
	}
	struct bridge_roster_set_params params = {
		.profile = app->model->profile,
		.jid = contact->jid,
		.set_groups = true,
		.groups = groups,
		.groups_count = count,
	};
	client_roster_set(client, &params, app_told, app);
	for (size_t i = 0; i < count; i++)
		mem_replace((char **)(uintptr_t)&groups[i], NULL);
	free(groups);
	return true;
}

/* Whose request is meant: the word's, the conversation's, or the only one. */
static char *
asker_of(struct app *app, const char *word)
{
	const struct model *model = app->model;
	struct chat *chat = view_chat(app->view);

	if (word[0]) {
		char *address = names_address(word);

		if (address && by_jid_find(&model->requests, address))
			return address;
		free(address);
		return target_of(app, word, true);
	}
	if (chat && by_jid_find(&model->requests, chat->jid))
		return mem_strdup(chat->jid);
	if (model->requests.count == 1)
		return mem_strdup(((struct model_request *)model->requests.rows[0])->jid);
	if (model->requests.count == 0)
		app_say_error(app, "Nobody has asked.");
	else
		app_say_error(app, "%zu have asked: /contacts shows who.",
			      model->requests.count);
	return NULL;
}

static bool
call_on(struct app *app, char *take_jid, enum bridge_method method, const char *said)
{
	struct client *client = take_jid ? app_client(app) : NULL;

	if (client) {
		struct bridge_jid_params params = {.profile = app->model->profile,
						   .jid = take_jid};
		char *text = mem_printf("%s %s", take_jid, said);

		peer_call(client_peer(client), method, &params, 0, on_told,
			  told_new(app, text));
	}
	free(take_jid);
	return client != NULL;
}

bool
command_accept(struct app *app, const char *arguments)
{
	return call_on(app, asker_of(app, arguments), METHOD_subscription_accept,
		       "may see when you are online.");
}

bool
command_deny(struct app *app, const char *arguments)
{
	return call_on(app, asker_of(app, arguments), METHOD_subscription_deny,
		       "may not see when you are online.");
}

bool
command_block(struct app *app, const char *arguments)
{
	return call_on(app, target_or_shown(app, arguments, true), METHOD_block_add,
		       "is blocked.");
}

bool
command_unblock(struct app *app, const char *arguments)
{
	const struct model *model = app->model;

	if (arguments[0])
		return call_on(app,
			       model_is_blocked(model, arguments)
				       ? mem_strdup(arguments)
				       : target_of(app, arguments, true),
			       METHOD_block_remove, "is not blocked any more.");
	struct buf list = {0};
	for (size_t i = 0; i < model->blocked_count; i++)
		buf_printf(&list, "%s%s", i ? ", " : "", model->blocked[i]);
	char *text = buf_take_text(&list);
	if (model->blocked_count > 0)
		app_say(app, "Blocked: %s", text);
	else
		app_say(app, "Nobody is blocked.");
	free(text);
	return true;
}
