/*
 * Which key does what: the defaults of the tables (actions.c, the editor's), changed by
 * what /bind stored. Pure.
 */
#ifndef TERN_TUI_KEYMAP_H
#define TERN_TUI_KEYMAP_H

#include <stddef.h>
#include <stdint.h>

struct keymap;

/* What a key does: an index into the table of actions, or KEYMAP_EDITOR + an
 * editor_action. */
#define KEYMAP_NOTHING (-1)
#define KEYMAP_EDITOR 1000

struct keymap *keymap_new(void);
void keymap_free(struct keymap *keymap);

/* What KEY does, KEYMAP_NOTHING for nothing. */
int keymap_find(const struct keymap *keymap, uint32_t key);

/* Binds KEY to the action NAME; "none" makes it do nothing, "default" takes the binding
 * back. 0, or -ENOENT if there is no such action. */
int keymap_bind(struct keymap *keymap, uint32_t key, const char *name);

/* The name of what keymap_find returned; "none" for nothing. */
const char *keymap_action_name(int action);

/* What it does, a sentence; "" for nothing. */
const char *keymap_action_help(int action);

/* The action called NAME, KEYMAP_NOTHING if there is none. */
int keymap_named(const char *name);

/* Every action by index from 0 on, the editor's included; NULL behind the last. For
 * completion and help. */
const char *keymap_each(size_t index);

/* The keys that do ACTION now, blanks between, as a string that the caller frees. */
char *keymap_keys(const struct keymap *keymap, int action);

#endif
