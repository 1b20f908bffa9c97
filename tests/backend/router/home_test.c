/*
 * The daemon's folder: its files and the list of profiles.
 */
#include "backend/router/home.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "bridge/base/mem.h"
#include "bridge/daemon.h"

static char folder[] = "/tmp/tern-home-XXXXXX";

static void
make(const char *name)
{
	char *path = mem_printf("%s/tern/profiles/%s", folder, name);
	assert_int_equal(mkdir(path, 0700), 0);
	free(path);
}

static int
setup(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(setenv("XDG_DATA_HOME", folder, 1), 0);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	char *command = mem_printf("rm -r %s", folder);
	int status = system(command);
	free(command);
	return status;
}

static void
one_holds_the_lock_and_tells_where_it_is(void **state)
{
	(void)state;
	struct home first, second;
	char *problem = NULL;
	assert_int_equal(home_init(&first, &problem), 0);
	assert_int_equal(home_init(&second, &problem), 0);
	assert_int_equal(home_lock(&first, &problem), 0);
	assert_int_equal(home_publish(&first, "/run/socket"), 0);
	assert_int_equal(home_lock(&second, &problem), -EALREADY);
	assert_non_null(strstr(problem, "already running"));
	free(problem);
	struct daemon_place place;
	daemon_look(&place);
	assert_int_equal(place.state, DAEMON_RUNNING);
	assert_int_equal(place.pid, getpid());
	assert_string_equal(place.socket, "/run/socket");
	home_done(&second);
	daemon_look(&place);
	assert_int_equal(place.state, DAEMON_RUNNING);
	home_done(&first);
	daemon_look(&place);
	assert_int_equal(place.state, DAEMON_STOPPED);
}

static void
the_default_is_remembered(void **state)
{
	(void)state;
	struct home home;
	char *problem = NULL;
	assert_int_equal(home_init(&home, &problem), 0);
	assert_null(home_default(&home));
	assert_int_equal(home_set_default(&home, "at home"), 0);
	char *name = home_default(&home);
	assert_string_equal(name, "at home");
	free(name);
	assert_int_equal(home_set_default(&home, NULL), 0);
	assert_null(home_default(&home));
	home_done(&home);
}

static void
only_profile_folders_are_listed(void **state)
{
	(void)state;
	struct home home;
	char *problem = NULL;
	size_t count = 9;
	assert_int_equal(home_init(&home, &problem), 0);
	struct home_profile *found = home_profiles(&home, &count);
	assert_int_equal(count, 0);
	home_free_profiles(found, count);
	make("");
	make("one");
	make("a%20b");
	make(".trash");
	make("%61");
	char *path = mem_printf("%s/tern/profiles/file", folder);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fclose(file);
	free(path);
	found = home_profiles(&home, &count);
	assert_int_equal(count, 2);
	home_free_profiles(found, count);
	assert_true(home_has_profile(&home, "a b"));
	assert_false(home_has_profile(&home, "file"));
	assert_false(home_has_profile(&home, ".."));
	assert_false(home_has_profile(&home, ""));
	home_done(&home);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_holds_the_lock_and_tells_where_it_is),
		cmocka_unit_test(the_default_is_remembered),
		cmocka_unit_test(only_profile_folders_are_listed),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
