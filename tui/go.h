/*
 * Going from one conversation to another, for keys and for /go.
 */
#ifndef TERN_TUI_GO_H
#define TERN_TUI_GO_H

#include <stdbool.h>
#include <stddef.h>

struct app;

/* The conversation with NUMBER, from 1 on; false after saying that there is none. */
bool go_number(struct app *app, size_t number);

/* The next one with unread lines, behind the one that is shown. */
void go_active(struct app *app);

/* The one BY places on, round and round; the contacts stand before the first. */
void go_by(struct app *app, int by);

#endif
