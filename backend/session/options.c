/*
 * The table of profile options and its walks.
 */
#include "backend/session/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/store/settings.h"
#include "bridge/base/buf.h"
#include "bridge/base/mem.h"

struct option_row {
	const char *name;
	const char *type; /* "bool", "int", "text", or words with | between */
	const char *fallback;
	int least, most; /* of an int; of a text the bytes it may have */
	const char *help;
};

static const struct option_row rows[OPTION_COUNT] = {
	[OPTION_TYPING] = {"typing", "bool", "yes", 0, 0,
			   "Tell contacts when you are typing (XEP-0085)."},
	[OPTION_RECEIPTS] = {"receipts", "bool", "yes", 0, 0,
			     "Tell contacts that their messages arrived (XEP-0184)."},
	[OPTION_MARKERS] = {"markers", "bool", "yes", 0, 0,
			    "Tell contacts how far you have read (XEP-0333)."},
	[OPTION_AUTO_AWAY] =
		{"auto_away", "int", "10", 0, 24 * 60,
		 "Be away so many minutes after the last terminal was left or "
		 "went idle; 0: never."},
	[OPTION_DEAD_LINK] =
		{"dead_link", "int", "30", 2, 600,
		 "Find a dead link so many seconds after something was sent."},
	[OPTION_ASK_AFTER] =
		{"ask_after", "int", "24", 0, 24 * 365,
		 "Ask before sending what waited more than so many hours; 0: never."},
	[OPTION_BOOKMARK_JOINS] = {"bookmark_joins", "bool", "yes", 0, 0,
				   "Bookmark the rooms that you join (XEP-0402), so that "
				   "all your devices do."},
	[OPTION_MENTIONS] = {"mentions", "text", "", 0, 500,
			     "Words that count in rooms as your nick does, with commas "
			     "between."},
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

/* VALUE as a number of the range of ROW; false if it is none. */
static bool
number_of(const struct option_row *row, const char *value, int *ret_number)
{
	char *end = NULL;
	errno = 0;
	long number = strtol(value, &end, 10);
	if (!isdigit((unsigned char)*value) || *end || errno || number < row->least ||
	    number > row->most)
		return false;
	*ret_number = (int)number;
	return true;
}

int
options_number(const struct options *options, int id)
{
	int number = 0;
	/* A value from another version may be out of today's range. */
	if (!number_of(&rows[id], options_value(options, id), &number))
		(void)number_of(&rows[id], rows[id].fallback, &number);
	return number;
}

const char *
options_fallback(int id)
{
	return rows[id].fallback;
}

const char *
options_type(int id)
{
	return rows[id].type;
}

static bool
is_type(int id, const char *type)
{
	return strcmp(rows[id].type, type) == 0;
}

/* How a truth value is kept, whichever way it was said; NULL if it is none. */
static char *
plain_bool(const char *value)
{
	static const char *const words[][2] = {
		{"yes", "yes"}, {"on", "yes"}, {"true", "yes"},
		{"no", "no"},	{"off", "no"}, {"false", "no"},
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcasecmp(words[i][0], value) == 0)
			return mem_strdup(words[i][1]);
	}
	return NULL;
}

/* The word of WORDS (with | between) that VALUE is, or NULL. */
static char *
plain_word(const char *words, const char *value)
{
	for (const char *word = words; *word;) {
		size_t len = strcspn(word, "|");
		if (len == strlen(value) && strncasecmp(word, value, len) == 0)
			return mem_strndup(word, len);
		word += len + (word[len] == '|');
	}
	return NULL;
}

/* One line, short enough. */
static bool
is_plain_text(const struct option_row *row, const char *value)
{
	for (const char *at = value; *at; at++) {
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			return false;
	}
	return strlen(value) <= (size_t)row->most;
}

/* VALUE as it is kept, or NULL if the option does not take it. Yours. */
static char *
plain(int id, const char *value)
{
	int number;
	if (strcasecmp(value, "default") == 0)
		return mem_strdup(rows[id].fallback);
	if (is_type(id, "bool"))
		return plain_bool(value);
	if (is_type(id, "text"))
		return is_plain_text(&rows[id], value) ? mem_strdup(value) : NULL;
	if (!is_type(id, "int"))
		return plain_word(rows[id].type, value);
	return number_of(&rows[id], value, &number) ? mem_printf("%d", number) : NULL;
}

/* "a, b or c" for the words of an option. */
static char *
list_words(const char *words)
{
	struct buf text = {0};
	for (const char *word = words; *word;) {
		size_t len = strcspn(word, "|");
		bool is_last = !word[len] || !strchr(word + len + 1, '|');
		buf_add(&text, word, len);
		word += len + (word[len] == '|');
		if (*word)
			buf_add_text(&text, is_last ? " or " : ", ");
	}
	return buf_take_text(&text);
}

bool
options_check(int id, const char *value, char **ret_sentence)
{
	char *fitting = plain(id, value);
	bool is_right = fitting != NULL;
	free(fitting);
	if (is_right)
		return true;
	if (is_type(id, "bool")) {
		*ret_sentence = mem_strdup("That option takes on or off.");
	} else if (is_type(id, "int")) {
		*ret_sentence = mem_printf("That option takes a number from %d to %d.",
					   rows[id].least, rows[id].most);
	} else if (is_type(id, "text")) {
		*ret_sentence = mem_printf(
			"That option takes a line of at most %d bytes.", rows[id].most);
	} else {
		char *words = list_words(rows[id].type);
		*ret_sentence = mem_printf("That option takes %s.", words);
		free(words);
	}
	return false;
}

int
options_set(struct options *options, struct store *store, int id, const char *value)
{
	char *fitting = plain(id, value);
	if (!fitting)
		return -EINVAL;
	char *key = key_of(id);
	int result = settings_set(store, key, fitting);
	free(key);
	if (result == 0)
		mem_replace(&options->values[id], fitting);
	free(fitting);
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
		.least = rows[id].least,
		.most = rows[id].most,
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
