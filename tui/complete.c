/*
 * The first Tab puts in what all candidates have in common and shows them in the status
 * bar; the next ones walk through them. The walk is kept in the editor's line alone: the
 * text put in last is known, everything else is computed anew.
 */
#include "tui/complete.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bridge/base/buf.h"
#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"
#include "tui/app.h"
#include "tui/commands.h"
#include "tui/input.h"
#include "tui/keymap.h"
#include "tui/nick.h"
#include "tui/occupants.h"
#include "tui/options.h"
#include "tui/people.h"
#include "tui/view.h"
#include "widgets/editor.h"

#define SHOWN_MAX 12

static bool
is_command_line(const char *line)
{
	return line[0] == '/' && line[1] != '/';
}

struct complete_word
complete_word_at(const char *line, size_t len)
{
	struct complete_word word = {.kind = '-'};
	size_t at = 1 + strcspn(line + (len > 0), " ");

	if (len == 0 || !is_command_line(line)) {
		/* Plain text: only its first word may be a name. */
		word.kind = len > 0 && !memchr(line, ' ', len) ? 'c' : '-';
		return word;
	}
	if (at >= len) {
		word.kind = '/';
		return word;
	}
	const struct command_row *row = command_find(line + 1, at - 1);
	const char *kinds = row ? row->arguments : "";
	bool is_quoted = false;
	size_t index = 0;
	for (; at < len; at++) {
		if (line[at] == '"') {
			is_quoted = !is_quoted;
		} else if (line[at] == ' ' && !is_quoted) {
			word.start = at + 1;
			index += line[at - 1] != ' ';
		}
	}
	size_t count = strlen(kinds);
	if (count > 0 && index > 0)
		word.kind = kinds[index <= count ? index - 1 : count - 1];
	return word;
}

/* ---- candidates ------------------------------------------------------------ */

struct candidates {
	char **rows;
	size_t count;
	const char *word; /* what they begin with, a leading quote left out */
};

static bool
is_begun_by(const struct candidates *list, const char *text)
{
	return strncasecmp(text, list->word, strlen(list->word)) == 0;
}

static void
add_candidate(struct candidates *list, const char *text)
{
	list->rows = mem_resize(list->rows, list->count + 1, sizeof *list->rows);
	list->rows[list->count++] = mem_strdup(text);
}

static void
offer(struct candidates *list, const char *text)
{
	if (!is_begun_by(list, text))
		return;
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->rows[i], text) == 0)
			return;
	add_candidate(list, text);
}

static void
offer_people(struct app *app, struct candidates *list)
{
	const struct model *model = app->model;
	bool has_address = strchr(list->word, '@') != NULL;

	for (size_t i = 0; i < model->contacts.count; i++) {
		const struct model_contact *contact = model->contacts.rows[i];

		if (contact->name && !has_address)
			offer(list, contact->name);
		if (!contact->name || has_address)
			offer(list, contact->jid);
	}
	for (size_t i = 0; i < model->chats.count; i++) {
		const struct chat *chat = model->chats.rows[i];

		if (!model_contact(model, chat->jid))
			offer(list, chat->jid);
	}
	for (size_t i = 0; i < model->rooms.count; i++) {
		const struct model_room *room = model->rooms.rows[i];

		if (!has_address)
			offer(list, room->name);
	}
	if (list->count > 0)
		return;
	/* No handle begins so: addresses of contacts with a handle, too. */
	for (size_t i = 0; i < model->contacts.count; i++)
		offer(list, ((struct model_contact *)model->contacts.rows[i])->jid);
}

/* Nicks of the room that is shown: who spoke last first. */
static void
offer_nicks(struct app *app, struct candidates *list)
{
	const struct model_room *room = people_room(app);
	size_t count;

	if (!room)
		return;
	const char **nicks =
		nick_by_speech(room, model_chat(app->model, room->jid), &count);
	/* Each stands there once, and there may be thousands. */
	for (size_t i = 0; i < count; i++)
		if (is_begun_by(list, nicks[i]))
			add_candidate(list, nicks[i]);
	free(nicks);
}

static void
offer_rooms(struct app *app, struct candidates *list)
{
	for (size_t i = 0; i < app->model->rooms.count; i++)
		offer(list, ((struct model_room *)app->model->rooms.rows[i])->jid);
}

static void
offer_jids(struct candidates *list, const struct by_jid *set)
{
	for (size_t i = 0; i < set->count; i++)
		offer(list, *(char **)set->rows[i]);
}

static void
offer_commands(struct candidates *list)
{
	size_t count;
	const struct command_row *rows = command_rows(&count);

	for (size_t i = 0; i < count; i++)
		offer(list, rows[i].name);
}

static void
offer_options(struct app *app, struct candidates *list)
{
	size_t count;
	const struct config_row *rows = option_rows(&count);

	for (size_t i = 0; i < count; i++)
		offer(list, rows[i].name);
	for (size_t i = 0; i < app->model->setting_count; i++)
		offer(list, app->model->settings[i].name);
}

/* Words with | or a separator between, as tables write them. */
static void
offer_words(struct candidates *list, const char *words)
{
	char *copy = mem_strdup(words);
	char *rest = NULL;

	for (char *word = strtok_r(copy, "| ,", &rest); word;
	     word = strtok_r(NULL, "| ,", &rest))
		offer(list, word);
	free(copy);
}

static void
offer_themes(struct candidates *list)
{
	char *names = options_themes(" ");

	offer_words(list, names);
	free(names);
}

static void
offer_values(struct app *app, struct candidates *list, const char *line)
{
	const char *rest = line + strcspn(line, " ");
	char *name = command_word(&rest);
	const struct config_row *row = name ? option_find(name) : NULL;
	const struct model_setting *setting =
		name ? model_setting(app->model, name) : NULL;
	char *takes = row	? option_type_text(row)
		      : setting ? model_setting_takes(setting)
				: NULL;

	if (name && strcmp(name, "theme") == 0)
		offer_themes(list);
	else if (takes && strchr(takes, '|'))
		offer_words(list, takes);
	free(takes);
	free(name);
}

/* The words in small letters that the usage of LINE's command lets one choose from. */
static void
offer_choices(struct candidates *list, const char *line)
{
	const struct command_row *row = command_find(line + 1, strcspn(line + 1, " "));
	char *copy = mem_strdup(row ? row->usage : "");
	char *rest = NULL;

	for (char *word = strtok_r(copy, "[]| ", &rest); word;
	     word = strtok_r(NULL, "[]| ", &rest))
		if (islower((unsigned char)word[0]))
			offer(list, word);
	free(copy);
}

static void
offer_groups(struct app *app, struct candidates *list)
{
	const struct model *model = app->model;

	for (size_t i = 0; i < model->contacts.count; i++) {
		const struct model_contact *contact = model->contacts.rows[i];

		for (size_t j = 0; j < contact->group_count; j++)
			offer(list, contact->groups[j]);
	}
}

static void
offer_actions(struct candidates *list)
{
	for (size_t i = 0; keymap_each(i); i++)
		offer(list, keymap_each(i));
	offer(list, "default");
	offer(list, "none");
}

static int
by_text(const void *a, const void *b)
{
	return strcasecmp(*(char *const *)a, *(char *const *)b);
}

char **
complete_candidates(struct app *app, char kind, const char *word, const char *line,
		    size_t *ret_count)
{
	/* A leading slash belongs to commands, and to what is escaped by a second one. */
	bool has_slash = word[0] == '/' && (kind == '/' || kind == 'k' || word[1] == '/');
	struct candidates list = {.word = word[0] == '"' || has_slash ? word + 1 : word};
	size_t first = 0; /* of those that are sorted */

	if (kind == 'n' || kind == 'm')
		offer_nicks(app, &list);
	first = list.count;
	if (kind == 'm')
		offer_people(app, &list);
	if (kind == 'R')
		offer_rooms(app, &list);
	if (kind == '/' || kind == 'k')
		offer_commands(&list);
	else if (kind == 'c')
		offer_people(app, &list);
	else if (kind == 'r')
		offer_jids(&list, &app->model->requests);
	else if (kind == 'o')
		offer_options(app, &list);
	else if (kind == 'v')
		offer_values(app, &list, line);
	else if (kind == 't')
		offer_themes(&list);
	else if (kind == 'g')
		offer_groups(app, &list);
	else if (kind == 'a')
		offer_actions(&list);
	else if (kind == 'u')
		offer_choices(&list, line);
	for (size_t i = 0; kind == 'x' && i < app->model->blocked_count; i++)
		offer(&list, app->model->blocked[i]);
	if (list.count > first + 1)
		qsort(list.rows + first, list.count - first, sizeof *list.rows, by_text);
	*ret_count = list.count;
	return list.rows;
}

void
complete_free(char **candidates, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(candidates[i]);
	free(candidates);
}

size_t
complete_common(char *const *candidates, size_t count)
{
	if (count == 0)
		return 0;
	size_t len = strlen(candidates[0]);
	for (size_t i = 1; i < count; i++)
		while (len > 0 && strncasecmp(candidates[0], candidates[i], len) != 0)
			len--;
	return utf8_cut(candidates[0], strlen(candidates[0]), len);
}

/* ---- keys ------------------------------------------------------------------ */

/* The walk that the last Tab began; over when the line was changed otherwise. */
struct complete {
	char *word; /* as it was typed */
	struct complete_word at;
	size_t index;	  /* of the candidate that stands there */
	bool is_walking;  /* one does; else only what all have in common */
	unsigned version; /* of the line that the last Tab left */
};

struct complete *
complete_new(void)
{
	return mem_alloc(sizeof(struct complete));
}

void
complete_done(struct complete *complete)
{
	if (!complete)
		return;
	free(complete->word);
	free(complete);
}

static void
show_candidates(struct app *app, char *const *candidates, size_t count)
{
	struct buf hint = {0};

	for (size_t i = 0; i < count && i < SHOWN_MAX; i++) {
		char *shown = nick_shown(candidates[i]);

		buf_printf(&hint, "%s%s", i ? "  " : "", shown);
		free(shown);
	}
	if (count > SHOWN_MAX)
		buf_printf(&hint, "  and %zu more", count - SHOWN_MAX);
	char *text = buf_take_text(&hint);
	view_hint(app, text);
	free(text);
}

/* What TEXT looks like in the line; IS_WHOLE ends it with a blank. The caller frees. */
static char *
written(struct app *app, const char *text, bool is_command, bool is_whole)
{
	const struct complete_word *at = &app->complete->at;
	const struct model_room *room =
		at->kind == 'n' || at->kind == 'm' ? people_room(app) : NULL;
	bool is_first = !is_command && at->start == 0;
	const char *end = !is_whole ? "" : is_first ? ": " : " ";

	if (at->kind == '/')
		return mem_printf("/%s%s", text, end);
	/* A text that begins with a slash is written with two. */
	if (!is_command)
		return mem_printf("%s%s%s", is_first && text[0] == '/' ? "/" : "", text,
				  end);
	bool is_nick = room && room->people && occupants_find(room->people, text);
	if (at->kind == 'v' || !(is_nick || strchr(text, ' ') || text[0] == '"'))
		return mem_printf("%s%s", text, end);
	char *word = nick_word(text);
	/* An unfinished one lacks its last quote. */
	size_t len = strlen(word) - (is_whole || word[0] != '"' ? 0 : 1);
	char *line = mem_printf("%.*s%s", (int)len, word, end);
	free(word);
	return line;
}

/* Puts TEXT in place of the word. */
static void
put_word(struct app *app, const char *text, bool is_whole)
{
	const struct complete_word *at = &app->complete->at;
	struct editor *editor = input_editor(app->input);
	size_t cursor = editor_cursor(editor);
	bool is_command = is_command_line(editor_raw(editor));
	char *word = written(app, text, is_command, is_whole);

	editor_replace(editor, at->start, cursor - at->start, word);
	free(word);
}

/* Puts in what the Tab means: the only candidate, what all have in common, the next. */
static void
advance(struct app *app, char *const *candidates, size_t count, int by)
{
	struct complete *complete = app->complete;
	size_t len = complete_common(candidates, count);

	if (count == 1) {
		put_word(app, candidates[0], true);
		return;
	}
	bool is_nick = complete->at.kind == 'n' || complete->at.kind == 'm';
	show_candidates(app, candidates, count);
	/* Of nicks the likeliest comes first, whole. */
	if (!is_nick && !complete->is_walking && complete->version == 0 &&
	    len > strlen(complete->word)) {
		char *common = mem_strndup(candidates[0], len);

		put_word(app, common, false);
		free(common);
		return;
	}
	if (complete->is_walking)
		complete->index = (complete->index + count + (size_t)by) % count;
	else
		complete->index = by > 0 ? 0 : count - 1;
	complete->is_walking = true;
	put_word(app, candidates[complete->index], is_nick);
}

/* In a text for a room the word before the cursor is a nick, or the whole line is the
 * beginning of one. */
static void
aim_at_nick(struct app *app, const char *line, size_t len)
{
	struct complete_word *at = &app->complete->at;
	size_t count;

	if (!people_room(app) || view_is_search(app->view) || is_command_line(line))
		return;
	*at = (struct complete_word){.kind = 'n'};
	char **whole = complete_candidates(app, 'n', line, line, &count);
	complete_free(whole, count);
	for (size_t i = len; count == 0 && i > 0; i--) {
		if (line[i - 1] == ' ') {
			at->start = i;
			break;
		}
	}
}

static void
walk(struct app *app, int by)
{
	struct complete *complete = app->complete;
	struct editor *editor = input_editor(app->input);
	size_t cursor = editor_cursor(editor), count;
	char *line = mem_strndup(editor_raw(editor), cursor);

	if (!complete->word || complete->version != editor_version(editor)) {
		complete->at = complete_word_at(line, cursor);
		aim_at_nick(app, line, cursor);
		mem_replace(&complete->word, line + complete->at.start);
		complete->is_walking = false;
		complete->version = 0;
	}
	char **candidates =
		complete_candidates(app, complete->at.kind, complete->word, line, &count);
	if (count > 0)
		advance(app, candidates, count, by);
	input_touch(app);
	complete->version = editor_version(editor);
	free(line);
	complete_free(candidates, count);
}

void
complete_forward(struct app *app)
{
	walk(app, 1);
}

void
complete_back(struct app *app)
{
	walk(app, -1);
}
