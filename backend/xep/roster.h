/*
 * The roster (RFC 6121 section 2): fetched by version at each login, kept in the store,
 * changed by the server's pushes and by us.
 */
#ifndef TERN_XEP_ROSTER_H
#define TERN_XEP_ROSTER_H

#include "backend/session/profile.h"
#include "backend/store/contacts.h"

/* Inside a job: asks the server to add or change CONTACT (its jid, name and groups
 * count); ANSWER gets its iq. The change itself comes as a push. */
void roster_set(struct profile *profile, const struct contact *contact,
		profile_answer *answer, void *data);

/* Inside a job: asks the server to remove the bare JID and both subscriptions. */
void roster_remove(struct profile *profile, const char *jid, profile_answer *answer,
		   void *data);

#endif
