/*
 * The options of config.h: a value a row, checked before it is kept, so whoever reads one
 * need not check again.
 */
#include "bridge/base/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bridge/base/buf.h"
#include "bridge/base/config_file.h"
#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"

struct config {
	const struct config_row *rows;
	size_t count;
	char **values;
};

/* ---- checking -------------------------------------------------------------------- */

/* The AT-th of CHOICES, not NUL-terminated. */
static const char *
choice_at(const char *choices, size_t at, size_t *ret_len)
{
	for (; at > 0; at--) {
		choices = strchr(choices, '|');
		if (!choices)
			return NULL;
		choices++;
	}
	*ret_len = strcspn(choices, "|");
	return choices;
}

static const char *
check_bool(const char *value)
{
	static const char *const words[] = {"off",   "on",   "no", "yes",
					    "false", "true", "0",  "1"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcasecmp(value, words[i]) == 0)
			return words[i & 1];
	}
	return NULL;
}

static char *
check_int(const struct config_row *row, const char *value)
{
	char *end;
	errno = 0;
	long number = strtol(value, &end, 10);
	if (!*value || *end || errno || number < row->least || number > row->most)
		return NULL;
	return mem_printf("%ld", number);
}

static char *
check_choice(const struct config_row *row, const char *value)
{
	size_t len;
	const char *choice;
	for (size_t at = 0; (choice = choice_at(row->choices, at, &len)); at++) {
		if (strlen(value) == len && strncasecmp(value, choice, len) == 0)
			return mem_strndup(choice, len);
	}
	return NULL;
}

/* A text must fit on a line of the file and be fit for a terminal. */
static bool
is_line(const char *value)
{
	size_t len = strlen(value);
	for (size_t at = 0; at < len;) {
		uint32_t point;
		at += utf8_decode(value + at, len - at, &point);
		if (point == UTF8_BAD || utf8_is_unsafe(point))
			return false;
	}
	return true;
}

/* VALUE in its canonical form; NULL with a sentence when ROW does not take it. */
static char *
canonical(const struct config_row *row, const char *value, char **ret_problem)
{
	char *result = NULL;
	char *problem = NULL;
	switch (row->type) {
	case CONFIG_BOOL:
		result = mem_strdup(check_bool(value));
		if (!result)
			problem = mem_printf("%s is on or off.", row->name);
		break;
	case CONFIG_INT:
		result = check_int(row, value);
		if (!result)
			problem = mem_printf("%s is a number from %ld to %ld.", row->name,
					     row->least, row->most);
		break;
	case CONFIG_CHOICE:
		result = check_choice(row, value);
		if (!result)
			problem = mem_printf("%s is one of %s.", row->name, row->choices);
		break;
	case CONFIG_TEXT:
		if (is_line(value))
			result = mem_strdup(value);
		else
			problem = mem_printf("%s is one line of text.", row->name);
		break;
	}
	const char *more = result && row->check ? row->check(result) : NULL;
	if (more) {
		problem = mem_strdup(more);
		free(result);
		result = NULL;
	}
	if (ret_problem && problem)
		*ret_problem = problem;
	else
		free(problem);
	return result;
}

/* ---- the table ------------------------------------------------------------------- */

static size_t
index_of(const struct config *config, const char *name)
{
	size_t i = 0;
	while (i < config->count && strcmp(config->rows[i].name, name) != 0)
		i++;
	return i;
}

struct config *
config_new(const struct config_row *rows)
{
	struct config *config = mem_alloc(sizeof *config);
	config->rows = rows;
	while (rows[config->count].name)
		config->count++;
	config->values = mem_array(config->count, sizeof *config->values);
	for (size_t i = 0; i < config->count; i++) {
		config->values[i] = canonical(&rows[i], rows[i].fallback, NULL);
		if (!config->values[i])
			abort();
	}
	return config;
}

void
config_free(struct config *config)
{
	if (!config)
		return;
	for (size_t i = 0; i < config->count; i++)
		free(config->values[i]);
	free(config->values);
	free(config);
}

const struct config_row *
config_find(const struct config *config, const char *name)
{
	size_t at = index_of(config, name);
	return at < config->count ? &config->rows[at] : NULL;
}

int
config_set(struct config *config, const char *name, const char *value, char **ret_problem)
{
	size_t at = index_of(config, name);
	if (at == config->count)
		return -ENOENT;
	char *result = canonical(&config->rows[at], value, ret_problem);
	if (!result)
		return -EINVAL;
	free(config->values[at]);
	config->values[at] = result;
	return 0;
}

const char *
config_text(const struct config *config, const char *name)
{
	size_t at = index_of(config, name);
	return at < config->count ? config->values[at] : "";
}

bool
config_bool(const struct config *config, const char *name)
{
	const char *word = check_bool(config_text(config, name));
	return word && strcmp(word, "on") == 0;
}

long
config_int(const struct config *config, const char *name)
{
	return strtol(config_text(config, name), NULL, 10);
}

/* ---- the file -------------------------------------------------------------------- */

struct reading {
	struct config *config;
	const char *path;
	bool is_strict;
	struct buf *problems;
	int count;
};

static void
take_line(void *data, const struct config_line *line)
{
	struct reading *reading = data;
	char *problem = NULL;
	if (line->problem) {
		problem = mem_strdup(line->problem);
	} else if (line->name) {
		int status =
			config_set(reading->config, line->name, line->value, &problem);
		if (status == -ENOENT && reading->is_strict)
			problem = mem_printf("There is no option %s.", line->name);
	}
	if (!problem)
		return;
	reading->count++;
	if (reading->problems)
		buf_printf(reading->problems, "%s:%d: %s\n", reading->path, line->number,
			   problem);
	free(problem);
}

int
config_read(struct config *config, const char *path, bool is_strict, struct buf *problems)
{
	struct reading reading = {config, path, is_strict, problems, 0};
	int status = config_file_walk(path, take_line, &reading);
	if (status == -ENOENT)
		return 0;
	if (status < 0)
		return status;
	return reading.count > 0 ? -EINVAL : 0;
}

int
config_write(const struct config *config, const char *path, const char *name)
{
	size_t at = index_of(config, name);
	if (at == config->count)
		return -ENOENT;
	return config_file_put(path, name, config->values[at]);
}

/* ---- completion ------------------------------------------------------------------ */

const char *
config_complete(const struct config *config, const char *prefix, size_t at)
{
	for (size_t i = 0; i < config->count; i++) {
		if (strncmp(config->rows[i].name, prefix, strlen(prefix)) == 0 &&
		    at-- == 0)
			return config->rows[i].name;
	}
	return NULL;
}

char *
config_complete_value(const struct config *config, const char *name, const char *prefix,
		      size_t at)
{
	const struct config_row *row = config_find(config, name);
	const char *choices = !row			 ? NULL
			      : row->type == CONFIG_BOOL ? "on|off"
							 : row->choices;
	if (!choices)
		return NULL;
	size_t len;
	size_t prefix_len = strlen(prefix);
	const char *choice;
	for (size_t i = 0; (choice = choice_at(choices, i, &len)); i++) {
		bool is_match =
			len >= prefix_len && strncmp(choice, prefix, prefix_len) == 0;
		if (is_match && at-- == 0)
			return mem_strndup(choice, len);
	}
	return NULL;
}
