/*
 * Who is in a room, beside its conversation: by role, with counts. Holds copies of what
 * it painted and paints only rows that differ: they move when the conversation scrolls.
 */
#ifndef TERN_TUI_PEOPLE_PANE_H
#define TERN_TUI_PEOPLE_PANE_H

#include <stdbool.h>
#include <stdint.h>

#include "widgets/screen.h"

struct model_room;
struct people_pane;
struct theme;

/* From so many columns on there is room for it. */
#define PEOPLE_PANE_FROM 100

struct people_pane *people_pane_new(void);
void people_pane_free(struct people_pane *pane);

/* How many of COLUMNS it takes, 0 where it is not shown. */
int people_pane_width(int columns);

/* Where it is drawn; everything is painted anew. A width of 0: nowhere. */
void people_pane_set_area(struct people_pane *pane, struct screen_area area);

/* For how many milliseconds from NOW on it shall not be moved along: those in ROOM (NULL:
 * nobody) take most of its rows, and the page moved several times in this second. */
uint64_t people_pane_stays_ms(const struct people_pane *pane,
			      const struct model_room *room, uint64_t now);

/* The page beside it moved, or was filled further, at NOW (milliseconds). */
void people_pane_page_moved(struct people_pane *pane, uint64_t now);

/* What it painted moved up with what stands beside it, by ROWS (down where negative). */
void people_pane_moved(struct people_pane *pane, int rows);

/* Paints who is in ROOM (NULL: nobody) as far as it differs from what stands there. */
void people_pane_draw(struct people_pane *pane, const struct model_room *room,
		      const struct theme *theme, struct screen *screen);

#endif
