/* Tests of the log: levels, one line an event, nothing that a terminal would obey. */
#include "bridge/base/log.h"

#include <stdlib.h>
#include <unistd.h>

#include "tests/bridge/cases.h"

static size_t
logged(int fd, char *text, size_t size)
{
	ssize_t len = read(fd, text, size - 1);
	assert_true(len >= 0);
	text[len] = 0;
	return (size_t)len;
}

static void
lines_below_the_level_are_dropped(void **state)
{
	int ends[2];
	char text[4096];
	(void)state;
	assert_int_equal(pipe(ends), 0);
	log_open("test", ends[1], LOG_INFO);
	log_debug("area", "hidden=1");
	log_info("area", "shown=%d", 2);
	(void)logged(ends[0], text, sizeof text);
	assert_null(strstr(text, "hidden"));
	assert_non_null(strstr(text, "area"));
	assert_non_null(strstr(text, "shown=2"));
	assert_non_null(strstr(text, "test"));
	(void)close(ends[0]);
	(void)close(ends[1]);
	log_open("test", 2, LOG_NOTHING);
}

static void
an_event_is_one_short_line(void **state)
{
	int ends[2];
	char text[8192];
	char *much = malloc(5001);
	(void)state;
	memset(much, 'x', 5000);
	much[5000] = 0;
	assert_int_equal(pipe(ends), 0);
	log_open("test", ends[1], LOG_DEBUG);
	log_warn("area", "a=\"line\nend \033[2J\" b=%s", much);
	size_t len = logged(ends[0], text, sizeof text);
	assert_true(len > 0 && len <= 1024);
	assert_ptr_equal(strchr(text, '\n'), text + len - 1);
	assert_null(strchr(text, '\033'));
	free(much);
	(void)close(ends[0]);
	(void)close(ends[1]);
	log_open("test", 2, LOG_NOTHING);
}

static void
levels_have_names(void **state)
{
	(void)state;
	assert_int_equal(log_level_named("debug", LOG_WARN), LOG_DEBUG);
	assert_int_equal(log_level_named("error", LOG_WARN), LOG_ERROR);
	assert_int_equal(log_level_named("loud", LOG_WARN), LOG_WARN);
	assert_int_equal(log_level_named(NULL, LOG_INFO), LOG_INFO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_below_the_level_are_dropped),
		cmocka_unit_test(an_event_is_one_short_line),
		cmocka_unit_test(levels_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
