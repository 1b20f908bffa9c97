/*
 * The order is that of the numbers in the conversation line. Conversations with unread
 * lines that are not open come after the open ones, and rooms in which nothing is meant
 * for us after all that is.
 */
#include "tui/go.h"

#include "tui/app.h"
#include "tui/view.h"

bool
go_number(struct app *app, size_t number)
{
	const struct model *model = app->model;

	if (number == 0 || number > model->open_count) {
		app_say_error(app, "There is no conversation %zu; %zu %s open.", number,
			      model->open_count, model->open_count == 1 ? "is" : "are");
		return false;
	}
	view_show_chat(app, model->open[number - 1]);
	return true;
}

enum pull { PULL_NONE, PULL_MUTED, PULL_SPOKEN, PULL_TOLD };

/* How much CHAT asks to be looked at. */
static enum pull
pull_of(struct app *app, const struct chat *chat)
{
	const struct model_room *room = model_room(app->model, chat->jid);

	if (chat->unread == 0 || chat == view_chat(app->view))
		return PULL_NONE;
	if (model_told(app->model, chat) > 0)
		return PULL_TOLD;
	return room && room->notify == notify_NOTHING ? PULL_MUTED : PULL_SPOKEN;
}

void
go_active(struct app *app)
{
	const struct model *model = app->model;
	struct chat *best = NULL;
	enum pull most = PULL_NONE;
	size_t here = 0;

	if (view_chat(app->view))
		here = model_number(model, view_chat(app->view));
	for (size_t i = 0; i < model->open_count + model->chats.count; i++) {
		struct chat *chat = i < model->open_count
					    ? model->open[(here + i) % model->open_count]
					    : model->chats.rows[i - model->open_count];
		enum pull pull = pull_of(app, chat);

		if (pull > most) {
			most = pull;
			best = chat;
		}
	}
	if (best)
		view_show_chat(app, best);
	else
		app_say(app, "Nothing new anywhere.");
}

void
go_by(struct app *app, int by)
{
	const struct model *model = app->model;
	long count = (long)model->open_count + 1;
	long here = 0;

	if (view_chat(app->view))
		here = (long)model_number(model, view_chat(app->view));
	long there = ((here + by) % count + count) % count;
	if (there == 0)
		view_show(app, VIEW_CONTACTS);
	else
		view_show_chat(app, model->open[there - 1]);
}
