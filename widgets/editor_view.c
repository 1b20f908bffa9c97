/*
 * The editor's looks. One walk over its characters gives each its shown form, row and
 * column; measuring, drawing and the text form are visitors of that walk.
 */
#include "widgets/editor_view.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/buf.h"
#include "widgets/editor_private.h"
#include "widgets/text.h"
#include "widgets/theme.h"

/* A character as it is shown. */
struct piece {
	const char *text;
	size_t len;
	int width, role;
	int row, column;
};

struct walk {
	const struct editor *editor;
	int width; /* of a row; INT_MAX: one endless row */
	bool is_one_row;
	size_t at;
	int row, column; /* where the next piece stands */
	int cursor_row, cursor_column;
	char label[48];
};

/* How many lines a held paste has. */
static size_t
line_count(const char *text)
{
	size_t count = 1;
	for (; *text; text++)
		count += *text == '\n';
	return count;
}

static void
show_character(struct walk *walk, size_t end, struct piece *piece)
{
	const struct editor *editor = walk->editor;
	size_t number;
	piece->text = editor_raw(editor) + walk->at;
	piece->len = end - walk->at;
	piece->role = ROLE_INPUT;
	if (editor_chip_at(editor, walk->at, &number)) {
		(void)snprintf(walk->label, sizeof walk->label, "[paste: %zu lines]",
			       line_count(editor->pastes[number].text));
		piece->text = walk->label;
		piece->len = strlen(walk->label);
		piece->role = ROLE_PASTE;
	} else if (*piece->text == '\n') {
		piece->text = walk->is_one_row ? "⏎" : "";
		piece->len = strlen(piece->text);
		piece->role = ROLE_PASTE;
	} else if (editor->is_secret) {
		piece->text = "•";
		piece->len = strlen(piece->text);
	}
	piece->width = text_width(piece->text, piece->len);
}

/* The next character; false at the end. The cursor's place is known after the walk. */
static bool
walk_next(struct walk *walk, struct piece *ret_piece)
{
	const struct editor *editor = walk->editor;
	bool is_at_end = walk->at >= editor->text.len;
	if (!is_at_end) {
		size_t end = editor_next(editor, walk->at);
		show_character(walk, end, ret_piece);
		if (walk->column > 0 && ret_piece->width > walk->width - walk->column) {
			walk->row++;
			walk->column = 0;
		}
	}
	if (walk->at == editor->cursor) {
		bool is_full = walk->column >= walk->width;
		walk->cursor_row = walk->row + is_full;
		walk->cursor_column = is_full ? 0 : walk->column;
	}
	if (is_at_end)
		return false;
	ret_piece->row = walk->row;
	ret_piece->column = walk->column;
	bool is_break = !walk->is_one_row && editor_raw(editor)[walk->at] == '\n';
	walk->column = is_break ? 0 : walk->column + ret_piece->width;
	walk->row += is_break;
	walk->at = editor_next(editor, walk->at);
	return true;
}

static struct walk
walk_begin(const struct editor *editor, int width)
{
	return (struct walk){
		.editor = editor,
		.width = width > 0 ? width : 1,
		.is_one_row = width == INT_MAX,
	};
}

int
editor_view_rows(const struct editor *editor, int prompt, int width, int max)
{
	struct piece piece;
	struct walk walk = walk_begin(editor, width - prompt);
	while (walk_next(&walk, &piece))
		continue;
	int rows = (walk.cursor_row > walk.row ? walk.cursor_row : walk.row) + 1;
	return rows < 1 || max < 1 ? 1 : rows < max ? rows : max;
}

/* Scrolls sideways so that the cursor is in view, by a third of the width at a time. */
static void
scroll_sideways(struct editor_view *view, int cursor, int total, int width)
{
	if (total < width)
		view->scroll = 0;
	else if (cursor < view->scroll)
		view->scroll = cursor > width / 3 ? cursor - width / 3 : 0;
	else if (cursor >= view->scroll + width)
		view->scroll = cursor - width * 2 / 3;
}

/* The cursor's column in a view of WIDTH columns, after scrolling. */
static int
settle_row(struct editor_view *view, const struct editor *editor, int width)
{
	struct piece piece;
	struct walk walk = walk_begin(editor, INT_MAX);
	while (walk_next(&walk, &piece))
		continue;
	scroll_sideways(view, walk.cursor_column, walk.column, width);
	return walk.cursor_column - view->scroll;
}

char *
editor_view_line(struct editor_view *view, const struct editor *editor, int width,
		 int *ret_cursor)
{
	width = width > 0 ? width : 1;
	*ret_cursor = settle_row(view, editor, width);
	struct buf out = {.is_secret = editor->is_secret};
	struct piece piece;
	struct walk walk = walk_begin(editor, INT_MAX);
	int shown = 0;
	while (walk_next(&walk, &piece)) {
		int left = piece.column - view->scroll;
		if (left + piece.width <= 0)
			continue;
		if (left < 0 || left + piece.width > width) {
			/* Half in view: a chip is cut, a wide character is blank. */
			for (int i = left < 0 ? 0 : left;
			     i < left + piece.width && i < width; i++, shown++)
				buf_add_byte(&out, ' ');
			continue;
		}
		buf_add(&out, piece.text, piece.len);
		shown += piece.width;
	}
	return buf_take_text(&out);
}

static void
draw_piece(struct screen *screen, struct screen_area area, const struct piece *piece,
	   int x)
{
	if (x < area.x && x + piece->width > area.x && piece->role == ROLE_PASTE) {
		/* The right part of a chip, which is ASCII. */
		int hidden = area.x - x;
		(void)screen_put(screen,
				 (struct screen_area){
					 .y = area.y, .x = area.x, .width = area.width},
				 piece->role, piece->text + hidden,
				 piece->len - (size_t)hidden);
	} else if (x >= area.x && x < area.x + area.width) {
		(void)screen_put(screen,
				 (struct screen_area){.y = area.y,
						      .x = x,
						      .width = area.x + area.width - x},
				 piece->role, piece->text, piece->len);
	}
}

static void
draw_one_row(struct editor_view *view, const struct editor *editor, struct screen *screen,
	     struct screen_area area, bool has_cursor)
{
	int cursor = settle_row(view, editor, area.width);
	struct piece piece;
	struct walk walk = walk_begin(editor, INT_MAX);
	while (walk_next(&walk, &piece))
		draw_piece(screen, area, &piece, area.x + piece.column - view->scroll);
	if (has_cursor)
		screen_cursor(screen, area.y, area.x + cursor);
}

static void
draw_rows(struct editor_view *view, const struct editor *editor, struct screen *screen,
	  struct screen_area area, bool has_cursor)
{
	struct piece piece;
	struct walk walk = walk_begin(editor, area.width);
	while (walk_next(&walk, &piece))
		continue;
	int rows = (walk.cursor_row > walk.row ? walk.cursor_row : walk.row) + 1;
	int most = rows > area.height ? rows - area.height : 0;
	if (view->scroll > walk.cursor_row)
		view->scroll = walk.cursor_row;
	if (view->scroll < walk.cursor_row - area.height + 1)
		view->scroll = walk.cursor_row - area.height + 1;
	view->scroll = view->scroll > most ? most : view->scroll;
	int cursor_row = walk.cursor_row - view->scroll;
	int cursor_column = walk.cursor_column;
	walk = walk_begin(editor, area.width);
	while (walk_next(&walk, &piece)) {
		int row = piece.row - view->scroll;
		struct screen_area line = {area.y + row, area.x, 1, area.width};
		if (row >= 0 && row < area.height)
			draw_piece(screen, line, &piece, area.x + piece.column);
	}
	if (has_cursor)
		screen_cursor(screen, area.y + cursor_row, area.x + cursor_column);
}

void
editor_view_draw(struct editor_view *view, const struct editor *editor,
		 struct screen *screen, struct screen_area area, const char *prompt,
		 bool has_cursor)
{
	for (int row = 0; row < area.height; row++)
		screen_blank(screen, area.y + row, area.x, area.width, ROLE_INPUT);
	int indent = screen_put(
		screen,
		(struct screen_area){.y = area.y, .x = area.x, .width = area.width - 1},
		ROLE_PROMPT, prompt, strlen(prompt));
	struct screen_area rest = area;
	rest.x += indent;
	rest.width = area.width > indent ? area.width - indent : 1;
	if (area.height > 1)
		draw_rows(view, editor, screen, rest, has_cursor);
	else
		draw_one_row(view, editor, screen, rest, has_cursor);
}
