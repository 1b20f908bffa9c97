/*
 * Where the user's eyes are: whether the terminal has the focus, when a key was last
 * pressed; and what follows: which lines count as read, when the bell rings, what the
 * terminal's title says.
 */
#ifndef TERN_TUI_ATTENTION_H
#define TERN_TUI_ATTENTION_H

#include <stdbool.h>
#include <stdint.h>

#include "bridge/schema.h"

struct app;
struct attention;

struct attention *attention_new(void);
void attention_free(struct attention *attention);

/* The terminal reported that it has the focus or lost it. */
void attention_focus(struct app *app, bool is_focused);

/* A key was pressed: where no focus was ever reported, what stood on the screen before it
 * is read now. */
void attention_key(struct app *app);

/* A line came or changed: rings for a new one of somebody else that is not being read. */
void attention_line(struct app *app, const struct bridge_line_event *event);

/* Whether what appears on the screen is looked at, as far as can be known. */
bool attention_is_here(const struct app *app);

/* Before drawing: the title. */
void attention_show_title(struct app *app);

/* After drawing: what is in view is seen, and read where the focus says so. */
void attention_seen(struct app *app);

#endif
