/*
 * The only place that draws: once a turn of the loop, or later where pace.c says so.
 */
#include "tui/turn.h"

#include <stdlib.h>

#include <uv.h>

#include "bridge/base/mem.h"
#include "tui/app.h"
#include "tui/attention.h"
#include "tui/pace.h"
#include "tui/terminal.h"
#include "tui/view.h"
#include "widgets/screen.h"

struct turn {
	struct app *app;
	struct pace pace;
	uv_prepare_t prepare;
	uv_timer_t pulse; /* a turn of its own for what changes with time */
	int open_handles;
};

static void
draw_turn(uv_prepare_t *handle)
{
	struct turn *turn = handle->data;
	struct app *app = turn->app;

	if (!app->terminal)
		return;
	const struct screen *screen = terminal_screen(app->terminal);
	const struct chat *chat = view_chat(app->view);
	uint64_t now = uv_now(app->loop), written = screen_bytes(screen);
	if (turn->pace.news != PACE_NOTHING && chat && chat->is_dirty)
		pace_news(&turn->pace, PACE_PAGE);
	uint64_t wait = pace_wait(&turn->pace, now);
	if (wait > 0) {
		turn_wake_in(turn, wait);
		return;
	}
	attention_show_title(app);
	view_draw(app);
	terminal_flush(app->terminal);
	attention_seen(app);
	pace_drawn(&turn->pace, now, screen_bytes(screen) - written);
}

/* The turn that it begins draws; nothing else is to be done. */
static void
on_pulse(uv_timer_t *timer)
{
	(void)timer;
}

struct turn *
turn_new(struct app *app)
{
	struct turn *turn = mem_alloc(sizeof *turn);

	turn->app = app;
	(void)uv_prepare_init(app->loop, &turn->prepare);
	turn->prepare.data = turn;
	(void)uv_prepare_start(&turn->prepare, draw_turn);
	(void)uv_timer_init(app->loop, &turn->pulse);
	turn->pulse.data = turn;
	turn->open_handles = 2;
	return turn;
}

static void
on_closed(uv_handle_t *handle)
{
	struct turn *turn = handle->data;

	if (--turn->open_handles == 0)
		free(turn);
}

void
turn_free(struct turn *turn)
{
	if (!turn)
		return;
	uv_close((uv_handle_t *)&turn->prepare, on_closed);
	uv_close((uv_handle_t *)&turn->pulse, on_closed);
}

void
turn_wake_in(struct turn *turn, uint64_t ms)
{
	if (!uv_is_active((uv_handle_t *)&turn->pulse) ||
	    uv_timer_get_due_in(&turn->pulse) > ms)
		(void)uv_timer_start(&turn->pulse, on_pulse, ms, 0);
}

void
turn_key(struct turn *turn)
{
	pace_key(&turn->pace);
}

/* Whether JID's conversation is the one on the page. */
static bool
is_shown(const struct turn *turn, const char *jid)
{
	const struct chat *chat = view_chat(turn->app->view);

	return chat && model_chat(turn->app->model, jid) == chat;
}

void
turn_event(struct turn *turn, enum bridge_event event, const void *record)
{
	if (event == EVENT_line_changed || event == EVENT_room_changed) {
		pace_news(&turn->pace, PACE_BADGE);
	} else if (event == EVENT_occupant_changed || event == EVENT_occupant_gone) {
		pace_news(&turn->pace, PACE_PAGE);
	} else if (event == EVENT_conversation_changed) {
		const struct bridge_conversation_event *badge = record;

		/* What is on the page has no badge, and its being read needs no frame. */
		if (!is_shown(turn, badge->conversation->jid))
			pace_news(&turn->pace, PACE_BADGE);
	}
}
