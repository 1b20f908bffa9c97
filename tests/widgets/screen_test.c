/*
 * The screen on a real pty: what it costs in bytes, that it gives the terminal back as
 * found, that a terminal which takes nothing stops nobody. The test is both sides: it
 * holds the master and gives the slave to the screen.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "bridge/base/buf.h"
#include "widgets/screen.h"
#include "widgets/theme.h"

struct rig {
	int master, slave;
	struct termios found;
	struct theme *theme;
	struct screen *screen;
	struct buf seen; /* what the terminal got since the last look */
	int rows, columns;
};

static struct rig
rig_open(int rows, int columns)
{
	struct rig rig = {.rows = rows, .columns = columns};
	struct winsize size = {.ws_row = (unsigned short)rows,
			       .ws_col = (unsigned short)columns};
	assert_int_equal(openpty(&rig.master, &rig.slave, NULL, NULL, &size), 0);
	assert_int_equal(tcgetattr(rig.slave, &rig.found), 0);
	assert_int_equal(fcntl(rig.master, F_SETFL, O_NONBLOCK), 0);
	rig.theme = theme_new_default();
	return rig;
}

static void
rig_start(struct rig *rig, const char *term)
{
	char *error = NULL;
	int result = screen_start(rig->slave, rig->slave, term, rig->theme, &rig->screen,
				  &error);
	if (result < 0)
		fail_msg("%s", error);
}

/* Everything that is on its way; returns how much it is. */
static size_t
rig_look(struct rig *rig)
{
	buf_clear(&rig->seen);
	struct pollfd wait = {.fd = rig->master, .events = POLLIN};
	while (poll(&wait, 1, 20) == 1 && (wait.revents & POLLIN)) {
		ssize_t got = read(rig->master, buf_room(&rig->seen, 4096), 4096);
		if (got <= 0)
			break;
		rig->seen.len += (size_t)got;
	}
	buf_add_byte(&rig->seen, 0);
	rig->seen.len--;
	return rig->seen.len;
}

static size_t
rig_flush(struct rig *rig)
{
	size_t total = 0;
	int result;
	do {
		result = screen_flush(rig->screen);
		total += rig_look(rig);
	} while (result == -EAGAIN);
	assert_int_equal(result, 0);
	return total;
}

static bool
rig_saw(const struct rig *rig, const char *what)
{
	return memmem(rig->seen.data, rig->seen.len, what, strlen(what)) != NULL;
}

static void
rig_close(struct rig *rig)
{
	screen_stop(rig->screen);
	theme_free(rig->theme);
	buf_done(&rig->seen);
	if (rig->slave >= 0)
		(void)close(rig->slave);
	if (rig->master >= 0)
		(void)close(rig->master);
}

/* A page as tern has it: a full log, the bar, the input line, the status bar. */
static void
paint_page(struct rig *rig)
{
	struct screen *screen = rig->screen;
	char line[256];
	for (int y = 0; y < rig->rows - 3; y++) {
		(void)snprintf(line, sizeof line,
			       "12:%02d  alice: this is line number %d", y, y);
		screen_put_row(screen, y, 0, rig->columns, ROLE_TEXT, line);
	}
	screen_put_row(screen, rig->rows - 3, 0, rig->columns, ROLE_BAR, "1:alice 2:bob");
	screen_put_row(screen, rig->rows - 2, 0, rig->columns, ROLE_INPUT, "> typed");
	screen_put_row(screen, rig->rows - 1, 0, rig->columns, ROLE_STATUS, "online");
	screen_cursor(screen, rig->rows - 2, 7);
	(void)rig_flush(rig);
}

static size_t
append_line(struct rig *rig, int length)
{
	char line[256];
	memset(line, 0, sizeof line);
	for (int i = 0; i < length; i++)
		line[i] = (char)('a' + (i * 7 + length + i / 9) % 26);
	screen_scroll(rig->screen, 0, rig->rows - 3, 1);
	screen_put_row(rig->screen, rig->rows - 4, 0, rig->columns, ROLE_TEXT, line);
	return rig_flush(rig);
}

static void
bytes_stay_in_their_budget(void **state)
{
	(void)state;
	static const struct {
		const char *term;
		int rows, columns, length;
		size_t budget;
	} cases[] = {
		{"xterm-256color", 50, 200, 80, 130},
		{"tmux-256color", 50, 200, 80, 130},
		{"screen-256color", 50, 200, 80, 130},
		{"xterm-256color", 24, 80, 60, 85},
		{"tmux-256color", 24, 80, 60, 85},
		{"screen-256color", 24, 80, 60, 90},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rig rig = rig_open(cases[i].rows, cases[i].columns);
		rig_start(&rig, cases[i].term);
		paint_page(&rig);
		screen_put(rig.screen, rig.rows - 2, 7, 10, ROLE_INPUT, "x", 1);
		screen_cursor(rig.screen, rig.rows - 2, 8);
		size_t typed = rig_flush(&rig);
		size_t appended = append_line(&rig, cases[i].length);
		printf("%s %dx%d: typed character %zu bytes, line of %d %zu bytes\n",
		       cases[i].term, rig.rows, rig.columns, typed, cases[i].length,
		       appended);
		if (getenv("SCREEN_TEST_DUMP"))
			(void)fwrite(rig.seen.data, 1, rig.seen.len, stderr);
		assert_int_equal(typed, 1);
		assert_true(appended <= cases[i].budget);
		assert_int_equal(rig_flush(&rig), 0);
		rig_close(&rig);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_stay_in_their_budget),
	};
	(void)rig_saw;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
