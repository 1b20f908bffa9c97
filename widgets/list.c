/*
 * Rows, a selection, an offset. Rows are copies in one arena that list_set replaces
 * whole; the rows painted are remembered only as "dirty or not": a list is short and
 * seldom drawn.
 */
#include "widgets/list.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/base/arena.h"
#include "bridge/base/mem.h"
#include "widgets/text.h"
#include "widgets/theme.h"

#define DETAIL_LEAST 24 /* columns under which a wrapped detail stands below its text */
#define DETAIL_INDENT 4

struct list {
	struct arena arena;
	struct list_row *rows;
	size_t count;
	size_t selected; /* COUNT while nothing can be selected */
	size_t top;	 /* the first row in view */
	char *empty_text;
	struct screen_area area;
	bool is_dirty;
};

struct list *
list_new(void)
{
	struct list *list = mem_alloc(sizeof *list);
	list->is_dirty = true;
	return list;
}

void
list_free(struct list *list)
{
	if (!list)
		return;
	arena_done(&list->arena);
	free(list->empty_text);
	free(list);
}

static size_t
find_key(const struct list *list, const char *key)
{
	for (size_t i = 0; key && i < list->count; i++)
		if (list->rows[i].key && strcmp(list->rows[i].key, key) == 0)
			return i;
	return list->count;
}

/* The row nearest to AT that can be selected, below first; COUNT if there is none. */
static size_t
nearest(const struct list *list, size_t at)
{
	for (size_t i = at; i < list->count; i++)
		if (list->rows[i].key)
			return i;
	for (size_t i = at < list->count ? at : list->count; i-- > 0;)
		if (list->rows[i].key)
			return i;
	return list->count;
}

void
list_set(struct list *list, const struct list_row *rows, size_t count)
{
	char *key = mem_strdup(list_selected(list));
	size_t was = list->selected;
	struct arena arena = {0};
	struct list_row *copies = arena_array(&arena, count, sizeof *copies);
	for (size_t i = 0; i < count; i++) {
		copies[i] = rows[i];
		copies[i].key = arena_strdup(&arena, rows[i].key);
		copies[i].mark = arena_strdup(&arena, rows[i].mark);
		copies[i].text = arena_strdup(&arena, rows[i].text ? rows[i].text : "");
		copies[i].detail = arena_strdup(&arena, rows[i].detail);
		copies[i].right = arena_strdup(&arena, rows[i].right);
	}
	arena_done(&list->arena);
	list->arena = arena;
	list->rows = copies;
	list->count = count;
	size_t same = find_key(list, key);
	list->selected = same < count ? same : nearest(list, was);
	list->is_dirty = true;
	free(key);
}

size_t
list_count(const struct list *list)
{
	return list->count;
}

const char *
list_selected(const struct list *list)
{
	return list->selected < list->count ? list->rows[list->selected].key : NULL;
}

static bool
select_row(struct list *list, size_t row)
{
	bool moved = row != list->selected;
	list->selected = row;
	list->is_dirty |= moved;
	return moved;
}

bool
list_select(struct list *list, const char *key)
{
	size_t row = find_key(list, key);
	if (row == list->count)
		return false;
	(void)select_row(list, row);
	return true;
}

bool
list_move(struct list *list, int by)
{
	size_t row = list->selected;
	if (row >= list->count)
		return false;
	for (size_t i = row; by > 0 && ++i < list->count;) {
		if (!list->rows[i].key)
			continue;
		row = i;
		by--;
	}
	for (size_t i = row; by < 0 && i-- > 0;) {
		if (!list->rows[i].key)
			continue;
		row = i;
		by++;
	}
	/* At the first row the heading above it comes into view too. */
	if (row == nearest(list, 0) && list->top > 0) {
		list->top = 0;
		list->is_dirty = true;
	}
	return select_row(list, row);
}

bool
list_home(struct list *list)
{
	list->top = 0;
	list->is_dirty = true;
	return select_row(list, nearest(list, 0));
}

bool
list_end(struct list *list)
{
	return select_row(list, nearest(list, list->count));
}

void
list_set_empty_text(struct list *list, const char *text)
{
	mem_replace(&list->empty_text, text);
	list->is_dirty = true;
}

void
list_set_area(struct list *list, struct screen_area area)
{
	list->is_dirty |= memcmp(&list->area, &area, sizeof area) != 0;
	list->area = area;
}

void
list_touch(struct list *list)
{
	list->is_dirty = true;
}

bool
list_is_dirty(const struct list *list)
{
	return list->is_dirty;
}

static int
put_cut(struct screen *screen, int y, int x, int width, int role, const char *text)
{
	if (width <= 0 || !text)
		return 0;
	char *cut = text_ellipsis(text, width);
	int painted =
		screen_put(screen, (struct screen_area){.y = y, .x = x, .width = width},
			   role, cut, strlen(cut));
	free(cut);
	return painted;
}

/* Where a row that is wrapped is painted: Y is the next free screen row. */
struct pen {
	const struct list *list;
	struct screen *screen; /* NULL: only measured */
	int y;
};

/* Puts TEXT, wrapped, from column X on; moves the pen below it. */
static void
put_wrapped(struct pen *pen, int x, int width, int role, const char *text)
{
	const struct screen_area *area = &pen->list->area;
	struct text_row *rows;

	if (width < 1)
		return;
	size_t count = text_wrap(text, strlen(text), width, width, &rows);
	for (size_t i = 0; i < count; i++, pen->y++) {
		struct screen_area at = {.y = pen->y, .x = area->x + x, .width = width};

		if (pen->screen && pen->y < area->y + area->height)
			(void)screen_put(pen->screen, at, role, text + rows[i].start,
					 rows[i].len);
	}
	free(rows);
}

/* Puts a row with a column; returns how many screen rows it takes. */
static int
put_tall(struct pen pen, const struct list_row *row, bool is_selected)
{
	int width = pen.list->area.width, first = pen.y;
	int indent = row->key ? 1 : 0;
	int role = is_selected ? ROLE_SELECTED : row->role;
	int detail_role = is_selected ? ROLE_SELECTED : ROLE_DETAIL;
	bool has_detail = row->detail && *row->detail;
	bool is_beside = row->column + DETAIL_LEAST <= width &&
			 text_width(row->text, strlen(row->text)) < row->column - indent;

	put_wrapped(&pen, indent, width - indent, role, row->text);
	if (has_detail && is_beside) {
		pen.y = first;
		put_wrapped(&pen, row->column, width - row->column, detail_role,
			    row->detail);
	} else if (has_detail) {
		put_wrapped(&pen, DETAIL_INDENT, width - DETAIL_INDENT, detail_role,
			    row->detail);
	}
	return pen.y > first ? pen.y - first : 1;
}

static int
height_of(const struct list *list, size_t row)
{
	struct pen pen = {.list = list};

	return list->rows[row].column ? put_tall(pen, &list->rows[row], false) : 1;
}

/* Scrolls as little as it must to have the selection in view. */
static void
settle(struct list *list)
{
	int height = list->area.height, below = 0, above = 0;
	size_t last = list->count; /* the first row where the end is in view */

	while (last > 0 && below + height_of(list, last - 1) <= height)
		below += height_of(list, --last);
	if (last == list->count && last > 0)
		last--;
	if (list->selected < list->count) {
		size_t first = list->selected;

		if (first < list->top)
			list->top = first;
		above = height_of(list, first);
		while (first > list->top && above + height_of(list, first - 1) <= height)
			above += height_of(list, --first);
		list->top = first;
	}
	if (list->top > last)
		list->top = last;
}

bool
list_page(struct list *list, int by)
{
	size_t row = list->selected;
	int left = list->area.height - 1, rows = 0;

	for (; row < list->count; row += by < 0 ? (size_t)-1 : 1) {
		left -= height_of(list, row);
		if (left < 0)
			break;
		rows += list->rows[row].key != NULL;
	}
	return list_move(list, (rows > 0 ? rows : 1) * (by < 0 ? -1 : 1));
}

static void
draw_flat(struct list *list, struct screen *screen, int y, const struct list_row *row,
	  bool is_selected)
{
	int x = list->area.x;
	int end = x + list->area.width;
	int base = is_selected ? ROLE_SELECTED : ROLE_TEXT;
	screen_blank(screen, y, x, list->area.width, base);
	if (!row->key) {
		(void)put_cut(screen, y, x, end - x, row->role, row->text);
		return;
	}
	int right = row->right ? text_width(row->right, strlen(row->right)) : 0;
	if (right > 0 && right + 8 < list->area.width) {
		end -= right + 1;
		(void)put_cut(screen, y, end + 1, right,
			      is_selected ? base : row->right_role, row->right);
	}
	x += 1;
	x += put_cut(screen, y, x, 2, is_selected ? base : row->mark_role, row->mark);
	x += row->mark ? 1 : 0;
	x += put_cut(screen, y, x, end - x, is_selected ? base : row->role, row->text);
	(void)put_cut(screen, y, x + 2, end - x - 2, is_selected ? base : ROLE_DETAIL,
		      row->detail);
}

/* Paints row number AT at Y; returns how many screen rows it takes. */
static int
draw_row(struct list *list, struct screen *screen, int y, size_t at)
{
	const struct list_row *row = &list->rows[at];
	bool is_selected = at == list->selected;
	int end = list->area.y + list->area.height;
	struct pen pen = {list, screen, y};

	if (!row->column) {
		draw_flat(list, screen, y, row, is_selected);
		return 1;
	}
	int height = height_of(list, at);
	for (int i = y; i < y + height && i < end; i++)
		screen_blank(screen, i, list->area.x, list->area.width,
			     is_selected ? ROLE_SELECTED : ROLE_TEXT);
	return put_tall(pen, row, is_selected);
}

void
list_draw(struct list *list, struct screen *screen)
{
	struct screen_area area = list->area;
	if (!list->is_dirty || area.height < 1 || area.width < 1)
		return;
	list->is_dirty = false;
	settle(list);
	int y = area.y, end = area.y + area.height;
	for (size_t row = list->top; y < end && row < list->count; row++)
		y += draw_row(list, screen, y, row);
	for (; y < end; y++)
		screen_blank(screen, y, area.x, area.width, ROLE_TEXT);
	struct pen pen = {list, screen, area.y};
	if (list->count == 0 && list->empty_text)
		put_wrapped(&pen, 1, area.width - 1, ROLE_HELP, list->empty_text);
}
