/*
 * Who may learn what about us: an answer to an iq tells that we are here, a version or a
 * clock tells more. For the modules that answer requests.
 */
#ifndef TERN_XEP_TRUST_H
#define TERN_XEP_TRUST_H

#include "backend/session/profile.h"

/* Whether JID is our own account, our own server, or a contact who sees our presence
 * anyway. */
bool trust_knows(struct profile *profile, const char *jid);

/* The same for the sender of STANZA; no sender is our own server. */
bool trust_sees_us(struct profile *profile, const struct stanza *stanza);

/* Whether IQ comes from our own account, or from nobody, which is our server speaking for
 * it: the only ones that may change what is ours (pushes). */
bool trust_is_own(struct profile *profile, const struct stanza *iq);

/* Answers IQ as a server does for somebody who is not here. */
void trust_refuse(struct profile *profile, const struct stanza *iq);

#endif
