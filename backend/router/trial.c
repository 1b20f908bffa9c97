/*
 * A trial is a child that runs `ternd --version`: that shows a missing library, a wrong
 * architecture or a half-written file while the old router still runs.
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

enum { TRIAL_MS = 5 * 1000 };

struct trial {
	struct router *router;
	struct serve_request *request;
	uv_process_t process;
	uv_timer_t timer;
	int handles;
};

static void
on_closed(uv_handle_t *handle)
{
	struct trial *trial = handle->data;
	if (--trial->handles == 0)
		free(trial);
}

/* The trial is over; WHY is NULL if the successor may come. */
static void
end(struct trial *trial, const char *why)
{
	struct router *router = trial->router;
	router->is_tried = false;
	if (why) {
		log_warn("router", "no restart: %s", why);
		serve_fail(trial->request, ERROR_INTERNAL,
			   "%s; the daemon goes on as it is.", why);
	} else {
		serve_result(trial->request, NULL);
		router_restart(router);
	}
	uv_close((uv_handle_t *)&trial->process, on_closed);
	uv_close((uv_handle_t *)&trial->timer, on_closed);
}

static void
on_exit_status(uv_process_t *process, int64_t code, int signal_number)
{
	struct trial *trial = process->data;
	const char *program = trial->router->options.program;
	char *why = NULL;
	if (signal_number)
		why = mem_printf("%s was ended by signal %d", program, signal_number);
	else if (code)
		why = mem_printf("%s does not run here (it ended with code %d)", program,
				 (int)code);
	end(trial, why);
	free(why);
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
start(struct router *router, struct serve_request *request)
{
	struct trial *trial = mem_alloc(sizeof *trial);
	*trial = (struct trial){.router = router, .request = request, .handles = 2};
	char *program = mem_strdup(router->options.program);
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
	router->is_tried = true;
	(void)uv_timer_init(&router->loop, &trial->timer);
	int status = uv_spawn(&router->loop, &trial->process, &options);
	trial->process.data = trial;
	trial->timer.data = trial;
	if (status) {
		char *why = mem_printf("%s cannot be started: %s", program,
				       uv_strerror(status));
		end(trial, why);
		free(why);
	} else {
		(void)uv_timer_start(&trial->timer, on_late,
				     TRIAL_MS / router->options.hurry, 0);
	}
	free(program);
}

void
trial_begin(struct router *router, struct serve_request *request)
{
	if (router->is_tried) {
		serve_fail(request, ERROR_BUSY, "The daemon is being restarted already.");
		return;
	}
	char *why = obstacle(router);
	if (why)
		serve_fail(request, ERROR_INTERNAL, "%s; the daemon goes on as it is.",
			   why);
	else
		start(router, request);
	free(why);
}
