/*
 * A program for scene_test.py: paints a long row of random scenes on its terminal. After
 * each it writes what the screen shall show to the file argv[1] and waits for a byte, so
 * that the test can compare with what an emulator made of the bytes. argv[2] is the seed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curses.h>

#include "widgets/log.h"
#include "widgets/screen.h"
#include "widgets/theme.h"

static const char *const words[] = {"one",
				    "zwei",
				    "\u4f60\u597d",
				    "e\u0301t\u00e9",
				    "a longer run of words that wraps",
				    "aaaaaaaaaaaaaaaa",
				    "----------------",
				    "x",
				    "https://example.org/path"};

static void
dump(const char *path)
{
	FILE *file = fopen(path, "w");
	if (!file)
		exit(2);
	for (int y = 0; y < LINES; y++) {
		for (int x = 0; x < COLS; x++) {
			cchar_t cell;
			wchar_t points[CCHARW_MAX + 1] = {0};
			attr_t attributes = 0;
			short pair = 0;
			(void)mvin_wch(y, x, &cell);
			(void)getcchar(&cell, points, &attributes, &pair, NULL);
			(void)fprintf(file, "%lc%c", points[0] ? (wint_t)points[0] : L' ',
				      "-burBURX"[(attributes & A_BOLD ? 1 : 0) +
						 (attributes & A_UNDERLINE ? 2 : 0) +
						 (attributes & A_REVERSE ? 4 : 0)]);
		}
		(void)fputc('\n', file);
	}
	if (fclose(file) != 0)
		exit(2);
}

static void
say(struct log *log, uint64_t id, unsigned *seed)
{
	char body[256];
	(void)snprintf(body, sizeof body, "%d %s %s", rand_r(seed) % 50,
		       words[(unsigned)rand_r(seed) % 9],
		       words[(unsigned)rand_r(seed) % 9]);
	log_put(log,
		&(struct log_line){.id = id,
				   .place = (int64_t)id,
				   .kind = rand_r(seed) % 9 ? LOG_MESSAGE : LOG_DAY,
				   .time = "12:03",
				   .nick = rand_r(seed) % 2 ? "alice" : "bob",
				   .nick_role = ROLE_NICK_FIRST + rand_r(seed) % 5,
				   .body_role = rand_r(seed) % 4 ? ROLE_TEXT : ROLE_ERROR,
				   .body = body});
}

/* One random step of a conversation. */
static void
step(struct screen *screen, struct log *log, uint64_t *id, unsigned *seed)
{
	int rows = screen_rows(screen);
	int columns = screen_columns(screen);
	int what = rand_r(seed) % 12;
	if (what < 6)
		say(log, ++*id, seed);
	else if (what < 7)
		say(log, 1 + (uint64_t)rand_r(seed) % (*id + 1), seed);
	else if (what < 8)
		(void)log_scroll(log, rand_r(seed) % 21 - 10);
	else if (what < 9)
		screen_put_row(screen, rows - 1, 0, columns, rand_r(seed) % ROLE_COUNT,
			       words[(unsigned)rand_r(seed) % 9]);
	else if (what < 10)
		screen_put_row(screen, rows - 2, 0, columns, ROLE_INPUT,
			       words[(unsigned)rand_r(seed) % 9]);
	else if (what < 11)
		log_to_bottom(log);
	else if (rand_r(seed) % 5 == 0)
		screen_redraw(screen);
	(void)log_draw(log, screen);
	screen_cursor(screen, rows - 2, rand_r(seed) % columns);
}

int
main(int argc, char **argv)
{
	struct theme *theme = theme_new_default();
	struct screen *screen;
	char *error;
	char byte;
	if (argc < 3 || screen_start(0, 1, getenv("TERM"), theme, &screen, &error) < 0)
		return 2;
	unsigned seed = (unsigned)atoi(argv[2]);
	uint64_t id = 0;
	struct log *log = log_new();
	log_set_area(log, (struct screen_area){0, 0, screen_rows(screen) - 3,
					       screen_columns(screen)});
	do {
		step(screen, log, &id, &seed);
		while (screen_flush(screen) == -EAGAIN)
			(void)usleep(1000);
		dump(argv[1]);
	} while (write(1, "\005", 1) == 1 && read(0, &byte, 1) == 1 && byte == ' ');
	screen_stop(screen);
	log_free(log);
	theme_free(theme);
	return 0;
}
