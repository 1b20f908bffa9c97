/*
 * The loop's turn: before the loop sleeps, what changed is drawn, at the pace of pace.h.
 * For app.c, which owns it.
 */
#ifndef TERN_TUI_TURN_H
#define TERN_TUI_TURN_H

#include <stdint.h>

#include "bridge/schema.h"

struct app;
struct turn;

/* Begins to draw for APP. */
struct turn *turn_new(struct app *app);

/* Its handles are closed by running the loop once more. */
void turn_free(struct turn *turn);

/* Has a turn begin in MS milliseconds at the latest. */
void turn_wake_in(struct turn *turn, uint64_t ms);

/* Somebody typed or resized: what follows from it is drawn at once. */
void turn_key(struct turn *turn);

/* After the model took EVENT. */
void turn_event(struct turn *turn, enum bridge_event event, const void *record);

#endif
