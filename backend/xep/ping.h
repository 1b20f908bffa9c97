/*
 * Ping (XEP-0199): asking whether somebody is there.
 */
#ifndef TERN_XEP_PING_H
#define TERN_XEP_PING_H

#include "backend/session/profile.h"

/* Pings JID (NULL: our own server); ANSWER gets its iq, of which an error is as good a
 * sign of life of a server as a result, or NULL. */
void ping_send(struct profile *profile, const char *jid, profile_answer *answer,
	       void *data);

#endif
