/*
 * A real pty with a screen on it, for tests: the test holds both ends. What was painted
 * is read back from ncurses, what was sent from the master.
 */
#ifndef TERN_TESTS_WIDGETS_RIG_H
#define TERN_TESTS_WIDGETS_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

#include "bridge/base/buf.h"
#include "widgets/screen.h"
#include "widgets/theme.h"

struct rig {
	int master, slave;
	int rows, columns;
	struct termios found;
	struct theme *theme;
	struct screen *screen;
	struct buf seen; /* what the terminal got at the last look */
};

/* A pty of that size with the default theme; no screen yet. */
struct rig rig_open(int rows, int columns);

/* Starts the screen; the test fails if that does. */
void rig_start(struct rig *rig, const char *term);

/* Reads what is on its way to the terminal; returns how many bytes. */
size_t rig_look(struct rig *rig);

/* Flushes until all is sent; returns how many bytes came. */
size_t rig_flush(struct rig *rig);

bool rig_saw(const struct rig *rig, const char *what);

/* Row Y as painted, without trailing blanks; the caller frees. */
char *rig_row(struct rig *rig, int y);

/* Compares row Y with TEXT. */
void rig_expect(struct rig *rig, int y, const char *text);

/* Stops the screen and closes the pty. */
void rig_close(struct rig *rig);

#endif
