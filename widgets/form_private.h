/*
 * What the files of the form share: form.c (fields, focus, values) and form_draw.c
 * (looks). Nobody else includes this.
 */
#ifndef TERN_WIDGETS_FORM_PRIVATE_H
#define TERN_WIDGETS_FORM_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

#include "widgets/editor.h"
#include "widgets/editor_view.h"
#include "widgets/form.h"
#include "widgets/screen.h"

struct form_state {
	struct editor *editor; /* of text fields */
	struct editor_view view;
	const char *const *options; /* of a choice */
	size_t option_count;
	int choice;  /* -1: none */
	char *value; /* what form_value handed out last */
	bool is_checked, is_touched;
};

struct form {
	char *title;
	const struct form_field *fields;
	struct form_state *states;
	size_t count, focus;
	bool is_more_open, is_busy, is_dirty;
	char *message;
	int message_role;
	struct screen_area area;
	int top; /* rows scrolled away */
};

/* Whether field I is on the page (not behind a closed "more"). */
bool form_is_shown(const struct form *form, size_t i);

#endif
