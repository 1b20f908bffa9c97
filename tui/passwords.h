/*
 * The forms that ask for one password: a profile's own, an account's that the server
 * refused, a room's. What they do when they are submitted and cancelled; part of
 * forms.c's table.
 */
#ifndef TERN_TUI_PASSWORDS_H
#define TERN_TUI_PASSWORDS_H

struct app;

/* Unlocks the profile with what was typed; BUTTON is not looked at. */
void passwords_unlock(struct app *app, const char *button);

/* Ends tern, with the profile locked as it was. */
void passwords_stay_locked(struct app *app);

/* Has the profile log in with what was typed; BUTTON is not looked at. */
void passwords_log_in(struct app *app, const char *button);

/* Goes on with the join that asked; BUTTON is not looked at. */
void passwords_join(struct app *app, const char *button);

/* Gives that join up. */
void passwords_stay_out(struct app *app);

/* Says why it was not the password. The next one is typed from the start, not behind the
 * wrong one. */
void passwords_failed(struct app *app, const char *reason);

#endif
