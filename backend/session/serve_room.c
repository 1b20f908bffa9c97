/*
 * Handlers of rooms. What is asked of a room's server is answered by events; a join is
 * answered when it came to its end.
 */
#include <errno.h>
#include <string.h>

#include "backend/muc/muc.h"
#include "backend/session/handlers.h"
#include "backend/session/inner.h"
#include "backend/session/jobs.h"
#include "bridge/serve.h"

enum { SUBJECT_MAX = 4096 };

/* The room TEXT; refuses REQUEST if it is not known. */
static struct room *
find_room(struct profile *profile, struct serve_request *request, const char *text)
{
	const char *jid = request_address(profile, request, text);
	struct room *room = jid ? muc_find(profile, jid) : NULL;
	if (jid && !room)
		profile_refuse(profile, request, ERROR_NOT_IN_ROOM, "You are not in %s.",
			       jid);
	return room;
}

/* The same for one that we are in. */
static struct room *
find_open_room(struct profile *profile, struct serve_request *request, const char *text)
{
	struct room *room = find_room(profile, request, text);
	if (!room || room->state == room_state_IN)
		return room;
	profile_refuse(profile, request, ERROR_NOT_IN_ROOM, "You are not in %s now.",
		       room->jid);
	return NULL;
}

/* NICK prepared as the resource of ROOM, living as long as REQUEST; refuses REQUEST if it
 * cannot be one. */
static const char *
prepare_nick(struct profile *profile, struct serve_request *request, const char *room,
	     const char *nick)
{
	struct jid bare = {0}, full = {0};
	const char *prepared = NULL;
	if (jid_parse(room, &bare, NULL) == 0 && *nick &&
	    jid_with_resource(&bare, nick, &full) == 0)
		prepared = arena_strdup(&request->arena, full.resource);
	else
		profile_refuse(profile, request, ERROR_BAD_NAME,
			       "That cannot be a nick.");
	jid_done(&bare);
	jid_done(&full);
	return prepared;
}

/* A room's address: somebody's at a service. */
static const char *
room_address(struct profile *profile, struct serve_request *request, const char *text)
{
	const char *jid = request_address(profile, request, text);
	if (jid && !strchr(jid, '@')) {
		profile_refuse(profile, request, ERROR_BAD_JID,
			       "%s is a service; a room's address is name@%s.", jid, jid);
		return NULL;
	}
	return jid;
}

static int
join_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_room_join_params *params = request->params;
	struct muc_join join = {
		.jid = room_address(profile, request, params->jid),
		.password = params->password,
		.may_create = params->may_create,
	};
	if (!join.jid)
		return 0;
	if (params->nick) {
		join.nick = prepare_nick(profile, request, join.jid, params->nick);
		if (!join.nick)
			return 0;
	}
	muc_join(profile, &join, request);
	return 0;
}

void
serve_room_join(struct process *process, struct profile *profile,
		struct serve_request *request)
{
	(void)process;
	request_in_job(profile, request, join_job);
}

static int
leave_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_room_leave_params *params = request->params;
	struct room *room = find_room(profile, request, params->jid);
	if (!room)
		return 0;
	muc_leave(profile, room, params->text);
	profile_reply(profile, request, NULL);
	return 0;
}

void
serve_room_leave(struct process *process, struct profile *profile,
		 struct serve_request *request)
{
	(void)process;
	request_in_job(profile, request, leave_job);
}

static int
list_job(struct profile *profile, struct serve_request *request)
{
	struct bridge_room_list_result result = {0};
	result.rooms = muc_list(profile, &request->arena, &result.rooms_count);
	profile_reply(profile, request, &result);
	return 0;
}

void
serve_room_list(struct process *process, struct profile *profile,
		struct serve_request *request)
{
	(void)process;
	request_in_job(profile, request, list_job);
}

static int
nick_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_room_nick_params *params = request->params;
	struct room *room = find_open_room(profile, request, params->jid);
	const char *nick =
		room ? prepare_nick(profile, request, room->jid, params->nick) : NULL;
	if (!nick)
		return 0;
	muc_change_nick(profile, room, nick);
	profile_reply(profile, request, NULL);
	return 0;
}

void
serve_room_nick(struct process *process, struct profile *profile,
		struct serve_request *request)
{
	(void)process;
	request_in_job(profile, request, nick_job);
}

static int
subject_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_room_subject_params *params = request->params;
	struct room *room = find_open_room(profile, request, params->jid);
	if (!room)
		return 0;
	muc_set_subject(profile, room, params->text);
	profile_reply(profile, request, NULL);
	return 0;
}

void
serve_room_subject(struct process *process, struct profile *profile,
		   struct serve_request *request)
{
	const struct bridge_room_subject_params *params = request->params;
	(void)process;
	if (strlen(params->text) > SUBJECT_MAX)
		serve_fail(request, ERROR_TOO_LARGE, "The subject is too long.");
	else if (!stanza_text_check(params->text))
		serve_fail(request, ERROR_BAD_TEXT,
			   "The subject holds characters that XMPP cannot carry.");
	else
		request_in_job(profile, request, subject_job);
}

static int
occupants_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_room_occupants_params *params = request->params;
	struct room *room = find_room(profile, request, params->jid);
	struct bridge_room record;
	struct bridge_room_occupants_result result = {.room = &record};
	if (!room)
		return 0;
	room->is_watched |= params->watch;
	muc_fill(room, &record);
	result.occupants = muc_occupants(room, &request->arena, &result.occupants_count);
	profile_reply(profile, request, &result);
	return 0;
}

void
serve_room_occupants(struct process *process, struct profile *profile,
		     struct serve_request *request)
{
	(void)process;
	request_in_job(profile, request, occupants_job);
}
