/*
 * Blocking (XEP-0191): the block list of the account, fetched at each login, kept in the
 * store, pushed by the server.
 */
#ifndef TERN_XEP_BLOCKING_H
#define TERN_XEP_BLOCKING_H

#include "backend/session/profile.h"

/* Inside a job: asks the server to block or unblock the bare JID; ANSWER gets its iq. */
void blocking_set(struct profile *profile, const char *jid, bool is_blocked,
		  profile_answer *answer, void *data);

#endif
