/*
 * The order is that of the numbers in the conversation line. Conversations with unread
 * lines that are not open come after the open ones.
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

void
go_active(struct app *app)
{
	const struct model *model = app->model;
	size_t here = 0;

	if (view_chat(app->view))
		here = model_number(model, view_chat(app->view));
	for (size_t i = 0; i < model->open_count; i++) {
		struct chat *chat = model->open[(here + i) % model->open_count];

		if (chat->unread > 0 && chat != view_chat(app->view)) {
			view_show_chat(app, chat);
			return;
		}
	}
	for (size_t i = 0; i < model->chats.count; i++) {
		struct chat *chat = model->chats.rows[i];

		if (chat->unread > 0 && chat != view_chat(app->view)) {
			view_show_chat(app, chat);
			return;
		}
	}
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
