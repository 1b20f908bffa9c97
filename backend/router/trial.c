/*
 * A trial is a child that runs `ternd --version`, then one that runs `session --version`:
 * that shows a missing library, a wrong architecture or a half-written file while the old
 * router still runs. There is one trial at a time, the router's `trial`, until the
 * answer.
 */
#include "backend/router/trial.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/router/router.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"
#include "bridge/serve.h"

enum {
	TRIAL_MS = 3 * 1000, /* for each program; who asked waits 8 s (control.c) */
	PROGRAMS = 2,
};

struct trial {
	struct router *router;
	struct serve_request *request;
	const char *programs[PROGRAMS];
	int step; /* which of them runs */
	uv_process_t process;
	uv_timer_t timer;
	char *why; /* there can be no restart; NULL */
};

static void start(struct trial *trial);

static void
timer_closed(uv_handle_t *handle)
{
	struct trial *trial = handle->data;
	free(trial->why);
	free(trial);
}

/* The trial is over; its `why` is NULL if the successor may come. */
static void
end(struct trial *trial)
{
	struct router *router = trial->router;
	router->trial = NULL;
	if (router->is_stopping) {
		serve_fail(trial->request, ERROR_BUSY, "The daemon is ending.");
	} else if (trial->why) {
		log_warn("router", "no restart: %s", trial->why);
		serve_fail(trial->request, ERROR_INTERNAL,
			   "%s; the daemon goes on as it is.", trial->why);
	} else {
		serve_result(trial->request, NULL);
		router_restart(router);
	}
	uv_close((uv_handle_t *)&trial->timer, timer_closed);
}

static void
process_closed(uv_handle_t *handle)
{
	struct trial *trial = handle->data;
	bool is_over = trial->why || ++trial->step == PROGRAMS;
	if (is_over || trial->router->is_stopping)
		end(trial);
	else
		start(trial);
}

static void
on_exit_status(uv_process_t *process, int64_t code, int signal_number)
{
	struct trial *trial = process->data;
	const char *program = trial->programs[trial->step];
	(void)uv_timer_stop(&trial->timer);
	if (signal_number)
		trial->why =
			mem_printf("%s was ended by signal %d", program, signal_number);
	else if (code)
		trial->why = mem_printf("%s does not run here (it ended with code %d)",
					program, (int)code);
	uv_close((uv_handle_t *)process, process_closed);
}

static void
on_late(uv_timer_t *timer)
{
	struct trial *trial = timer->data;
	(void)uv_process_kill(&trial->process, SIGKILL);
}

/* Why there can be no restart, yours; NULL if there can. */
static char *
obstacle(const struct router *router)
{
	const struct router_options *options = &router->options;
	if (options->embedded_fd >= 0 || !options->handover)
		return mem_strdup("A private daemon ends with its frontend");
	if (!options->program)
		return mem_strdup("ternd does not know where its program is");
	if (access(options->program, X_OK))
		return mem_printf("%s cannot be run: %s", options->program,
				  strerror(errno));
	if (access(options->session_path, X_OK))
		return mem_printf("%s cannot be run: %s", options->session_path,
				  strerror(errno));
	return NULL;
}

static void
start(struct trial *trial)
{
	struct router *router = trial->router;
	char *program = mem_strdup(trial->programs[trial->step]);
	char version[] = "--version";
	char *args[] = {program, version, NULL};
	uv_stdio_container_t stdio[3] = {
		{.flags = UV_IGNORE}, {.flags = UV_IGNORE}, {.flags = UV_IGNORE}};
	uv_process_options_t options = {
		.exit_cb = on_exit_status,
		.file = program,
		.args = args,
		.stdio_count = 3,
		.stdio = stdio,
	};
	int status = uv_spawn(&router->loop, &trial->process, &options);
	trial->process.data = trial;
	if (status) {
		trial->why = mem_printf("%s cannot be started: %s", program,
					uv_strerror(status));
		uv_close((uv_handle_t *)&trial->process, process_closed);
	} else {
		(void)uv_timer_start(&trial->timer, on_late,
				     TRIAL_MS / router->options.hurry, 0);
	}
	free(program);
}

void
trial_begin(struct router *router, struct serve_request *request)
{
	if (router->trial) {
		serve_fail(request, ERROR_BUSY, "The daemon is being restarted already.");
		return;
	}
	char *why = obstacle(router);
	if (why) {
		serve_fail(request, ERROR_INTERNAL, "%s; the daemon goes on as it is.",
			   why);
		free(why);
		return;
	}
	struct trial *trial = mem_alloc(sizeof *trial);
	*trial = (struct trial){
		.router = router,
		.request = request,
		.programs = {router->options.program, router->options.session_path},
	};
	router->trial = trial;
	(void)uv_timer_init(&router->loop, &trial->timer);
	trial->timer.data = trial;
	start(trial);
}

void
trial_forget(struct router *router, const struct peer *peer)
{
	if (router->trial && router->trial->request->peer == peer)
		router->trial->request->peer = NULL;
}

void
trial_stop(struct router *router)
{
	struct trial *trial = router->trial;
	if (trial && uv_is_active((const uv_handle_t *)&trial->process))
		(void)uv_process_kill(&trial->process, SIGKILL);
}
