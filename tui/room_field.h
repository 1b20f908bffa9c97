/*
 * A field of a room's form (XEP-0004) as a text in an editor, and back: nothing that the
 * user did not touch changes on the way. Pure; for room_form.c.
 */
#ifndef TERN_TUI_ROOM_FIELD_H
#define TERN_TUI_ROOM_FIELD_H

#include "bridge/base/arena.h"
#include "bridge/schema.h"
#include "widgets/form.h"

/* The kind of row that holds all of FIELD as a text: FORM_LINES, FORM_SECRET, FORM_TEXT.
 */
enum form_kind room_field_kind(const struct bridge_form_field *field);

/* The values of FIELD as such a row shows them. The caller wipes and frees. */
char *room_field_text(const struct bridge_form_field *field);

/* Why FIELD cannot be edited without a loss, as the end of a sentence, in ARENA; NULL if
 * it can. */
const char *room_field_problem(const struct bridge_form_field *field,
			       struct arena *arena);

/* What TEXT, edited, says of FIELD, into CHANGE, in ARENA. Lines that stand as they were
 * shown go back as they came. */
void room_field_take(const struct bridge_form_field *field, const char *text,
		     struct arena *arena, struct bridge_form_value *change);

#endif
