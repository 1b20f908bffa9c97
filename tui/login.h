/*
 * The form that makes a profile: what it does when it is submitted and cancelled. Part of
 * forms.c's table.
 */
#ifndef TERN_TUI_LOGIN_H
#define TERN_TUI_LOGIN_H

struct app;

/* Does what BUTTON of the shown form asks. */
void login_submit(struct app *app, const char *button);

/* Leaves the shown form, ending what it had begun. */
void login_cancel(struct app *app);

/* Takes back what the attempt has made, and says REASON; the form can be filled in again
 * afterwards. */
void login_undo(struct app *app, const char *reason);

/* Proposes the profile's name from the address until the user has written his own. */
void login_propose(struct app *app);

#endif
