/*
 * The lines of a settings file, read one by one and written one at a time without
 * touching the others. config.c stands on it.
 */
#ifndef TERN_BASE_CONFIG_FILE_H
#define TERN_BASE_CONFIG_FILE_H

/* A line that is neither empty nor a comment, borrowed until the hook returns. */
struct config_line {
	int number;	     /* from 1 */
	const char *name;    /* NULL when there is a problem */
	const char *value;   /* quotes taken off */
	const char *problem; /* NULL, or a sentence */
};

/* Calls ON_LINE for each such line of PATH. 0, or a negative errno (-EFBIG over 1 MiB).
 */
int config_file_walk(const char *path,
		     void (*on_line)(void *data, const struct config_line *line),
		     void *data);

/* Replaces the last line that sets NAME by `NAME = VALUE`, or appends one: to a new file
 * beside it, synced and renamed (through a symbolic link, onto what it points at). */
int config_file_put(const char *path, const char *name, const char *value);

#endif
