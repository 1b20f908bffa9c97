/*
 * Rooms that a service names, as a page; searched by what stands in the input line.
 */
#ifndef TERN_TUI_ROOMS_VIEW_H
#define TERN_TUI_ROOMS_VIEW_H

#include "bridge/schema.h"

struct list;
struct rooms_view;

struct rooms_view *rooms_view_new(void);
void rooms_view_free(struct rooms_view *view);

/* The list under it; the key of a row is the room's address. Borrowed. */
struct list *rooms_view_list(struct rooms_view *view);

/* Forgets the rooms: others are on their way. The number of this search. */
unsigned rooms_view_begin(struct rooms_view *view);

/* The number of the newest search. */
unsigned rooms_view_number(const struct rooms_view *view);

/* Takes over a page of rooms, cleaned. */
void rooms_view_add(struct rooms_view *view, const struct bridge_room_find_result *page);

/* Writes the rows anew: those with SEARCH in the address or the name. */
void rooms_view_update(struct rooms_view *view, const char *search);

#endif
