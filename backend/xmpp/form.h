/*
 * Data forms (XEP-0004): read from a stanza, changed field by field with each value
 * checked against the field's type, and written as a submission. Pure. Everything of a
 * form lives in the arena that it was read into; the stream's limits bound it.
 */
#ifndef TERN_XMPP_FORM_H
#define TERN_XMPP_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "bridge/base/arena.h"

struct stanza;

enum form_type {
	FORM_BOOLEAN,
	FORM_FIXED, /* a text between fields */
	FORM_HIDDEN,
	FORM_JID_MULTI,
	FORM_JID_SINGLE,
	FORM_LIST_MULTI,
	FORM_LIST_SINGLE,
	FORM_TEXT_MULTI, /* a value for each line */
	FORM_TEXT_PRIVATE,
	FORM_TEXT_SINGLE,
};

struct form_option {
	const char *value;
	const char *label; /* NULL: none */
};

struct form_field {
	const char *var; /* NULL in a fixed one */
	enum form_type type;
	const char *label, *help; /* NULL: none */
	bool is_required;
	const char *const *values;
	size_t value_count;
	const struct form_option *options;
	size_t option_count;
};

struct form {
	const char *title, *instructions; /* NULL: none */
	struct form_field *fields;
	size_t field_count;
};

/* Reads the form X (jabber:x:data). What may go back with it is whole, for a value cut is
 * a value lost; words for people are cut at 16 KiB. -EINVAL if it is none. */
int form_read(const struct stanza *x, struct arena *arena, struct form *ret_form);

/* The field whose var is NAME, or the only one whose var ends in _NAME or #NAME; NULL if
 * there is none, or more than one. */
struct form_field *form_find(const struct form *form, const char *name);

/* Gives FIELD the COUNT VALUES as people write them: yes and on for a boolean, a list's
 * labels too, lines of a text in one value. -EINVAL leaves it as it was, with a sentence
 * in *RET_PROBLEM (in ARENA). */
int form_set(struct form_field *field, const char *const *values, size_t count,
	     struct arena *arena, const char **ret_problem);

/* The first value of the field VAR; NULL where it has none, or an empty one. */
const char *form_value(const struct form *form, const char *var);

/* Begins a submission of FORM_TYPE in PARENT, for form_add_field. */
struct stanza *form_add(struct stanza *parent, const char *form_type);

/* Adds the field VAR with VALUE to the submission X. TYPE may be NULL. */
void form_add_field(struct stanza *x, const char *var, const char *type,
		    const char *value);

/* Adds the filled form to PARENT as a submission. */
void form_submit(const struct form *form, struct stanza *parent);

#endif
