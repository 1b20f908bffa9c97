/*
 * What the params of calls about rooms name, as room_request.h says.
 */
#include "backend/session/room_request.h"

#include <string.h>

#include "backend/muc/muc.h"
#include "backend/muc/muc_services.h"
#include "backend/session/jobs.h"
#include "backend/store/contacts.h"
#include "bridge/serve.h"

enum { REASON_MAX = 4096 };

/* The address that TEXT means: a bare name is that of a room that we know, else of one at
 * the account's own service, as far as that is known. */
static const char *
address_of(struct profile *profile, struct serve_request *request, const char *text)
{
	const struct room *room = muc_named(profile, text, &request->arena);
	if (room)
		return room->jid;
	const char *service = strpbrk(text, "@/") || !*text
				      ? NULL
				      : muc_own_service(profile, &request->arena);
	bool is_name = service && strcmp(text, service) != 0 &&
		       strcmp(text, profile_account(profile)->domain) != 0;
	return request_address(
		profile, request,
		is_name ? arena_printf(&request->arena, "%s@%s", text, service) : text);
}

struct room *
request_room(struct profile *profile, struct serve_request *request, const char *text)
{
	const char *jid = address_of(profile, request, text);
	struct room *room = jid ? muc_find(profile, jid) : NULL;
	if (jid && !room)
		profile_refuse(profile, request, ERROR_NOT_IN_ROOM, "You are not in %s.",
			       jid);
	return room;
}

struct room *
request_open_room(struct profile *profile, struct serve_request *request,
		  const char *text)
{
	struct room *room = request_room(profile, request, text);
	if (!room || room->state == room_state_IN)
		return room;
	profile_refuse(profile, request, ERROR_NOT_IN_ROOM, "You are not in %s now.",
		       room->jid);
	return NULL;
}

const char *
request_nick(struct profile *profile, struct serve_request *request, const char *room,
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

const char *
request_room_address(struct profile *profile, struct serve_request *request,
		     const char *text)
{
	const char *jid = address_of(profile, request, text);
	if (jid && !strchr(jid, '@')) {
		profile_refuse(profile, request, ERROR_BAD_JID,
			       "%s is a service; a room's address is name@%s.", jid, jid);
		return NULL;
	}
	return jid;
}

bool
request_may_be_room(struct profile *profile, struct serve_request *request,
		    const char *jid)
{
	struct contact contact;
	bool is_own = strcmp(profile_account(profile)->bare, jid) == 0;
	bool is_contact = contacts_find(profile_store(profile), jid, &request->arena,
					&contact) == 0;
	/* Some rosters hold rooms, but no room has a subscription. */
	bool is_person =
		is_contact && (contact.subscription != CONTACT_NONE || contact.is_asking);
	if (!is_own && !is_person)
		return true;
	profile_refuse(profile, request, ERROR_BAD_JID,
		       is_own ? "%s is yourself, no room."
			      : "%s is one of your contacts, no room.",
		       jid);
	return false;
}

bool
request_has_reason(struct serve_request *request, const char *reason)
{
	if (reason && strlen(reason) > REASON_MAX)
		serve_fail(request, ERROR_TOO_LARGE, "The reason is too long.");
	else if (!stanza_text_check(reason))
		serve_fail(request, ERROR_BAD_TEXT,
			   "The reason holds characters that XMPP cannot carry.");
	else
		return true;
	return false;
}
