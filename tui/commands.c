/*
 * The table made from commands.def, and the little grammar of lines: a word ends at a
 * blank, "two words" are one.
 */
#include "tui/commands.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bridge/base/buf.h"
#include "bridge/base/mem.h"
#include "tui/app.h"

#define WORD_MAX 32 /* names are shorter; what is longer is near to nothing */
#define NEAR 3

static const struct command_row rows[] = {
#define COMMAND(name, usage, words, help) {#name, usage, words, help, command_##name},
#include "tui/commands.def"
#undef COMMAND
};

#define ROW_COUNT (sizeof rows / sizeof rows[0])

const struct command_row *
command_rows(size_t *ret_count)
{
	*ret_count = ROW_COUNT;
	return rows;
}

const struct command_row *
command_find(const char *name, size_t len)
{
	for (size_t i = 0; i < ROW_COUNT; i++)
		if (strlen(rows[i].name) == len &&
		    strncasecmp(rows[i].name, name, len) == 0)
			return &rows[i];
	return NULL;
}

static size_t
smallest(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

static bool
is_same_letter(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* How many letters must be changed, added, left out or swapped to make A into B; both
 * shorter than WORD_MAX. */
static size_t
distance(const char *a, const char *b)
{
	size_t table[WORD_MAX + 1][WORD_MAX + 1];
	size_t rows_count = strlen(a), columns = strlen(b);

	for (size_t i = 0; i <= rows_count; i++)
		table[i][0] = i;
	for (size_t j = 0; j <= columns; j++)
		table[0][j] = j;
	for (size_t i = 1; i <= rows_count; i++) {
		for (size_t j = 1; j <= columns; j++) {
			size_t changed = table[i - 1][j - 1] +
					 (is_same_letter(a[i - 1], b[j - 1]) ? 0 : 1);

			table[i][j] = smallest(changed, table[i - 1][j] + 1,
					       table[i][j - 1] + 1);
			if (i > 1 && j > 1 && is_same_letter(a[i - 1], b[j - 2]) &&
			    is_same_letter(a[i - 2], b[j - 1]) &&
			    table[i - 2][j - 2] + 1 < table[i][j])
				table[i][j] = table[i - 2][j - 2] + 1;
		}
	}
	return table[rows_count][columns];
}

const char *
command_nearest(const char *word)
{
	const char *nearest = NULL;
	size_t len = strlen(word), least = NEAR + 1;

	if (len > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < ROW_COUNT; i++) {
		size_t steps = distance(word, rows[i].name);

		/* A beginning is nearer than a slip of the finger. */
		if (len > 0 && strncasecmp(rows[i].name, word, len) == 0)
			steps = 0;
		/* With half of its letters wrong it is another word. */
		if (steps < least && 2 * steps < len) {
			least = steps;
			nearest = rows[i].name;
		}
	}
	return nearest;
}

bool
command_is_known(struct app *app, const char *line)
{
	size_t len = strcspn(line + 1, " ");

	if (command_find(line + 1, len))
		return true;
	char *word = mem_strndup(line + 1, len);
	const char *nearest = command_nearest(word);
	if (nearest)
		app_say_error(app,
			      "There is no command /%s. Did you mean /%s? A text that "
			      "begins with / is sent by writing // before it.",
			      word, nearest);
	else
		app_say_error(app,
			      "There is no command /%s; /help lists them. A text that "
			      "begins with / is sent by writing // before it.",
			      word);
	free(word);
	return false;
}

/* The room and the nick are no secret; what follows them is. */
static bool
has_third(const char *rest)
{
	free(command_word(&rest));
	free(command_word(&rest));
	return rest[0] != '\0';
}

/* A field of a room's form that holds a secret, as its name says, and a value. */
static bool
is_secret_field(const char *rest)
{
	char *key = command_word(&rest);
	bool is_secret = key && rest[0] &&
			 (strcasestr(key, "secret") || strcasestr(key, "password"));

	free(key);
	return is_secret;
}

bool
command_is_secret(const char *line)
{
	size_t len = strcspn(line, " ");
	const char *rest = line + len;

	if (line[0] != '/' || line[1] == '/')
		return false;
	/* A link to a room, whatever is done with it. */
	if (strcasestr(line, ";password="))
		return true;
	if (len == 5 && strncasecmp(line, "/join", len) == 0)
		return has_third(rest);
	return len == 7 && strncasecmp(line, "/config", len) == 0 &&
	       is_secret_field(rest);
}

bool
command_run(struct app *app, const char *line)
{
	size_t len = strcspn(line + 1, " ");
	const struct command_row *row = command_find(line + 1, len);
	const char *start = line + 1 + len;

	assert(row);
	start += strspn(start, " ");
	size_t end = strlen(start);
	while (end > 0 && start[end - 1] == ' ')
		end--;
	char *arguments = mem_strndup(start, end);
	/* One that takes nothing is not run on something: it was meant otherwise. */
	bool is_done = arguments[0] && !row->usage[0] ? command_misused(app, row->name)
						      : row->run(app, arguments);
	free(arguments);
	return is_done;
}

bool
command_misused(struct app *app, const char *name)
{
	const struct command_row *row = command_find(name, strlen(name));

	assert(row);
	if (row->usage[0])
		app_say_error(app, "/%s %s: %s", row->name, row->usage, row->help);
	else
		app_say_error(app, "/%s stands alone: %s", row->name, row->help);
	return false;
}

char *
command_word(const char **rest)
{
	const char *at = *rest + strspn(*rest, " ");
	struct buf word = {0};

	if (*at == '\0')
		return NULL;
	if (*at != '"') {
		size_t len = strcspn(at, " ");

		*rest = at + len + strspn(at + len, " ");
		return mem_strndup(at, len);
	}
	for (at++; *at && (*at != '"' || at[1] == '"'); at++) {
		at += *at == '"';
		buf_add_byte(&word, (uint8_t)*at);
	}
	at += *at == '"';
	*rest = at + strspn(at, " ");
	return buf_take_text(&word);
}
