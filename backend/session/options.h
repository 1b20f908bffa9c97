/*
 * The options that a profile keeps (those of the frontend are the frontend's): one table,
 * from which settings.set, the attach answer and every check follow.
 */
#ifndef TERN_SESSION_OPTIONS_H
#define TERN_SESSION_OPTIONS_H

#include <stddef.h>

#include "bridge/base/arena.h"
#include "bridge/schema.h"

struct store;

enum option_id {
	OPTION_TYPING,
	OPTION_RECEIPTS,
	OPTION_MARKERS,
	OPTION_AUTO_AWAY,
	OPTION_DEAD_LINK,
	OPTION_ASK_AFTER,
	OPTION_BOOKMARK_JOINS,
	OPTION_MENTIONS,
	OPTION_COUNT,
};

/* The current values; NULL where the default holds. */
struct options {
	char *values[OPTION_COUNT];
};

/* Reads every option from STORE. */
void options_load(struct options *options, struct store *store);

/* Frees the values. */
void options_done(struct options *options);

/* The option of that name, or -1. */
int options_find(const char *name);

/* The current value of ID, its default if never set. Borrowed. */
const char *options_value(const struct options *options, int id);

/* The same as a number, within its range; for options of type int. */
int options_number(const struct options *options, int id);

/* The option's default, for its type: "bool", "int", "text" or words with | between.
 * Constant. */
const char *options_fallback(int id);
const char *options_type(int id);

/* Whether VALUE fits option ID; if not, *RET_SENTENCE (yours) says what does. */
bool options_check(int id, const char *value, char **ret_sentence);

/* Keeps a checked VALUE in memory and in STORE. Inside a job. 0 or negative errno. */
int options_set(struct options *options, struct store *store, int id, const char *value);

/* Fills the bridge's row of ID; strings are borrowed. */
void options_fill(const struct options *options, int id, struct bridge_setting *ret_row);

/* All options as bridge rows in ARENA, OPTION_COUNT of them. */
const struct bridge_setting *options_rows(const struct options *options,
					  struct arena *arena);

#endif
