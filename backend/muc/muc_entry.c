/*
 * The way into a room and back into it. A join is: what the room is (disco), then our
 * presence, then everybody's, ours last. A few rooms join at a time; what failed for a
 * reason that passes is tried again, later each time. Whether we are still in is asked by
 * muc_ping.c.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/muc/muc_inner.h"
#include "backend/muc/muc_invite.h"
#include "backend/session/alarm.h"
#include "backend/session/lines.h"
#include "backend/session/outbox.h"
#include "backend/xep/bookmarks.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"
#include "bridge/serve.h"

enum {
	JOINS_MAX = 4, /* at once */
	STEP_MS = 60 * 1000,
	LEAVE_MS = 10 * 1000,
	OFFLINE_MS = 10 * 1000, /* how long a caller waits for the profile to be online */
	RETRY_MS = 5 * 1000,	/* doubled with each failure */
	RETRY_MAX_MS = 10 * 60 * 1000,
};

/* ---- steps and their patience ---- */

static void on_alarm(struct profile *profile, void *data);

static void
set_alarm(struct profile *profile, struct room *room, uint64_t ms)
{
	alarm_stop(room->alarm);
	room->alarm = alarm_set(profile, ms, on_alarm, room);
}

/* Where it is shown, and what is said in it kept. */
static bool
open_conversation(struct profile *profile, const struct room *room)
{
	struct conversation_key key = {CONVERSATION_ROOM, room->jid};
	int64_t conversation;
	if (profile_check(profile, conversations_become_room(profile_store(profile),
							     room->jid)) < 0 ||
	    lines_conversation(profile, &key, &conversation) < 0)
		return false;
	lines_emit_badge(profile, conversation);
	return true;
}

/* A first join by hand worked, or may work later: from now on there is that room. */
static void
keep(struct profile *profile, struct room *room)
{
	if (!room->is_trial)
		return;
	room->is_trial = false;
	(void)open_conversation(profile, room);
}

void
muc_answer(struct profile *profile, struct room *room)
{
	struct serve_request *request = room->request;
	struct bridge_room record;
	if (!request)
		return;
	room->request = NULL;
	muc_fill(room, &record);
	if (room->state == room_state_IN)
		profile_reply(profile, request,
			      &(struct bridge_room_result){.room = &record});
	else if (room->condition && strcmp(room->condition, "no-room") == 0)
		profile_refuse(profile, request, ERROR_NOT_FOUND, "%s", room->reason);
	else if (room->condition && strcmp(room->condition, "not-authorized") == 0)
		profile_refuse(profile, request, ERROR_ROOM_PASSWORD, "%s", room->reason);
	else
		profile_refuse(profile, request,
			       profile_is_online(profile) ? ERROR_SERVER_REFUSED
							  : ERROR_OFFLINE,
			       "%s",
			       room->reason ? room->reason
					    : "The room is joined when the profile is "
					      "online again.");
}

/* ---- whose turn it is ---- */

static size_t
count_entering(const struct profile *profile)
{
	struct room *room, *next;
	size_t count = 0;
	HASH_ITER (hh, muc_rooms(profile), room, next)
		count += room->state == room_state_ENTERING;
	return count;
}

/* Whether the room's password, if it has one, is not still to come with its bookmark. */
static bool
has_key(struct profile *profile, const struct room *room)
{
	return room->password || !bookmarks_lack_password(profile, room->jid);
}

/* The next one that only waits for its turn. */
static void
next_turn(struct profile *profile)
{
	struct room *room, *next;
	HASH_ITER (hh, muc_rooms(profile), room, next) {
		bool is_next = !room->alarm || room->request;
		if (room->state == room_state_WAITING && is_next &&
		    room->step == ROOM_STEP_NONE && has_key(profile, room)) {
			muc_enter(profile, room);
			return;
		}
	}
}

void
muc_go_on(struct profile *profile)
{
	for (size_t i = count_entering(profile); i < JOINS_MAX; i++)
		next_turn(profile);
}

static void
notice(struct profile *profile, const struct room *room, const char *sentence)
{
	profile_emit(profile, EVENT_notice,
		     &(struct bridge_notice_event){
			     .profile = profile_name(profile),
			     .text = sentence,
			     .jid = room->jid,
		     });
}

static void
why(struct room *room, const char *sentence, const char *condition, const char *elsewhere)
{
	mem_replace(&room->reason, sentence);
	mem_replace(&room->condition, condition);
	mem_replace(&room->elsewhere, elsewhere);
}

void
muc_put_off(struct profile *profile, struct room *room)
{
	keep(profile, room);
	muc_changed(profile, room);
	muc_answer(profile, room);
}

/* It failed: nothing of it stays but the answer. */
static void
end_trial(struct profile *profile, struct room *room)
{
	if (!room->request)
		notice(profile, room, room->reason);
	muc_answer(profile, room);
	muc_drop(profile, room);
}

/* The join failed: out, until the user says so or until later. */
static void
fail(struct profile *profile, struct room *room, enum muc_remedy remedy)
{
	alarm_stop(room->alarm);
	room->alarm = NULL;
	muc_catch_up_stop(room);
	room_clear(room);
	muc_forget_occupants(profile, room);
	bool is_over = remedy == MUC_ASK || !room->is_wanted;
	room->state = is_over ? room_state_REFUSED : room_state_WAITING;
	log_info("muc", "out profile=%s condition=%s again=%d", profile_name(profile),
		 room->condition ? room->condition : "", !is_over);
	if (room->is_trial && is_over) {
		end_trial(profile, room);
		next_turn(profile);
		return;
	}
	keep(profile, room);
	if (!is_over) {
		uint64_t ms = (uint64_t)RETRY_MS << (room->tries < 8 ? room->tries : 8);
		room->tries++;
		set_alarm(profile, room, ms < RETRY_MAX_MS ? ms : RETRY_MAX_MS);
	}
	muc_changed(profile, room);
	muc_answer(profile, room);
	next_turn(profile);
}

/* ---- the steps ---- */

/* What the answer to disco#info says against joining: a condition, or NULL for nothing.
 */
static const char *
objection(struct room *room, const struct stanza *answer)
{
	static const char *const nobody[] = {"service-unavailable",
					     "subscription-required"};
	struct stanza_error error;
	if (stanza_has_type(answer, "result"))
		return muc_read_info(room, stanza_payload(answer)) ? NULL : "not-a-room";
	if (stanza_read_error(answer, &error) < 0)
		return NULL;
	/* So answers the server of an account for it. */
	for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++) {
		if (strcmp(error.condition, nobody[i]) == 0)
			return "not-a-room";
	}
	if (strcmp(error.condition, "gone") == 0)
		return "gone";
	bool is_absent = strcmp(error.condition, "item-not-found") == 0;
	return is_absent && !room->may_create ? "no-room" : NULL;
}

static void
object(struct profile *profile, struct room *room, const struct stanza *answer,
       const char *condition)
{
	struct muc_verdict verdict;
	muc_refusal(room, answer, &verdict);
	why(room,
	    strcmp(condition, "gone") == 0	? verdict.sentence
	    : strcmp(condition, "no-room") == 0 ? "There is no such room."
						: "That is no room.",
	    condition, verdict.moved);
	muc_verdict_done(&verdict);
	fail(profile, room, MUC_ASK);
}

static void
on_info(struct profile *profile, const struct stanza *answer, bool is_last, void *data)
{
	char *jid = data;
	struct room *room = muc_rooms(profile) ? muc_find(profile, jid) : NULL;
	(void)is_last;
	free(jid);
	if (!answer || !room || room->step != ROOM_STEP_INFO)
		return; /* the alarm of the step or the next session goes on */
	const char *condition = objection(room, answer);
	if (condition) {
		object(profile, room, answer, condition);
		return;
	}
	room->step = ROOM_STEP_PRESENCE;
	set_alarm(profile, room, STEP_MS);
	muc_say_join(profile, room);
}

void
muc_enter(struct profile *profile, struct room *room)
{
	if (!profile_is_online(profile) || count_entering(profile) >= JOINS_MAX ||
	    !has_key(profile, room)) {
		alarm_stop(room->alarm);
		room->alarm = NULL;
		room->state = room_state_WAITING;
		if (room->request)
			set_alarm(profile, room, OFFLINE_MS);
		muc_changed(profile, room);
		return;
	}
	if (!room->password)
		mem_replace(&room->password, bookmarks_password(profile, room->jid));
	room->state = room_state_ENTERING;
	room->step = ROOM_STEP_INFO;
	set_alarm(profile, room, STEP_MS);
	struct stanza *iq = stanza_iq(profile_stanzas(profile), "get", room->jid, NULL);
	stanza_add(iq, "query", NS_DISCO_INFO);
	profile_ask(profile, iq, PROFILE_ASK, on_info, mem_strdup(room->jid));
	muc_changed(profile, room);
}

void
muc_entered(struct profile *profile, struct room *room, bool is_new_room)
{
	if (is_new_room) {
		if (!room->is_reserved)
			muc_say_open(profile, room);
		muc_read_again(profile, room); /* when it was asked it was not there */
	}
	room->tries = 0;
	room->may_create = false;
	mem_replace(&room->wish, room->nick);
	why(room, NULL, NULL, NULL);
	keep(profile, room);
	muc_listen(profile, room);
	muc_catch_up(profile, room);
	muc_changed(profile, room);
	bookmarks_joined(profile, room);
	muc_answer(profile, room);
	outbox_wake(profile);
	next_turn(profile);
}

void
muc_come_back(struct profile *profile, struct room *room)
{
	log_info("muc", "not in any more profile=%s", profile_name(profile));
	muc_catch_up_stop(room);
	room_clear(room);
	muc_forget_occupants(profile, room);
	muc_enter(profile, room);
}

/* The old stay is over; who asked for a new one meanwhile gets it. */
void
muc_leaving_ended(struct profile *profile, struct room *room)
{
	alarm_stop(room->alarm);
	room->alarm = NULL;
	room->step = ROOM_STEP_NONE;
	if (room->is_wanted)
		muc_enter(profile, room);
	else if (room->is_trial)
		muc_drop(profile, room);
}

void
muc_presence_error(struct profile *profile, struct room *room,
		   const struct stanza *presence)
{
	struct muc_verdict verdict;
	muc_refusal(room, presence, &verdict);
	if (room->step == ROOM_STEP_PRESENCE) {
		why(room, verdict.sentence, verdict.condition, verdict.moved);
		if (strcmp(verdict.condition, "not-authorized") == 0)
			mem_replace(&room->password, NULL);
		fail(profile, room, verdict.remedy);
	} else if (room->step == ROOM_STEP_LEAVING) {
		muc_leaving_ended(profile, room);
	} else if (room->state == room_state_IN && strcmp(room->wish, room->nick) == 0 &&
		   strcmp(verdict.condition, "not-acceptable") == 0) {
		muc_come_back(profile, room);
	} else if (room->state == room_state_IN) {
		/* Another nick was refused: we stay who we are. */
		mem_replace(&room->wish, room->nick);
		notice(profile, room, verdict.sentence);
	}
	muc_verdict_done(&verdict);
}

void
muc_left(struct profile *profile, struct room *room, const struct room_presence *presence)
{
	struct muc_verdict verdict;
	muc_exit(presence, &verdict);
	bool is_no_more = presence->end == occupant_end_DESTROYED && !room->is_trial;
	if (is_no_more) {
		room->is_wanted = false;
		bookmarks_left(profile, room->jid);
	}
	why(room, verdict.sentence, verdict.condition, verdict.moved);
	muc_verdict_done(&verdict);
	fail(profile, room, verdict.remedy);
}

/* ---- joining and leaving on demand ---- */

void
muc_join(struct profile *profile, const struct muc_join *join,
	 struct serve_request *request)
{
	bool is_known = muc_find(profile, join->jid);
	struct room *room = muc_ensure(profile, join->jid);
	const struct jid *account = profile_account(profile);
	muc_answer(profile, room); /* of an earlier caller: as it is now */
	room->request = request;
	room->is_wanted = true;
	room->is_trial = request && (room->is_trial || !is_known);
	room->is_to_be_kept = request != NULL;
	room->may_create = join->may_create;
	room->is_reserved = join->is_reserved;
	room->tries = 0;
	if (join->password)
		mem_replace(&room->password, join->password);
	else if (!room->password)
		mem_replace(&room->password, muc_invite_password(profile, join->jid));
	if (join->nick || !room->wish)
		mem_replace(&room->wish, join->nick	  ? join->nick
					 : account->local ? account->local
							  : account->domain);
	why(room, NULL, NULL, NULL);
	if (!room->is_trial && !open_conversation(profile, room)) {
		muc_answer(profile, room);
		return;
	}
	if (room->state == room_state_IN && strcmp(room->nick, room->wish) == 0) {
		muc_changed(profile, room);
		bookmarks_joined(profile, room);
		muc_answer(profile, room);
	} else if (room->state == room_state_IN) {
		bookmarks_joined(profile, room);
		muc_say_presence(profile, room);
		muc_answer(profile, room);
	} else if (room->step != ROOM_STEP_LEAVING &&
		   room->state != room_state_ENTERING) {
		alarm_stop(room->alarm);
		room->alarm = NULL;
		muc_enter(profile, room);
	}
}

void
muc_leave(struct profile *profile, struct room *room, const char *text)
{
	bool was_there = room->state == room_state_IN || room->step == ROOM_STEP_PRESENCE;
	room->is_wanted = false;
	why(room, "You left the room.", "left", NULL);
	muc_answer(profile, room);
	why(room, NULL, NULL, NULL);
	alarm_stop(room->alarm);
	room->alarm = NULL;
	if (was_there && profile_is_online(profile))
		muc_say_left(profile, room, text);
	muc_catch_up_stop(room);
	room_clear(room);
	muc_forget_occupants(profile, room);
	if (was_there || room->is_trial) {
		/* Until it is confirmed, what comes is of the old stay. */
		room->step = ROOM_STEP_LEAVING;
		set_alarm(profile, room, LEAVE_MS);
	}
	muc_changed(profile, room);
	next_turn(profile);
}

/* ---- what the clock and the session bring ---- */

static void
on_alarm(struct profile *profile, void *data)
{
	struct room *room = data;
	room->alarm = NULL;
	if (room->step == ROOM_STEP_LEAVING) {
		muc_leaving_ended(profile, room);
	} else if (room->state == room_state_ENTERING) {
		why(room, "The room does not answer.", "timeout", NULL);
		fail(profile, room, MUC_TRY_AGAIN);
	} else if (room->state == room_state_WAITING) {
		muc_enter(profile, room);
		if (!profile_is_online(profile))
			muc_put_off(profile, room);
	}
}

void
muc_session_began(struct profile *profile)
{
	struct room *room, *next;
	HASH_ITER (hh, muc_rooms(profile), room, next) {
		if (!room->is_wanted)
			continue;
		room->tries = 0;
		muc_enter(profile, room);
	}
}

void
muc_session_resumed(struct profile *profile)
{
	struct room *room, *next;
	unsigned number = 0;
	HASH_ITER (hh, muc_rooms(profile), room, next) {
		if (room->state == room_state_IN) {
			muc_doubt(profile, room, number++);
			muc_catch_up_again(profile, room);
		} else if (room->state == room_state_ENTERING) {
			/* To join what one is in already does no harm. */
			room->state = room_state_OUT;
			muc_enter(profile, room);
		} else if (room->state == room_state_WAITING && !room->alarm) {
			muc_enter(profile, room);
		} else if (room->is_wanted && room->state == room_state_OUT) {
			muc_enter(profile, room);
		}
	}
}
