/*
 * Finding and starting ternd, as daemon.h says. All of it blocks, for a bounded time, and
 * is meant for before a loop runs. A client never takes the lock for longer than it needs
 * to learn whether somebody holds it.
 */
#include "bridge/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bridge/base/mem.h"
#include "bridge/base/paths.h"
#include "bridge/base/utf8.h"

enum { EMBEDDED_FD = 3 };

static void __attribute__((format(printf, 3, 4)))
set_state(struct daemon_place *place, enum daemon_state state, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	place->state = state;
	(void)vsnprintf(place->problem, sizeof place->problem, format, args);
	va_end(args);
}

static int64_t
now_ms(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- looking --------------------------------------------------------------------- */

char *
daemon_folder(struct daemon_place *ret_place)
{
	char *folder = paths_data();
	if (!folder && ret_place)
		set_state(ret_place, DAEMON_UNREADABLE,
			  "There is no home folder: set HOME or XDG_DATA_HOME.");
	return folder;
}

char *
daemon_file_format(pid_t pid, const char *socket)
{
	return mem_printf("pid = %ld\nsocket = %s\n", (long)pid, socket);
}

/* Whether somebody holds the lock: 1, 0, or a negative errno. */
static int
is_lock_held(int folder)
{
	int fd = openat(folder, DAEMON_LOCK, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	int result = 0;
	if (flock(fd, LOCK_SH | LOCK_NB) < 0)
		result = errno == EWOULDBLOCK ? 1 : -errno;
	(void)close(fd);
	return result;
}

/* Reads the daemon file into PLACE: 0, -ENOENT, or another negative errno. */
static int
read_daemon_file(int folder, struct daemon_place *place)
{
	int fd = openat(folder, DAEMON_FILE,
			O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	char text[512];
	ssize_t len = read(fd, text, sizeof text - 1);
	(void)close(fd);
	if (len < 0)
		return -errno;
	text[len] = 0;
	char *rest = text;
	char *line;
	while ((line = strsep(&rest, "\n"))) {
		if (strncmp(line, "pid = ", 6) == 0)
			place->pid = (pid_t)strtol(line + 6, NULL, 10);
		else if (strncmp(line, "socket = /", 10) == 0 &&
			 strlen(line + 9) < sizeof place->socket)
			memcpy(place->socket, line + 9, strlen(line + 9) + 1);
	}
	return place->pid > 0 && place->socket[0] ? 0 : -EINVAL;
}

/* Fills PLACE by lock and file in the open folder. */
static void
look_in(int folder, const char *name, struct daemon_place *place)
{
	int file = read_daemon_file(folder, place);
	int held = is_lock_held(folder);
	if (held < 0)
		set_state(place, DAEMON_UNREADABLE,
			  "%s/" DAEMON_LOCK " cannot be used: %s.", name,
			  strerror(-held));
	else if (file < 0 && file != -ENOENT)
		set_state(place, DAEMON_UNREADABLE,
			  "%s/" DAEMON_FILE " cannot be read: %s.", name,
			  strerror(-file));
	else if (held && file == 0)
		place->state = DAEMON_RUNNING;
	else if (held)
		set_state(place, DAEMON_UNREADABLE,
			  "A daemon holds %s but is not ready yet.", name);
	else if (file == 0)
		set_state(place, DAEMON_STALE,
			  "The daemon (process %ld) ended without a goodbye.",
			  (long)place->pid);
	else
		set_state(place, DAEMON_STOPPED, "No daemon is running.");
	if (place->state != DAEMON_RUNNING)
		place->socket[0] = 0;
}

void
daemon_look(struct daemon_place *ret_place)
{
	*ret_place = (struct daemon_place){.state = DAEMON_STOPPED};
	char *name = daemon_folder(ret_place);
	if (!name)
		return;
	int folder = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder >= 0) {
		look_in(folder, name, ret_place);
		(void)close(folder);
	} else if (errno == ENOENT) {
		set_state(ret_place, DAEMON_STOPPED, "No daemon is running.");
	} else {
		set_state(ret_place, DAEMON_UNREADABLE, "%s cannot be opened: %s.", name,
			  strerror(errno));
	}
	free(name);
}

/* ---- connecting ------------------------------------------------------------------ */

/* Whoever listens there must be ourselves: a socket in a folder of another user could
 * have been put there to collect passwords. */
static bool
is_own_process(int fd)
{
	struct ucred who;
	socklen_t size = sizeof who;
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 &&
	       who.uid == geteuid();
}

static int
connect_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	memcpy(address.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
		int reason = errno;
		(void)close(fd);
		return -reason;
	}
	if (!is_own_process(fd)) {
		(void)close(fd);
		return -EACCES;
	}
	return fd;
}

/* Connects by the daemon file alone, without touching the lock. */
static int
connect_by_file(struct daemon_place *place)
{
	char *name = daemon_folder(NULL);
	if (!name)
		return -ENOENT;
	int folder = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(name);
	if (folder < 0)
		return -errno;
	int status = read_daemon_file(folder, place);
	(void)close(folder);
	if (status == 0)
		status = connect_socket(place->socket);
	if (status >= 0)
		place->state = DAEMON_RUNNING;
	return status;
}

/* ---- starting -------------------------------------------------------------------- */

/* The daemon's program: beside ours, else found on PATH; the caller frees. */
static char *
daemon_program(void)
{
	char *folder = paths_program();
	char *program = folder ? paths_join(folder, "ternd") : NULL;
	free(folder);
	if (program && access(program, X_OK) == 0)
		return program;
	free(program);
	return mem_strdup("ternd");
}

static int
spawn_daemon(char *const argv[], int from, int to, pid_t *ret_pid)
{
	char *program = daemon_program();
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	(void)sigemptyset(&none);
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawnattr_init(&attributes);
	(void)posix_spawnattr_setsigmask(&attributes, &none);
	(void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	(void)posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
	(void)posix_spawn_file_actions_adddup2(&actions, 0, 1);
	if (to != 2)
		(void)posix_spawn_file_actions_adddup2(&actions, 0, 2);
	(void)posix_spawn_file_actions_adddup2(&actions, from, to);
	int status = posix_spawnp(ret_pid, program, &actions, &attributes, argv, environ);
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&actions);
	free(program);
	return -status;
}

/* Collects what the child says until it closes its end, at most until DEADLINE. */
static void
read_words(int fd, int64_t deadline, char *text, size_t size)
{
	size_t len = 0;
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	for (;;) {
		int64_t left = deadline - now_ms();
		if (left <= 0 || poll(&ready, 1, (int)left) <= 0)
			break;
		char part[256];
		ssize_t count = read(fd, part, sizeof part);
		if (count <= 0)
			break;
		size_t fits = size - 1 - len;
		size_t taken = (size_t)count < fits ? (size_t)count : fits;
		memcpy(text + len, part, taken);
		len += taken;
	}
	text[len] = 0;
}

/* Waits for the child's end: its status, or -1 at the deadline. */
static int
wait_child(pid_t pid, int64_t deadline)
{
	struct timespec step = {.tv_nsec = 2000000};
	int status;
	for (;;) {
		pid_t ended = waitpid(pid, &status, WNOHANG);
		if (ended == pid)
			return status;
		if ((ended < 0 && errno != EINTR) || now_ms() >= deadline)
			return -1;
		(void)nanosleep(&step, NULL);
	}
}

/* The first line of what ternd said, cleaned, as the problem. */
static void
set_words(struct daemon_place *place, char *words)
{
	words[strcspn(words, "\n")] = 0;
	char *clean = clean_text(words, CLEAN_LINE, sizeof place->problem - 4);
	set_state(place, DAEMON_STOPPED, "%s",
		  *clean ? clean : "ternd ended at once, without a word.");
	free(clean);
}

/* Runs `ternd`, which ends once its daemon accepts connections. */
static int
start_daemon(int64_t deadline, struct daemon_place *place)
{
	char name[] = "ternd";
	char *argv[] = {name, NULL};
	int ends[2];
	pid_t pid;
	if (pipe2(ends, O_CLOEXEC) < 0) {
		set_state(place, DAEMON_STOPPED, "A pipe cannot be made: %s.",
			  strerror(errno));
		return -1;
	}
	int status = spawn_daemon(argv, ends[1], 2, &pid);
	(void)close(ends[1]);
	if (status < 0) {
		(void)close(ends[0]);
		set_state(place, DAEMON_STOPPED, "ternd cannot be started: %s.",
			  strerror(-status));
		return -1;
	}
	char words[512];
	read_words(ends[0], deadline, words, sizeof words);
	(void)close(ends[0]);
	status = wait_child(pid, deadline);
	if (status >= 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (status < 0)
		set_state(place, DAEMON_STOPPED, "ternd did not start in time.");
	else
		set_words(place, words);
	return -1;
}

int
daemon_connect(bool may_start, unsigned timeout_ms, struct daemon_place *ret_place)
{
	int64_t deadline = now_ms() + timeout_ms;
	*ret_place = (struct daemon_place){.state = DAEMON_STOPPED};
	int fd = connect_by_file(ret_place);
	if (fd >= 0)
		return fd;
	if (!may_start) {
		daemon_look(ret_place);
		if (ret_place->state == DAEMON_RUNNING)
			set_state(ret_place, DAEMON_UNREADABLE,
				  "The daemon (process %ld) does not answer: %s.",
				  (long)ret_place->pid, strerror(-fd));
		return -1;
	}
	if (start_daemon(deadline, ret_place) < 0)
		return -1;
	struct timespec step = {.tv_nsec = 5000000};
	while ((fd = connect_by_file(ret_place)) < 0 && now_ms() < deadline)
		(void)nanosleep(&step, NULL);
	if (fd >= 0)
		return fd;
	set_state(ret_place, DAEMON_UNREADABLE,
		  "ternd was started but does not answer: %s.", strerror(-fd));
	return -1;
}

int
daemon_embed(struct daemon_place *ret_place)
{
	char name[] = "ternd";
	char mode[] = "embedded";
	char *argv[] = {name, mode, NULL};
	int ends[2];
	pid_t pid = 0;
	*ret_place = (struct daemon_place){.state = DAEMON_STOPPED};
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
		set_state(ret_place, DAEMON_STOPPED, "A socket cannot be made: %s.",
			  strerror(errno));
		return -1;
	}
	/* A descriptor that is already 3 would keep its close-on-exec mark. */
	int far = fcntl(ends[1], F_DUPFD_CLOEXEC, EMBEDDED_FD + 1);
	(void)close(ends[1]);
	int status = far < 0 ? -errno : spawn_daemon(argv, far, EMBEDDED_FD, &pid);
	if (far >= 0)
		(void)close(far);
	if (status < 0) {
		(void)close(ends[0]);
		set_state(ret_place, DAEMON_STOPPED, "ternd cannot be started: %s.",
			  strerror(-status));
		return -1;
	}
	ret_place->state = DAEMON_RUNNING;
	ret_place->pid = pid;
	return ends[0];
}
