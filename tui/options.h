/*
 * What /set can change in tern itself: a table with a row for each option, over the
 * user's configuration file. Options of the profile (typing …) are the daemon's and not
 * here.
 */
#ifndef TERN_TUI_OPTIONS_H
#define TERN_TUI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge/base/config.h"

struct app;
struct keymap;
struct options;

/* The table, and the row of NAME (NULL if there is none). */
const struct config_row *option_rows(size_t *ret_count);
const struct config_row *option_find(const char *name);

/* What an option takes, as told to people: "on|off", "0 to 9" …; the caller frees. */
char *option_type_text(const struct config_row *row);

/* Reads the configuration file. What is wrong in it goes to *RET_PROBLEM (the caller
 * frees), which is NULL otherwise; the rest counts. */
struct options *options_load(char **ret_problem);
void options_free(struct options *options);

/* The value of an option of the table. Borrowed until it changes. */
const char *options_get(const struct options *options, const char *name);
bool options_is_on(const struct options *options, const char *name);

/* Checks VALUE, makes it work and keeps it; "default" takes the change back. A sentence
 * that the caller frees if that failed, else NULL. */
char *options_change(struct app *app, const char *name, const char *value);

/* Keeps a binding for later starts; a sentence that the caller frees, or NULL. */
char *options_keep_binding(struct options *options, uint32_t key, const char *action);

/* Applies the bindings that were kept. */
void options_bind(const struct options *options, struct keymap *keymap);

/* "C-t transpose, …" of the user's own bindings, and the names of the themes there are,
 * BETWEEN them; the caller frees. */
char *options_bindings(const struct options *options);
char *options_themes(const char *between);

#endif
