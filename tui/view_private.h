/*
 * What the files behind view.h share: what is shown, and the widgets that show it.
 * Included by view.c and view_draw.c only.
 */
#ifndef TERN_TUI_VIEW_PRIVATE_H
#define TERN_TUI_VIEW_PRIVATE_H

#include "tui/view.h"
#include "widgets/screen.h"

struct contacts_view;
struct help_view;
struct list;
struct people_pane;
struct people_view;
struct status;

struct view {
	enum view_kind kind, before;
	struct chat *chat; /* of VIEW_CHAT, kept while help is shown */
	struct chat_view *chat_view;
	struct contacts_view *contacts;
	struct help_view *help;
	struct status *status;
	struct people_pane *pane;
	struct people_view *people;
	struct rooms_view *rooms;
	unsigned search_version; /* of the input line that PEOPLE was searched by */
	char *hint;
	struct screen_area page, toast, input;
	bool is_placed; /* areas are as the layout wants them */
	bool has_stale_contacts;
	bool has_stale_rooms;
};

/* The list that the page is, NULL where it is none. Borrowed. */
struct list *view_list(const struct view *view);

#endif
