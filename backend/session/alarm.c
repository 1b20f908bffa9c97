/*
 * The alarms of alarm.h: each a libuv timer, and then a job, that holds its profile until
 * it is closed.
 */
#include "backend/session/alarm.h"

#include <errno.h>
#include <stdlib.h>

#include "backend/session/inner.h"
#include "backend/session/process.h"
#include "backend/store/store.h"
#include "bridge/base/mem.h"

enum { AGAIN_MS = 1000 };

struct alarm {
	uv_timer_t timer;
	struct profile *profile;
	alarm_ring *ring; /* NULL: stopped */
	void *data;
	bool is_ringing; /* its job is on its way, which ends it */
};

static void on_timer(uv_timer_t *timer);

static void
on_closed(uv_handle_t *handle)
{
	struct alarm *alarm = handle->data;
	profile_release(alarm->profile);
	free(alarm);
}

static int
ring_job(struct store *store, void *data)
{
	struct alarm *alarm = data;
	(void)store;
	alarm->profile->job_error = 0;
	if (alarm->ring)
		alarm->ring(alarm->profile, alarm->data);
	alarm->ring = NULL;
	return alarm->profile->job_error;
}

/* When the job could not be run the owner still has the alarm: it rings again, or where
 * the profile is being closed, waits to be stopped. */
static void
ring_done(void *data, int status)
{
	struct alarm *alarm = data;
	if (status < 0 && alarm->ring) {
		alarm->is_ringing = false;
		if (status != -ESHUTDOWN)
			uv_timer_start(&alarm->timer, on_timer, AGAIN_MS, 0);
		return;
	}
	uv_close((uv_handle_t *)&alarm->timer, on_closed);
}

static void
on_timer(uv_timer_t *timer)
{
	struct alarm *alarm = timer->data;
	struct store *store = alarm->profile->store;
	alarm->is_ringing = true;
	if (!store || store_submit(store, ring_job, ring_done, alarm) < 0)
		ring_done(alarm, -ESHUTDOWN);
}

struct alarm *
alarm_set(struct profile *profile, uint64_t ms, alarm_ring *ring, void *data)
{
	struct alarm *alarm = mem_alloc(sizeof *alarm);
	alarm->profile = profile;
	alarm->ring = ring;
	alarm->data = data;
	uv_timer_init(profile->process->loop, &alarm->timer);
	alarm->timer.data = alarm;
	profile_hold(profile);
	uv_timer_start(&alarm->timer, on_timer, ms / profile->process->hurry, 0);
	return alarm;
}

uint64_t
alarm_now(const struct profile *profile)
{
	return uv_now(profile->process->loop) * profile->process->hurry;
}

void
alarm_stop(struct alarm *alarm)
{
	if (!alarm)
		return;
	alarm->ring = NULL;
	if (!alarm->is_ringing)
		uv_close((uv_handle_t *)&alarm->timer, on_closed);
}
