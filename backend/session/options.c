/*
 * The table of profile options and its walks.
 */
#include "backend/session/options.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/store/settings.h"
#include "bridge/base/mem.h"

struct option_row {
	const char *name;
	const char *type; /* "bool", or words with | between */
	const char *fallback;
	const char *help;
};

static const struct option_row rows[OPTION_COUNT] = {
	[OPTION_TYPING] = {"typing", "bool", "yes",
			   "Tell contacts when you are typing (XEP-0085)."},
};

static char *
key_of(int id)
{
	return mem_printf("%s%s", SETTING_OPTION, rows[id].name);
}

void
options_load(struct options *options, struct store *store)
{
	for (int id = 0; id < OPTION_COUNT; id++) {
		struct arena arena = {0};
		char *key = key_of(id);
		mem_replace(&options->values[id], settings_get(store, key, &arena));
		free(key);
		arena_done(&arena);
	}
}

void
options_done(struct options *options)
{
	for (int id = 0; id < OPTION_COUNT; id++)
		mem_replace(&options->values[id], NULL);
}

int
options_find(const char *name)
{
	for (int id = 0; id < OPTION_COUNT; id++) {
		if (strcmp(rows[id].name, name) == 0)
			return id;
	}
	return -1;
}

const char *
options_value(const struct options *options, int id)
{
	return options->values[id] ? options->values[id] : rows[id].fallback;
}

/* How a truth value is kept, whichever way it was said; "" if it is none. */
static const char *
plain(const char *value)
{
	static const char *const words[][2] = {
		{"yes", "yes"}, {"on", "yes"}, {"true", "yes"},
		{"no", "no"},	{"off", "no"}, {"false", "no"},
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcasecmp(words[i][0], value) == 0)
			return words[i][1];
	}
	return "";
}

bool
options_check(int id, const char *value, const char **ret_sentence)
{
	bool is_bool = strcmp(rows[id].type, "bool") == 0;
	if (is_bool && strcmp(plain(value), "") != 0)
		return true;
	*ret_sentence = "That option takes yes or no.";
	return false;
}

int
options_set(struct options *options, struct store *store, int id, const char *value)
{
	char *key = key_of(id);
	if (strcmp(rows[id].type, "bool") == 0)
		value = plain(value);
	int result = settings_set(store, key, value);
	free(key);
	if (result == 0)
		mem_replace(&options->values[id], value);
	return result;
}

void
options_fill(const struct options *options, int id, struct bridge_setting *ret_row)
{
	*ret_row = (struct bridge_setting){
		.name = rows[id].name,
		.value = options_value(options, id),
		.type = rows[id].type,
		.help = rows[id].help,
	};
}

const struct bridge_setting *
options_rows(const struct options *options, struct arena *arena)
{
	struct bridge_setting *list = arena_array(arena, OPTION_COUNT, sizeof *list);
	for (int id = 0; id < OPTION_COUNT; id++)
		options_fill(options, id, &list[id]);
	return list;
}
