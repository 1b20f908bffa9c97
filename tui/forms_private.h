/*
 * What the files behind forms.h share: the form that is shown, and what it says. Included
 * by forms.c, login.c, passwords.c and room_config.c only.
 */
#ifndef TERN_TUI_FORMS_PRIVATE_H
#define TERN_TUI_FORMS_PRIVATE_H

#include <stdbool.h>

#include "tui/forms.h"

struct form;
struct room_form;

struct forms {
	enum forms_kind kind;
	struct form *form;
	struct room_form *room; /* of FORMS_ROOM, what the form was made of */
	unsigned room_number;	/* of the newest of those */
	bool is_warned;		/* of changes in it that would be lost */
	bool is_sending;	/* and the room has not answered yet */
	forms_key key;		/* of FORMS_KEY, what its password is for */
	void *key_data;
	char *made;	  /* the profile that this attempt made, NULL for none */
	bool is_trying;	  /* busy until the connection says how it went */
	bool was_refused; /* the form for a refused password was shown for this refusal */
};

/* Says TEXT (cleaned here) under the fields, in the style of ROLE. */
void forms_say(struct app *app, int role, const char *text);

/* Shows the form of a room, taken over; another form that is shown stays. */
void forms_show_room(struct app *app, struct room_form *take_room);

/* Takes the form off the screen. */
void forms_close(struct app *app);

/* The form waits for an answer: PHASE says for which. */
void forms_set_busy(struct app *app, const char *phase);

/* It can be filled in again; REASON says what went wrong. */
void forms_set_failed(struct app *app, const char *reason);

/* Wipes and frees a copy of a secret; NULL is fine. */
void forms_wipe(char *secret);

#endif
