/*
 * The rooms of bookmarks_double.h, and what a server says of bookmarks.
 */
#include "tests/backend/xep/bookmarks_double.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/store/store.h"
#include "backend/xep/bookmarks.h"
#include "backend/xmpp/snippet.h"

static struct stanza *
read_xml(struct stanza_ctx *ctx, const char *text)
{
	struct stanza *stanza = NULL;
	assert_int_equal(snippet_read(ctx, text, strlen(text), &stanza), 0);
	return stanza;
}

struct rooms_double rooms;

struct room *
muc_find(const struct profile *profile, const char *jid)
{
	(void)profile;
	return rooms.room && strcmp(rooms.room->jid, jid) == 0 ? rooms.room : NULL;
}

void
muc_join(struct profile *profile, const struct muc_join *join,
	 struct serve_request *request)
{
	(void)profile;
	assert_null(request);
	if (!rooms.room)
		rooms.room = room_new(join->jid);
	rooms.room->is_wanted = true;
	rooms.joins++;
	(void)snprintf(rooms.nick, sizeof rooms.nick, "%s", join->nick ? join->nick : "");
	(void)snprintf(rooms.password, sizeof rooms.password, "%s",
		       join->password ? join->password : "");
}

void
muc_leave(struct profile *profile, struct room *room, const char *text)
{
	(void)profile, (void)text;
	room->is_wanted = false;
	rooms.leaves++;
}

void
muc_set_notify(struct profile *profile, struct room *room, enum bridge_notify rule)
{
	(void)profile;
	room->notify = rule;
}

void
muc_go_on(struct profile *profile)
{
	(void)profile;
	rooms.turns++;
}

int
bookmarks_set_up(void **state)
{
	struct profile *profile = stored_new(&module_bookmarks);
	profile->states[MODULE_muc] = &rooms;
	*state = profile;
	return 0;
}

int
bookmarks_tear_down(void **state)
{
	stored_free(*state);
	room_free(rooms.room);
	memset(&rooms, 0, sizeof rooms);
	return 0;
}

void
look(struct profile *profile)
{
	struct stanza *query = read_xml(profile->ctx, PEP);
	bookmarks_look(profile, query);
	bookmarks_begin(profile);
	stanza_free(query);
}

size_t
count(struct profile *profile)
{
	struct bookmark_list list = {0};
	assert_int_equal(bookmarks_list(profile_store(profile), &profile->arena, &list),
			 0);
	return list.count;
}

void
set(struct profile *profile)
{
	bookmarks_set(profile, &(struct bookmark_change){.jid = ROOM, .name = "Ours"});
}

void
look_at_old(struct profile *profile)
{
	struct stanza *query =
		read_xml(profile->ctx, "<query xmlns='http://jabber.org/protocol/"
				       "disco#info'/>");
	bookmarks_look(profile, query);
	stanza_free(query);
}
