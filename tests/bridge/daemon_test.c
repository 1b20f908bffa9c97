/* Tests of finding and starting the daemon: what lock and file say, and programs in its
 * place that start, refuse, or do neither. */
#include "bridge/daemon.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bridge/base/paths.h"
#include "tests/bridge/cases.h"

struct place {
	char home[64];
	char *folder;
	int listener;
};

static void
put_file(const char *folder, const char *name, const char *text, mode_t mode)
{
	char *path = paths_join(folder, name);
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, mode);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
	free(path);
}

static int
set_up(void **state)
{
	struct place *place = calloc(1, sizeof *place);
	strcpy(place->home, "/tmp/tern-daemon-XXXXXX");
	if (!mkdtemp(place->home))
		return -1;
	(void)setenv("XDG_DATA_HOME", place->home, 1);
	/* Found on PATH, since there is none beside a test. */
	(void)setenv("PATH", place->home, 1);
	place->folder = daemon_folder(NULL);
	place->listener = -1;
	*state = place;
	return 0;
}

static int
tear_down(void **state)
{
	struct place *place = *state;
	char command[256];
	if (place->listener >= 0)
		(void)close(place->listener);
	(void)setenv("PATH", "/usr/bin:/bin", 1);
	(void)snprintf(command, sizeof command, "rm -rf '%s'", place->home);
	int status = system(command);
	free(place->folder);
	free(place);
	return status;
}

/* Listens in the state folder and writes the daemon file, as ternd does. */
static void
pretend_to_listen(struct place *place)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	assert_int_equal(paths_make(place->folder), 0);
	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s/sock",
		       place->folder);
	place->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
		bind(place->listener, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(place->listener, 5), 0);
	char *text = daemon_file_format(getpid(), address.sun_path);
	put_file(place->folder, DAEMON_FILE, text, 0600);
	free(text);
}

static int
hold_lock(const struct place *place)
{
	put_file(place->folder, DAEMON_LOCK, "", 0600);
	char *path = paths_join(place->folder, DAEMON_LOCK);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	free(path);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	return fd;
}

static void
lock_and_file_tell_the_state(void **state)
{
	struct place *place = *state;
	struct daemon_place found;
	daemon_look(&found);
	assert_int_equal(found.state, DAEMON_STOPPED);
	pretend_to_listen(place);
	daemon_look(&found);
	assert_int_equal(found.state, DAEMON_STALE);
	assert_string_equal(found.socket, "");
	int lock = hold_lock(place);
	daemon_look(&found);
	assert_int_equal(found.state, DAEMON_RUNNING);
	assert_int_equal(found.pid, getpid());
	assert_int_equal(found.socket[0], '/');
	put_file(place->folder, DAEMON_FILE, "rubbish", 0600);
	daemon_look(&found);
	assert_int_equal(found.state, DAEMON_UNREADABLE);
	put_file(place->folder, DAEMON_FILE, "pid = 1\nsocket = relative\n", 0600);
	daemon_look(&found);
	assert_int_equal(found.state, DAEMON_UNREADABLE);
	(void)close(lock);
}

static void
a_folder_that_is_none_is_unreadable(void **state)
{
	struct place *place = *state;
	struct daemon_place found;
	put_file(place->home, "tern", "", 0600);
	daemon_look(&found);
	assert_int_equal(found.state, DAEMON_UNREADABLE);
	assert_true(found.problem[0]);
}

static void
a_listening_daemon_is_connected_to(void **state)
{
	struct place *place = *state;
	struct daemon_place found;
	pretend_to_listen(place);
	int fd = daemon_connect(false, 1000, &found);
	assert_true(fd >= 0);
	assert_int_equal(found.state, DAEMON_RUNNING);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	(void)close(fd);
}

static void
nothing_is_started_unasked(void **state)
{
	struct place *place = *state;
	struct daemon_place found;
	put_file(place->home, "ternd", "#!/bin/sh\n: > \"$XDG_DATA_HOME/started\"\n",
		 0700);
	assert_int_equal(daemon_connect(false, 1000, &found), -1);
	assert_int_equal(found.state, DAEMON_STOPPED);
	char *mark = paths_join(place->home, "started");
	assert_int_equal(access(mark, F_OK), -1);
	free(mark);
}

static void
a_daemon_that_refuses_is_quoted(void **state)
{
	struct place *place = *state;
	struct daemon_place found;
	put_file(place->home, "ternd",
		 "#!/bin/sh\nprintf 'The disk is \\033[31mfull.\\nmore\\n' >&2\nexit 1\n",
		 0700);
	assert_int_equal(daemon_connect(true, 5000, &found), -1);
	assert_string_equal(found.problem, "The disk is \xef\xbf\xbd[31mfull.");
}

static void
no_program_and_no_answer_are_sentences(void **state)
{
	struct place *place = *state;
	struct daemon_place found;
	assert_int_equal(daemon_connect(true, 5000, &found), -1);
	assert_non_null(strstr(found.problem, "cannot be started"));
	put_file(place->home, "ternd", "#!/bin/sh\nexit 0\n", 0700);
	assert_int_equal(daemon_connect(true, 50, &found), -1);
	assert_non_null(strstr(found.problem, "does not answer"));
}

static void
an_embedded_daemon_gets_descriptor_3(void **state)
{
	struct place *place = *state;
	struct daemon_place found;
	char text[16] = "";
	put_file(place->home, "ternd", "#!/bin/sh\nprintf \"$1\" >&3\n", 0700);
	int fd = daemon_embed(&found);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, text, sizeof text - 1), 8);
	assert_string_equal(text, "embedded");
	assert_int_equal(read(fd, text, sizeof text), 0);
	(void)close(fd);
	assert_int_equal(waitpid(found.pid, NULL, 0), found.pid);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lock_and_file_tell_the_state, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_folder_that_is_none_is_unreadable,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_listening_daemon_is_connected_to,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_is_started_unasked, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_daemon_that_refuses_is_quoted, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(no_program_and_no_answer_are_sentences,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_embedded_daemon_gets_descriptor_3,
						set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
