/*
 * Text as a terminal shows it: clusters (UAX 29, by utf8proc), their width in columns,
 * rows of a paragraph, cutting to a width. Pure but for wcwidth's locale. Width is the
 * sum of wcwidth over the points that are shown; joiners, variation selectors and skin
 * tones inside emoji are not shown, since terminals disagree on the width of what they
 * join.
 */
#ifndef TERN_WIDGETS_TEXT_H
#define TERN_WIDGETS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

/* Sets the process's locale from the environment; without UTF-8 in it LC_CTYPE becomes
 * C.UTF-8. Call once before anything is measured. */
void text_set_locale(void);

/* The end of the cluster that begins at byte AT < LEN of TEXT; its columns (0 to a few;
 * LF has 0) go to *RET_WIDTH unless that is NULL. */
size_t text_next(const char *text, size_t len, size_t at, int *ret_width);

/* The start of the cluster that ends at byte AT > 0 (or in which AT lies). */
size_t text_prev(const char *text, size_t len, size_t at);

#define TEXT_CELL_MAX 6

/* The next cell of the cluster at *AT (< END): its points, first a spacing one, in OUT
 * (at most 5 and a 0), its width returned (1 or 2), *AT moved behind it; 0 when nothing
 * is left to show. For screen.c, which gives ncurses cell by cell. */
int text_cell(const char *text, size_t end, size_t *at, wchar_t out[TEXT_CELL_MAX]);

/* Columns of the LEN bytes at TEXT, line ends counting nothing. */
int text_width(const char *text, size_t len);

/* The largest number of bytes of TEXT that fit WIDTH columns, cut between clusters;
 * their columns go to *RET_WIDTH unless that is NULL. */
size_t text_fit(const char *text, size_t len, int width, int *ret_width);

/* TEXT cut to WIDTH columns, with "…" at its end if something was left out; a string that
 * the caller frees. Line ends become spaces. */
char *text_ellipsis(const char *text, int width);

/* One row of a wrapped paragraph, as a piece of the text (blanks at a break left out). */
struct text_row {
	size_t start, len;
	int width;
};

/* Wraps TEXT into rows of WIDTH columns, the first of FIRST_WIDTH: at blanks, within
 * words that are too long, between CJK characters, at LF; never inside a cluster. Widths
 * under 1 count as 1; a cluster wider than the row gets a row of its own. At least one
 * row; *RET_ROWS is the caller's to free. */
size_t text_wrap(const char *text, size_t len, int first_width, int width,
		 struct text_row **ret_rows);

#endif
