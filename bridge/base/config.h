/*
 * Settings: a table of options (name, type, default, help) from which follow the file of
 * `name = value` lines with errors by line, `/set`, completion and the man page. Several
 * programs read one file: each with its own table, knowing the other's names as foreign.
 */
#ifndef TERN_BASE_CONFIG_H
#define TERN_BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

enum config_type {
	CONFIG_BOOL,   /* on or off; also yes, no, true, false, 1, 0 */
	CONFIG_INT,    /* least to most */
	CONFIG_TEXT,   /* any text of one line */
	CONFIG_CHOICE, /* one of choices */
};

/* One option. A table ends with a row whose name is NULL. */
struct config_row {
	const char *name;
	enum config_type type;
	const char *fallback; /* its default, as text */
	long least, most;     /* CONFIG_INT */
	const char *choices;  /* CONFIG_CHOICE: "a|b|c" */
	/* NULL, or says why VALUE is wrong (a sentence, borrowed); NULL when it is right.
	 */
	const char *(*check)(const char *value);
	const char *help; /* one sentence */
};

struct config;

/* The options of ROWS (kept) at their defaults. */
struct config *config_new(const struct config_row *rows);
void config_free(struct config *config);

/* Reads PATH over what is set; a file that is not there is an empty one. Each wrong line
 * appends "PATH:LINE: sentence\n" to PROBLEMS (may be NULL) and is skipped; unknown names
 * are problems only if IS_STRICT, so that programs can share a file. 0, -EINVAL when
 * there were problems, or a negative errno when the file cannot be read. Lines are `name
 * = value`, `# comment` or empty; a value may stand in double quotes. */
int config_read(struct config *config, const char *path, bool is_strict,
		struct buf *problems);

/* The row of NAME, or NULL. */
const struct config_row *config_find(const struct config *config, const char *name);

/* Sets NAME to VALUE in its canonical form. 0, -ENOENT for an unknown name, -EINVAL with
 * a sentence in *RET_PROBLEM (the caller frees; may be NULL) for a value it does not
 * take. */
int config_set(struct config *config, const char *name, const char *value,
	       char **ret_problem);

/* The value as text ("" for an unknown name), borrowed until the next set. */
const char *config_text(const struct config *config, const char *name);
bool config_bool(const struct config *config, const char *name);
long config_int(const struct config *config, const char *name);

/* Writes NAME's value to PATH, atomically, leaving all other lines as they are; makes the
 * file (0600) when there is none. 0 or a negative errno. */
int config_write(const struct config *config, const char *path, const char *name);

/* The AT-th option name that begins with PREFIX, from 0; NULL at the end. */
const char *config_complete(const struct config *config, const char *prefix, size_t at);

/* The AT-th value of NAME that begins with PREFIX, for options with a list of values; the
 * caller frees; NULL at the end. */
char *config_complete_value(const struct config *config, const char *name,
			    const char *prefix, size_t at);

#endif
