/* Tests of the XDG folders: only absolute paths count, and what is made is private. */
#include "bridge/base/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bridge/base/mem.h"
#include "tests/bridge/cases.h"

static void
variables_choose_the_folder(void **state)
{
	static const struct {
		const char *home, *data, *expected;
	} cases[] = {
		{"/home/u", NULL, "/home/u/.local/share/tern"},
		{"/home/u", "", "/home/u/.local/share/tern"},
		{"/home/u", "relative/path", "/home/u/.local/share/tern"},
		{"/home/u", "/data", "/data/tern"},
		{"/home/u", "/data/", "/data/tern"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		(void)setenv("HOME", cases[i].home, 1);
		if (cases[i].data)
			(void)setenv("XDG_DATA_HOME", cases[i].data, 1);
		else
			(void)unsetenv("XDG_DATA_HOME");
		char *path = paths_data();
		assert_string_equal(path, cases[i].expected);
		free(path);
	}
}

static void
config_state_and_runtime_have_their_own(void **state)
{
	(void)state;
	(void)setenv("HOME", "/h", 1);
	(void)unsetenv("XDG_CONFIG_HOME");
	(void)setenv("XDG_STATE_HOME", "/s", 1);
	char *config = paths_config();
	char *lasting = paths_state();
	assert_string_equal(config, "/h/.config/tern");
	assert_string_equal(lasting, "/s/tern");
	free(config);
	free(lasting);
	(void)unsetenv("XDG_RUNTIME_DIR");
	assert_null(paths_runtime());
	(void)setenv("XDG_RUNTIME_DIR", "here", 1);
	assert_null(paths_runtime());
	(void)setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
	char *runtime = paths_runtime();
	assert_string_equal(runtime, "/run/user/7/tern");
	free(runtime);
}

static void
without_home_the_password_database_is_asked(void **state)
{
	(void)state;
	(void)unsetenv("HOME");
	(void)unsetenv("XDG_DATA_HOME");
	char *path = paths_data();
	assert_true(!path || path[0] == '/');
	free(path);
}

static void
folders_are_made_private(void **state)
{
	char base[] = "/tmp/tern-paths-XXXXXX";
	struct stat status;
	(void)state;
	assert_non_null(mkdtemp(base));
	char *deep = paths_join(base, "a/b/c");
	char *file = paths_join(base, "file");
	char *below = paths_join(file, "x");
	assert_int_equal(paths_make(deep), 0);
	assert_int_equal(paths_make(deep), 0);
	assert_int_equal(stat(deep, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
	int fd = open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(paths_make(file), -ENOTDIR);
	assert_true(paths_make(below) < 0);
	free(below);
	(void)unlink(file);
	(void)rmdir(deep);
	*strrchr(deep, '/') = 0;
	(void)rmdir(deep);
	*strrchr(deep, '/') = 0;
	(void)rmdir(deep);
	(void)rmdir(base);
	free(deep);
	free(file);
}

static void
the_program_knows_its_folder(void **state)
{
	(void)state;
	char *folder = paths_program();
	char *self = paths_join(folder, "base_paths_test");
	assert_int_equal(access(self, X_OK), 0);
	free(self);
	free(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(variables_choose_the_folder),
		cmocka_unit_test(config_state_and_runtime_have_their_own),
		cmocka_unit_test(without_home_the_password_database_is_asked),
		cmocka_unit_test(folders_are_made_private),
		cmocka_unit_test(the_program_knows_its_folder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
