/*
 * From nicks to what is shown, and from what is typed to nicks. An address written out
 * is never taken for a nick unless it is in quotes: nobody gets what was meant for
 * another by calling himself like that.
 */
#include "tui/nick.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bridge/base/buf.h"
#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"
#include "tui/chat.h"
#include "tui/commands.h"
#include "tui/model_room.h"
#include "tui/occupants.h"
#include "widgets/text.h"

#define NICK_MAX 1100 /* bytes; a resource has at most 1023 */

char *
nick_shown(const char *nick)
{
	char *clean = clean_text(nick, CLEAN_LINE, NICK_MAX);
	size_t len = strlen(clean);
	bool is_plain = len > 0 && clean[0] != ' ' && clean[len - 1] != ' ' &&
			text_width(clean, len) > 0;
	char *cut = text_ellipsis(clean, is_plain ? NICK_COLUMNS : NICK_COLUMNS - 2);

	free(clean);
	if (is_plain)
		return cut;
	char *quoted = mem_printf("\"%s\"", cut);
	free(cut);
	return quoted;
}

const char *
nick_of(const char *jid)
{
	const char *slash = strchr(jid, '/');

	return slash ? slash + 1 : NULL;
}

char *
nick_word(const char *nick)
{
	struct buf word = {0};

	if (nick[0] && nick[0] != '"' && !strpbrk(nick, " @"))
		return mem_strdup(nick);
	buf_add_byte(&word, '"');
	for (; *nick; nick++) {
		if (*nick == '"')
			buf_add_byte(&word, '"');
		buf_add_byte(&word, (uint8_t)*nick);
	}
	buf_add_byte(&word, '"');
	return buf_take_text(&word);
}

static bool
begins_with(const char *text, const char *nick, bool is_exact)
{
	size_t len = strlen(nick);
	bool is_same = is_exact ? strncmp(text, nick, len) == 0
				: strncasecmp(text, nick, len) == 0;

	return is_same && (text[len] == '\0' || text[len] == ' ');
}

static bool
is_address(const char *text)
{
	size_t len = strcspn(text, " ");

	return memchr(text, '@', len) != NULL;
}

/* The longer one of LONGEST (NULL for none) and NICK, if TEXT begins with that. */
static const char *
longer(const char *longest, const char *nick, const char *text, bool is_exact)
{
	bool is_fit = nick && nick[0] && begins_with(text, nick, is_exact) &&
		      (!longest || strlen(nick) > strlen(longest));

	return is_fit ? nick : longest;
}

static const char *
longest_at(const struct model_room *room, const char *text, bool is_exact)
{
	const char *longest = NULL;
	size_t count;
	const struct occupant *const *rows = occupants_sorted(room->people, &count);

	for (size_t i = 0; i < count; i++)
		longest = longer(longest, rows[i]->nick, text, is_exact);
	for (size_t i = 0; i < ROOM_LEFT_MAX; i++)
		longest = longer(longest, room->left[i].nick, text, is_exact);
	return longest;
}

static bool
is_known(const struct model_room *room, const char *nick)
{
	for (size_t i = 0; i < ROOM_LEFT_MAX; i++)
		if (room->left[i].nick && strcmp(room->left[i].nick, nick) == 0)
			return true;
	return occupants_find(room->people, nick) != NULL;
}

char *
nick_take(const struct model_room *room, const char **rest)
{
	const char *at = *rest + strspn(*rest, " ");

	if (!room || !room->people)
		return NULL;
	if (*at == '"') {
		char *word = command_word(&at);

		if (word && is_known(room, word)) {
			*rest = at;
			return word;
		}
		free(word);
		return NULL;
	}
	if (is_address(at))
		return NULL;
	const char *found = longest_at(room, at, true);
	if (!found)
		found = longest_at(room, at, false);
	if (!found)
		return NULL;
	at += strlen(found);
	*rest = at + strspn(at, " ");
	return mem_strdup(found);
}

char *
nick_or_word(const struct model_room *room, const char **rest)
{
	char *nick = nick_take(room, rest);

	return nick ? nick : command_word(rest);
}

static int
by_text(const void *a, const void *b)
{
	return strcasecmp(*(const char *const *)a, *(const char *const *)b);
}

static bool
has(const char *const *nicks, size_t count, const char *nick)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(nicks[i], nick) == 0)
			return true;
	return false;
}

const char **
nick_by_speech(const struct model_room *room, const struct chat *chat, size_t *ret_count)
{
	size_t total = 0, spoke = 0;
	const struct occupant *const *rows = NULL;

	if (room->people)
		rows = occupants_sorted(room->people, &total);
	const char **nicks = mem_array(total + 1, sizeof *nicks);
	for (size_t i = chat ? chat->line_count : 0; i > 0 && spoke < total; i--) {
		const struct chat_line *line = chat->lines[i - 1];
		const struct occupant *who =
			line->nick && !line->is_own
				? occupants_find(room->people, line->nick)
				: NULL;

		if (who && !who->is_own && !has(nicks, spoke, who->nick))
			nicks[spoke++] = who->nick;
	}
	size_t count = spoke;
	for (size_t i = 0; i < total; i++)
		if (!rows[i]->is_own && !has(nicks, spoke, rows[i]->nick))
			nicks[count++] = rows[i]->nick;
	qsort(nicks + spoke, count - spoke, sizeof *nicks, by_text);
	*ret_count = count;
	return nicks;
}
