/*
 * Whether we are still in a room (XEP-0410): asked after a resume, and when nothing came
 * from it for a quarter of an hour; only one alarm a silence, and none for what is said
 * in between. Many rooms are not asked all at once.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/muc/muc_inner.h"
#include "backend/session/alarm.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/mem.h"

enum {
	SILENCE_MS = 15 * 60 * 1000,
	STAGGER_MS = 300,
	STAGGER_STEPS = 100, /* so at most half a minute more */
	EARLY_MS = 1000,     /* of an alarm, where tests hurry */
};

/* ---- asking ---- */

static void
on_still_there(struct profile *profile, const struct stanza *answer, bool is_last,
	       void *data)
{
	char *jid = data;
	struct room *room = muc_rooms(profile) ? muc_find(profile, jid) : NULL;
	struct stanza_error error;
	(void)is_last;
	free(jid);
	if (answer && room && room->state == room_state_IN &&
	    stanza_read_error(answer, &error) == 0 &&
	    (strcmp(error.condition, "item-not-found") == 0 ||
	     strcmp(error.condition, "gone") == 0))
		muc_come_back(profile, room);
}

/* No such occupant: our nick just changed, or there is no such room any more. */
static void
ask_whether_it_is(struct profile *profile, const struct room *room)
{
	struct stanza *iq = stanza_iq(profile_stanzas(profile), "get", room->jid, NULL);
	stanza_add(iq, "query", NS_DISCO_INFO);
	profile_ask(profile, iq, PROFILE_ASK, on_still_there, mem_strdup(room->jid));
}

static void
on_pong(struct profile *profile, const struct stanza *answer, bool is_last, void *data)
{
	char *jid = data;
	struct room *room = muc_rooms(profile) ? muc_find(profile, jid) : NULL;
	struct stanza_error error;
	(void)is_last;
	free(jid);
	if (!answer || !room || room->state != room_state_IN)
		return;
	if (stanza_read_error(answer, &error) < 0)
		return;
	if (strcmp(error.condition, "not-acceptable") == 0)
		muc_come_back(profile, room);
	else if (strcmp(error.condition, "item-not-found") == 0)
		ask_whether_it_is(profile, room);
}

static void
ping(struct profile *profile, const struct room *room)
{
	struct arena arena = {0};
	struct stanza *iq = stanza_iq(profile_stanzas(profile), "get",
				      muc_own_jid(profile, room, &arena), NULL);
	stanza_add(iq, "ping", NS_PING);
	profile_ask(profile, iq, PROFILE_ASK, on_pong, mem_strdup(room->jid));
	arena_done(&arena);
}

/* ---- when ---- */

static void on_silence(struct profile *profile, void *data);

static void
set_alarm(struct profile *profile, struct room *room, uint64_t ms)
{
	alarm_stop(room->alarm);
	room->alarm = alarm_set(profile, ms, on_silence, room);
}

/* How long ROOM may be silent: rooms that fell silent together are asked in turn. */
static uint64_t
patience_of(const struct room *room)
{
	return SILENCE_MS + (uint64_t)(room->hh.hashv % STAGGER_STEPS) * STAGGER_MS;
}

static void
on_silence(struct profile *profile, void *data)
{
	struct room *room = data;
	uint64_t now = alarm_now(profile);
	uint64_t patience = patience_of(room);
	room->alarm = NULL;
	if (room->is_doubted || now - room->heard_ms + EARLY_MS >= patience) {
		if (profile_is_online(profile))
			ping(profile, room);
		room->is_doubted = false;
		room->heard_ms = now;
	}
	set_alarm(profile, room, patience - (now - room->heard_ms));
}

void
muc_listen(struct profile *profile, struct room *room)
{
	room->is_doubted = false;
	room->heard_ms = alarm_now(profile);
	set_alarm(profile, room, patience_of(room));
}

void
muc_doubt(struct profile *profile, struct room *room, unsigned number)
{
	if (room->is_doubted && room->alarm)
		return;
	room->is_doubted = true;
	set_alarm(profile, room, (uint64_t)(number + 1) * STAGGER_MS);
}

void
muc_heard(struct profile *profile, struct room *room)
{
	room->heard_ms = alarm_now(profile);
}
