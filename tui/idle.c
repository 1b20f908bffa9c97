/*
 * A key only notes the time: the timer rings once in idle_after minutes at most, looks
 * when the last key was, and stands still while nobody is there.
 */
#include "tui/idle.h"

#include <stdlib.h>

#include <uv.h>

#include "bridge/base/mem.h"
#include "tui/app.h"
#include "tui/door.h"
#include "tui/options.h"

#define MINUTE_MS (60 * 1000)

struct idle {
	struct app *app;
	unsigned hurry;	 /* waiting times are divided by this; 1 but in tests */
	uint64_t key_at; /* loop time of the last key */
	bool is_idle;
	uv_timer_t timer;
};

static void
tell(const struct idle *idle)
{
	struct client *client = door_client(idle->app->door);

	if (client)
		client_idle(client,
			    &(struct bridge_idle_params){.is_idle = idle->is_idle}, NULL,
			    NULL);
}

static void
on_timer(uv_timer_t *timer)
{
	idle_changed(timer->data);
}

struct idle *
idle_new(struct app *app)
{
	struct idle *idle = mem_alloc(sizeof *idle);

	const char *hurry = getenv("TERN_HURRY");

	idle->app = app;
	idle->hurry = hurry ? (unsigned)strtoul(hurry, NULL, 10) : 1;
	idle->hurry += idle->hurry ? 0 : 1;
	idle->key_at = uv_now(app->loop);
	(void)uv_timer_init(app->loop, &idle->timer);
	idle->timer.data = idle;
	idle_changed(idle);
	return idle;
}

static void
on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void
idle_free(struct idle *idle)
{
	if (idle)
		uv_close((uv_handle_t *)&idle->timer, on_closed);
}

void
idle_key(struct idle *idle)
{
	idle->key_at = uv_now(idle->app->loop);
	if (idle->is_idle)
		idle_changed(idle);
}

void
idle_greeted(struct idle *idle)
{
	if (idle->is_idle)
		tell(idle);
}

void
idle_changed(struct idle *idle)
{
	uint64_t limit = (uint64_t)strtoul(options_get(idle->app->options, "idle_after"),
					   NULL, 10) *
			 MINUTE_MS / idle->hurry;
	uint64_t quiet = uv_now(idle->app->loop) - idle->key_at;
	bool is_idle = limit > 0 && quiet >= limit;

	if (is_idle != idle->is_idle) {
		idle->is_idle = is_idle;
		tell(idle);
	}
	if (limit == 0 || is_idle)
		(void)uv_timer_stop(&idle->timer);
	else
		(void)uv_timer_start(&idle->timer, on_timer, limit - quiet, 0);
}
