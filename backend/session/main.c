/*
 * The session process: `session` is started by ternd with its socket on descriptor 3 and
 * ends with it. It never outlives the router, and its memory is not dumpable.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <uv.h>

#include "backend/session/process.h"
#include "backend/store/store.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"

enum { SESSION_FD = 3 };

/* Dies with its parent; the second look closes the moment before prctl took hold. */
static void
tie_to_parent(pid_t parent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	if (getppid() != parent)
		exit(0);
}

int
main(int argc, char **argv)
{
	/* So that a router can try this program before it relies on it. */
	if (argc > 1 && strcmp(argv[1], "--version") == 0)
		return printf("session " TERN_VERSION "\n") < 0;
	mem_begin();
	store_begin();
	tie_to_parent(getppid());
	log_open("session", 2, log_level_named(getenv("TERN_LOG"), LOG_WARN));
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is a full disk */
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	struct process process = {0};
	uv_loop_t loop;
	if (uv_loop_init(&loop) < 0 || process_start(&process, &loop, SESSION_FD) < 0) {
		fprintf(stderr, "session: descriptor 3 has to be ternd's socket; this "
				"program is started by ternd.\n");
		return 1;
	}
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	process_done(&process);
	(void)uv_loop_close(&loop);
	return 0;
}
