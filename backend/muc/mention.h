/*
 * Whether a text names somebody. Pure.
 */
#ifndef TERN_MUC_MENTION_H
#define TERN_MUC_MENTION_H

#include <stdbool.h>

/* Whether NICK stands in TEXT as a word of its own, whatever the case of its letters. */
bool mention_has(const char *text, const char *nick);

/* Whether one of WORDS, with commas between, does. */
bool mention_has_any(const char *text, const char *words);

#endif
