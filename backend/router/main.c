/*
 * ternd: the daemon's command line. Without a verb it goes to the background; every verb
 * is a row of one table.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/router/background.h"
#include "backend/router/control.h"
#include "backend/router/logfile.h"
#include "backend/router/router.h"
#include "backend/router/settings.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"
#include "bridge/base/paths.h"

enum {
	EXIT_USAGE = 64,
	EMBEDDED_FD = 3,
};

/* What the command line said. */
struct command {
	struct router_options router;
	int report_fd; /* to the caller of a background start; -1: none */
};

static int start_background(struct command *command);
static int start_foreground(struct command *command);
static int start_embedded(struct command *command);
static int stop(struct command *command);
static int status(struct command *command);

static const struct verb {
	const char *name;
	int (*run)(struct command *command);
	const char *help;
} verbs[] = {
	{"start", start_background, "start in the background (what ternd alone does)"},
	{"fg", start_foreground, "run in the foreground"},
	{"stop", stop, "end the running daemon; its profiles log out"},
	{"status", status, "say whether one runs: 0 yes, 1 no, 2 stale, 17 unreadable"},
	{"embedded", start_embedded,
	 "serve the connection that is descriptor 3, then end"},
};

static const struct option long_options[] = {
	{"embedded-fd", required_argument, NULL, 'e'},
	{"session", required_argument, NULL, 's'},
	{"hurry", required_argument, NULL, 'u'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'v'},
	{0},
};

static void
print_help(void)
{
	printf("usage: ternd [OPTION]... [VERB]\n\n");
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		printf("  %-10s %s\n", verbs[i].name, verbs[i].help);
	printf("\n  --session PATH    the program that holds profiles\n"
	       "  --embedded-fd N   serve the connection that is descriptor N, then end\n"
	       "  --hurry N         divide all waiting times by N, for tests\n"
	       "  --help, --version\n");
}

/* Where the session program is, seen from this one; the caller frees. */
static char *
find_session(void)
{
	char *folder = paths_program();
	char *path = folder ? paths_join(folder, "../libexec/tern/session")
			    : mem_strdup("session");
	free(folder);
	return path;
}

/* Many profiles and frontends need many descriptors. */
static void
raise_limits(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max < 65536 ? limit.rlim_max : 65536;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void
on_started(void *data, int problem, const char *sentence)
{
	struct command *command = data;
	if (command->report_fd >= 0)
		background_report(command->report_fd,
				  problem == 0 || problem == -EALREADY, sentence);
	else if (problem)
		fprintf(stderr, "ternd: %s\n", sentence);
	command->report_fd = -1;
}

/* Runs the router with the log going to LOG_FD. */
static int
run(struct command *command, int log_fd)
{
	log_open("ternd", log_fd, log_level_named(getenv("TERN_LOG"), LOG_INFO));
	raise_limits();
	command->router.log_fd = log_fd;
	command->router.on_started = on_started;
	command->router.data = command;
	return router_run(&command->router);
}

/* The log file, or where that is impossible /dev/null. */
static int
open_log(void)
{
	int fd = logfile_open();
	return fd >= 0 ? fd : open("/dev/null", O_WRONLY | O_CLOEXEC);
}

static int
start_background(struct command *command)
{
	command->report_fd = background_enter();
	return run(command, open_log());
}

static int
start_foreground(struct command *command)
{
	return run(command, STDERR_FILENO);
}

static int
start_embedded(struct command *command)
{
	if (command->router.embedded_fd < 0)
		command->router.embedded_fd = EMBEDDED_FD;
	struct stat facts;
	if (fstat(command->router.embedded_fd, &facts) || !S_ISSOCK(facts.st_mode)) {
		fprintf(stderr, "ternd: descriptor %d is no connection\n",
			command->router.embedded_fd);
		return EXIT_USAGE;
	}
	(void)fcntl(command->router.embedded_fd, F_SETFD, FD_CLOEXEC);
	/* A terminal's ^C and hangup are the frontend's to answer. */
	(void)setsid();
	return run(command, open_log());
}

static int
stop(struct command *command)
{
	(void)command;
	return control_stop();
}

static int
status(struct command *command)
{
	(void)command;
	return control_status();
}

/* The number in TEXT, from LEAST to MOST; -1 for anything else. */
static int
number(const char *text, long least, long most)
{
	char *end = NULL;
	errno = 0;
	long value = strtol(text, &end, 10);
	bool is_good = !errno && end != text && !*end && value >= least && value <= most;
	return is_good ? (int)value : -1;
}

/* Runs the verb named NAME. */
static int
run_verb(struct command *command, const char *name)
{
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		if (strcmp(verbs[i].name, name) == 0)
			return verbs[i].run(command);
	}
	fprintf(stderr, "ternd: there is no verb \"%s\"; see ternd --help\n", name);
	return EXIT_USAGE;
}

int
main(int argc, char **argv)
{
	struct command command = {.report_fd = -1,
				  .router = {.embedded_fd = -1, .hurry = 1}};
	char *session = NULL;
	int option = 0;
	bool is_bad = false;
	while ((option = getopt_long(argc, argv, "hv", long_options, NULL)) != -1) {
		int value = 1;
		if (option == 'e')
			value = command.router.embedded_fd = number(optarg, 0, INT_MAX);
		else if (option == 'u')
			command.router.hurry =
				(unsigned)(value = number(optarg, 1, 1000));
		else if (option == 's')
			mem_replace(&session, optarg);
		else if (option == 'v')
			return printf("ternd " TERN_VERSION "\n") < 0;
		else if (option == 'h')
			return print_help(), 0;
		is_bad = is_bad || option == '?' || value < 0;
	}
	if (is_bad || argc - optind > 1) {
		fprintf(stderr, "ternd: see ternd --help\n");
		free(session);
		return EXIT_USAGE;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is a full disk */
	(void)umask(077);
	if (!session)
		session = find_session();
	command.router.session_path = session;
	command.router.per_process = settings_profiles_per_process();
	const char *verb = command.router.embedded_fd >= 0 ? "embedded" : "start";
	int code = run_verb(&command, optind < argc ? argv[optind] : verb);
	free(session);
	return code;
}
