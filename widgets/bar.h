/*
 * A bar: one row of parts at the left, in the middle and at the right, which gives up
 * what matters least where there is no room: the conversation line, the status bar.
 */
#ifndef TERN_WIDGETS_BAR_H
#define TERN_WIDGETS_BAR_H

#include <stdbool.h>
#include <stddef.h>

#include "widgets/screen.h"

struct bar;

enum bar_side { BAR_LEFT, BAR_MIDDLE, BAR_RIGHT };

/* A part as the caller gives it; text is clean UTF-8 and copied. Parts of a side stand in
 * the order given, one blank apart. */
struct bar_part {
	enum bar_side side;
	int priority; /* what is smallest gives way first; of equals the last given */
	int shrink; /* columns to which it may be cut with "…" before it goes; 0: whole or
		       gone */
	int role;
	const char *text;
};

/* ROLE paints what lies between the parts. */
struct bar *bar_new(int role);
void bar_free(struct bar *bar);

/* Other parts; nothing is marked dirty if they are the same. Empty texts are left out. */
void bar_set(struct bar *bar, const struct bar_part *parts, size_t count);

/* AREA is one row. */
void bar_set_area(struct bar *bar, struct screen_area area);
void bar_touch(struct bar *bar);
bool bar_is_dirty(const struct bar *bar);
void bar_draw(struct bar *bar, struct screen *screen);

/* What the bar shows at WIDTH columns as plain text; the caller frees. */
char *bar_text(const struct bar *bar, int width);

#endif
