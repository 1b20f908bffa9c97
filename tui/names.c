/*
 * Whether WORD is whole or a beginning is decided for all candidates together: a whole
 * name never competes with beginnings.
 */
#include "tui/names.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bridge/base/mem.h"
#include "bridge/base/room_link.h"
#include "tui/nick.h"

enum match { MATCH_NONE, MATCH_PART, MATCH_WHOLE };

static enum match
compare(const char *name, size_t len, const char *word)
{
	size_t word_len = strlen(word);

	if (word_len == 0 || word_len > len || strncasecmp(name, word, word_len) != 0)
		return MATCH_NONE;
	return word_len == len ? MATCH_WHOLE : MATCH_PART;
}

static enum match
match_of(const struct model *model, const char *jid, const char *word)
{
	const struct model_contact *contact = model_contact(model, jid);
	enum match best = compare(jid, strlen(jid), word);
	enum match local = compare(jid, strcspn(jid, "@"), word);

	/* What stands before the @ means the room, not its occupants. */
	if (local > best && !nick_of(jid))
		best = local;
	if (contact && contact->name) {
		enum match name = compare(contact->name, strlen(contact->name), word);

		if (name > best)
			best = name;
	}
	/* What strangers call a room or themselves never competes with a whole name. */
	const struct model_room *room = model_room(model, jid);
	const char *given = room ? room->name : nick_of(jid);
	if (given && best == MATCH_NONE &&
	    compare(given, strlen(given), word) != MATCH_NONE)
		best = MATCH_PART;
	return best;
}

static void
add_match(const struct model *model, const char *jid, const char *word, enum match wanted,
	  struct names_found *found)
{
	if (match_of(model, jid, word) != wanted)
		return;
	if (found->count < NAMES_MAX)
		found->jids[found->count] = jid;
	found->count++;
}

static void
add_matches(const struct model *model, const char *word, enum match wanted,
	    struct names_found *found)
{
	for (size_t i = 0; i < model->contacts.count; i++) {
		const struct model_contact *contact = model->contacts.rows[i];

		add_match(model, contact->jid, word, wanted, found);
	}
	for (size_t i = 0; i < model->chats.count; i++) {
		const struct chat *chat = model->chats.rows[i];

		if (!model_contact(model, chat->jid))
			add_match(model, chat->jid, word, wanted, found);
	}
	for (size_t i = 0; i < model->rooms.count; i++) {
		const struct model_room *room = model->rooms.rows[i];

		if (!model_contact(model, room->jid) && !model_chat(model, room->jid))
			add_match(model, room->jid, word, wanted, found);
	}
}

void
names_find(const struct model *model, const char *word, struct names_found *ret_found)
{
	*ret_found = (struct names_found){0};
	add_matches(model, word, MATCH_WHOLE, ret_found);
	if (ret_found->count == 0)
		add_matches(model, word, MATCH_PART, ret_found);
}

static char *
address_in_link(const char *link)
{
	char *room = NULL, *password = NULL, *address = NULL;
	const char *problem;

	if (room_link_parse(link, &room, &password, &problem) == 0)
		address = names_address(room);
	if (password)
		mem_wipe(password, strlen(password));
	free(password);
	free(room);
	return address;
}

char *
names_address(const char *word)
{
	if (room_link_is(word))
		return address_in_link(word);
	size_t len = strcspn(word, "/");
	const char *at = memchr(word, '@', len);
	const char *domain = at ? at + 1 : word;

	if (at == word || (size_t)(domain - word) >= len || len > 2047)
		return NULL;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)word[i] <= ' ' || strchr("\"<>", word[i]))
			return NULL;
	if (!at && !memchr(word, '.', len))
		return NULL;
	char *address = mem_strndup(word, len);
	for (size_t i = 0; i < len; i++)
		if (address[i] >= 'A' && address[i] <= 'Z')
			address[i] = (char)(address[i] - 'A' + 'a');
	return address;
}
