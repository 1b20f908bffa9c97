/*
 * How an editor looks: one row scrolled sideways, or several rows for text with line
 * ends. The view is computed without curses and painted through the screen.
 */
#ifndef TERN_WIDGETS_EDITOR_VIEW_H
#define TERN_WIDGETS_EDITOR_VIEW_H

#include <stdbool.h>

#include "widgets/screen.h"

struct editor;

/* Where the view stands between two drawings; zero-initialise, one an editor. */
struct editor_view {
	int scroll; /* columns left of the view (one row), or rows above it (several) */
};

/* Rows that the editor's text would take at WIDTH columns behind a prompt of PROMPT
 * columns, from 1 to MAX: the caller's layout follows it. */
int editor_view_rows(const struct editor *editor, int prompt, int width, int max);

/* Paints PROMPT and the text into AREA (one row: line ends shown as "⏎", scrolled
 * sideways) and puts the cursor there if HAS_CURSOR. Chips are shown as "[paste: 12
 * lines]". */
void editor_view_draw(struct editor_view *view, const struct editor *editor,
		      struct screen *screen, struct screen_area area, const char *prompt,
		      bool has_cursor);

/* The same as data: what one row of WIDTH columns shows, as a string that the caller
 * frees, and the cursor's column in it. */
char *editor_view_line(struct editor_view *view, const struct editor *editor, int width,
		       int *ret_cursor);

#endif
