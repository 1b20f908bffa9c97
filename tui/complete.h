/*
 * Completion of the word before the cursor: commands, options and their values, actions,
 * themes, names and addresses. Tab again goes from one candidate to the next.
 */
#ifndef TERN_TUI_COMPLETE_H
#define TERN_TUI_COMPLETE_H

#include <stddef.h>

struct app;
struct complete;

struct complete *complete_new(void);
void complete_done(struct complete *complete);

/* For keys. */
void complete_forward(struct app *app);
void complete_back(struct app *app);

/* What is to be completed in LINE (LEN bytes up to the cursor): where the word starts,
 * and its kind: a letter of commands.def, / for a command, - for nothing. Pure. */
struct complete_word {
	size_t start;
	char kind;
};
struct complete_word complete_word_at(const char *line, size_t len);

/* The candidates of KIND that begin with WORD, sorted, as an array that the caller frees
 * with complete_free; LINE is needed for the values of an option. */
char **complete_candidates(struct app *app, char kind, const char *word, const char *line,
			   size_t *ret_count);
void complete_free(char **candidates, size_t count);

/* The number of bytes that all candidates begin with, without regard to ASCII case. */
size_t complete_common(char *const *candidates, size_t count);

#endif
