/*
 * A form: labelled fields, check boxes, a part that opens under "more", buttons, a line
 * for what went wrong. It takes key events, moves its focus, keeps what was typed, and
 * scrolls where the screen is small (40x12). Secret fields show bullets and are wiped.
 */
#ifndef TERN_WIDGETS_FORM_H
#define TERN_WIDGETS_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "widgets/screen.h"

struct form;
struct keys_event;

enum form_kind {
	FORM_TEXT,   /* one line of text */
	FORM_SECRET, /* one line, bullets */
	FORM_CHECK,  /* on or off; its value is "1" or "" */
	FORM_NOTE,   /* a sentence, wrapped, no focus: label is its text */
	FORM_MORE,   /* opens and closes the fields marked is_more */
	FORM_BUTTON, /* Enter on it ends the form with FORM_PRESSED */
	FORM_LINES,  /* several lines of text; Enter begins one */
	FORM_CHOICE, /* one of several texts: form_set_options */
	FORM_LOCKED, /* a sentence with the focus, and nothing to change: label is it */
};

/* A row of the caller's static table; the form keeps the pointer. */
struct form_field {
	const char *name; /* unique */
	enum form_kind kind;
	const char *label;
	const char *help; /* one sentence shown while the field has the focus; or NULL */
	bool is_more;	  /* shown only while "more" is open */
};

enum form_result {
	FORM_STAYS,	/* nothing of note; the form may be dirty */
	FORM_CHANGED,	/* the focused field's value changed */
	FORM_SUBMITTED, /* Enter in a field */
	FORM_PRESSED,	/* Enter on a button: form_focus names it */
	FORM_CANCELLED, /* Esc, or Ctrl-C with nothing to clear */
};

/* A form with TITLE and the COUNT fields at FIELDS (kept, not copied); focus on the first
 * that can have it. */
struct form *form_new(const char *title, const struct form_field *fields, size_t count);
void form_free(struct form *form);

/* Handles a key, text or paste: Tab, S-Tab, Up, Down, C-n and C-p move, PgUp and PgDn
 * further; Space on a check box; Left, Right, Space and first letters in a choice; Enter;
 * Esc cancels; C-c clears the field, and cancels if there is nothing in it; the editor's
 * keys within a field. Needs KEYS_ESCAPE_KEY. */
enum form_result form_event(struct form *form, const struct keys_event *event);

/* The value of field NAME (borrowed until the next call for the form; "" if empty).
 * Setting one moves its cursor to the end; NULL empties. */
const char *form_value(struct form *form, const char *name);
void form_set_value(struct form *form, const char *name, const char *value);
bool form_is_checked(struct form *form, const char *name);

/* What the choice NAME is one of: COUNT clean texts (kept, not copied). */
void form_set_options(struct form *form, const char *name, const char *const *options,
		      size_t count);

/* Which of its options the choice NAME has, -1 for none, and giving it one. */
int form_choice(const struct form *form, const char *name);
void form_choose(struct form *form, const char *name, int option);

/* Whether the user has changed the field himself (then proposals leave it alone). */
bool form_is_touched(const struct form *form, const char *name);

/* The focused field's name, and moving the focus (opening "more" if need be). */
const char *form_focus(const struct form *form);
void form_set_focus(struct form *form, const char *name);

/* Moves the focus to the next field, as Tab does. */
void form_focus_next(struct form *form);

/* The text under the fields, wrapped (an error, a phase); NULL for none. ROLE is one of
 * the theme's. */
void form_set_message(struct form *form, int role, const char *text);

/* While busy (connecting) keys other than Esc and C-c are ignored and no cursor is shown.
 */
void form_set_busy(struct form *form, bool is_busy);

void form_set_area(struct form *form, struct screen_area area);
void form_touch(struct form *form);
bool form_is_dirty(const struct form *form);

/* Paints the form if it is dirty, and puts the cursor into the focused field. */
void form_draw(struct form *form, struct screen *screen);

#endif
