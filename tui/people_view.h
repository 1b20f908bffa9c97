/*
 * Who is in a room, as a page: roles, affiliations, real addresses where they may be
 * seen, status texts; searched by what stands in the input line.
 */
#ifndef TERN_TUI_PEOPLE_VIEW_H
#define TERN_TUI_PEOPLE_VIEW_H

struct list;
struct model_room;
struct people_view;

struct people_view *people_view_new(void);
void people_view_free(struct people_view *view);

/* The list under it; the key of a row is the raw nick. Borrowed. */
struct list *people_view_list(struct people_view *view);

/* Takes over who is in ROOM (NULL: nobody) and has SEARCH in the nick or the address. */
void people_view_update(struct people_view *view, const struct model_room *room,
			const char *search);

#endif
