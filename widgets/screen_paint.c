/*
 * Cells: roles become ncurses attributes and colour pairs, clusters become cells, regions
 * scroll. It paints on stdscr only; what of it reaches the terminal is decided by the
 * next screen_flush.
 */
#include "widgets/screen.h"

#include <string.h>
#include <wchar.h>

#include "widgets/screen_private.h"
#include "widgets/text.h"

/* The pair of two colours, made when first asked for; 0 when there are too many. */
static short
pair_of(struct screen *screen, short foreground, short background)
{
	if (foreground < 0 && background < 0)
		return 0;
	for (int i = 0; i < screen->pair_count; i++)
		if (screen->pair_colours[i][0] == foreground &&
		    screen->pair_colours[i][1] == background)
			return (short)(i + 1);
	int pair = screen->pair_count + 1;
	if (pair >= SCREEN_PAIRS_MAX || pair >= COLOR_PAIRS ||
	    init_pair((short)pair, foreground, background) == ERR)
		return 0;
	screen->pair_colours[pair - 1][0] = foreground;
	screen->pair_colours[pair - 1][1] = background;
	screen->pair_count = pair;
	return (short)pair;
}

void
screen_set_theme(struct screen *screen, const struct theme *theme)
{
	screen->pair_count = 0;
	for (int role = 0; role < THEME_ROLES_MAX; role++) {
		struct theme_style style = theme_style(theme, role, screen->colours);
		struct role_cell *cell = &screen->roles[role];
		cell->pair = screen->colours
				     ? pair_of(screen, style.foreground, style.background)
				     : 0;
		cell->attributes =
			(style.attributes & THEME_BOLD ? A_BOLD : 0) |
			(style.attributes & THEME_UNDERLINE ? A_UNDERLINE : 0) |
			(style.attributes & THEME_REVERSE ? A_REVERSE : 0) |
			(style.attributes & THEME_DIM ? A_DIM : 0) |
			(style.attributes & THEME_ITALIC ? A_ITALIC : 0);
	}
}

int
screen_colours(const struct screen *screen)
{
	return screen->colours;
}

static const struct role_cell *
role_cell(const struct screen *screen, int role)
{
	return &screen->roles[role >= 0 && role < THEME_ROLES_MAX ? role : ROLE_TEXT];
}

static void
put_cell(const struct role_cell *style, int y, int x, const wchar_t *points)
{
	cchar_t cell;
	if (setcchar(&cell, points, style->attributes, style->pair, NULL) == OK)
		(void)mvadd_wch(y, x, &cell);
}

int
screen_put(struct screen *screen, struct screen_area area, int role, const char *text,
	   size_t len)
{
	const struct role_cell *style = role_cell(screen, role);
	int painted = 0;
	if (area.y < 0 || area.y >= LINES)
		return 0;
	for (size_t at = 0; at < len;) {
		int columns;
		size_t end = text_next(text, len, at, &columns);
		if (painted + columns > area.width)
			break;
		wchar_t points[TEXT_CELL_MAX];
		int cell;
		while ((cell = text_cell(text, end, &at, points)) > 0) {
			int left = area.x + painted;
			if (left >= 0 && left + cell <= COLS)
				put_cell(style, area.y, left, points);
			painted += cell;
		}
		at = end;
	}
	return painted;
}

void
screen_blank(struct screen *screen, int y, int x, int width, int role)
{
	const struct role_cell *style = role_cell(screen, role);
	int left = x > 0 ? x : 0;
	int right = x + width < COLS ? x + width : COLS;
	if (y < 0 || y >= LINES)
		return;
	for (; left < right; left++)
		put_cell(style, y, left, L" ");
}

void
screen_put_row(struct screen *screen, int y, int x, int width, int role, const char *text)
{
	int painted =
		screen_put(screen, (struct screen_area){.y = y, .x = x, .width = width},
			   role, text, strlen(text));
	screen_blank(screen, y, x + painted, width - painted, role);
}

void
screen_erase_area(struct screen *screen, struct screen_area area)
{
	for (int row = 0; row < area.height; row++)
		screen_blank(screen, area.y + row, area.x, area.width, ROLE_TEXT);
}

void
screen_erase(struct screen *screen)
{
	(void)screen;
	(void)werase(stdscr);
}

void
screen_scroll(struct screen *screen, int top, int height, int rows)
{
	(void)screen;
	int bottom = top + height - 1;
	bottom = bottom < LINES ? bottom : LINES - 1;
	if (rows == 0 || top < 0 || bottom <= top)
		return;
	(void)scrollok(stdscr, TRUE);
	(void)wsetscrreg(stdscr, top, bottom);
	(void)wscrl(stdscr, rows);
	(void)wsetscrreg(stdscr, 0, LINES - 1);
	(void)scrollok(stdscr, FALSE);
}
