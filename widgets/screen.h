/*
 * The screen: the one door to ncurses and to the terminal's modes. Widgets paint clusters
 * with a role into cells; once per loop turn screen_flush sends what changed. Output
 * never blocks: ncurses draws into memory, and what the terminal does not take at once
 * waits here while frames are skipped. One screen a process, as ncurses keeps globals of
 * its own. screen_stop gives the terminal back as it was found.
 */
#ifndef TERN_WIDGETS_SCREEN_H
#define TERN_WIDGETS_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct screen;
struct theme;

/* A rectangle of cells; y and x count from 0 at the top left. */
struct screen_area {
	int y, x, height, width;
};

/* Takes the terminal: FD_IN and FD_OUT (the caller's, usually 0 and 1) must be terminals;
 * TERM is the name from the environment. Sets raw mode, the alternate screen, bracketed
 * paste and focus reports; no mouse. Sets a UTF-8 locale (text_set_locale). 0 and
 * *RET_SCREEN, or a negative errno and *RET_ERROR, a sentence for the user that the
 * caller frees: -ENOTTY (no terminal), -ENODEV (TERM unset, dumb or too poor to draw on).
 */
int screen_start(int fd_in, int fd_out, const char *term, const struct theme *theme,
		 struct screen **ret_screen, char **ret_error);

/* Whether TERM was unknown to terminfo and xterm-256color was taken: worth a notice. */
bool screen_is_guessed(const struct screen *screen);

/* Gives the terminal back as found and frees the screen; waits at most 300 ms for a
 * terminal that takes no bytes. NULL is fine. */
void screen_stop(struct screen *screen);

/* Gives the terminal back from a signal handler or before abort(): only calls that are
 * async-signal-safe, frees nothing, may be called twice. */
void screen_rescue(struct screen *screen);

/* Ctrl-Z: gives the terminal back; the caller then stops itself and calls screen_resume,
 * which takes the modes again, rereads the size and paints everything anew. */
void screen_suspend(struct screen *screen);
void screen_resume(struct screen *screen);

/* Leaves the drawn page and prints TEXT (clean, LF between lines) on the normal screen
 * for selecting with the mouse; lines are left whole for the terminal to wrap. Keys go on
 * being read by the caller; drawing goes on unseen until screen_bare_end. */
void screen_bare_begin(struct screen *screen, const char *text);
void screen_bare_end(struct screen *screen);
bool screen_is_bare(const struct screen *screen);

/* After SIGWINCH: asks the terminal for its size. True if it changed: the caller then
 * places every widget again. The old picture is erased. */
bool screen_resize(struct screen *screen);

/* The size in cells, at least 1 by 1. */
int screen_rows(const struct screen *screen);
int screen_columns(const struct screen *screen);

/* Another theme: roles mean its styles from now on; the caller marks all widgets dirty.
 */
void screen_set_theme(struct screen *screen, const struct theme *theme);

/* How many colours the terminal has: 0, 8 or 256 (16 and 88 count as 8). */
int screen_colours(const struct screen *screen);

/* Paints the LEN bytes of clean UTF-8 at TEXT from cell Y, X on, at most WIDTH columns,
 * in the style of ROLE (enum theme_role or a nick role). A cluster that does not fit
 * whole is left out. Cells outside the screen are clipped. Returns the columns painted.
 */
int screen_put(struct screen *screen, struct screen_area area, int role, const char *text,
	       size_t len);

/* screen_put of a whole string, the rest of WIDTH blank in the style of ROLE. */
void screen_put_row(struct screen *screen, int y, int x, int width, int role,
		    const char *text);

/* Blanks WIDTH cells from Y, X on in the style of ROLE. */
void screen_blank(struct screen *screen, int y, int x, int width, int role);

/* Blanks an area, or the whole page, in the style of ROLE_TEXT. */
void screen_erase_area(struct screen *screen, struct screen_area area);
void screen_erase(struct screen *screen);

/* Moves the full-width rows TOP … TOP+HEIGHT-1 up by ROWS (down if negative); rows that
 * come in are blank. Costs a few bytes where the terminal can scroll. */
void screen_scroll(struct screen *screen, int top, int height, int rows);

/* Where the cursor rests after the next flush; Y under 0 hides it. */
void screen_cursor(struct screen *screen, int y, int x);

/* Sends what changed since the last flush (one doupdate). While earlier bytes wait for
 * the terminal nothing new is drawn. 0 when all is sent; -EAGAIN when bytes wait: call
 * again when screen_output_fd is writable; -EIO when the terminal is gone. */
int screen_flush(struct screen *screen);

/* The descriptor to watch for writability after -EAGAIN. */
int screen_output_fd(const struct screen *screen);

/* The next flush paints every cell again (Ctrl-L). */
void screen_redraw(struct screen *screen);

/* Rings the bell with the next flush. */
void screen_bell(struct screen *screen);

/* Sets the terminal's title (with the next flush, when it differs) where the terminal has
 * one; cleaned and cut to 200 bytes here. The old title comes back on leaving where the
 * terminal can do that. */
void screen_set_title(struct screen *screen, const char *title);

/* Bytes sent to the terminal so far (for bench and tests). */
uint64_t screen_bytes(const struct screen *screen);

#endif
