/*
 * The life of the router: taking the daemon's place, running the loop, stopping. Stopping
 * asks every session process to say goodbye and ends when the last one ended, or when
 * their time is over.
 */
#include "backend/router/router.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>

#include "backend/router/frontend.h"
#include "backend/router/profile.h"
#include "backend/router/supervise.h"
#include "backend/router/trial.h"
#include "backend/router/worker.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"

enum {
	STOP_MS = 8 * 1000, /* for the goodbyes of all session processes */
};

static const int signal_numbers[] = {SIGTERM, SIGINT, SIGHUP};

static void
close_timer(uv_timer_t *timer)
{
	uv_close((uv_handle_t *)timer, NULL);
}

static void
leave_to_successor(struct router *router)
{
	struct handover *handover = router->options.handover;
	*handover = (struct handover){
		.is_due = true,
		.is_successor = true,
		.lock_fd = router->home.lock_fd,
		.keys_fd = handover_pack(router),
	};
	router->home.lock_fd = -1;
	if (handover->keys_fd < 0)
		log_warn("router", "no keys can be handed over: %s",
			 strerror(-handover->keys_fd));
}

/* Closes everything that still keeps the loop running. */
static void
finish(struct router *router)
{
	router->is_finished = true;
	if (router->has_door)
		door_done(&router->door);
	router->has_door = false;
	struct frontend *frontend = NULL, *next = NULL;
	DL_FOREACH_SAFE (router->frontends, frontend, next)
		frontend_free(frontend);
	if (router->is_restarting)
		leave_to_successor(router);
	profile_free_all(router);
	keys_done(&router->keys);
	for (size_t i = 0; i < sizeof router->signals / sizeof *router->signals; i++)
		uv_close((uv_handle_t *)&router->signals[i], NULL);
	close_timer(&router->deadline);
	close_timer(&router->ping);
	close_timer(&router->hung);
	close_timer(&router->last_call);
}

static void
on_last_call(uv_timer_t *timer)
{
	struct router *router = timer->data;
	if (!router->workers) {
		finish(router);
		return;
	}
	struct worker *worker = NULL;
	DL_FOREACH (router->workers, worker) {
		log_warn("router", "pid=%d did not end in time; killed",
			 (int)worker_pid(worker));
		worker_kill(worker);
	}
}

void
router_worker_ended(struct router *router)
{
	/* Never from here, which may be deep inside a hook: from the timer. */
	if (router->is_stopping && !router->workers && !router->is_finished)
		(void)uv_timer_start(&router->last_call, on_last_call, 0, 0);
}

void
router_stop(struct router *router, const char *why)
{
	if (router->is_stopping)
		return;
	router->is_stopping = true;
	log_info("router", "stopping: %s", why);
	trial_stop(router);
	home_unpublish(&router->home);
	if (router->has_door)
		door_done(&router->door);
	router->has_door = false;
	(void)uv_timer_stop(&router->ping);
	(void)uv_timer_stop(&router->hung);
	struct worker *worker = NULL, *next = NULL;
	DL_FOREACH_SAFE (router->workers, worker, next)
		worker_end(worker);
	/* No profile opens any more; now the answers still reach who asked. */
	profile_refuse_held(router, "The daemon ends.");
	(void)uv_timer_start(&router->last_call, on_last_call,
			     router->workers ? STOP_MS / router->options.hurry : 0, 0);
}

void
router_restart(struct router *router)
{
	if (router->is_stopping)
		return;
	router->is_restarting = true;
	router_stop(router, "it is restarted");
}

static void
on_signal(uv_signal_t *handle, int number)
{
	struct router *router = handle->data;
	if (number == SIGHUP) {
		if (router->has_door)
			door_check(&router->door);
	} else if (router->is_restarting) {
		router->is_restarting = false;
	} else if (router->is_stopping) {
		on_last_call(&router->last_call);
	} else {
		router_stop(router, number == SIGTERM ? "SIGTERM" : "SIGINT");
	}
}

static void
on_visitor(void *data, int fd)
{
	struct router *router = data;
	if (router->is_stopping)
		close(fd);
	else
		frontend_new(router, fd);
}

static void
on_moved(void *data, const char *socket)
{
	struct router *router = data;
	int status = home_publish(&router->home, socket);
	if (status)
		log_error("router", "the daemon file cannot be written: %s",
			  strerror(-status));
}

/* Takes the daemon's place: lock, socket, file. 0, or a negative errno with
 * a sentence. */
static int
take_place(struct router *router, char **ret_problem)
{
	int status = home_lock(&router->home, ret_problem);
	if (status)
		return status;
	if (router->options.handover)
		router->options.handover->lock_fd = -1;
	struct door_hooks hooks = {.on_visitor = on_visitor, .on_moved = on_moved};
	router->has_door = true;
	status = door_init(&router->door, &router->loop, router->home.folder, &hooks,
			   router, ret_problem);
	if (status)
		return status;
	status = home_publish(&router->home, router->door.socket);
	if (status)
		*ret_problem =
			mem_printf("the file that tells where the daemon is cannot be "
				   "written in %s: %s",
				   router->home.folder, strerror(-status));
	return status;
}

static void
init_handles(struct router *router)
{
	(void)uv_timer_init(&router->loop, &router->deadline);
	(void)uv_timer_init(&router->loop, &router->last_call);
	router->deadline.data = router;
	router->last_call.data = router;
	supervise_init(router);
	for (size_t i = 0; i < sizeof router->signals / sizeof *router->signals; i++) {
		(void)uv_signal_init(&router->loop, &router->signals[i]);
		router->signals[i].data = router;
		(void)uv_signal_start(&router->signals[i], on_signal, signal_numbers[i]);
		/* A signal may come; it is no reason to stay. */
		uv_unref((uv_handle_t *)&router->signals[i]);
	}
}

/* Reads the profiles on disk and which one is the default. */
static void
load_profiles(struct router *router)
{
	char *name = home_default(&router->home);
	if (name && home_has_profile(&router->home, name))
		router->default_name = mem_strdup(name);
	free(name);
	profile_scan(router);
}

static void
take_over(struct router *router)
{
	struct handover *handover = router->options.handover;
	if (handover && handover->keys_fd >= 0)
		handover_unpack(router, handover->keys_fd);
	if (handover)
		handover->keys_fd = -1;
}

static int
start(struct router *router, char **ret_problem)
{
	bool is_daemon = router->options.embedded_fd < 0;
	int status = home_init(&router->home, ret_problem);
	if (router->options.handover)
		router->home.lock_fd = router->options.handover->lock_fd;
	if (status == 0 && is_daemon)
		status = take_place(router, ret_problem);
	if (status)
		return status;
	load_profiles(router);
	take_over(router);
	if (is_daemon)
		supervise_open_all(router);
	else
		frontend_new(router, router->options.embedded_fd);
	if (is_daemon || router->frontends)
		return 0;
	*ret_problem = mem_strdup("the descriptor for the connection cannot be used");
	return -EBADF;
}

/* A successor that cannot start goes on holding the lock; the keys it has not read yet.
 */
static void
keep_for_another_try(struct router *router)
{
	struct handover *handover = router->options.handover;
	if (!handover || !handover->is_successor || router->home.lock_fd < 0)
		return;
	handover->lock_fd = router->home.lock_fd;
	router->home.lock_fd = -1;
}

int
router_run(const struct router_options *options)
{
	struct router *router = mem_alloc(sizeof *router);
	router->options = *options;
	router->home.lock_fd = -1;
	if (options->handover)
		options->handover->is_due = false;
	if (uv_loop_init(&router->loop)) {
		options->on_started(options->data, -ENOMEM, "no event loop can be made");
		free(router);
		return 1;
	}
	router->started_ms = uv_now(&router->loop);
	init_handles(router);
	char *problem = NULL;
	int status = start(router, &problem);
	if (status) {
		options->on_started(options->data, status, problem);
		free(problem);
		router->is_stopping = true;
		keep_for_another_try(router);
		finish(router);
	} else {
		log_info("router", "started version=%s", TERN_VERSION);
		options->on_started(options->data, 0, NULL);
	}
	(void)uv_run(&router->loop, UV_RUN_DEFAULT);
	if (!router->is_finished) {
		finish(router);
		(void)uv_run(&router->loop, UV_RUN_DEFAULT);
	}
	(void)uv_loop_close(&router->loop);
	home_done(&router->home);
	if (status == 0)
		log_info("router", "ended");
	free(router);
	return status ? 1 : 0;
}
