/* Tests of settings: values are checked, files are read with errors by line and rewritten
 * without losing the rest. */
#include "bridge/base/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bridge/base/buf.h"
#include "tests/bridge/cases.h"

static const char *
no_colon(const char *value)
{
	return strchr(value, ':') ? "No colon, please." : NULL;
}

static const struct config_row rows[] = {
	{"bell", CONFIG_BOOL, "on", 0, 0, NULL, NULL, "ring"},
	{"limit", CONFIG_INT, "50", 1, 500, NULL, NULL, "lines"},
	{"zone", CONFIG_TEXT, "", 0, 0, NULL, no_colon, "time zone"},
	{"theme", CONFIG_CHOICE, "plain", 0, 0, "plain|dark|darker", NULL, "colours"},
	{NULL, CONFIG_BOOL, NULL, 0, 0, NULL, NULL, NULL},
};

struct place {
	char folder[64];
	char path[96];
};

static int
set_up(void **state)
{
	struct place *place = calloc(1, sizeof *place);
	strcpy(place->folder, "/tmp/tern-config-XXXXXX");
	if (!mkdtemp(place->folder))
		return -1;
	(void)snprintf(place->path, sizeof place->path, "%s/config", place->folder);
	*state = place;
	return 0;
}

static int
tear_down(void **state)
{
	struct place *place = *state;
	(void)unlink(place->path);
	(void)rmdir(place->folder);
	free(place);
	return 0;
}

static void
put_file(const char *path, const char *text)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0640);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
}

static void
assert_file(const char *path, const char *text)
{
	char bytes[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	ssize_t len = read(fd, bytes, sizeof bytes - 1);
	assert_true(len >= 0);
	bytes[len] = 0;
	assert_string_equal(bytes, text);
	(void)close(fd);
}

static void
values_are_checked_and_made_canonical(void **state)
{
	static const struct {
		const char *name, *value, *kept;
		int status;
	} cases[] = {
		{"bell", "YES", "on", 0},
		{"bell", "0", "off", 0},
		{"bell", "maybe", "off", -EINVAL},
		{"limit", "7", "7", 0},
		{"limit", "501", "7", -EINVAL},
		{"limit", "7x", "7", -EINVAL},
		{"limit", "", "7", -EINVAL},
		{"theme", "Dark", "dark", 0},
		{"theme", "dar", "dark", -EINVAL},
		{"zone", "Europe/Berlin", "Europe/Berlin", 0},
		{"zone", "a:b", "Europe/Berlin", -EINVAL},
		{"zone", "a\nb", "Europe/Berlin", -EINVAL},
		{"zone", "\xff", "Europe/Berlin", -EINVAL},
		{"nothing", "x", "", -ENOENT},
	};
	(void)state;
	struct config *config = config_new(rows);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char *problem = NULL;
		int status = config_set(config, cases[i].name, cases[i].value, &problem);
		assert_int_equal(status, cases[i].status);
		assert_int_equal(problem != NULL, status == -EINVAL);
		assert_string_equal(config_text(config, cases[i].name), cases[i].kept);
		free(problem);
	}
	assert_false(config_bool(config, "bell"));
	assert_int_equal(config_int(config, "limit"), 7);
	config_free(config);
}

static void
a_file_is_read_with_errors_by_line(void **state)
{
	struct place *place = *state;
	struct buf problems = {0};
	struct config *config = config_new(rows);
	put_file(place->path,
		 "# comment\n\n bell = off \r\nlimit = many\n= 3\nrubbish\n"
		 "zone = \"two words\"\ntheme = \"dark\nforeign = 1\nlimit = 9");
	assert_int_equal(config_read(config, place->path, false, &problems), -EINVAL);
	assert_false(config_bool(config, "bell"));
	assert_int_equal(config_int(config, "limit"), 9);
	assert_string_equal(config_text(config, "zone"), "two words");
	assert_string_equal(config_text(config, "theme"), "plain");
	assert_non_null(strstr((char *)problems.data, "/config:4: limit is a number"));
	assert_non_null(strstr((char *)problems.data, ":5: "));
	assert_non_null(strstr((char *)problems.data, ":6: "));
	assert_non_null(strstr((char *)problems.data, ":8: "));
	assert_null(strstr((char *)problems.data, ":9: "));
	buf_clear(&problems);
	assert_int_equal(config_read(config, place->path, true, &problems), -EINVAL);
	assert_non_null(strstr((char *)problems.data, ":9: There is no option foreign."));
	buf_done(&problems);
	config_free(config);
}

static void
a_missing_file_is_empty_and_a_folder_is_none(void **state)
{
	struct place *place = *state;
	struct config *config = config_new(rows);
	assert_int_equal(config_read(config, place->path, true, NULL), 0);
	assert_int_equal(config_read(config, place->folder, true, NULL), -EISDIR);
	config_free(config);
}

static void
writing_one_value_keeps_the_other_lines(void **state)
{
	static const struct {
		const char *before, *after;
	} cases[] = {
		{"", "limit = 77\n"},
		{"# mine\nbell=off", "# mine\nbell=off\nlimit = 77\n"},
		{"limit=1\n# keep\nother = x\n", "limit = 77\n# keep\nother = x\n"},
		{"limit = 1\nlimit = 2\nbell = on\n",
		 "limit = 1\nlimit = 77\nbell = on\n"},
		{"bell = on\nlimit = 2", "bell = on\nlimit = 77\n"},
	};
	struct place *place = *state;
	struct config *config = config_new(rows);
	assert_int_equal(config_set(config, "limit", "77", NULL), 0);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct stat status;
		put_file(place->path, cases[i].before);
		assert_int_equal(config_write(config, place->path, "limit"), 0);
		assert_file(place->path, cases[i].after);
		assert_int_equal(stat(place->path, &status), 0);
		assert_int_equal(status.st_mode & 0777, 0640);
	}
	(void)unlink(place->path);
	assert_int_equal(config_write(config, place->path, "zone"), 0);
	assert_file(place->path, "zone = \"\"\n");
	assert_int_equal(config_write(config, "/nonexistent/x/config", "zone"), -ENOENT);
	config_free(config);
}

static void
names_and_values_are_completed(void **state)
{
	(void)state;
	struct config *config = config_new(rows);
	assert_string_equal(config_complete(config, "", 1), "limit");
	assert_string_equal(config_complete(config, "th", 0), "theme");
	assert_null(config_complete(config, "th", 1));
	char *value = config_complete_value(config, "theme", "dark", 1);
	assert_string_equal(value, "darker");
	free(value);
	assert_null(config_complete_value(config, "theme", "dark", 2));
	assert_null(config_complete_value(config, "zone", "", 0));
	value = config_complete_value(config, "bell", "of", 0);
	assert_string_equal(value, "off");
	free(value);
	config_free(config);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_checked_and_made_canonical),
		cmocka_unit_test_setup_teardown(a_file_is_read_with_errors_by_line,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_missing_file_is_empty_and_a_folder_is_none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(writing_one_value_keeps_the_other_lines,
						set_up, tear_down),
		cmocka_unit_test(names_and_values_are_completed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
