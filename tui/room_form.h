/*
 * A room's form (XEP-0004) as rows of the form widget, and what was changed in it. Pure.
 * Whatever the room sends is shown cleaned and sent back as it was; only changes are
 * sent, so that what another owner does meanwhile, and what cannot be shown, stays.
 */
#ifndef TERN_TUI_ROOM_FORM_H
#define TERN_TUI_ROOM_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "bridge/base/arena.h"
#include "bridge/schema.h"

struct form;
struct room_form;

/* Rows that are shown at most; a note says when there would be more. */
#define ROOM_FORM_ROWS_MAX 2000

/* A copy of what the room ROOM (its address) sent. */
struct room_form *room_form_new(const char *room, const struct bridge_form *record);
void room_form_free(struct room_form *room_form);

/* The room's address. */
const char *room_form_room(const struct room_form *room_form);

/* A widget with its rows and their present values, which the caller frees before the
 * room form. Its buttons are "send" and "cancel". */
struct form *room_form_widget(const struct room_form *room_form);

/* What was changed in FORM, as room.configure takes it; in ARENA. */
const struct bridge_form_value *room_form_changes(const struct room_form *room_form,
						  struct form *form, struct arena *arena,
						  size_t *ret_count);

/* Whether anything was changed in FORM. */
bool room_form_is_changed(const struct room_form *room_form, const struct form *form);

/* Moves FORM's focus to the field that MESSAGE, a refusal of the room or of its form,
 * begins with; leaves it where there is none. */
void room_form_blame(const struct room_form *room_form, struct form *form,
		     const char *message);

/* What follows the first "_" behind the "#" of VAR, or else behind its "{namespace}":
 * "roomname" of "muc#roomconfig_roomname"; all of VAR where there is none. Borrowed from
 * VAR. */
const char *room_form_key(const char *var);

#endif
