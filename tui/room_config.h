/*
 * A room's form as a page: asked for, filled in, sent, or given up.
 */
#ifndef TERN_TUI_ROOM_CONFIG_H
#define TERN_TUI_ROOM_CONFIG_H

struct app;

/* Asks the room JID for its form and shows it, if its conversation is still shown when it
 * comes. */
void room_config_ask(struct app *app, const char *jid);

/* What the table of forms does with it: Enter at BUTTON (or in a field); Esc; a change.
 */
void room_config_submit(struct app *app, const char *button);
void room_config_cancel(struct app *app);
void room_config_changed(struct app *app);

#endif
