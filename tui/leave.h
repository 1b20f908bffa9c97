/*
 * Leaving tern: what is unsaved goes to the daemon first, then the profile goes on or
 * goes offline, and one line on the shell says which.
 */
#ifndef TERN_TUI_LEAVE_H
#define TERN_TUI_LEAVE_H

#include "tui/app.h"

/* Begins to leave; the loop ends when the daemon has what it needs, or soon after. */
void leave_begin(struct app *app, enum app_leaving how);

/* Leaves a tern that has opened no profile: a daemon that nothing uses ends too. */
void leave_unused(struct app *app);

/* /quit: asks first where another tern is attached. */
void leave_quit(struct app *app);

#endif
