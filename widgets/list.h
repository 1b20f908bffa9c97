/*
 * A list with one selected row: contacts in groups, conversations, completions. It holds
 * copies of its rows, keeps the selection by key when they are given anew, and scrolls as
 * little as it must.
 */
#ifndef TERN_WIDGETS_LIST_H
#define TERN_WIDGETS_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "widgets/screen.h"

struct list;

/* A row as the caller gives it; strings are clean UTF-8 and copied. */
struct list_row {
	const char *key;  /* unique; what list_selected returns. NULL: a heading, never
			     selected */
	const char *mark; /* one or two columns before the text (presence); or NULL */
	int mark_role;
	const char *text;
	int role;
	const char *detail; /* dimmer, behind the text as far as there is room; or NULL */
	int column;	    /* not 0: nothing is cut but wrapped, the detail from this
			       column on, or below the text where that is too narrow */
	const char *right;  /* at the right edge (a count); or NULL */
	int right_role;
};

struct list *list_new(void);
void list_free(struct list *list);

/* Other rows. The selection stays on its key, else near its row. */
void list_set(struct list *list, const struct list_row *rows, size_t count);

/* How many rows there are. */
size_t list_count(const struct list *list);

/* The selected row's key, NULL while there is none. Borrowed until list_set. */
const char *list_selected(const struct list *list);

/* Selects the row with KEY; false if there is none. */
bool list_select(struct list *list, const char *key);

/* Moves the selection by BY rows that can be selected, stopping at the ends; list_page by
 * a screen up (BY < 0) or down. Returns whether it moved. */
bool list_move(struct list *list, int by);
bool list_page(struct list *list, int by);
bool list_home(struct list *list);
bool list_end(struct list *list);

/* The text shown while there are no rows; or NULL. */
void list_set_empty_text(struct list *list, const char *text);

void list_set_area(struct list *list, struct screen_area area);
void list_touch(struct list *list);
bool list_is_dirty(const struct list *list);

/* Paints what changed; the whole area is the list's. */
void list_draw(struct list *list, struct screen *screen);

#endif
