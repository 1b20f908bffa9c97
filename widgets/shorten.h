/*
 * Fewer bytes for the same picture: rewrites what ncurses says at length, on terminals
 * that speak as xterm does. Attributes are told as the difference to what holds, and not
 * at all for blanks that look the same without; a move to the first column leaves the
 * column out (ECMA-48 8.3.21), and the margins of a region that scrolls stay set between
 * frames, so that a scroll is a move and a line feed. Pure; for screen.c.
 */
#ifndef TERN_WIDGETS_SHORTEN_H
#define TERN_WIDGETS_SHORTEN_H

#include <stdbool.h>
#include <stddef.h>

#include "bridge/base/buf.h"

/* Attributes as SGR tells them (ECMA-48 8.3.117). */
struct shorten_look {
	unsigned attributes;	    /* bit N: SGR N */
	int foreground, background; /* -1: default */
};

/* What the terminal is known to hold between frames; zero-initialise. */
struct shorten {
	int rows;		/* the screen's; kept by the caller */
	int cursor_y, cursor_x; /* where the cursor rests between frames, from 1; the
				   caller's */
	int margin;		/* the rows 1 to MARGIN scroll by themselves; 0: all */
	struct shorten_look look;
	bool is_look_known;
	bool is_raw; /* attributes came that are not known here: told as they come */
	bool has_charsets; /* line drawing was switched on: charsets are left alone */
};

/* Appends to OUT what does the same as the LEN bytes that ncurses wrote for one frame. */
void shorten_frame(struct shorten *state, struct buf *out, const char *data, size_t len);

/* Appends what takes the margins away again, and forgets what is known: before the
 * terminal is left, given to others, or has changed its size. */
void shorten_leave(struct shorten *state, struct buf *out);

#endif
