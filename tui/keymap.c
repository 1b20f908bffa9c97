/*
 * A flat list of bindings: the user's before the defaults, so the first hit counts. It is
 * walked once a key, which is nothing.
 */
#include "tui/keymap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/buf.h"
#include "bridge/base/mem.h"
#include "tui/actions.h"
#include "widgets/editor.h"
#include "widgets/keys.h"

struct binding {
	uint32_t key;
	int action;
};

struct keymap {
	struct binding *own; /* by /bind */
	size_t own_count;
	struct binding *standard;
	size_t standard_count;
};

static void
add(struct binding **bindings, size_t *count, struct binding binding)
{
	*bindings = mem_resize(*bindings, *count + 1, sizeof **bindings);
	(*bindings)[(*count)++] = binding;
}

/* Adds the keys named in KEYS, blanks between. */
static void
add_keys(struct keymap *keymap, const char *keys, int action)
{
	char *copy = mem_strdup(keys);
	char *rest = NULL;

	for (char *word = strtok_r(copy, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest)) {
		uint32_t key = keys_named(word);

		if (key)
			add(&keymap->standard, &keymap->standard_count,
			    (struct binding){key, action});
	}
	free(copy);
}

struct keymap *
keymap_new(void)
{
	struct keymap *keymap = mem_alloc(sizeof *keymap);
	size_t count;
	const struct action_row *rows = action_rows(&count);

	for (size_t i = 0; i < count; i++)
		add_keys(keymap, rows[i].keys, (int)i);
	for (int i = 0; i < EDITOR_ACTION_COUNT; i++)
		add_keys(keymap, editor_action_row((enum editor_action)i)->keys,
			 KEYMAP_EDITOR + i);
	return keymap;
}

void
keymap_free(struct keymap *keymap)
{
	if (!keymap)
		return;
	free(keymap->own);
	free(keymap->standard);
	free(keymap);
}

int
keymap_find(const struct keymap *keymap, uint32_t key)
{
	for (size_t i = 0; i < keymap->own_count; i++)
		if (keymap->own[i].key == key)
			return keymap->own[i].action;
	for (size_t i = 0; i < keymap->standard_count; i++)
		if (keymap->standard[i].key == key)
			return keymap->standard[i].action;
	return KEYMAP_NOTHING;
}

static void
unbind(struct keymap *keymap, uint32_t key)
{
	for (size_t i = 0; i < keymap->own_count; i++) {
		if (keymap->own[i].key == key) {
			keymap->own[i] = keymap->own[--keymap->own_count];
			return;
		}
	}
}

int
keymap_bind(struct keymap *keymap, uint32_t key, const char *name)
{
	int action = keymap_named(name);
	bool is_default = strcmp(name, "default") == 0;

	if (action == KEYMAP_NOTHING && !is_default && strcmp(name, "none") != 0)
		return -ENOENT;
	unbind(keymap, key);
	if (!is_default)
		add(&keymap->own, &keymap->own_count, (struct binding){key, action});
	return 0;
}

const char *
keymap_action_name(int action)
{
	size_t count;
	const struct action_row *rows = action_rows(&count);

	if (action >= KEYMAP_EDITOR && action < KEYMAP_EDITOR + EDITOR_ACTION_COUNT)
		return editor_action_row((enum editor_action)(action - KEYMAP_EDITOR))
			->name;
	return action >= 0 && (size_t)action < count ? rows[action].name : "none";
}

const char *
keymap_action_help(int action)
{
	size_t count;
	const struct action_row *rows = action_rows(&count);

	if (action >= KEYMAP_EDITOR && action < KEYMAP_EDITOR + EDITOR_ACTION_COUNT)
		return editor_action_row((enum editor_action)(action - KEYMAP_EDITOR))
			->help;
	return action >= 0 && (size_t)action < count ? rows[action].help : "";
}

int
keymap_named(const char *name)
{
	size_t count;
	const struct action_row *rows = action_rows(&count);

	for (size_t i = 0; i < count; i++)
		if (strcmp(rows[i].name, name) == 0)
			return (int)i;
	for (int i = 0; i < EDITOR_ACTION_COUNT; i++)
		if (strcmp(editor_action_row((enum editor_action)i)->name, name) == 0)
			return KEYMAP_EDITOR + i;
	return KEYMAP_NOTHING;
}

const char *
keymap_each(size_t index)
{
	size_t count;
	const struct action_row *rows = action_rows(&count);

	if (index < count)
		return rows[index].name;
	index -= count;
	return index < EDITOR_ACTION_COUNT
		       ? editor_action_row((enum editor_action)index)->name
		       : NULL;
}

char *
keymap_keys(const struct keymap *keymap, int action)
{
	struct buf buf = {0};
	char name[KEYS_NAME_MAX];

	for (size_t i = 0; i < keymap->own_count; i++)
		if (keymap->own[i].action == action)
			buf_printf(&buf, "%s%s", buf.len ? " " : "",
				   keys_name(keymap->own[i].key, name));
	for (size_t i = 0; i < keymap->standard_count; i++)
		if (keymap->standard[i].action == action &&
		    keymap_find(keymap, keymap->standard[i].key) == action)
			buf_printf(&buf, "%s%s", buf.len ? " " : "",
				   keys_name(keymap->standard[i].key, name));
	return buf_take_text(&buf);
}
