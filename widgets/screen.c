/*
 * ncurses behind a door. It draws into a file in memory (newterm takes any descriptor);
 * screen_flush carries what it wrote to the terminal without ever blocking, and while
 * bytes wait nothing new is drawn, so that a slow terminal skips frames instead of
 * lagging. Modes of the line are tty.c's, modes of the emulator (paste, focus, title) are
 * written here.
 */
#include "widgets/screen.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#include <curses.h>
#include <term.h>

#include "bridge/base/buf.h"
#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"
#include "widgets/screen_private.h"
#include "widgets/shorten.h"
#include "widgets/text.h"

#define TITLE_MAX 200
#define LEAVE_WAIT_MS 300
#define SIZE_MAX_CELLS 2000

static const char modes_on[] = "\033[?2004h\033[?1004h";
static const char modes_off[] = "\033[?1004l\033[?2004l";
static const char title_push[] = "\033[22;2t";
static const char title_pop[] = "\033[23;2t";

/* Signals for which newterm may install handlers of its own. */
static const int curses_signals[] = {SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
#define SIGNAL_COUNT (sizeof curses_signals / sizeof *curses_signals)

/* Brings what ncurses wrote over to the terminal's queue. */
static void
collect(struct screen *screen)
{
	int fd = fileno(screen->memory);
	(void)fflush(screen->memory);
	off_t len = lseek(fd, 0, SEEK_CUR);
	if (len <= 0)
		return;
	char *bytes = mem_alloc((size_t)len);
	ssize_t got = pread(fd, bytes, (size_t)len, 0);
	if (got > 0 && screen->is_like_xterm && !screen->tty.is_gone) {
		screen->shorten.rows = LINES;
		shorten_frame(&screen->shorten, &screen->tty.pending, bytes, (size_t)got);
		screen->shorten.cursor_y = getcury(curscr) + 1;
		screen->shorten.cursor_x = getcurx(curscr) + 1;
	} else if (got > 0) {
		tty_add(&screen->tty, bytes, (size_t)got);
	}
	free(bytes);
	(void)lseek(fd, 0, SEEK_SET);
	int status = ftruncate(fd, 0);
	assert(status == 0); /* a file in memory can always be emptied */
}

static void
add_text(struct screen *screen, const char *text)
{
	tty_add(&screen->tty, text, strlen(text));
}

/* Appends a terminfo string to the rescue bytes, its padding ($<5>) left out. */
static void
add_rescue(struct screen *screen, const char *text)
{
	if (!text || text == (char *)-1)
		return;
	while (*text && screen->rescue_len < sizeof screen->rescue) {
		if (text[0] == '$' && text[1] == '<') {
			text += strcspn(text, ">");
			text += *text == '>';
			continue;
		}
		screen->rescue[screen->rescue_len++] = *text++;
	}
}

/* tigetstr takes a name that it does not change, but says char *. */
static const char *
capability(const char *name)
{
	char copy[8];
	(void)snprintf(copy, sizeof copy, "%s", name);
	const char *value = tigetstr(copy);
	return value == (char *)-1 ? NULL : value;
}

static bool
has_window_title(const char *term)
{
	static const char *const names[] = {"xterm",   "tmux",	"screen",  "rxvt",
					    "st",      "foot",	"kitty",   "alacritty",
					    "vte",     "gnome", "konsole", "wezterm",
					    "ghostty", "putty", "contour"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		size_t len = strlen(names[i]);
		if (strncasecmp(term, names[i], len) == 0 &&
		    (!term[len] || strchr("-.+", term[len])))
			return true;
	}
	return false;
}

static struct screen *
screen_fail(struct screen *screen, char *error, char **ret_error)
{
	*ret_error = error;
	if (screen->memory)
		(void)fclose(screen->memory);
	if (screen->nothing)
		(void)fclose(screen->nothing);
	tty_done(&screen->tty);
	free(screen);
	return NULL;
}

/* newterm, without the signal handlers that it would leave behind. */
static SCREEN *
open_curses(const char *term, FILE *out, FILE *in)
{
	struct sigaction found[SIGNAL_COUNT];
	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		(void)sigaction(curses_signals[i], NULL, &found[i]);
	SCREEN *curses = newterm(term, out, in);
	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		(void)sigaction(curses_signals[i], &found[i], NULL);
	return curses;
}

/* Whether terminfo knows TERM (newterm would print to stderr and might exit). */
static bool
is_known(const char *term, int fd)
{
	int error = 0;
	if (setupterm(term, fd, &error) == ERR || error != 1)
		return false;
	(void)del_curterm(cur_term);
	return true;
}

static void
set_size(struct screen *screen)
{
	int height = LINES;
	int width = COLS;
	(void)tty_size(&screen->tty, &height, &width);
	height = height > SIZE_MAX_CELLS ? SIZE_MAX_CELLS : height;
	width = width > SIZE_MAX_CELLS ? SIZE_MAX_CELLS : width;
	(void)resizeterm(height, width);
}

/* Whether the terminal's motions are those that shorten.h speaks of. */
static bool
is_like_xterm(void)
{
	static const char *const wanted[][2] = {{"cup", "\033[%i%p1%d;%p2%dH"},
						{"csr", "\033[%i%p1%d;%p2%dr"},
						{"il1", "\033[L"},
						{"dl1", "\033[M"},
						{"il", "\033[%p1%dL"},
						{"dl", "\033[%p1%dM"}};
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
		const char *value = capability(wanted[i][0]);
		if (!value || strcmp(value, wanted[i][1]) != 0)
			return false;
	}
	/* A line that is full to the last column must not scroll by itself. */
	char flag[] = "xenl";
	return tigetflag(flag) == 1;
}

static void
set_up_curses(struct screen *screen, const char *term)
{
	(void)typeahead(-1);
	(void)nonl();
	(void)scrollok(stdscr, FALSE);
	(void)idlok(stdscr, TRUE);
	(void)leaveok(stdscr, FALSE);
	if (has_colors() && start_color() == OK) {
		(void)use_default_colors();
		screen->colours = COLORS >= 256 ? 256 : COLORS >= 8 ? 8 : 0;
	}
	const char *move = capability("cup");
	screen->is_ansi = move && strncmp(move, "\033[", 2) == 0;
	screen->has_title = screen->is_ansi && has_window_title(term);
	screen->is_like_xterm = is_like_xterm();
	if (screen->is_ansi)
		add_rescue(screen, modes_off);
	if (screen->has_title)
		add_rescue(screen, title_pop);
	if (screen->is_like_xterm)
		add_rescue(screen, "\033[r\033[999H");
	add_rescue(screen, capability("sgr0"));
	add_rescue(screen, capability("cnorm"));
	add_rescue(screen, capability("rmcup"));
	set_size(screen);
}

/* The part of the start that needs curses; NULL and a sentence if it can't draw. */
static struct screen *
start_curses(struct screen *screen, const char *term, char **ret_error)
{
	int memory = memfd_create("tern-screen", MFD_CLOEXEC);
	screen->memory = memory < 0 ? NULL : fdopen(memory, "w");
	screen->nothing = fopen("/dev/null", "re");
	if (!screen->memory || !screen->nothing)
		return screen_fail(
			screen, mem_printf("No memory to draw in: %s.", strerror(errno)),
			ret_error);
	if (!is_known(term, memory)) {
		screen->is_guessed = true;
		if (!is_known("xterm-256color", memory))
			return screen_fail(
				screen,
				mem_printf("The terminal '%s' is unknown here and there "
					   "is no "
					   "xterm-256color either: install ncurses-base.",
					   term),
				ret_error);
	}
	screen->curses = open_curses(screen->is_guessed ? "xterm-256color" : term,
				     screen->memory, screen->nothing);
	if (screen->curses && capability("cup")) {
		set_up_curses(screen, screen->is_guessed ? "xterm-256color" : term);
		return screen;
	}
	if (screen->curses) {
		(void)endwin();
		delscreen(screen->curses);
	}
	return screen_fail(screen,
			   mem_printf("The terminal '%s' cannot move its cursor, so "
				      "tern cannot draw on it.",
				      term),
			   ret_error);
}

/* Takes the emulator's modes; ncurses has its own on the way. */
static void
enter(struct screen *screen)
{
	tty_set_raw(&screen->tty);
	if (screen->is_ansi)
		add_text(screen, modes_on);
	(void)clearok(curscr, TRUE);
	screen->is_away = false;
}

/* Goes from the drawn page to the normal screen. */
static void
leave_page(struct screen *screen)
{
	if (screen->is_bare || screen->is_away)
		return;
	if (!screen->tty.is_gone)
		shorten_leave(&screen->shorten, &screen->tty.pending);
	(void)endwin();
	collect(screen);
}

/* Puts the bytes that give the emulator back into the queue. */
static void
leave(struct screen *screen)
{
	if (screen->is_ansi)
		add_text(screen, modes_off);
	if (screen->is_title_pushed)
		add_text(screen, title_pop);
	screen->is_title_pushed = false;
	free(screen->title_sent);
	screen->title_sent = NULL;
	leave_page(screen);
	screen->is_bare = false;
	screen->is_away = true;
}

int
screen_start(int fd_in, int fd_out, const char *term, const struct theme *theme,
	     struct screen **ret_screen, char **ret_error)
{
	if (!term || !*term || strcmp(term, "dumb") == 0) {
		*ret_error = mem_printf(
			"TERM is %s: tern needs a terminal that can move its "
			"cursor. Set TERM to what your terminal is, for example "
			"xterm-256color.",
			term && *term ? "dumb" : "not set");
		return -ENODEV;
	}
	struct screen *screen = mem_alloc(sizeof *screen);
	if (tty_init(&screen->tty, fd_in, fd_out) < 0) {
		(void)screen_fail(screen,
				  mem_strdup("tern needs a terminal: its input or output "
					     "goes elsewhere."),
				  ret_error);
		return -ENOTTY;
	}
	text_set_locale();
	screen = start_curses(screen, term, ret_error);
	if (!screen)
		return -ENODEV;
	screen_set_theme(screen, theme);
	enter(screen);
	*ret_screen = screen;
	return 0;
}

bool
screen_is_guessed(const struct screen *screen)
{
	return screen->is_guessed;
}

void
screen_stop(struct screen *screen)
{
	if (!screen)
		return;
	leave(screen);
	(void)tty_drain_wait(&screen->tty, LEAVE_WAIT_MS);
	tty_set_found(&screen->tty);
	delscreen(screen->curses);
	(void)fclose(screen->memory);
	(void)fclose(screen->nothing);
	tty_done(&screen->tty);
	free(screen->title);
	free(screen->title_sent);
	free(screen);
}

void
screen_rescue(struct screen *screen)
{
	if (!screen || screen->is_away)
		return;
	screen->is_away = true;
	ssize_t wrote = write(screen->tty.fd_write, screen->rescue, screen->rescue_len);
	(void)wrote;
	tty_set_found(&screen->tty);
}

void
screen_suspend(struct screen *screen)
{
	leave(screen);
	(void)tty_drain_wait(&screen->tty, LEAVE_WAIT_MS);
	tty_set_found(&screen->tty);
}

void
screen_resume(struct screen *screen)
{
	/* Another program may have changed the modes meanwhile: those are the found ones.
	 */
	(void)tcgetattr(screen->tty.fd_in, &screen->tty.found);
	enter(screen);
	set_size(screen);
}

void
screen_bare_begin(struct screen *screen, const char *text)
{
	leave_page(screen);
	screen->is_bare = true;
	add_text(screen, "\r\n");
	for (const char *at = text; *at;) {
		size_t len = strcspn(at, "\n");
		tty_add(&screen->tty, at, len);
		add_text(screen, "\r\n");
		at += len + (at[len] == '\n');
	}
	(void)tty_drain(&screen->tty);
}

void
screen_bare_end(struct screen *screen)
{
	if (!screen->is_bare)
		return;
	screen->is_bare = false;
	(void)clearok(curscr, TRUE);
}

bool
screen_is_bare(const struct screen *screen)
{
	return screen->is_bare;
}

bool
screen_resize(struct screen *screen)
{
	int height = LINES;
	int width = COLS;
	set_size(screen);
	if (height == LINES && width == COLS)
		return false;
	if (!screen->tty.is_gone)
		shorten_leave(&screen->shorten, &screen->tty.pending);
	(void)werase(stdscr);
	(void)clearok(curscr, TRUE);
	return true;
}

int
screen_rows(const struct screen *screen)
{
	(void)screen;
	return LINES;
}

int
screen_columns(const struct screen *screen)
{
	(void)screen;
	return COLS;
}

void
screen_cursor(struct screen *screen, int y, int x)
{
	screen->cursor_y = y;
	screen->cursor_x = x;
}

static void
send_title(struct screen *screen)
{
	if (!screen->title || !screen->has_title ||
	    (screen->title_sent && strcmp(screen->title, screen->title_sent) == 0))
		return;
	if (!screen->is_title_pushed)
		add_text(screen, title_push);
	screen->is_title_pushed = true;
	add_text(screen, "\033]2;");
	add_text(screen, screen->title);
	add_text(screen, "\a");
	mem_replace(&screen->title_sent, screen->title);
}

static void
place_cursor(struct screen *screen)
{
	bool is_hidden = screen->cursor_y < 0;
	if (is_hidden != screen->is_cursor_hidden)
		(void)curs_set(is_hidden ? 0 : 1);
	screen->is_cursor_hidden = is_hidden;
	int y = is_hidden ? 0 : screen->cursor_y;
	int x = screen->cursor_x < 0 ? 0 : screen->cursor_x;
	(void)wmove(stdscr, y < LINES ? y : LINES - 1, x < COLS ? x : COLS - 1);
}

int
screen_flush(struct screen *screen)
{
	int result = tty_drain(&screen->tty);
	if (result < 0 || screen->is_bare || screen->is_away)
		return result;
	place_cursor(screen);
	(void)wnoutrefresh(stdscr);
	(void)doupdate();
	collect(screen);
	send_title(screen);
	return tty_drain(&screen->tty);
}

int
screen_output_fd(const struct screen *screen)
{
	return screen->tty.fd_write;
}

void
screen_redraw(struct screen *screen)
{
	(void)screen;
	(void)clearok(curscr, TRUE);
}

void
screen_bell(struct screen *screen)
{
	if (!screen->is_away)
		tty_add(&screen->tty, "\a", 1);
}

void
screen_set_title(struct screen *screen, const char *title)
{
	free(screen->title);
	screen->title = clean_text(title, CLEAN_LINE, TITLE_MAX);
}

uint64_t
screen_bytes(const struct screen *screen)
{
	return screen->tty.sent;
}
