/*
 * The screen on a real pty: what it costs in bytes, that it gives the terminal back as
 * found, that a terminal which takes nothing stops nobody, that bad terminals are refused
 * with a sentence.
 */
#include <errno.h>
#include <fcntl.h>
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

#include "tests/widgets/rig.h"
#include "widgets/log.h"

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

static void
fill_line(char *line, int length)
{
	for (int i = 0; i < length; i++)
		line[i] = (char)('a' + (i * 7 + length + i / 9) % 26);
	line[length] = '\0';
}

static size_t
append_line(struct rig *rig, int length)
{
	char line[256];
	fill_line(line, length);
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
		{"xterm-256color", 50, 200, 80, 108},
		{"tmux-256color", 50, 200, 80, 110},
		{"screen-256color", 50, 200, 80, 110},
		{"xterm-256color", 24, 80, 60, 85},
		{"tmux-256color", 24, 80, 60, 85},
		{"screen", 24, 80, 60, 85},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rig rig = rig_open(cases[i].rows, cases[i].columns);
		rig_start(&rig, cases[i].term);
		paint_page(&rig);
		screen_put(rig.screen,
			   (struct screen_area){.y = rig.rows - 2, .x = 7, .width = 10},
			   ROLE_INPUT, "x", 1);
		screen_cursor(rig.screen, rig.rows - 2, 8);
		assert_int_equal(rig_flush(&rig), 1);
		assert_true(append_line(&rig, cases[i].length) <= cases[i].budget);
		assert_int_equal(rig_flush(&rig), 0);
		rig_close(&rig);
	}
}

/* A message with time and coloured nick through the log widget; LENGTH columns in all. */
static void
a_whole_message_line_is_cheap(void **state)
{
	(void)state;
	static const struct {
		int rows, columns, length;
		size_t budget;
	} cases[] = {{50, 200, 80, 105}, {24, 80, 60, 85}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rig rig = rig_open(cases[i].rows, cases[i].columns);
		rig_start(&rig, "xterm-256color");
		paint_page(&rig);
		struct log *log = log_new();
		log_set_area(log, (struct screen_area){0, 0, rig.rows - 3, rig.columns});
		char body[256];
		struct log_line line = {.kind = LOG_MESSAGE,
					.time = "12:03",
					.nick = "alice",
					.nick_role = theme_nick_role(rig.theme, "alice"),
					.body = body};
		for (int n = 1; n <= 60; n++) {
			fill_line(body, cases[i].length - 14);
			body[0] = (char)('0' + n / 10);
			body[1] = (char)('0' + n % 10);
			line.id = (uint64_t)n;
			line.place = n;
			log_put(log, &line);
			(void)log_draw(log, rig.screen);
			size_t bytes = rig_flush(&rig);
			if (n < 60)
				continue;
			print_message("%dx%d: a line of %d columns takes %zu bytes\n",
				      rig.rows, rig.columns, cases[i].length, bytes);
			if (getenv("SCREEN_TEST_DUMP"))
				(void)fwrite(rig.seen.data, 1, rig.seen.len, stderr);
			assert_true(bytes <= cases[i].budget);
		}
		log_free(log);
		rig_close(&rig);
	}
}

static void
expect_modes_as_found(const struct rig *rig)
{
	struct termios now;
	assert_int_equal(tcgetattr(rig->slave, &now), 0);
	assert_int_equal(now.c_iflag, rig->found.c_iflag);
	assert_int_equal(now.c_oflag, rig->found.c_oflag);
	assert_int_equal(now.c_cflag, rig->found.c_cflag);
	assert_int_equal(now.c_lflag, rig->found.c_lflag);
	assert_memory_equal(now.c_cc, rig->found.c_cc, sizeof now.c_cc);
}

/* A row of a list: blanks between its parts change no colour. */
static void
blanks_cost_no_colour(void **state)
{
	(void)state;
	struct rig rig = rig_open(24, 80);
	rig_start(&rig, "xterm-256color");
	paint_page(&rig);
	size_t bytes[2];
	for (int i = 0; i < 2; i++) {
		const int roles[] = {ROLE_DETAIL, i == 0 ? ROLE_DETAIL : ROLE_TEXT,
				     ROLE_DETAIL};
		static const char *const texts[] = {"dim", "  ", "as well"};
		struct screen_area at = {.y = 5, .x = 1, .width = 10};
		screen_erase_area(rig.screen, (struct screen_area){0, 0, 20, 80});
		(void)rig_flush(&rig);
		for (int n = 0; n < 3; n++)
			at.x += screen_put(rig.screen, at, roles[n], texts[n],
					   strlen(texts[n]));
		bytes[i] = rig_flush(&rig);
	}
	assert_int_equal(bytes[1], bytes[0]);
	rig_close(&rig);
}

static void
terminal_is_given_back_as_found(void **state)
{
	(void)state;
	struct rig rig = rig_open(24, 80);
	rig_start(&rig, "xterm-256color");
	struct termios now;
	assert_int_equal(tcgetattr(rig.slave, &now), 0);
	assert_int_equal(now.c_lflag & (ECHO | ICANON | ISIG), 0);
	screen_set_title(rig.screen, "tern (2)\033]0;evil\a");
	(void)rig_flush(&rig);
	assert_true(rig_saw(&rig, "\033[?1049h"));
	assert_true(rig_saw(&rig, "\033[?2004h"));
	assert_true(rig_saw(&rig, "\033[?1004h"));
	assert_true(rig_saw(&rig, "\033[22;2t\033]2;tern (2)"));
	assert_false(rig_saw(&rig, "\033]0;evil"));
	screen_cursor(rig.screen, -1, 0);
	(void)rig_flush(&rig);
	assert_true(rig_saw(&rig, "\033[?25l"));
	screen_stop(rig.screen);
	rig.screen = NULL;
	(void)rig_look(&rig);
	assert_true(rig_saw(&rig, "\033[?1049l"));
	assert_true(rig_saw(&rig, "\033[?2004l"));
	assert_true(rig_saw(&rig, "\033[?1004l"));
	assert_true(rig_saw(&rig, "\033[23;2t"));
	assert_true(rig_saw(&rig, "\033[?12l\033[?25h") || rig_saw(&rig, "\033[?25h"));
	expect_modes_as_found(&rig);
	rig_close(&rig);
}

static void
rescue_gives_back_modes_and_picture(void **state)
{
	(void)state;
	struct rig rig = rig_open(24, 80);
	rig_start(&rig, "xterm-256color");
	(void)rig_flush(&rig);
	screen_rescue(rig.screen);
	screen_rescue(rig.screen);
	(void)rig_look(&rig);
	assert_true(rig_saw(&rig, "\033[?1049l"));
	assert_true(rig_saw(&rig, "\033[?2004l"));
	expect_modes_as_found(&rig);
	rig_close(&rig);
}

static void
suspend_and_resume_paint_anew(void **state)
{
	(void)state;
	struct rig rig = rig_open(24, 80);
	rig_start(&rig, "xterm-256color");
	paint_page(&rig);
	screen_suspend(rig.screen);
	(void)rig_look(&rig);
	assert_true(rig_saw(&rig, "\033[?1049l"));
	struct termios now;
	assert_int_equal(tcgetattr(rig.slave, &now), 0);
	assert_true(now.c_lflag & ECHO);
	assert_int_equal(screen_flush(rig.screen), 0);
	assert_int_equal(rig_look(&rig), 0);
	screen_resume(rig.screen);
	assert_true(rig_flush(&rig) > 500);
	assert_true(rig_saw(&rig, "\033[?1049h"));
	assert_true(rig_saw(&rig, "\033[?2004h"));
	assert_true(rig_saw(&rig, "line number 3"));
	rig_close(&rig);
}

static void
bare_page_is_plain_and_comes_back(void **state)
{
	(void)state;
	struct rig rig = rig_open(24, 80);
	rig_start(&rig, "xterm-256color");
	paint_page(&rig);
	screen_bare_begin(rig.screen, "one\nhttps://example.org/a");
	(void)rig_look(&rig);
	assert_true(rig_saw(&rig, "\033[?1049l"));
	assert_true(rig_saw(&rig, "\r\none\r\nhttps://example.org/a\r\n"));
	screen_put_row(rig.screen, 0, 0, 80, ROLE_TEXT, "changed meanwhile");
	assert_int_equal(rig_flush(&rig), 0);
	screen_bare_end(rig.screen);
	assert_true(rig_flush(&rig) > 500);
	assert_true(rig_saw(&rig, "\033[?1049h"));
	assert_true(rig_saw(&rig, "changed meanwhile"));
	rig_close(&rig);
}

static void
terminal_that_takes_nothing_blocks_nobody(void **state)
{
	(void)state;
	struct rig rig = rig_open(200, 400);
	rig_start(&rig, "xterm-256color");
	int result = 0;
	char line[401];
	for (int frame = 0; frame < 20; frame++) {
		for (int y = 0; y < 200; y++) {
			fill_line(line, 390 + frame % 5);
			screen_put_row(rig.screen, y, 0, 400, ROLE_TEXT,
				       line + frame % 9);
		}
		result = screen_flush(rig.screen);
	}
	assert_int_equal(result, -EAGAIN);
	/* Frames were skipped meanwhile; what waits is one of them at most. */
	assert_true(rig_flush(&rig) < 400000);
	rig_close(&rig);
}

static void
lost_terminal_is_told(void **state)
{
	(void)state;
	struct rig rig = rig_open(24, 80);
	rig_start(&rig, "xterm-256color");
	(void)rig_flush(&rig);
	(void)close(rig.master);
	rig.master = -1;
	screen_put_row(rig.screen, 0, 0, 80, ROLE_TEXT, "x");
	assert_int_equal(screen_flush(rig.screen), -EIO);
	rig_close(&rig);
}

static void
resize_is_noticed(void **state)
{
	(void)state;
	struct rig rig = rig_open(24, 80);
	rig_start(&rig, "xterm-256color");
	assert_false(screen_resize(rig.screen));
	struct winsize size = {.ws_row = 12, .ws_col = 40};
	assert_int_equal(ioctl(rig.master, TIOCSWINSZ, &size), 0);
	assert_true(screen_resize(rig.screen));
	assert_int_equal(screen_rows(rig.screen), 12);
	assert_int_equal(screen_columns(rig.screen), 40);
	screen_put_row(rig.screen, 11, 0, 40, ROLE_TEXT, "the last row");
	(void)rig_flush(&rig);
	assert_true(rig_saw(&rig, "the last row"));
	rig_close(&rig);
}

static void
bad_terminals_get_a_sentence(void **state)
{
	(void)state;
	static const char *const terms[] = {NULL, "", "dumb", "hardcopy"};
	struct rig rig = rig_open(24, 80);
	char *error = NULL;
	for (size_t i = 0; i < sizeof terms / sizeof *terms; i++) {
		if (terms[i] && strcmp(terms[i], "hardcopy") == 0)
			continue; /* taken for an unknown one */
		assert_int_equal(screen_start(rig.slave, rig.slave, terms[i], rig.theme,
					      &rig.screen, &error),
				 -ENODEV);
		assert_non_null(strstr(error, "TERM"));
		free(error);
	}
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	assert_int_equal(
		screen_start(nothing, nothing, "xterm", rig.theme, &rig.screen, &error),
		-ENOTTY);
	free(error);
	(void)close(nothing);
	rig_start(&rig, "ghostty-of-the-future");
	assert_true(screen_is_guessed(rig.screen));
	assert_int_equal(screen_colours(rig.screen), 256);
	rig_close(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_stay_in_their_budget),
		cmocka_unit_test(a_whole_message_line_is_cheap),
		cmocka_unit_test(blanks_cost_no_colour),
		cmocka_unit_test(terminal_is_given_back_as_found),
		cmocka_unit_test(rescue_gives_back_modes_and_picture),
		cmocka_unit_test(suspend_and_resume_paint_anew),
		cmocka_unit_test(bare_page_is_plain_and_comes_back),
		cmocka_unit_test(terminal_that_takes_nothing_blocks_nobody),
		cmocka_unit_test(lost_terminal_is_told),
		cmocka_unit_test(resize_is_noticed),
		cmocka_unit_test(bad_terminals_get_a_sentence),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
