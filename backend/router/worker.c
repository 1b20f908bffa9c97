/*
 * Session processes are started with one end of a socketpair as descriptor 3, nothing in
 * argv, /dev/null as input and output and the log as standard error, in a session of
 * their own (a terminal's ^C is the router's to answer). A process counts as dead when
 * the kernel says so; one that only closes its connection is killed.
 */
#include "backend/router/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utlist.h>

#include "backend/router/route.h"
#include "backend/router/router.h"
#include "backend/router/supervise.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"

enum {
	BRIDGE_FD = 3,
	HEALTHY_MS = 60 * 1000,
	RETRY_MAX_S = 60, /* after 1, 2, 4 … 32 */
};

/* One process; outlives its place until libuv lets go of the handle. */
struct worker_process {
	uv_process_t handle;
	struct worker *worker;
};

static void start(struct worker *worker);

static void
process_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void
retry_closed(uv_handle_t *handle)
{
	free(handle->data);
}

/* The place goes: there is no process in it and none is wanted. */
static void
worker_free(struct worker *worker)
{
	struct router *router = worker->router;
	DL_DELETE(router->workers, worker);
	mem_replace(&worker->problem, NULL);
	uv_close((uv_handle_t *)&worker->retry, retry_closed);
	router_worker_ended(router);
}

static void
on_retry(uv_timer_t *timer)
{
	start(timer->data);
}

/* Starts the next process: at once after a first death, then later and later. */
static void
start_again(struct worker *worker)
{
	struct router *router = worker->router;
	if (uv_now(&router->loop) - worker->started_ms > HEALTHY_MS)
		worker->failures = 0;
	if (worker->failures++ == 0) {
		start(worker);
		return;
	}
	unsigned seconds = RETRY_MAX_S;
	if (worker->failures < 8)
		seconds = 1u << (worker->failures - 2);
	supervise_worker_waits(worker);
	(void)uv_timer_start(&worker->retry, on_retry,
			     (uint64_t)seconds * 1000 / router->options.hurry, 0);
}

/* There is no process any more: everyone who waits for it is told. */
static void
process_gone(struct worker *worker, const char *why)
{
	struct peer *peer = worker->peer;
	worker->peer = NULL;
	worker->process = NULL;
	worker->is_asked = false;
	mem_replace(&worker->problem, why);
	slots_forget(&worker->router->slots, worker);
	worker->creating++; /* its failing calls must not free the place under us */
	peer_free(peer);
	worker->creating--;
	supervise_worker_down(worker);
	if (worker->is_ending || worker->profile_count + worker->creating == 0)
		worker_free(worker);
	else
		start_again(worker);
}

static void
on_exit_status(uv_process_t *handle, int64_t code, int signal_number)
{
	struct worker_process *process = handle->data;
	struct worker *worker = process->worker;
	char *why =
		signal_number
			? mem_printf("its session process was ended by signal %d",
				     signal_number)
			: mem_printf("its session process ended with code %d", (int)code);
	if (!worker->is_ending)
		log_warn("worker", "pid=%d %s", (int)handle->pid, why);
	uv_close((uv_handle_t *)handle, process_closed);
	process_gone(worker, why);
	free(why);
}

static void
on_peer_request(void *data, const struct frame *frame)
{
	route_worker_request(data, frame);
}

static void
on_peer_event(void *data, const struct frame *frame)
{
	route_worker_event(data, frame);
}

static void
on_peer_alive(void *data)
{
	struct worker *worker = data;
	if (!worker->is_asked)
		return;
	worker->is_asked = false;
	supervise_answered(worker->router);
}

static void
on_peer_closed(void *data, int status, const char *problem)
{
	struct worker *worker = data;
	if (status)
		log_warn("worker", "pid=%d %s", (int)worker_pid(worker), problem);
	worker->is_lost = true;
	/* One that was asked to end closes first and needs a moment to exit. */
	if (!worker->is_ending || status)
		worker_kill(worker);
}

/* Starts the program with CHILD_FD as its bridge. 0 or a UV error. */
static int
spawn(struct worker *worker, int child_fd)
{
	struct router *router = worker->router;
	char name[] = "session";
	char *args[] = {name, NULL};
	uv_stdio_container_t stdio[BRIDGE_FD + 1] = {
		[0] = {.flags = UV_IGNORE},
		[1] = {.flags = UV_IGNORE},
		[2] = {.flags = UV_IGNORE},
		[BRIDGE_FD] = {.flags = UV_INHERIT_FD, .data.fd = child_fd},
	};
	if (router->options.log_fd >= 0) {
		stdio[2].flags = UV_INHERIT_FD;
		stdio[2].data.fd = router->options.log_fd;
	}
	uv_process_options_t options = {
		.exit_cb = on_exit_status,
		.file = router->options.session_path,
		.args = args,
		.flags = UV_PROCESS_DETACHED,
		.stdio_count = BRIDGE_FD + 1,
		.stdio = stdio,
	};
	struct worker_process *process = mem_alloc(sizeof *process);
	process->worker = worker;
	process->handle.data = process;
	int status = uv_spawn(&router->loop, &process->handle, &options);
	process->handle.data = process;
	if (status == 0)
		worker->process = process;
	else
		uv_close((uv_handle_t *)&process->handle, process_closed);
	return status;
}

static void
start_failed(struct worker *worker, int status)
{
	char *why = mem_printf("its session process (%s) cannot be started: %s",
			       worker->router->options.session_path, uv_strerror(status));
	log_warn("worker", "%s", why);
	mem_replace(&worker->problem, why);
	free(why);
	if (worker->failures == 0)
		worker->failures = 1;
	supervise_worker_down(worker);
	start_again(worker);
}

static void
start(struct worker *worker)
{
	int ends[2];
	worker->started_ms = uv_now(&worker->router->loop);
	worker->is_lost = false;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) {
		start_failed(worker, -errno);
		return;
	}
	int status = spawn(worker, ends[1]);
	close(ends[1]);
	if (status) {
		close(ends[0]);
		start_failed(worker, status);
		return;
	}
	struct peer_hooks hooks = {.on_request = on_peer_request,
				   .on_event = on_peer_event,
				   .on_closed = on_peer_closed,
				   .on_alive = on_peer_alive};
	worker->peer = peer_new(&worker->router->loop, ends[0], &hooks, worker);
	if (!worker->peer) {
		close(ends[0]);
		worker_kill(worker);
		return;
	}
	log_info("worker", "pid=%d started", (int)worker_pid(worker));
	mem_replace(&worker->problem, NULL);
	supervise_worker_up(worker);
}

struct worker *
worker_new(struct router *router)
{
	struct worker *worker = mem_alloc(sizeof *worker);
	worker->router = router;
	(void)uv_timer_init(&router->loop, &worker->retry);
	worker->retry.data = worker;
	DL_APPEND(router->workers, worker);
	start(worker);
	return worker;
}

pid_t
worker_pid(const struct worker *worker)
{
	return worker->process ? worker->process->handle.pid : 0;
}

void
worker_ping(struct worker *worker)
{
	if (!worker->peer)
		return;
	worker->is_asked = true;
	peer_call(worker->peer, METHOD_session_ping, &(struct bridge_nothing){0}, 0, NULL,
		  NULL);
}

void
worker_end(struct worker *worker)
{
	if (worker->is_ending)
		return;
	worker->is_ending = true;
	(void)uv_timer_stop(&worker->retry);
	enum bridge_method method = worker->router->is_restarting ? METHOD_session_suspend
								  : METHOD_session_end;
	if (worker->peer)
		peer_call(worker->peer, method, &(struct bridge_nothing){0}, 0, NULL,
			  NULL);
	else if (worker->process)
		worker_kill(worker);
	else
		worker_free(worker);
}

void
worker_kill(struct worker *worker)
{
	if (worker->process)
		(void)uv_process_kill(&worker->process->handle, SIGKILL);
}
