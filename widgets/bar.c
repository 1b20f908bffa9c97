/*
 * Parts, and which of them a width has room for. First every part is wanted whole; while
 * they need too much, the one of least priority is cut (if it may be), then dropped.
 */
#include "widgets/bar.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/base/arena.h"
#include "bridge/base/buf.h"
#include "bridge/base/mem.h"
#include "widgets/text.h"

struct bar {
	int role;
	struct arena arena;
	struct bar_part *parts;
	size_t count;
	struct screen_area area;
	bool is_dirty;
};

struct bar *
bar_new(int role)
{
	struct bar *bar = mem_alloc(sizeof *bar);
	bar->role = role;
	bar->is_dirty = true;
	return bar;
}

void
bar_free(struct bar *bar)
{
	if (!bar)
		return;
	arena_done(&bar->arena);
	free(bar);
}

static bool
is_same(const struct bar_part *a, const struct bar_part *b)
{
	return a->side == b->side && a->priority == b->priority &&
	       a->shrink == b->shrink && a->role == b->role &&
	       strcmp(a->text, b->text ? b->text : "") == 0;
}

void
bar_set(struct bar *bar, const struct bar_part *parts, size_t count)
{
	bool is_changed = count != bar->count;
	for (size_t i = 0; i < count && !is_changed; i++)
		is_changed = !is_same(&bar->parts[i], &parts[i]);
	if (!is_changed)
		return;
	arena_done(&bar->arena);
	bar->parts = arena_array(&bar->arena, count, sizeof *bar->parts);
	bar->count = count;
	for (size_t i = 0; i < count; i++) {
		bar->parts[i] = parts[i];
		bar->parts[i].text =
			arena_strdup(&bar->arena, parts[i].text ? parts[i].text : "");
	}
	bar->is_dirty = true;
}

void
bar_set_area(struct bar *bar, struct screen_area area)
{
	bar->is_dirty |= memcmp(&bar->area, &area, sizeof area) != 0;
	bar->area = area;
}

void
bar_touch(struct bar *bar)
{
	bar->is_dirty = true;
}

bool
bar_is_dirty(const struct bar *bar)
{
	return bar->is_dirty;
}

/* The columns that all parts need, one blank between two. */
static int
needed(const int *widths, size_t count)
{
	int total = 0;
	for (size_t i = 0; i < count; i++)
		total += widths[i] > 0 ? widths[i] + 1 : 0;
	return total > 0 ? total - 1 : 0;
}

/* The part of least priority that still has columns; COUNT if none has. */
static size_t
least(const struct bar *bar, const int *widths)
{
	size_t found = bar->count;
	for (size_t i = 0; i < bar->count; i++)
		if (widths[i] > 0 &&
		    (found == bar->count ||
		     bar->parts[i].priority <= bar->parts[found].priority))
			found = i;
	return found;
}

/* The columns that each part gets at WIDTH; the caller frees. */
static int *
fit(const struct bar *bar, int width)
{
	int *widths = mem_array(bar->count + 1, sizeof *widths);
	for (size_t i = 0; i < bar->count; i++)
		widths[i] = text_width(bar->parts[i].text, strlen(bar->parts[i].text));
	for (;;) {
		int over = needed(widths, bar->count) - width;
		size_t part = over > 0 ? least(bar, widths) : bar->count;
		if (part == bar->count)
			return widths;
		int shrink = bar->parts[part].shrink;
		int left = widths[part] - over;
		widths[part] = shrink > 0 && left >= shrink ? left : 0;
	}
}

/* Where the parts of SIDE begin, and what they take. */
static int
side_width(const struct bar *bar, const int *widths, enum bar_side side)
{
	int total = 0;
	for (size_t i = 0; i < bar->count; i++)
		if (bar->parts[i].side == side && widths[i] > 0)
			total += widths[i] + 1;
	return total > 0 ? total - 1 : 0;
}

static int
side_start(const struct bar *bar, const int *widths, enum bar_side side, int width)
{
	int left = side_width(bar, widths, BAR_LEFT);
	int middle = side_width(bar, widths, BAR_MIDDLE);
	int right = side_width(bar, widths, BAR_RIGHT);
	if (side == BAR_LEFT)
		return 0;
	if (side == BAR_RIGHT)
		return width - right;
	int start = (width - middle) / 2;
	int last = width - right - (right > 0) - middle;
	start = start > last ? last : start;
	return start < left + (left > 0) ? left + (left > 0) : start;
}

void
bar_draw(struct bar *bar, struct screen *screen)
{
	struct screen_area area = bar->area;
	if (!bar->is_dirty || area.height < 1 || area.width < 1)
		return;
	bar->is_dirty = false;
	screen_blank(screen, area.y, area.x, area.width, bar->role);
	int *widths = fit(bar, area.width);
	for (enum bar_side side = BAR_LEFT; side <= BAR_RIGHT; side++) {
		int x = side_start(bar, widths, side, area.width);
		for (size_t i = 0; i < bar->count; i++) {
			if (bar->parts[i].side != side || widths[i] == 0)
				continue;
			char *text = text_ellipsis(bar->parts[i].text, widths[i]);
			(void)screen_put(screen,
					 (struct screen_area){.y = area.y,
							      .x = area.x + x,
							      .width = widths[i]},
					 bar->parts[i].role, text, strlen(text));
			free(text);
			x += widths[i] + 1;
		}
	}
	free(widths);
}

char *
bar_text(const struct bar *bar, int width)
{
	struct buf out = {0};
	int at = 0;
	int *widths = fit(bar, width);
	for (enum bar_side side = BAR_LEFT; side <= BAR_RIGHT; side++) {
		int x = side_start(bar, widths, side, width);
		for (size_t i = 0; i < bar->count; i++) {
			if (bar->parts[i].side != side || widths[i] == 0)
				continue;
			for (; at < x; at++)
				buf_add_byte(&out, ' ');
			char *text = text_ellipsis(bar->parts[i].text, widths[i]);
			buf_add_text(&out, text);
			at += text_width(text, strlen(text));
			free(text);
			x += widths[i] + 1;
		}
	}
	free(widths);
	return buf_take_text(&out);
}
