/*
 * Fields, focus and values; what it looks like is in form_draw.c. Every text field has an
 * editor of its own. Rows of the caller's table that are not shown (closed "more") keep
 * their values and are skipped by the focus.
 */
#include "widgets/form.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bridge/base/mem.h"
#include "widgets/form_private.h"
#include "widgets/keys.h"

enum { PAGE = 10 }; /* fields that PgUp and PgDn move over */

static bool
is_text(const struct form *form, size_t i)
{
	enum form_kind kind = form->fields[i].kind;
	return kind == FORM_TEXT || kind == FORM_SECRET || kind == FORM_LINES;
}

bool
form_is_shown(const struct form *form, size_t i)
{
	return !form->fields[i].is_more || form->is_more_open;
}

static bool
can_focus(const struct form *form, size_t i)
{
	return form->fields[i].kind != FORM_NOTE && form_is_shown(form, i);
}

struct form *
form_new(const char *title, const struct form_field *fields, size_t count)
{
	struct form *form = mem_alloc(sizeof *form);
	form->title = mem_strdup(title);
	form->fields = fields;
	form->count = count;
	form->states = mem_array(count, sizeof *form->states);
	for (size_t i = 0; i < count; i++) {
		form->states[i].choice = -1;
		if (!is_text(form, i))
			continue;
		form->states[i].editor = editor_new(0);
		editor_set_secret(form->states[i].editor, fields[i].kind == FORM_SECRET);
	}
	while (form->focus + 1 < count && !can_focus(form, form->focus))
		form->focus++;
	form->is_dirty = true;
	return form;
}

static void
drop_value(struct form_state *state)
{
	if (state->value)
		mem_wipe(state->value, strlen(state->value));
	free(state->value);
	state->value = NULL;
}

void
form_free(struct form *form)
{
	if (!form)
		return;
	for (size_t i = 0; i < form->count; i++) {
		editor_free(form->states[i].editor);
		drop_value(&form->states[i]);
	}
	free(form->states);
	free(form->message);
	free(form->title);
	free(form);
}

static size_t
find(const struct form *form, const char *name)
{
	for (size_t i = 0; i < form->count; i++)
		if (form->fields[i].name && strcmp(form->fields[i].name, name) == 0)
			return i;
	return form->count;
}

static void
move_focus(struct form *form, int by)
{
	size_t at = form->focus;
	for (size_t tries = 0; tries < form->count; tries++) {
		at = (at + form->count + (size_t)(by + (int)form->count)) % form->count;
		if (can_focus(form, at))
			break;
	}
	form->focus = at;
	form->is_dirty = true;
}

/* Several fields on, stopping at the ends. */
static void
move_page(struct form *form, int by)
{
	size_t at = form->focus, last = form->count - 1;
	for (int moved = 0; moved < PAGE && at != (by < 0 ? 0 : last);) {
		at += by < 0 ? (size_t)-1 : 1;
		if (!can_focus(form, at))
			continue;
		form->focus = at;
		moved++;
	}
}

static enum form_result
toggle(struct form *form)
{
	struct form_state *state = &form->states[form->focus];
	if (form->fields[form->focus].kind == FORM_MORE) {
		form->is_more_open = !form->is_more_open;
		return FORM_STAYS;
	}
	state->is_checked = !state->is_checked;
	state->is_touched = true;
	return FORM_CHANGED;
}

static enum form_result
press_enter(struct form *form)
{
	enum form_kind kind = form->fields[form->focus].kind;
	if (kind == FORM_MORE)
		return toggle(form);
	return kind == FORM_BUTTON ? FORM_PRESSED : FORM_SUBMITTED;
}

/* Ctrl-C never costs more than one line: it clears the field, and leaves the form only
 * where there is nothing to clear. */
static enum form_result
clear_field(struct form *form)
{
	struct form_state *state = &form->states[form->focus];
	if (form->is_busy || !state->editor || editor_is_empty(state->editor))
		return FORM_CANCELLED;
	editor_clear(state->editor);
	state->is_touched = true;
	return FORM_CHANGED;
}

static enum form_result
choose(struct form *form, int option)
{
	struct form_state *state = &form->states[form->focus];
	if (option == state->choice || option < 0)
		return FORM_STAYS;
	state->choice = option;
	state->is_touched = true;
	return FORM_CHANGED;
}

/* The option BY further on, round the ends. */
static enum form_result
choose_next(struct form *form, int by)
{
	const struct form_state *state = &form->states[form->focus];
	int count = (int)state->option_count;
	if (count == 0)
		return FORM_STAYS;
	if (state->choice < 0)
		return choose(form, by > 0 ? 0 : count - 1);
	return choose(form, (state->choice + by + count) % count);
}

/* The next option that begins with what was typed. */
static enum form_result
choose_typed(struct form *form, const char *text, size_t len)
{
	const struct form_state *state = &form->states[form->focus];
	for (size_t i = 1; i <= state->option_count; i++) {
		size_t at = (size_t)(state->choice + (int)i) % state->option_count;
		if (strncasecmp(state->options[at], text, len) == 0)
			return choose(form, (int)at);
	}
	return FORM_STAYS;
}

/* What Enter, Up and Down do in a field of several lines; false where they leave it. */
static bool
take_line_key(struct form *form, uint32_t key, enum form_result *ret_result)
{
	struct form_state *state = &form->states[form->focus];
	if (form->fields[form->focus].kind != FORM_LINES)
		return false;
	if (key == KEYS_UP || key == KEYS_DOWN)
		return editor_act(state->editor,
				  key == KEYS_UP ? EDITOR_OLDER : EDITOR_NEWER);
	if (key != KEYS_ENTER)
		return false;
	(void)editor_act(state->editor, EDITOR_NEWLINE);
	state->is_touched = true;
	*ret_result = FORM_CHANGED;
	return true;
}

static bool
take_sideways(struct form *form, int by, enum form_result *ret_result)
{
	enum form_kind kind = form->fields[form->focus].kind;
	/* Buttons stand side by side; in a field the keys edit. */
	if (kind == FORM_BUTTON)
		move_focus(form, by);
	else if (kind == FORM_CHOICE)
		*ret_result = choose_next(form, by);
	return kind == FORM_BUTTON || kind == FORM_CHOICE;
}

/* Keys that the form itself knows; true if KEY was one. */
static bool
take_form_key(struct form *form, uint32_t key, enum form_result *ret_result)
{
	*ret_result = FORM_STAYS;
	if (take_line_key(form, key, ret_result))
		return true;
	switch (key) {
	case KEYS_ESCAPE:
	case KEYS_CTRL | 'g':
		*ret_result = FORM_CANCELLED;
		return true;
	case KEYS_CTRL | 'c':
		*ret_result = clear_field(form);
		return true;
	case KEYS_TAB:
	case KEYS_DOWN:
	case KEYS_CTRL | 'n':
		move_focus(form, 1);
		return true;
	case KEYS_TAB | KEYS_SHIFT:
	case KEYS_UP:
	case KEYS_CTRL | 'p':
		move_focus(form, -1);
		return true;
	case KEYS_PAGE_UP:
	case KEYS_PAGE_DOWN:
		move_page(form, key == KEYS_PAGE_DOWN ? 1 : -1);
		return true;
	case KEYS_RIGHT:
	case KEYS_LEFT:
		return take_sideways(form, key == KEYS_RIGHT ? 1 : -1, ret_result);
	case KEYS_ENTER:
		*ret_result = press_enter(form);
		return true;
	default:
		return false;
	}
}

static enum form_result
take_edit(struct form *form, const struct keys_event *event)
{
	struct form_state *state = &form->states[form->focus];
	unsigned version = editor_version(state->editor);
	if (event->type == KEYS_KEY) {
		int action = editor_action_of_key(event->key);
		if (action < 0 || action == EDITOR_NEWLINE)
			return FORM_STAYS;
		(void)editor_act(state->editor, (enum editor_action)action);
	} else if (form->fields[form->focus].kind == FORM_LINES) {
		editor_insert(state->editor, event->text, event->len);
	} else {
		/* A field has one line: of a paste the first that says something. */
		size_t skip = 0;
		while (skip < event->len && strchr(" \t\n", event->text[skip]) &&
		       event->type == KEYS_PASTE)
			skip++;
		const char *end = memchr(event->text + skip, '\n', event->len - skip);
		size_t len = end ? (size_t)(end - event->text) - skip : event->len - skip;
		editor_insert(state->editor, event->text + skip, len);
	}
	if (editor_version(state->editor) == version)
		return FORM_STAYS;
	state->is_touched = true;
	return FORM_CHANGED;
}

enum form_result
form_event(struct form *form, const struct keys_event *event)
{
	enum form_result result = FORM_STAYS;
	if (event->type == KEYS_FOCUS_IN || event->type == KEYS_FOCUS_OUT || !form->count)
		return result;
	bool is_cancel = event->type == KEYS_KEY &&
			 (event->key == KEYS_ESCAPE || event->key == (KEYS_CTRL | 'c'));
	if (form->is_busy && !is_cancel)
		return result;
	form->is_dirty = true;
	if (event->type == KEYS_KEY && take_form_key(form, event->key, &result))
		return result;
	if (is_text(form, form->focus))
		return take_edit(form, event);
	enum form_kind kind = form->fields[form->focus].kind;
	bool is_space =
		event->type == KEYS_TEXT && event->len == 1 && *event->text == ' ';
	if (kind == FORM_CHOICE && event->type == KEYS_TEXT)
		return is_space ? choose_next(form, 1)
				: choose_typed(form, event->text, event->len);
	if (is_space && (kind == FORM_CHECK || kind == FORM_MORE))
		return toggle(form);
	return is_space && kind == FORM_BUTTON ? FORM_PRESSED : FORM_STAYS;
}

const char *
form_value(struct form *form, const char *name)
{
	size_t i = find(form, name);
	if (i == form->count)
		return "";
	struct form_state *state = &form->states[i];
	if (!state->editor)
		return state->is_checked ? "1" : "";
	drop_value(state);
	state->value = editor_text(state->editor);
	return state->value;
}

void
form_set_value(struct form *form, const char *name, const char *value)
{
	size_t i = find(form, name);
	if (i == form->count)
		return;
	struct form_state *state = &form->states[i];
	if (state->editor)
		editor_set_text(state->editor, value);
	else
		state->is_checked = value && *value && strcmp(value, "0") != 0;
	form->is_dirty = true;
}

bool
form_is_checked(struct form *form, const char *name)
{
	return *form_value(form, name) != '\0';
}

void
form_set_options(struct form *form, const char *name, const char *const *options,
		 size_t count)
{
	size_t i = find(form, name);
	if (i == form->count)
		return;
	form->states[i].options = options;
	form->states[i].option_count = count;
	form->states[i].choice = -1;
	form->is_dirty = true;
}

int
form_choice(const struct form *form, const char *name)
{
	size_t i = find(form, name);
	return i == form->count ? -1 : form->states[i].choice;
}

void
form_choose(struct form *form, const char *name, int option)
{
	size_t i = find(form, name);
	if (i == form->count || option < -1 ||
	    option >= (int)form->states[i].option_count)
		return;
	form->states[i].choice = option;
	form->is_dirty = true;
}

bool
form_is_touched(const struct form *form, const char *name)
{
	size_t i = find(form, name);
	return i < form->count && form->states[i].is_touched;
}

const char *
form_focus(const struct form *form)
{
	return form->count ? form->fields[form->focus].name : "";
}

void
form_set_focus(struct form *form, const char *name)
{
	size_t i = find(form, name);
	if (i == form->count || form->fields[i].kind == FORM_NOTE)
		return;
	form->is_more_open |= form->fields[i].is_more;
	form->focus = i;
	form->is_dirty = true;
}

void
form_focus_next(struct form *form)
{
	move_focus(form, 1);
}

void
form_set_message(struct form *form, int role, const char *text)
{
	mem_replace(&form->message, text);
	form->message_role = role;
	form->is_dirty = true;
}

void
form_set_busy(struct form *form, bool is_busy)
{
	form->is_busy = is_busy;
	form->is_dirty = true;
}

void
form_set_area(struct form *form, struct screen_area area)
{
	form->is_dirty |= memcmp(&form->area, &area, sizeof area) != 0;
	form->area = area;
}

void
form_touch(struct form *form)
{
	form->is_dirty = true;
}

bool
form_is_dirty(const struct form *form)
{
	return form->is_dirty;
}
