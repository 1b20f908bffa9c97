/*
 * Where the user's eyes are: whether the terminal has the focus, when a key was last
 * pressed; and what follows: which lines count as read, when the bell rings, what the
 * terminal's title says.
 */
#ifndef TERN_TUI_ATTENTION_H
#define TERN_TUI_ATTENTION_H

#include <stdbool.h>
#include <stdint.h>

struct app;
struct attention;
struct chat;

struct attention *attention_new(void);
void attention_free(struct attention *attention);

/* The terminal reported that it has the focus or lost it. */
void attention_focus(struct app *app, bool is_focused);

/* A key was pressed: where no focus was ever reported, what stood on the screen before it
 * is read now. */
void attention_key(struct app *app);

/* A new line of somebody else arrived in CHAT: rings unless it is being read. */
void attention_news(struct app *app, const struct chat *chat);

/* Whether what appears on the screen is looked at, as far as can be known. */
bool attention_is_here(const struct app *app);

/* Before drawing: the title. */
void attention_show_title(struct app *app);

/* After drawing: what is in view is seen, and read where the focus says so. */
void attention_seen(struct app *app);

#endif
