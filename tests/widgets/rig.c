/*
 * See rig.h. The master never blocks; a look ends when nothing came for a moment.
 */
#include "tests/widgets/rig.h"

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
#include <unistd.h>

#include <cmocka.h>
#include <curses.h>

#include "bridge/base/mem.h"

struct rig
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

void
rig_start(struct rig *rig, const char *term)
{
	char *error = NULL;
	if (screen_start(rig->slave, rig->slave, term, rig->theme, &rig->screen, &error) <
	    0)
		fail_msg("%s", error);
}

size_t
rig_look(struct rig *rig)
{
	buf_clear(&rig->seen);
	struct pollfd wait = {.fd = rig->master, .events = POLLIN};
	while (poll(&wait, 1, 10) == 1 && (wait.revents & POLLIN)) {
		ssize_t got = read(rig->master, buf_room(&rig->seen, 65536), 65536);
		if (got <= 0)
			break;
		rig->seen.len += (size_t)got;
	}
	return rig->seen.len;
}

size_t
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

bool
rig_saw(const struct rig *rig, const char *what)
{
	return rig->seen.len > 0 &&
	       memmem(rig->seen.data, rig->seen.len, what, strlen(what)) != NULL;
}

char *
rig_row(struct rig *rig, int y)
{
	wchar_t wide[1024];
	char *text = mem_alloc(sizeof wide * 4);
	int count = mvinnwstr(y, 0, wide, rig->columns < 1023 ? rig->columns : 1023);
	assert_true(count != ERR);
	assert_true(wcstombs(text, wide, sizeof wide * 4 - 1) != (size_t)-1);
	for (size_t len = strlen(text); len > 0 && text[len - 1] == ' ';)
		text[--len] = '\0';
	return text;
}

void
rig_expect(struct rig *rig, int y, const char *text)
{
	char *row = rig_row(rig, y);
	if (strcmp(row, text) != 0)
		print_error("row %d\n", y);
	assert_string_equal(row, text);
	free(row);
}

void
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
