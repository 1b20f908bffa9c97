/*
 * Names first, then addresses, so that a contact whose handle looks like an address is
 * what its user calls it.
 */
#include "tui/target.h"

#include <stdlib.h>

#include "bridge/base/buf.h"
#include "bridge/base/mem.h"
#include "tui/app.h"
#include "tui/names.h"
#include "tui/view.h"

static void
say_candidates(struct app *app, const char *word, const struct names_found *found)
{
	struct buf list = {0};
	char buffer[256];
	size_t shown = found->count < NAMES_MAX ? found->count : NAMES_MAX;

	for (size_t i = 0; i < shown; i++)
		buf_printf(&list, "%s%s (%s)", i ? ", " : "",
			   model_name(app->model, found->jids[i], buffer, sizeof buffer),
			   found->jids[i]);
	if (found->count > shown)
		buf_printf(&list, " and %zu more", found->count - shown);
	char *text = buf_take_text(&list);
	app_say_error(app, "%s may be %s.", word, text);
	free(text);
}

char *
target_of(struct app *app, const char *word, bool is_new_fine)
{
	struct names_found found;

	names_find(app->model, word, &found);
	if (found.count == 1)
		return mem_strdup(found.jids[0]);
	char *address = names_address(word);
	if (address && is_new_fine)
		return address;
	free(address);
	if (found.count > 1)
		say_candidates(app, word, &found);
	else if (is_new_fine)
		app_say_error(app,
			      "Nobody here is called %s, and it is no address "
			      "(name@server).",
			      word);
	else
		app_say_error(app, "Nobody here is called %s.", word);
	return NULL;
}

char *
target_or_shown(struct app *app, const char *word, bool is_new_fine)
{
	struct chat *chat = view_chat(app->view);

	if (word && word[0])
		return target_of(app, word, is_new_fine);
	if (chat)
		return mem_strdup(chat->jid);
	app_say_error(app, "Whom? Name somebody, or open a conversation first.");
	return NULL;
}
