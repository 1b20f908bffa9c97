/*
 * Read positions (XEP-0490): how far each conversation was read, kept at our own account
 * for all of its clients.
 */
#ifndef TERN_XEP_READ_POSITIONS_H
#define TERN_XEP_READ_POSITIONS_H

#include "backend/session/profile.h"

/* Inside a job, once a fresh session: QUERY is what our own account answered to
 * disco#info, NULL if nothing. */
void read_positions_look(struct profile *profile, const struct stanza *query);

/* Inside a job: we are told of what changes from now on; what there is already is
 * fetched, if the account can keep it. */
void read_positions_begin(struct profile *profile);

/* Inside a job: the conversation with JID was read further, here. Publishes its position,
 * or keeps in mind that this is due. */
void read_positions_tell(struct profile *profile, const char *jid);

#endif
