/*
 * Fewer bytes for the same picture: rewrites two things that ncurses says at length.
 * Pure; for screen.c, on terminals whose cursor motion, insert and delete line are
 * ANSI's.
 */
#ifndef TERN_WIDGETS_SHORTEN_H
#define TERN_WIDGETS_SHORTEN_H

#include <stddef.h>

#include "bridge/base/buf.h"

/* Appends the LEN bytes that ncurses wrote for a screen of ROWS to OUT:
 * a move to the first column loses its column (ECMA-48 8.3.21: the default is 1), and a
 * scroll of rows 1 to B by margins becomes "delete N lines at the top, insert N at B", 14
 * bytes instead of 29. */
void shorten(struct buf *out, const char *data, size_t len, int rows);

#endif
