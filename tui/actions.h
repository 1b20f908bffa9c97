/*
 * What keys can do in tern, beside editing: a table with a row for each action, from
 * which /help, /bind and completion follow.
 */
#ifndef TERN_TUI_ACTIONS_H
#define TERN_TUI_ACTIONS_H

#include <stddef.h>

struct app;

struct action_row {
	const char *name;
	const char *help;
	const char *keys; /* defaults, as keys_name writes them, blanks between */
	void (*run)(struct app *app);
};

/* The table; its length goes to *RET_COUNT. */
const struct action_row *action_rows(size_t *ret_count);

#endif
