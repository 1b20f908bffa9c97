/*
 * Supervision. A profile keeps its seat (a worker) over the deaths of the process in it,
 * so all its traffic goes one way and the back-off is the seat's. The ping's timers run
 * only while there are session processes, and the second one only until all have
 * answered.
 */
#include "backend/router/supervise.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "backend/router/frontend.h"
#include "backend/router/logfile.h"
#include "backend/router/profile.h"
#include "backend/router/route.h"
#include "backend/router/router.h"
#include "backend/router/worker.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"

enum {
	PING_MS = 20 * 1000,   /* between two signs of life */
	ANSWER_MS = 10 * 1000, /* until silence is death */
};

/* A session.open on its way; the profile may be deleted meanwhile. */
struct opening {
	struct router *router;
	struct worker *worker;
	char *name;
};

static void
set_failed(struct router *router, struct profile *profile,
	   const struct bridge_failure *failure)
{
	int error = bridge_error_named(failure->code);
	profile->error = error < 0 ? ERROR_INTERNAL : (enum bridge_error)error;
	profile->phase = PROFILE_FAILED;
	if (!profile->problem || strcmp(profile->problem, failure->message) != 0)
		log_warn("supervise", "a profile cannot be opened: %s", failure->code);
	mem_replace(&profile->problem, failure->message);
	route_refuse_held(profile, profile->error, profile->problem);
	profile_tell(router, profile);
}

/* Locked is open too, and so is what was open already. */
static bool
is_open_anyway(const struct bridge_failure *failure)
{
	return strcmp(failure->code, "LOCKED") == 0 ||
	       strcmp(failure->code, "PROFILE_EXISTS") == 0;
}

static void
on_opened(void *data, const struct bridge_failure *failure, const void *result)
{
	struct opening *opening = data;
	struct router *router = opening->router;
	struct profile *profile = profile_find(router, opening->name);
	(void)result;
	/* Who stops closes what is being opened, and that is no problem. */
	bool is_meant = profile && profile->worker == opening->worker &&
			profile->phase == PROFILE_OPENING && !router->is_stopping;
	/* A death on the way is told by supervise_worker_down. */
	if (is_meant && profile->worker->peer && !profile->worker->is_lost) {
		if (failure && strcmp(failure->code, "NO_PROFILE") == 0 &&
		    !home_has_profile(&router->home, profile->name)) {
			/* Its folder was taken away behind our back. */
			profile_remove(router, profile);
		} else if (failure && !is_open_anyway(failure)) {
			set_failed(router, profile, failure);
		} else {
			profile->phase = PROFILE_OPEN;
			mem_replace(&profile->problem, NULL);
			route_release_held(profile);
			profile_tell(router, profile);
			frontend_resync(router, profile);
		}
	}
	free(opening->name);
	free(opening);
}

/* Sends session.open for PROFILE, which has a seat with a process. */
static void
send_open(struct router *router, struct profile *profile)
{
	struct opening *opening = mem_alloc(sizeof *opening);
	*opening = (struct opening){.router = router,
				    .worker = profile->worker,
				    .name = mem_strdup(profile->name)};
	struct bridge_session_open_params params = {.profile = profile->name};
	if (profile->key)
		params.key = (struct bridge_bin){profile->key->bytes, profile->key->len};
	profile->phase = PROFILE_OPENING;
	profile->has_left = false;
	profile->watch.is_told = false;
	peer_call(profile->worker->peer, METHOD_session_open, &params, 0, on_opened,
		  opening);
}

void
supervise_tick(struct router *router)
{
	if (!uv_is_active((const uv_handle_t *)&router->ping) && !router->is_stopping)
		(void)uv_timer_again(&router->ping);
}

struct worker *
supervise_place(struct router *router)
{
	struct worker *worker = NULL;
	DL_FOREACH (router->workers, worker) {
		if (!worker->is_ending && worker->profile_count + worker->creating <
						  router->options.per_process)
			return worker;
	}
	supervise_tick(router);
	return worker_new(router);
}

static void
seat(struct profile *profile, struct worker *worker)
{
	profile->worker = worker;
	worker->profile_count++;
}

void
supervise_open(struct router *router, struct profile *profile)
{
	if (router->is_stopping)
		return;
	if (!profile->worker)
		seat(profile, supervise_place(router));
	struct worker *worker = profile->worker;
	if (!worker->peer)
		mem_replace(&profile->problem, worker->problem);
	else if (profile->phase != PROFILE_OPEN && profile->phase != PROFILE_OPENING)
		send_open(router, profile);
}

void
supervise_open_all(struct router *router)
{
	struct profile *profile = NULL;
	DL_FOREACH (router->profiles, profile) {
		if (!profile->has_left)
			supervise_open(router, profile);
	}
}

struct profile *
supervise_adopt(struct router *router, const char *name, struct worker *worker)
{
	if (strlen(name) == 0 || !home_has_profile(&router->home, name))
		return NULL;
	struct profile *profile = profile_find(router, name);
	if (!profile) {
		profile_scan(router);
		profile = profile_find(router, name);
	}
	if (!profile)
		return NULL;
	if (!profile->worker)
		seat(profile, worker);
	if (profile->worker == worker) {
		profile->phase = PROFILE_OPEN;
		profile_tell(router, profile);
	}
	return profile;
}

/* Ends WORKER if nothing is left for it to do. */
static void
end_if_empty(struct worker *worker)
{
	if (worker->profile_count == 0 && worker->creating == 0)
		worker_end(worker);
}

void
supervise_created(struct worker *worker)
{
	worker->creating--;
	end_if_empty(worker);
}

void
supervise_release(struct router *router, struct profile *profile)
{
	struct worker *worker = profile->worker;
	if (!worker)
		return;
	slots_give(&router->slots, worker, profile->name);
	profile->worker = NULL;
	worker->profile_count--;
	end_if_empty(worker);
}

void
supervise_worker_up(struct worker *worker)
{
	struct router *router = worker->router;
	struct profile *profile = NULL;
	DL_FOREACH (router->profiles, profile) {
		if (profile->worker == worker)
			send_open(router, profile);
	}
}

void
supervise_worker_down(struct worker *worker)
{
	struct router *router = worker->router;
	if (router->is_stopping)
		return;
	struct profile *profile = NULL;
	DL_FOREACH (router->profiles, profile) {
		if (profile->worker != worker)
			continue;
		profile->phase = PROFILE_CLOSED;
		mem_replace(&profile->problem, worker->problem);
		frontend_cut_off(router, profile);
		profile_tell(router, profile);
	}
	supervise_answered(router);
}

void
supervise_worker_waits(struct worker *worker)
{
	struct profile *profile = NULL;
	DL_FOREACH (worker->router->profiles, profile) {
		if (profile->worker == worker)
			route_refuse_held(profile, ERROR_BACKEND_GONE, worker->problem);
	}
}

void
supervise_answered(struct router *router)
{
	struct worker *worker = NULL;
	DL_FOREACH (router->workers, worker) {
		if (worker->is_asked)
			return;
	}
	(void)uv_timer_stop(&router->hung);
}

static void on_hung(uv_timer_t *timer);

static void
await_answers(struct router *router)
{
	unsigned patience = ANSWER_MS / router->options.hurry;
	router->hung_due = uv_now(&router->loop) + patience;
	(void)uv_timer_start(&router->hung, on_hung, patience, 0);
}

static void
on_hung(uv_timer_t *timer)
{
	struct router *router = timer->data;
	struct worker *worker = NULL;
	/* Who stood still itself (a freeze, SIGSTOP) has not listened meanwhile, and what
	 * it waits for may have stood still with it. */
	if (uv_now(&router->loop) - router->hung_due >
	    ANSWER_MS / router->options.hurry / 4) {
		await_answers(router);
		return;
	}
	DL_FOREACH (router->workers, worker) {
		if (!worker->is_asked)
			continue;
		log_warn("supervise", "pid=%d does not answer; killed",
			 (int)worker_pid(worker));
		worker_kill(worker);
	}
}

/* Asks every session process for a sign of life, and tries again what another program
 * held. A private router does not: it would snatch the profile when the daemon's process
 * dies. */
static void
on_ping(uv_timer_t *timer)
{
	struct router *router = timer->data;
	if (!router->workers && !router->frontends) {
		(void)uv_timer_stop(timer);
		return;
	}
	frontend_sweep(router);
	struct worker *worker = NULL;
	DL_FOREACH (router->workers, worker)
		worker_ping(worker);
	await_answers(router);
	if (router->options.embedded_fd < 0) {
		struct profile *profile = NULL;
		DL_FOREACH (router->profiles, profile) {
			if (profile->phase == PROFILE_FAILED &&
			    profile->error == ERROR_IN_USE)
				supervise_open(router, profile);
		}
		door_check(&router->door);
	}
	logfile_trim(router->options.log_fd);
}

void
supervise_init(struct router *router)
{
	(void)uv_timer_init(&router->loop, &router->ping);
	(void)uv_timer_init(&router->loop, &router->hung);
	router->ping.data = router;
	router->hung.data = router;
	unsigned every = PING_MS / router->options.hurry;
	(void)uv_timer_start(&router->ping, on_ping, every, every);
	(void)uv_timer_stop(&router->ping);
}
