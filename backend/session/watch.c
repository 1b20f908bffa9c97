/*
 * One timer a profile, which runs only while nobody looks: first to the moment at which
 * the server is told, then to auto-away. A frontend that comes and goes within that
 * moment (a call of ternctl, a reconnect) costs the wire nothing.
 */
#include "backend/session/watch.h"

#include <time.h>

#include "backend/muc/muc.h"
#include "backend/session/handlers.h"
#include "backend/session/inner.h"
#include "backend/session/process.h"
#include "backend/store/store.h"
#include "backend/xep/csi.h"
#include "backend/xep/presence.h"
#include "bridge/serve.h"

enum { MOMENT_MS = 3000, MINUTE_MS = 60 * 1000 };

/* Goes on over a suspend of the machine, unlike the loop's time. */
static int64_t
now_ms(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Milliseconds without anybody until own availability is away; -1: never. */
static int64_t
auto_away_after(const struct profile *profile)
{
	int minutes = profile_option_number(profile, "auto_away");
	return minutes ? (int64_t)minutes * MINUTE_MS / profile->process->hurry : -1;
}

static int
away_job(struct store *store, void *data)
{
	struct profile *profile = data;
	(void)store;
	profile->job_error = 0;
	int64_t limit = auto_away_after(profile);
	const struct watch *watch = &profile->watch;
	bool is_away =
		!watch->is_active && limit >= 0 && now_ms() - watch->left_ms >= limit;
	int result = presence_auto(profile, is_away);
	return result < 0 ? result : profile->job_error;
}

static void
away_done(void *data, int status)
{
	(void)status; /* a full disk: the next change tries again */
	profile_release(data);
}

/* Looks, in a job, what own availability has to be now. */
static void
settle_away(struct profile *profile)
{
	profile_hold(profile);
	if (store_submit(profile->store, away_job, away_done, profile) < 0)
		profile_release(profile);
}

static void arm(struct profile *profile);

static void
on_timer(uv_timer_t *timer)
{
	arm(timer->data);
}

/* Does what is due, and sets the timer to what comes next. */
static void
arm(struct profile *profile)
{
	struct watch *watch = &profile->watch;
	(void)uv_timer_stop(&watch->timer);
	if (profile->phase != PROFILE_READY)
		return;
	int64_t limit = auto_away_after(profile);
	int64_t moment = MOMENT_MS / profile->process->hurry;
	int64_t gone = now_ms() - watch->left_ms;
	int64_t asked = now_ms() - watch->asked_ms;
	int64_t quiet = asked < gone ? asked : gone;
	bool was_inactive = watch->is_inactive;
	watch->is_inactive = !watch->is_active && quiet >= moment;
	if (watch->is_inactive != was_inactive)
		csi_say(profile);
	if (watch->is_active || limit < 0 || gone >= limit)
		settle_away(profile);
	bool has_left = limit < 0 || gone >= limit;
	if (watch->is_active || (watch->is_inactive && has_left))
		return;
	int64_t next = watch->is_inactive ? limit - gone : moment - quiet;
	if (!has_left && limit - gone < next)
		next = limit - gone;
	(void)uv_timer_start(&watch->timer, on_timer, (uint64_t)next, 0);
}

void
watch_init(struct profile *profile)
{
	struct watch *watch = &profile->watch;
	*watch = (struct watch){
		.is_inactive = true, .left_ms = now_ms(), .asked_ms = now_ms()};
	(void)uv_timer_init(profile->process->loop, &watch->timer);
	watch->timer.data = profile;
	profile_hold(profile);
}

void
watch_begin(struct profile *profile)
{
	arm(profile);
}

void
watch_set(struct profile *profile, int64_t active)
{
	struct watch *watch = &profile->watch;
	bool is_active = active > 0;
	if (is_active == watch->is_active)
		return;
	watch->is_active = is_active;
	if (!is_active)
		watch->left_ms = now_ms();
	arm(profile);
}

void
watch_again(struct profile *profile, bool is_chosen)
{
	if (is_chosen && !profile->watch.is_active)
		profile->watch.left_ms = now_ms();
	arm(profile);
}

bool
watch_rouse(struct profile *profile)
{
	bool was_inactive = profile->watch.is_inactive;
	profile->watch.asked_ms = now_ms();
	arm(profile);
	return was_inactive;
}

static void
on_closed(uv_handle_t *handle)
{
	profile_release(handle->data);
}

void
watch_done(struct profile *profile)
{
	uv_close((uv_handle_t *)&profile->watch.timer, on_closed);
}

/* ---- what the router says ------------------------------------------------------- */

void
serve_session_watch(struct process *process, struct profile *profile,
		    struct serve_request *request)
{
	const struct bridge_watch_params *params = request->params;
	profile = process_find(process, params->profile);
	if (!profile) {
		serve_fail(request, ERROR_NO_PROFILE, "That profile is not open here.");
		return;
	}
	/* Nobody knows which of them showed the occupants of a room. */
	if (params->attached < profile->watch.attached)
		muc_unwatch_all(profile);
	profile->watch.attached = params->attached;
	watch_set(profile, params->active);
	serve_result(request, NULL);
}
