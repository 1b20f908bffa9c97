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
list_page(struct list *list, int by)
{
	int page = list->area.height > 2 ? list->area.height - 1 : 1;
	return list_move(list, by * page);
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

/* Scrolls as little as it must to have the selection in view. */
static void
settle(struct list *list)
{
	size_t height = (size_t)list->area.height;
	if (list->selected < list->count) {
		if (list->selected < list->top)
			list->top = list->selected;
		if (list->selected >= list->top + height)
			list->top = list->selected - height + 1;
	}
	if (list->top + height > list->count)
		list->top = list->count > height ? list->count - height : 0;
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

static void
draw_row(struct list *list, struct screen *screen, int y, const struct list_row *row,
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

void
list_draw(struct list *list, struct screen *screen)
{
	struct screen_area area = list->area;
	if (!list->is_dirty || area.height < 1 || area.width < 1)
		return;
	list->is_dirty = false;
	settle(list);
	for (int i = 0; i < area.height; i++) {
		size_t row = list->top + (size_t)i;
		if (row < list->count)
			draw_row(list, screen, area.y + i, &list->rows[row],
				 row == list->selected);
		else
			screen_blank(screen, area.y + i, area.x, area.width, ROLE_TEXT);
	}
	if (list->count == 0 && list->empty_text)
		(void)put_cut(screen, area.y, area.x + 1, area.width - 1, ROLE_HELP,
			      list->empty_text);
}
