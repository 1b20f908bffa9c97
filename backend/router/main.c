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
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
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
	START_TRIES = 60,
};

/* What the command line said. */
struct command {
	struct router_options router;
	int report_fd;	   /* to the caller of a background start; -1: none */
	bool is_successor; /* of a router that was in this process */
	const char *verb;
	const char *session; /* as it was given, or NULL */
};

static int start_background(struct command *command);
static int start_foreground(struct command *command);
static int start_embedded(struct command *command);
static int stop(struct command *command);
static int restart(struct command *command);
static int status(struct command *command);

static const struct verb {
	const char *name;
	int (*run)(struct command *command);
	const char *help;
} verbs[] = {
	{"start", start_background, "start in the background (what ternd alone does)"},
	{"fg", start_foreground, "run in the foreground"},
	{"stop", stop, "end the running daemon; its profiles log out"},
	{"restart", restart, "have the daemon go on as the program that is there now"},
	{"status", status, "say whether one runs: 0 yes, 1 no, 2 stale, 17 unreadable"},
	{"embedded", start_embedded,
	 "serve the connection that is descriptor 3, then end"},
};

static const struct option long_options[] = {
	{"embedded-fd", required_argument, NULL, 'e'},
	{"session", required_argument, NULL, 's'},
	{"hurry", required_argument, NULL, 'u'},
	{"take-over", required_argument, NULL, 't'},
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

/* Where this program is found, also after another one took its place; the caller frees.
 */
static char *
find_program(void)
{
	char *folder = paths_program();
	char *path = folder ? paths_join(folder, "ternd") : NULL;
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
	if (problem && command->is_successor)
		log_error("ternd", "%s", sentence);
	command->report_fd = -1;
}

/* Becomes the program that is there now, as router_run left it in the handover. Returns
 * only when that fails, with a sentence, which the caller frees. */
static char *
become_successor(const struct command *command)
{
	const struct handover *handover = command->router.handover;
	char *hurry = mem_printf("--hurry=%u", command->router.hurry);
	char *fds = mem_printf("--take-over=%d,%d", handover->lock_fd, handover->keys_fd);
	char *session =
		command->session ? mem_printf("--session=%s", command->session) : NULL;
	char name[] = "ternd";
	char *verb = mem_strdup(command->verb);
	char *argv[] = {name, hurry, fds, verb, session, NULL};
	int status = handover_exec(handover, command->router.program, argv);
	log_error("ternd", "the successor cannot be started: %s", strerror(-status));
	free(session);
	free(verb);
	free(fds);
	free(hurry);
	return mem_printf("%s cannot be started (%s); the old program goes on",
			  command->router.program, strerror(-status));
}

/* Runs the router. A successor that cannot take the place (a full disk) tries for a
 * minute: there is nobody else to go on. */
static int
run_patiently(struct command *command)
{
	command->router.handover->is_successor = command->is_successor;
	int code = router_run(&command->router);
	for (int i = 0; code && command->is_successor && i < START_TRIES; i++) {
		nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
		code = router_run(&command->router);
	}
	return code;
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
	int code = run_patiently(command);
	char *problem = NULL;
	while (command->router.handover->is_due) {
		free(problem);
		problem = become_successor(command);
		command->router.problem = problem;
		command->is_successor = true;
		code = run_patiently(command);
	}
	free(problem);
	return code;
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
	if (!command->is_successor)
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
restart(struct command *command)
{
	(void)command;
	return control_restart();
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

/* Reads the two descriptors of --take-over. Whether they are there. */
static bool
read_handover(const char *text, struct handover *handover)
{
	if (sscanf(text, "%d,%d", &handover->lock_fd, &handover->keys_fd) != 2 ||
	    fcntl(handover->lock_fd, F_SETFD, FD_CLOEXEC) ||
	    (handover->keys_fd >= 0 && fcntl(handover->keys_fd, F_SETFD, FD_CLOEXEC)))
		return false;
	/* Keys are read from it soon. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	return true;
}

/* Runs the verb named NAME. */
static int
run_verb(struct command *command, const char *name)
{
	command->verb = name;
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
	mem_begin();
	struct handover handover = {.lock_fd = -1, .keys_fd = -1};
	struct command command = {
		.report_fd = -1,
		.router = {.embedded_fd = -1, .hurry = 1, .handover = &handover}};
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
			mem_replace(&session, command.session = optarg);
		else if (option == 't')
			value = read_handover(optarg, &handover) ? 1 : -1;
		else if (option == 'v')
			return printf("ternd " TERN_VERSION "\n") < 0;
		else if (option == 'h')
			return print_help(), 0;
		command.is_successor = command.is_successor || option == 't';
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
	char *program = find_program();
	command.router.program = program;
	command.router.session_path = session;
	command.router.per_process = settings_profiles_per_process();
	const char *verb = command.router.embedded_fd >= 0 ? "embedded" : "start";
	int code = run_verb(&command, optind < argc ? argv[optind] : verb);
	free(program);
	free(session);
	return code;
}
