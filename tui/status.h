/*
 * The two bars: the line of open conversations, and the status bar under the input line.
 */
#ifndef TERN_TUI_STATUS_H
#define TERN_TUI_STATUS_H

#include "widgets/screen.h"

struct app;
struct status;

struct status *status_new(void);
void status_free(struct status *status);

/* Areas of one row, or of none where there is no room. */
void status_set_areas(struct status *status, struct screen_area chats,
		      struct screen_area bar);

/* Writes both anew from the model; what stays the same is not painted. */
void status_update(struct app *app, struct status *status);
void status_draw(struct status *status, struct screen *screen);

#endif
