/*
 * The pages that ask: the first run, logging in, a profile's password, a password that
 * the server refused, the trial, a room's configuration and password. One at a time; what
 * was typed stays until it has worked.
 */
#ifndef TERN_TUI_FORMS_H
#define TERN_TUI_FORMS_H

#include <stdbool.h>

#include "widgets/screen.h"

struct app;
struct forms;
struct keys_event;

enum forms_kind {
	FORMS_NONE,
	FORMS_FIRST,	/* try it, log in, quit */
	FORMS_LOGIN,	/* a new profile */
	FORMS_UNLOCK,	/* the profile's own password */
	FORMS_PASSWORD, /* the account's password was refused */
	FORMS_TRIAL,	/* the trial's server is starting */
	FORMS_INSTALL,	/* the trial needs packages */
	FORMS_ROOM,	/* how a room is configured; shown by room_config.c */
	FORMS_KEY,	/* the password of a room that is to be joined; cmd_room.c */
	FORMS_KIND_COUNT,
};

struct forms *forms_new(void);
void forms_free(struct forms *forms);

/* Shows a form anew; the one that is shown already is left as it is. */
void forms_show(struct app *app, enum forms_kind kind);

/* Starts the trial, or asks whether its packages may be installed. */
void forms_try(struct app *app);

/* The form that is shown. */
enum forms_kind forms_kind(const struct app *app);

/* A key while a form is shown. */
void forms_event(struct app *app, const struct keys_event *event);

/* The profile is attached, or its connection changed: a form that waits for that goes on.
 */
void forms_link(struct app *app);

/* What is done with a room's password that was asked for, wiped afterwards; called once,
 * with NULL where none was given. */
typedef void (*forms_key)(void *data, const char *password);

/* A room is not joined without its password: says TEXT and asks for it; KEY is called
 * with DATA. False where another form is shown, and KEY will not be called. */
bool forms_ask_key(struct app *app, const char *text, forms_key key, void *data);

/* What the form tried has failed, for this reason: it can be filled in again. */
void forms_fail(struct app *app, const char *reason);

void forms_set_area(struct app *app, struct screen_area area);
void forms_draw(struct app *app, struct screen *screen);

#endif
