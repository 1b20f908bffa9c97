/*
 * What a line that begins with / means: the table of commands, finding the right row,
 * cutting the line into words.
 */
#ifndef TERN_TUI_COMMANDS_H
#define TERN_TUI_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

struct app;
struct model_room;

struct command_row {
	const char *name;
	const char *usage;
	const char *arguments; /* how words are completed, see commands.def */
	const char *help;
	/* Does it with ARGUMENTS, what follows the name without blanks around it. False
	 * where it could not be done and the line should stay; then it said why. */
	bool (*run)(struct app *app, const char *arguments);
};

/* All commands, *RET_COUNT of them; constant. */
const struct command_row *command_rows(size_t *ret_count);

/* The row called NAME (LEN bytes, without the slash, in any case), NULL if there is none.
 */
const struct command_row *command_find(const char *name, size_t len);

/* The name that is nearest to WORD, NULL if none is near. */
const char *command_nearest(const char *word);

/* Whether LINE begins with a command; says so, with the nearest name, if it does not. */
bool command_is_known(struct app *app, const char *line);

/* Runs LINE, a known command. */
bool command_run(struct app *app, const char *line);

/* Says how a command is used; false for its handler to return. */
bool command_misused(struct app *app, const char *name);

/* Whether LINE, a command, holds a password: it is kept nowhere. */
bool command_is_secret(const char *line);

/* The room that is shown, or whose occupant or occupants are, while the profile is
 * attached; NULL after saying why. */
struct model_room *room_here(struct app *app);

/* Leaves ROOM with TEXT as last words ("" for none), closes its conversation, and says
 * so. The profile is attached. */
void room_leave(struct app *app, const struct model_room *room, const char *text);

/* The next word at *REST, which moves behind it: up to a blank, or between "…",
 * where "" is a quote. The caller frees; NULL if there is none. */
char *command_word(const char **rest);

#define COMMAND(name, usage, words, help)                                                \
	bool command_##name(struct app *app, const char *arguments);
#include "tui/commands.def"
#undef COMMAND

#endif
