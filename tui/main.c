/*
 * tern, the frontend: options, the checks that need no screen, the daemon, the loop, and
 * what is printed on the shell at the end.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "bridge/base/log.h"
#include "bridge/base/mem.h"
#include "bridge/daemon.h"
#include "tui/app.h"
#include "tui/demo.h"
#include "widgets/text.h"

#define DAEMON_TIMEOUT_MS 8000

enum exit_code {
	EXIT_USAGE = 2,
	EXIT_BRIDGE = 3,
	EXIT_NO_BACKEND = 5,
};

static const char usage[] =
	"Usage: tern [-p NAME] [--embedded]\n"
	"       tern --demo\n"
	"\n"
	"  -p, --profile NAME  the profile to open (default: @DEFAULT@)\n"
	"      --embedded      with a daemon of its own, which ends with tern\n"
	"      --demo          try it: a private server with two contacts that answer\n"
	"      --version       print the version\n"
	"      --help          print this\n"
	"\n"
	"The manual is tern(1). In tern F1 or /help shows commands and keys.\n";

/* Reads the command line; -1 to go on, else the exit code. */
static int
read_options(int argc, char **argv, struct app_start *start)
{
	static const struct option options[] = {
		{"profile", required_argument, NULL, 'p'},
		{"embedded", no_argument, NULL, 'e'},
		{"demo", no_argument, NULL, 'd'},
		{"version", no_argument, NULL, 'V'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "p:h", options, NULL)) >= 0) {
		if (option == 'p') {
			start->profile = optarg;
		} else if (option == 'e') {
			start->is_embedded = true;
		} else if (option == 'd') {
			start->is_demo = true;
		} else if (option == 'V') {
			(void)puts("tern " TERN_VERSION);
			return EXIT_SUCCESS;
		} else {
			(void)fputs(usage, option == 'h' ? stdout : stderr);
			return option == 'h' ? EXIT_SUCCESS : EXIT_USAGE;
		}
	}
	if (optind < argc) {
		(void)fputs(usage, stderr);
		return EXIT_USAGE;
	}
	return -1;
}

/* Says why there can be no screen; NULL if nothing speaks against it. Asked before a
 * daemon is started for nothing. */
static const char *
check_terminal(void)
{
	const char *term = getenv("TERM");

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return "tern needs a terminal for its input and output. Scripts use "
		       "ternctl.";
	if (!term || !term[0])
		return "TERM is not set, so tern does not know how to draw on this "
		       "terminal. Try: TERM=xterm-256color tern";
	if (strcmp(term, "dumb") == 0)
		return "TERM is dumb: tern cannot draw on such a terminal. Where it can "
		       "do more: TERM=xterm-256color tern";
	return NULL;
}

/* The trial's packages, asked for on the plain terminal; whether they are there. */
static bool
need_demo_packages(void)
{
	char *problem, answer[16];

	if (demo_has_packages(&problem))
		return true;
	if (problem) {
		(void)fprintf(stderr, "%s\n", problem);
		free(problem);
		return false;
	}
	(void)printf(
		"The trial needs packages from Debian: a server (Prosody) and slixmpp. "
		"No service of\ntheirs will be started. Install them now? [Y/n] ");
	(void)fflush(stdout);
	if (!fgets(answer, sizeof answer, stdin) || answer[0] == 'n' || answer[0] == 'N')
		return false;
	return demo_install();
}

/* A descriptor of the daemon, -1 after saying why not. */
static int
find_daemon(const struct app_start *start)
{
	struct daemon_place place = {0};
	int fd = start->is_embedded ? daemon_embed(&place)
				    : daemon_connect(true, DAEMON_TIMEOUT_MS, &place);

	if (fd < 0)
		(void)fprintf(stderr, "tern: %s\n",
			      place.problem[0] ? place.problem
					       : "The daemon could not be started.");
	return fd;
}

static int
run(const struct app_start *start, int fd)
{
	uv_loop_t loop;

	if (uv_loop_init(&loop) < 0) {
		(void)fprintf(stderr, "tern: The event loop could not be made.\n");
		return EXIT_FAILURE;
	}
	struct app *app = app_new(&loop, start, fd);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	int code = app->exit_code;
	char *words = app->last_words;
	app->last_words = NULL;
	app_free(app);
	(void)uv_loop_close(&loop);
	if (words)
		(void)fprintf(code ? stderr : stdout, "%s%s\n", code ? "tern: " : "",
			      words);
	free(words);
	return code;
}

int
main(int argc, char **argv)
{
	mem_begin();
	struct app_start start = {.profile = "@DEFAULT@"};
	int code = read_options(argc, argv, &start);

	if (code >= 0)
		return code;
	const char *problem = check_terminal();
	if (problem) {
		(void)fprintf(stderr, "tern: %s\n", problem);
		return EXIT_FAILURE;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	text_set_locale();
	/* Nothing may be written over the screen. */
	log_open("tern", STDERR_FILENO, LOG_NOTHING);
	if (start.is_demo && !need_demo_packages())
		return EXIT_FAILURE;
	int fd = start.is_demo ? -1 : find_daemon(&start);
	if (fd < 0 && !start.is_demo)
		return EXIT_NO_BACKEND;
	return run(&start, fd);
}
