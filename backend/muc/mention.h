/*
 * Whether a text names somebody. Pure.
 */
#ifndef TERN_MUC_MENTION_H
#define TERN_MUC_MENTION_H

#include <stdbool.h>

/* Whether NICK (NULL: none) or one of WORDS, with commas between, stands in TEXT as a
 * word of its own, whatever the case of its letters. */
bool mention_has(const char *text, const char *nick, const char *words);

#endif
