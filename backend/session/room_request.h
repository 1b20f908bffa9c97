/*
 * What the params of calls about rooms name: a room, one that we are in, a nick. Each
 * refuses the request, with a sentence, where it names none; inside the request's job.
 */
#ifndef TERN_SESSION_ROOM_REQUEST_H
#define TERN_SESSION_ROOM_REQUEST_H

#include <stdbool.h>

struct profile;
struct room;
struct serve_request;

/* The known room TEXT, or NULL with REQUEST refused. */
struct room *request_room(struct profile *profile, struct serve_request *request,
			  const char *text);

/* The same for one that we are in. */
struct room *request_open_room(struct profile *profile, struct serve_request *request,
			       const char *text);

/* NICK prepared as the resource of ROOM, living as long as REQUEST; NULL with REQUEST
 * refused if it cannot be one. */
const char *request_nick(struct profile *profile, struct serve_request *request,
			 const char *room, const char *nick);

/* A room's address, known or not: somebody's at a service. It lives as long as REQUEST;
 * NULL with REQUEST refused if TEXT is none. */
const char *request_room_address(struct profile *profile, struct serve_request *request,
				 const char *text);

/* Whether JID may be a room's, for all that is known here; else REQUEST is refused. A
 * person's conversation is not to become a room's by a slip of the tongue. */
bool request_may_be_room(struct profile *profile, struct serve_request *request,
			 const char *jid);

/* Whether a room can be told REASON (NULL: none); refuses REQUEST if not. Outside any
 * job.
 */
bool request_has_reason(struct serve_request *request, const char *reason);

#endif
