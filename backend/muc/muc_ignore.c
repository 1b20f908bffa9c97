/*
 * One setting a room, a row for each ignored occupant: its id (empty: none), a tab, its
 * nick, a line end. Read once and kept with the room, since every line asks.
 */
#include "backend/muc/muc_ignore.h"

#include <stdlib.h>
#include <string.h>

#include "backend/muc/muc_inner.h"
#include "backend/store/settings.h"
#include "bridge/base/buf.h"
#include "bridge/base/mem.h"

struct row {
	const char *id, *nick;
	size_t id_len, nick_len;
};

static char *
key_of(const struct room *room)
{
	return mem_printf("ignore.%s", room->jid);
}

static const char *
list_of(struct profile *profile, struct room *room)
{
	if (!room->ignored) {
		struct arena arena = {0};
		char *key = key_of(room);
		const char *kept = settings_get(profile_store(profile), key, &arena);
		room->ignored = mem_strdup(kept ? kept : "");
		free(key);
		arena_done(&arena);
	}
	return room->ignored;
}

/* The next row at *AT, which moves behind it; false at the end. */
static bool
next_row(const char **at, struct row *ret_row)
{
	const char *tab = strchr(*at, '\t');
	const char *end = tab ? strchr(tab, '\n') : NULL;
	if (!end)
		return false;
	*ret_row = (struct row){.id = *at,
				.id_len = (size_t)(tab - *at),
				.nick = tab + 1,
				.nick_len = (size_t)(end - tab - 1)};
	*at = end + 1;
	return true;
}

static bool
is_text(const char *text, const char *part, size_t len)
{
	return text && strlen(text) == len && memcmp(text, part, len) == 0;
}

/* Whether ROW is about who is called NICK and has ID: the id decides where both have one.
 */
static bool
is_about(const struct row *row, const char *nick, const char *id)
{
	if (row->id_len > 0 && id)
		return is_text(id, row->id, row->id_len);
	return row->id_len == 0 && is_text(nick, row->nick, row->nick_len);
}

bool
muc_ignores(struct profile *profile, struct room *room, const char *nick, const char *id)
{
	const char *at = list_of(profile, room);
	struct row row;
	while (next_row(&at, &row)) {
		if (is_about(&row, nick, id))
			return true;
	}
	return false;
}

/* An id that a row can hold. */
static const char *
fit_id(const struct room *room, const char *nick)
{
	const struct occupant *occupant = room_find(room, nick);
	const char *id = occupant && (room->features & ROOM_HAS_OCCUPANT_IDS)
				 ? occupant->id
				 : NULL;
	return id && *id && !strpbrk(id, "\t\n") ? id : NULL;
}

bool
muc_ignore(struct profile *profile, struct room *room, const char *nick, bool is_on)
{
	const char *id = fit_id(room, nick);
	const char *at = list_of(profile, room);
	struct buf list = {0};
	struct row row;
	bool was_there = false;
	while (next_row(&at, &row)) {
		/* One who is gone is known by the nick he had. */
		bool is_meant = is_about(&row, nick, id) ||
				(!is_on && !id && is_text(nick, row.nick, row.nick_len));
		was_there |= is_meant;
		if (!is_meant || is_on)
			buf_printf(&list, "%.*s\t%.*s\n", (int)row.id_len, row.id,
				   (int)row.nick_len, row.nick);
	}
	if (is_on && !was_there)
		buf_printf(&list, "%s\t%s\n", id ? id : "", nick);
	char *text = buf_take_text(&list);
	char *key = key_of(room);
	(void)profile_check(profile, settings_set(profile_store(profile), key,
						  text[0] ? text : NULL));
	free(key);
	free(room->ignored);
	room->ignored = text;
	return was_there != is_on;
}

const char *const *
muc_ignored(struct profile *profile, struct room *room, struct arena *arena,
	    size_t *ret_count)
{
	const char *list = list_of(profile, room);
	size_t count = 0;
	for (const char *at = list; *at; at++)
		count += *at == '\n';
	const char **nicks = arena_array(arena, count + 1, sizeof *nicks);
	struct row row;
	count = 0;
	while (next_row(&list, &row))
		nicks[count++] = arena_printf(arena, "%.*s", (int)row.nick_len, row.nick);
	*ret_count = count;
	return nicks;
}
