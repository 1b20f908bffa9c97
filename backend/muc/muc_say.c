/*
 * What we say to a room, as muc.h and muc_inner.h have it: the presences of our stay,
 * nick and subject.
 */
#include "backend/muc/muc_inner.h"
#include "backend/store/store.h"
#include "backend/xep/presence.h"
#include "backend/xmpp/datetime.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/mem.h"

enum {
	HISTORY = 50, /* lines */
	HISTORY_MAX = 500,
	CLOCKS_MS = 10 * 1000,
};

/* A room that we know tells what came since; another its newest lines. */
static void
ask_history(struct profile *profile, struct room *room, struct stanza *history)
{
	struct store *store = profile_store(profile);
	struct arena arena = {0};
	struct conversation row;
	int64_t id;
	bool is_known =
		conversations_find(store, CONVERSATION_ROOM, room->jid, &id) == 0 &&
		conversations_get(store, id, &arena, &row) == 0 && row.has_last;
	room->is_first = !is_known;
	muc_open_gap(profile, room);
	if (room->has_gap) {
		stanza_set(history, "maxstanzas", "0");
		arena_done(&arena);
		return;
	}
	if (is_known) {
		/* Clocks differ a little; what comes twice is told by its id. */
		char stamp[DATETIME_SIZE];
		datetime_format(row.last.sent_ms - CLOCKS_MS, stamp);
		stanza_set(history, "since", stamp);
	}
	stanza_set_number(history, "maxstanzas", is_known ? HISTORY_MAX : HISTORY);
	arena_done(&arena);
}

/* Our availability, under the nick that we wish. */
static struct stanza *
presence_to(struct profile *profile, const struct room *room)
{
	struct arena arena = {0};
	struct stanza *presence =
		stanza_presence(profile_stanzas(profile), NULL,
				arena_printf(&arena, "%s/%s", room->jid, room->wish));
	presence_describe(profile, presence);
	arena_done(&arena);
	return presence;
}

void
muc_say_join(struct profile *profile, struct room *room)
{
	struct stanza *presence = presence_to(profile, room);
	struct stanza *x = stanza_add(presence, "x", NS_MUC);
	ask_history(profile, room, stanza_add(x, "history", NS_MUC));
	if (room->password)
		stanza_add_with_text(x, "password", NS_MUC, room->password);
	profile_send(profile, presence);
}

void
muc_say_presence(struct profile *profile, const struct room *room)
{
	profile_send(profile, presence_to(profile, room));
}

void
muc_say_left(struct profile *profile, const struct room *room, const char *text)
{
	struct arena arena = {0};
	struct stanza *presence = stanza_presence(profile_stanzas(profile), "unavailable",
						  muc_own_jid(profile, room, &arena));
	if (text && *text)
		stanza_add_with_text(presence, "status", NULL, text);
	profile_send(profile, presence);
	arena_done(&arena);
}

void
muc_say_open(struct profile *profile, const struct room *room)
{
	struct stanza *iq = stanza_iq(profile_stanzas(profile), "set", room->jid, NULL);
	struct stanza *query = stanza_add(iq, "query", NS_MUC_OWNER);
	stanza_set(stanza_add(query, "x", NS_DATA_FORM), "type", "submit");
	profile_send(profile, iq);
}

void
muc_change_nick(struct profile *profile, struct room *room, const char *nick)
{
	mem_replace(&room->wish, nick);
	muc_say_presence(profile, room);
}

void
muc_set_subject(struct profile *profile, struct room *room, const char *subject)
{
	struct stanza *message =
		stanza_message(profile_stanzas(profile), "groupchat", room->jid, NULL);
	stanza_add_with_text(message, "subject", NULL, subject);
	profile_send(profile, message);
}

void
muc_announce(struct profile *profile)
{
	struct room *room, *next;
	HASH_ITER (hh, muc_rooms(profile), room, next) {
		if (room->state == room_state_IN)
			muc_say_presence(profile, room);
	}
}
