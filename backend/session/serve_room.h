/*
 * What the handlers of rooms share: how a room is named by whoever asks.
 */
#ifndef TERN_SESSION_SERVE_ROOM_H
#define TERN_SESSION_SERVE_ROOM_H

struct profile;
struct serve_request;

/* Goes on with REQUEST, which it now owns; JID is prepared and lives as long. */
typedef void room_named(struct profile *profile, struct serve_request *request,
			const char *jid);

/* Inside a job: calls NEXT, now or later, with the room's address that TEXT means: it
 * itself, or a room of that name at the account's own service. Refuses REQUEST if there
 * is none. */
void room_address(struct profile *profile, struct serve_request *request,
		  const char *text, room_named *next);

#endif
