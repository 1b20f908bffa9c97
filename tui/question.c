/*
 * `is_open` is as the frame on the screen shows it. A question that came in the midst of
 * a line or a form waits for a pause after it, since other words may follow at once.
 */
#include "tui/question.h"

#include <stdarg.h>
#include <stdlib.h>

#include "bridge/base/mem.h"
#include "tui/app.h"
#include "tui/input.h"
#include "tui/terminal.h"
#include "tui/toast.h"
#include "tui/view.h"
#include "widgets/editor.h"
#include "widgets/keys.h"
#include "widgets/theme.h"

#define PAUSE_MS 1000

struct question {
	question_answer answer; /* NULL: nothing is asked */
	void *data;
	bool is_open;	      /* it can be answered */
	bool has_interrupted; /* a line or a form that was being filled in */
	uint64_t typed_at;    /* of the loop's time, while it was not open */
};

struct question *
question_new(void)
{
	return mem_alloc(sizeof(struct question));
}

/* Nothing is asked any more when the answer is acted on, which may ask again. */
static void
answer(struct question *question, bool is_yes)
{
	struct question was = *question;

	*question = (struct question){0};
	if (was.answer)
		was.answer(was.data, is_yes);
}

void
question_free(struct question *question)
{
	if (question)
		answer(question, false);
	free(question);
}

void
question_ask(struct app *app, question_answer what, void *data, const char *format, ...)
{
	va_list args;

	answer(app->question, false);
	va_start(args, format);
	char *text = mem_vprintf(format, args);
	va_end(args);
	toast_ask(app->toast, ROLE_ERROR, text);
	free(text);
	app->question->answer = what;
	app->question->data = data;
}

void
question_drawn(struct app *app, bool is_seen)
{
	struct question *question = app->question;
	bool is_form = view_kind(app->view) == VIEW_FORM;

	question->is_open =
		question->answer && is_seen && editor_is_empty(input_editor(app->input));
	question->has_interrupted |= question->answer && !question->is_open;
	terminal_set_escape_key(app->terminal, is_form || question->is_open);
}

/* Whether EVENT is the one letter C, small or big. */
static bool
is_letter(const struct keys_event *event, char letter)
{
	return event->type == KEYS_TEXT && event->len == 1 &&
	       (event->text[0] | ' ') == letter;
}

static bool
is_typed(const struct keys_event *event)
{
	return event->type == KEYS_TEXT || event->type == KEYS_PASTE;
}

/* Whether words go on that were begun before the question came. */
static bool
is_in_midst(struct app *app)
{
	const struct question *question = app->question;

	return !question->is_open || (question->has_interrupted &&
				      uv_now(app->loop) - question->typed_at < PAUSE_MS);
}

bool
question_event(struct app *app, const struct keys_event *event)
{
	struct question *question = app->question;
	bool is_yes = is_letter(event, 'y');
	bool is_no = is_letter(event, 'n') ||
		     (event->type == KEYS_KEY &&
		      (event->key == KEYS_ESCAPE || event->key == (KEYS_CTRL | 'c')));

	if (!question->answer)
		return false;
	if (is_in_midst(app)) {
		question->typed_at = uv_now(app->loop);
		return false;
	}
	/* Other words: the user has gone on to something else. */
	if (!is_yes && !is_no && !is_typed(event))
		return false;
	toast_ask(app->toast, ROLE_ERROR, NULL);
	toast_clear(app->toast);
	answer(question, is_yes);
	return is_yes || is_no;
}
