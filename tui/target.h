/*
 * From a word of a command to the one address it means, told with its candidates where it
 * is not one.
 */
#ifndef TERN_TUI_TARGET_H
#define TERN_TUI_TARGET_H

#include <stdbool.h>

struct app;

/* The address that WORD means: a known one, or (IS_NEW_FINE) one written out. The caller
 * frees; NULL after saying why. */
char *target_of(struct app *app, const char *word, bool is_new_fine);

/* The same for WORD, or where it is empty for the conversation that is shown. */
char *target_or_shown(struct app *app, const char *word, bool is_new_fine);

#endif
