/*
 * Whether somebody sits at this terminal: after a while without a key the daemon is told
 * that nobody does, and with the next key that somebody does again.
 */
#ifndef TERN_TUI_IDLE_H
#define TERN_TUI_IDLE_H

struct app;
struct idle;

/* Begins to count; needs APP's loop. */
struct idle *idle_new(struct app *app);
void idle_free(struct idle *idle);

/* A key was pressed. */
void idle_key(struct idle *idle);

/* A new daemon listens, which takes everybody for present. */
void idle_greeted(struct idle *idle);

/* The option idle_after was changed. */
void idle_changed(struct idle *idle);

#endif
