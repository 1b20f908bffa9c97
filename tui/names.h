/*
 * Whom a word means: contacts, conversations and rooms by handle, by what stands before
 * the @, by a beginning of either, by what strangers call them, or an address itself.
 * Pure.
 */
#ifndef TERN_TUI_NAMES_H
#define TERN_TUI_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/model.h"

#define NAMES_MAX 8 /* so many candidates are told */

/* What a word may mean: addresses borrowed from the model. */
struct names_found {
	const char *jids[NAMES_MAX];
	size_t count; /* of all, may be more than NAMES_MAX */
};

/* Looks WORD up: whole names first, then beginnings; without regard to case. */
void names_find(const struct model *model, const char *word,
		struct names_found *ret_found);

/* WORD, or the room that it is a link to, as a bare address (domain and ASCII letters in
 * lower case, no resource), which the caller frees; NULL if it can't be one. */
char *names_address(const char *word);

#endif
