/*
 * The server is a child that ends when its standard input is closed, so a killed tern
 * ends it too; the folders are removed by a small shell that waits for the same.
 */
#include "tui/demo.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bridge/base/arena.h"
#include "bridge/base/buf.h"
#include "bridge/base/mem.h"
#include "bridge/base/paths.h"
#include "bridge/client.h"
#include "bridge/daemon.h"
#include "tui/app.h"
#include "tui/door.h"
#include "tui/forms.h"

#define PROFILE "demo"
#define OUTPUT_MAX 65536
#define END_MS 3000
#define PACKAGES_MISSING 4

struct demo {
	struct app *app;
	pid_t pid;
	int input;   /* of the server: closing it ends it */
	int output;  /* of the server */
	int cleaner; /* closing it removes the folder */
	char *folder;
	struct buf text;    /* what the server wrote and was not yet read */
	struct arena arena; /* of the values */
	const char *jid, *password, *host, *port, *ca_file;
	bool is_ready, is_created;
	uv_poll_t poll;
};

static char *
demo_path(void)
{
	char *folder = paths_program();
	char *path = folder ? paths_join(folder, "../libexec/tern/demo") : NULL;

	free(folder);
	return path;
}

/* Runs the trial's program with ARGUMENT to its end; its exit code, -1 if there is none.
 */
static int
run(const char *argument, bool is_silent)
{
	char *path = demo_path();
	char *word = mem_strdup(argument);
	char *argv[] = {path, word, NULL};
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int status = -1;

	(void)posix_spawn_file_actions_init(&actions);
	for (int fd = 0; is_silent && fd < 3; fd++)
		(void)posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR,
						       0);
	if (path && access(path, X_OK) == 0 &&
	    posix_spawn(&pid, path, &actions, NULL, argv, environ) == 0) {
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	}
	(void)posix_spawn_file_actions_destroy(&actions);
	free(word);
	free(path);
	return status;
}

bool
demo_has_packages(char **ret_problem)
{
	int code = run("--packages", true);

	*ret_problem = NULL;
	if (code != 0 && code != PACKAGES_MISSING)
		*ret_problem = mem_strdup("The trial cannot be started: its program, "
					  "libexec/tern/demo, is missing or broken. "
					  "Installing tern once more should mend that.");
	return code == 0;
}

bool
demo_install(void)
{
	return run("--install", false) == 0;
}

/* ---- starting -------------------------------------------------------------------------
 */

/* Starts ARGV in a session of its own with a pipe to its input, and from its output if
 * RET_OUTPUT is not NULL. */
static pid_t
spawn(char *const argv[], int *ret_input, int *ret_output)
{
	int in[2], out[2] = {-1, -1};
	pid_t pid = -1;
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;

	if (pipe2(in, O_CLOEXEC) < 0)
		return -1;
	if (ret_output && pipe2(out, O_CLOEXEC) < 0) {
		(void)close(in[0]);
		(void)close(in[1]);
		return -1;
	}
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawnattr_init(&attributes);
	(void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
	(void)posix_spawn_file_actions_adddup2(&actions, in[0], 0);
	if (ret_output)
		(void)posix_spawn_file_actions_adddup2(&actions, out[1], 1);
	else
		(void)posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY,
						       0);
	(void)posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	if (posix_spawn(&pid, argv[0], &actions, &attributes, argv, environ) != 0)
		pid = -1;
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)posix_spawnattr_destroy(&attributes);
	(void)close(in[0]);
	if (ret_output)
		(void)close(out[1]);
	*ret_input = in[1];
	if (ret_output)
		*ret_output = out[0];
	return pid;
}

/* A folder for the trial's data, and the shell that removes it once we are gone. */
static bool
make_folder(struct demo *demo)
{
	const char *base = getenv("TMPDIR");
	char *folder =
		paths_join(base && base[0] == '/' ? base : "/tmp", "tern-demo-XXXXXX");
	char shell[] = "/bin/sh", flag[] = "-c";
	char script[] = "trap '' HUP INT TERM; cat >/dev/null; "
			"for i in 1 2 3 4 5; do rm -rf -- \"$0\"; sleep 1; done; "
			"rm -rf -- \"$0\"";

	if (!mkdtemp(folder)) {
		free(folder);
		return false;
	}
	demo->folder = folder;
	char *argv[] = {shell, flag, script, demo->folder, NULL};
	return spawn(argv, &demo->cleaner, NULL) > 0;
}

static void
set_folder(const char *variable, const char *folder, const char *name)
{
	char *path = paths_join(folder, name);

	(void)setenv(variable, path, 1);
	free(path);
}

/* The server is up: a daemon of the trial's own, in folders of its own. */
static void
open_daemon(struct demo *demo)
{
	struct daemon_place place;

	set_folder("XDG_DATA_HOME", demo->folder, "data");
	set_folder("XDG_CONFIG_HOME", demo->folder, "config");
	set_folder("XDG_STATE_HOME", demo->folder, "state");
	(void)unsetenv("XDG_RUNTIME_DIR");
	(void)unsetenv("TERN_SOCKET");
	int fd = daemon_embed(&place);
	if (fd < 0) {
		forms_fail(demo->app, place.problem);
		return;
	}
	demo->is_ready = true;
	/* The daemon that the first page has started is not needed any more. */
	struct bridge_stop_params params = {.if_unused = true};
	struct client *client = door_client(demo->app->door);
	if (client)
		client_stop(client, &params, NULL, NULL);
	door_open(demo->app->door, fd, true);
}

static void
read_line(struct demo *demo, const char *line)
{
	const struct {
		const char *key;
		const char **value;
	} keys[] = {
		{"jid=", &demo->jid},	      {"password=", &demo->password},
		{"host=", &demo->host},	      {"port=", &demo->port},
		{"ca_file=", &demo->ca_file},
	};

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (strncmp(line, keys[i].key, strlen(keys[i].key)) == 0)
			*keys[i].value =
				arena_strdup(&demo->arena, line + strlen(keys[i].key));
	if (strncmp(line, "error ", 6) == 0)
		forms_fail(demo->app, line + 6);
	else if (strcmp(line, "ready") == 0 && demo->jid && demo->password)
		open_daemon(demo);
}

static void
on_output(uv_poll_t *poll_handle, int status, int events)
{
	struct demo *demo = poll_handle->data;
	char *end;

	(void)events;
	uint8_t *room = buf_room(&demo->text, 4096);
	ssize_t len = status < 0 ? 0 : read(demo->output, room, 4096);
	if (len < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (len <= 0 || demo->text.len > OUTPUT_MAX) {
		(void)uv_poll_stop(poll_handle);
		forms_fail(demo->app,
			   demo->is_ready ? "The trial's server has ended."
					  : "The trial's server could not be started.");
		return;
	}
	demo->text.len += (size_t)len;
	while ((end = memchr(demo->text.data, '\n', demo->text.len))) {
		*end = '\0';
		read_line(demo, (const char *)demo->text.data);
		buf_consume(&demo->text, (size_t)(end + 1 - (char *)demo->text.data));
	}
}

struct demo *
demo_start(struct app *app)
{
	struct demo *demo = mem_alloc(sizeof *demo);
	char *path = demo_path();
	char *argv[] = {path, NULL};

	demo->app = app;
	demo->input = demo->output = demo->cleaner = -1;
	demo->text.is_secret = demo->arena.is_secret = true;
	demo->pid = -1;
	if (path && make_folder(demo))
		demo->pid = spawn(argv, &demo->input, &demo->output);
	free(path);
	if (demo->pid < 0) {
		forms_fail(app, "The trial cannot be started.");
		demo_free(demo);
		return NULL;
	}
	(void)uv_poll_init(app->loop, &demo->poll, demo->output);
	demo->poll.data = demo;
	(void)uv_poll_start(&demo->poll, UV_READABLE, on_output);
	return demo;
}

static void
on_created(void *data, const struct bridge_failure *failure, const void *result)
{
	struct demo *demo = data;

	(void)result;
	if (failure) {
		forms_fail(demo->app, failure->message);
		return;
	}
	demo->is_created = true;
	door_attach(demo->app->door, PROFILE);
}

void
demo_connected(struct demo *demo)
{
	struct client *client = door_client(demo->app->door);
	struct bridge_profile_create_params params = {
		.profile = PROFILE,
		.jid = demo->jid,
		.password = demo->password,
		.host = demo->host,
		.port = demo->port ? strtol(demo->port, NULL, 10) : 0,
		.ca_file = demo->ca_file,
	};

	if (!demo->is_ready || demo->is_created)
		return;
	client_profile_create(client, &params, on_created, demo);
}

/* Waits for the server; whether it has ended. */
static bool
has_ended(const struct demo *demo, unsigned wait_ms)
{
	for (unsigned waited = 0; waited <= wait_ms; waited += 20) {
		if (waitpid(demo->pid, NULL, WNOHANG) != 0)
			return true;
		(void)poll(NULL, 0, 20);
	}
	return false;
}

static void
on_poll_closed(uv_handle_t *handle)
{
	struct demo *demo = handle->data;

	(void)close(demo->output);
	free(demo);
}

void
demo_free(struct demo *demo)
{
	if (!demo)
		return;
	if (demo->input >= 0)
		(void)close(demo->input);
	if (demo->pid > 0 && !has_ended(demo, END_MS)) {
		(void)kill(-demo->pid, SIGTERM);
		if (!has_ended(demo, END_MS))
			(void)kill(-demo->pid, SIGKILL);
	}
	if (demo->cleaner >= 0)
		(void)close(demo->cleaner);
	buf_done(&demo->text);
	arena_done(&demo->arena);
	free(demo->folder);
	if (demo->pid > 0)
		uv_close((uv_handle_t *)&demo->poll, on_poll_closed);
	else
		free(demo);
}
