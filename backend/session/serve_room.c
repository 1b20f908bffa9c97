/*
 * Handlers of rooms. What is asked of a room's server is answered by events; a join is
 * answered when it came to its end.
 */
#include <errno.h>
#include <string.h>

#include "backend/muc/muc.h"
#include "backend/muc/muc_ignore.h"
#include "backend/session/fresh.h"
#include "backend/session/handlers.h"
#include "backend/session/inner.h"
#include "backend/session/jobs.h"
#include "backend/session/room_request.h"
#include "backend/session/serve_room.h"
#include "backend/xep/bookmarks.h"
#include "bridge/serve.h"

enum {
	SUBJECT_MAX = 4096,
	LIST_BYTES = 3 * 1024 * 1024, /* less than a frame; 2,000 bookmarked rooms fit */
};

static void
join_room(struct profile *profile, struct serve_request *request, const char *jid)
{
	const struct bridge_room_join_params *params = request->params;
	struct muc_join join = {
		.jid = jid,
		.password = params->password,
		.may_create = params->may_create,
		.is_reserved = params->is_reserved,
	};
	if (!request_may_be_room(profile, request, jid))
		return;
	if (params->nick) {
		join.nick = request_nick(profile, request, jid, params->nick);
		if (!join.nick)
			return;
	}
	muc_join(profile, &join, request);
}

static int
join_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_room_join_params *params = request->params;
	room_address(profile, request, params->jid, join_room);
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
	struct room *room = request_room(profile, request, params->jid);
	if (!room)
		return 0;
	muc_leave(profile, room, params->text);
	bookmarks_left(profile, room->jid);
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
	size_t left;
	result.rooms = muc_list(profile, &request->arena, LIST_BYTES, &result.rooms_count,
				&left);
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
	struct room *room = request_open_room(profile, request, params->jid);
	const char *nick =
		room ? request_nick(profile, request, room->jid, params->nick) : NULL;
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
	struct room *room = request_open_room(profile, request, params->jid);
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
told_occupants_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_room_occupants_params *params = request->params;
	struct room *room = request_room(profile, request, params->jid);
	struct bridge_room record;
	struct bridge_room_occupants_result result = {.room = &record};
	if (!room)
		return 0;
	if (params->watch)
		muc_watch(room, params->frontend);
	muc_fill(room, &record);
	result.occupants = muc_occupants(room, &request->arena, &result.occupants_count);
	profile_reply(profile, request, &result);
	return 0;
}

static int
occupants_job(struct profile *profile, struct serve_request *request)
{
	return fresh_wait(profile, request, told_occupants_job)
		       ? 0
		       : told_occupants_job(profile, request);
}

void
serve_room_occupants(struct process *process, struct profile *profile,
		     struct serve_request *request)
{
	(void)process;
	request_in_job(profile, request, occupants_job);
}

static int
unwatch_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_room_unwatch_params *params = request->params;
	struct room *room = request_room(profile, request, params->jid);
	if (!room)
		return 0;
	muc_unwatch(profile, room, params->frontend);
	profile_reply(profile, request, NULL);
	return 0;
}

void
serve_room_unwatch(struct process *process, struct profile *profile,
		   struct serve_request *request)
{
	(void)process;
	request_in_job(profile, request, unwatch_job);
}

static int
ignore_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_room_ignore_params *params = request->params;
	struct room *room = request_room(profile, request, params->jid);
	struct bridge_room_ignore_result result = {0};
	if (!room)
		return 0;
	if (params->nick) {
		const char *nick =
			request_nick(profile, request, room->jid, params->nick);
		if (!nick)
			return 0;
		if (room->nick && strcmp(room->nick, nick) == 0) {
			profile_refuse(profile, request, ERROR_BAD_PARAMS, "%s is you.",
				       nick);
			return 0;
		}
		if (!params->is_off && !room_find(room, nick)) {
			profile_refuse(profile, request, ERROR_NOT_FOUND,
				       "Nobody in %s is called %s.", room->jid,
				       params->nick);
			return 0;
		}
		(void)muc_ignore(profile, room, nick, !params->is_off);
	}
	result.nicks = muc_ignored(profile, room, &request->arena, &result.nicks_count);
	profile_reply(profile, request, &result);
	return 0;
}

void
serve_room_ignore(struct process *process, struct profile *profile,
		  struct serve_request *request)
{
	(void)process;
	request_in_job(profile, request, ignore_job);
}
