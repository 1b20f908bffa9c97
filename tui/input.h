/*
 * The input line: the editor, whose text belongs to the conversation that is shown;
 * drafts kept in the daemon within a second; typing told to the other side; and what
 * Enter does.
 */
#ifndef TERN_TUI_INPUT_H
#define TERN_TUI_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "widgets/screen.h"

struct app;
struct chat;
struct editor;
struct input;
struct keys_event;

struct input *input_new(struct app *app);

/* Closes the timers; freed when the loop has run once more. NULL is fine. */
void input_free(struct input *input);

/* The line under it; borrowed. */
struct editor *input_editor(struct input *input);

/* A key that does EDITOR_ACTION, text or a paste. */
void input_edit(struct app *app, int editor_action);
void input_event(struct app *app, const struct keys_event *event);

/* The line was changed through its editor: what follows from it. */
void input_touch(struct app *app);

/* The line belongs to CHAT from now on (NULL: to no conversation): what stood there is
 * kept for its owner, what is kept for CHAT stands there. */
void input_show(struct app *app, struct chat *chat);

/* Enter. */
void input_enter(struct app *app);

/* Empties the line (Ctrl-C). */
void input_clear(struct app *app);

/* Puts TEXT into the line as if typed. */
void input_put(struct app *app, const char *text);

/* A line of the conversation that is shown was taken back: TEXT comes into the line if
 * nothing stands there, else into its history. Returns which. */
bool input_take_back(struct app *app, const char *text);

/* Sends TEXT in CHAT: the line stands there at once, as pending. */
void input_send(struct app *app, struct chat *chat, const char *text);

/* Saves the unsent line now; DONE (may be NULL) is called with the app when the daemon
 * has it. Returns whether there was anything to save. */
bool input_save(struct app *app, void (*done)(struct app *app));

/* Attached again: what could not be sent or kept meanwhile goes now. */
void input_attached(struct app *app);

/* Takes over drafts that another tern changed; once per loop turn. */
void input_update(struct app *app);

/* Rows that it needs at WIDTH columns. */
int input_rows(struct app *app, int width, int max);
void input_set_area(struct app *app, struct screen_area area);
void input_draw(struct app *app, struct screen *screen);

#endif
