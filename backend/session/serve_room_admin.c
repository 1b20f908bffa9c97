/*
 * Handlers of ruling a room: who may do what there. Whether we may is for the room to
 * say, and its answer is the call's.
 */
#include <string.h>

#include "backend/muc/muc.h"
#include "backend/muc/muc_admin.h"
#include "backend/muc/muc_config.h"
#include "backend/muc/muc_invite.h"
#include "backend/muc/muc_voice.h"
#include "backend/session/handlers.h"
#include "backend/session/inner.h"
#include "backend/session/jobs.h"
#include "backend/session/room_request.h"
#include "bridge/serve.h"

/* Refuses what needs the server while there is none. */
static bool
is_offline(struct profile *profile, struct serve_request *request)
{
	if (profile_is_online(profile))
		return false;
	profile_refuse(profile, request, ERROR_OFFLINE,
		       "%s is not connected, and this needs the server.", profile->name);
	return true;
}

static void
refuse_stranger(struct profile *profile, struct serve_request *request, const char *room,
		const char *text)
{
	profile_refuse(profile, request, ERROR_NOT_FOUND,
		       "Nobody in %s is called %s, and it is no address.", room, text);
}

/* ---- roles ---- */

static int
role_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_room_role_params *params = request->params;
	struct room *room = request_open_room(profile, request, params->jid);
	struct muc_change change = {.reason = params->reason};
	if (!room || is_offline(profile, request))
		return 0;
	change.room = room->jid;
	change.nick = request_nick(profile, request, room->jid, params->nick);
	if (!change.nick)
		return 0;
	if (!room_find(room, change.nick))
		profile_refuse(profile, request, ERROR_NOT_FOUND,
			       "Nobody in %s is called %s.", room->jid, params->nick);
	else
		muc_set_role(profile, &change, params->role, request);
	return 0;
}

void
serve_room_role(struct process *process, struct profile *profile,
		struct serve_request *request)
{
	const struct bridge_room_role_params *params = request->params;
	(void)process;
	if (request_has_reason(request, params->reason))
		request_in_job(profile, request, role_job);
}

static int
voice_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_jid_params *params = request->params;
	struct room *room = request_open_room(profile, request, params->jid);
	const struct occupant *self = room ? room_self(room) : NULL;
	if (!room || is_offline(profile, request))
		return 0;
	if (!self || self->role != role_VISITOR) {
		profile_refuse(profile, request, ERROR_BAD_PARAMS,
			       "You may speak in %s already.", room->jid);
		return 0;
	}
	muc_ask_voice(profile, room);
	profile_reply(profile, request, NULL);
	return 0;
}

void
serve_room_voice(struct process *process, struct profile *profile,
		 struct serve_request *request)
{
	(void)process;
	request_in_job(profile, request, voice_job);
}

/* ---- affiliations ---- */

/* By his nick, an occupant of ROOM: by his real address where it is known. */
static bool
take_occupant(struct serve_request *request, struct room *room, const char *nick,
	      struct muc_change *change)
{
	const struct occupant *occupant = room ? room_find(room, nick) : NULL;
	if (!occupant)
		return false;
	if (occupant->jid) {
		struct jid jid = {0};
		if (jid_parse(occupant->jid, &jid, NULL) == 0)
			change->jid = arena_strdup(&request->arena, jid.bare);
		jid_done(&jid);
	}
	change->nick = occupant->nick;
	return true;
}

/* An address is what it looks like, lest somebody takes another's address for a nick and
 * is made owner; a room's own occupant JID is a nick, however that looks. */
static bool
find_target(struct profile *profile, struct serve_request *request, const char *text,
	    struct muc_change *change)
{
	struct room *room = muc_find(profile, change->room);
	struct jid jid = {0}, nick = {0}, bare = {0};
	bool is_address = jid_parse(text, &jid, NULL) == 0;
	bool is_found = false;
	if (is_address && jid.resource && strcmp(jid.bare, change->room) == 0) {
		is_found = take_occupant(request, room, jid.resource, change);
	} else if (is_address && jid.local) {
		change->jid = arena_strdup(&request->arena, jid.bare);
		is_found = true;
	} else if (*text && jid_parse(change->room, &bare, NULL) == 0 &&
		   jid_with_resource(&bare, text, &nick) == 0 &&
		   take_occupant(request, room, nick.resource, change)) {
		is_found = true;
	} else if (is_address && !jid.resource && strchr(jid.domain, '.')) {
		change->jid = arena_strdup(&request->arena, jid.bare);
		is_found = true;
	}
	jid_done(&jid);
	jid_done(&nick);
	jid_done(&bare);
	if (!is_found)
		refuse_stranger(profile, request, change->room, text);
	return is_found;
}

static int
affiliation_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_room_affiliation_params *params = request->params;
	struct muc_change change = {
		.room = request_room_address(profile, request, params->jid),
		.reason = params->reason,
	};
	if (!change.room || is_offline(profile, request))
		return 0;
	if (find_target(profile, request, params->target, &change))
		muc_set_affiliation(profile, &change, params->affiliation, request);
	return 0;
}

void
serve_room_affiliation(struct process *process, struct profile *profile,
		       struct serve_request *request)
{
	const struct bridge_room_affiliation_params *params = request->params;
	(void)process;
	if (request_has_reason(request, params->reason))
		request_in_job(profile, request, affiliation_job);
}

static int
affiliations_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_room_affiliations_params *params = request->params;
	const char *room = request_room_address(profile, request, params->jid);
	if (room && !is_offline(profile, request))
		muc_list_affiliations(profile, room, params->affiliation, request);
	return 0;
}

void
serve_room_affiliations(struct process *process, struct profile *profile,
			struct serve_request *request)
{
	const struct bridge_room_affiliations_params *params = request->params;
	(void)process;
	if (params->affiliation == affiliation_NONE)
		serve_fail(request, ERROR_BAD_PARAMS,
			   "A room has lists of outcasts, members, admins and owners.");
	else
		request_in_job(profile, request, affiliations_job);
}

/* ---- invitations ---- */

static int
invite_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_room_invite_params *params = request->params;
	const char *room = request_room_address(profile, request, params->jid);
	const char *who = room ? request_address(profile, request, params->who) : NULL;
	if (!who || is_offline(profile, request))
		return 0;
	muc_invite(profile, room, who, params->reason);
	profile_reply(profile, request, NULL);
	return 0;
}

void
serve_room_invite(struct process *process, struct profile *profile,
		  struct serve_request *request)
{
	const struct bridge_room_invite_params *params = request->params;
	(void)process;
	if (request_has_reason(request, params->reason))
		request_in_job(profile, request, invite_job);
}

/* ---- what owners do ---- */

static int
config_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_jid_params *params = request->params;
	const char *room = request_room_address(profile, request, params->jid);
	if (room && !is_offline(profile, request))
		muc_ask_config(profile, room, request);
	return 0;
}

void
serve_room_config(struct process *process, struct profile *profile,
		  struct serve_request *request)
{
	(void)process;
	request_in_job(profile, request, config_job);
}

static int
configure_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_room_configure_params *params = request->params;
	const char *room = request_room_address(profile, request, params->jid);
	if (room && !is_offline(profile, request))
		muc_configure(profile, room, request);
	return 0;
}

void
serve_room_configure(struct process *process, struct profile *profile,
		     struct serve_request *request)
{
	(void)process;
	request_in_job(profile, request, configure_job);
}

static int
destroy_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_room_destroy_params *params = request->params;
	const char *room = request_room_address(profile, request, params->jid);
	const char *elsewhere = NULL;
	if (!room || is_offline(profile, request))
		return 0;
	if (params->elsewhere && *params->elsewhere) {
		elsewhere = request_room_address(profile, request, params->elsewhere);
		if (!elsewhere)
			return 0;
	}
	muc_destroy(profile, room, elsewhere, request);
	return 0;
}

void
serve_room_destroy(struct process *process, struct profile *profile,
		   struct serve_request *request)
{
	const struct bridge_room_destroy_params *params = request->params;
	(void)process;
	if (request_has_reason(request, params->reason))
		request_in_job(profile, request, destroy_job);
}
