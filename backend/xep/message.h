/*
 * Messages into the store (RFC 6121 section 5), for who brings many at once.
 */
#ifndef TERN_XEP_MESSAGE_H
#define TERN_XEP_MESSAGE_H

#include "backend/session/profile.h"

/* Inside a job: badges that change from now on are told by message_tell_badges, once
 * each, in the same job. */
void message_hold_badges(struct profile *profile);
void message_tell_badges(struct profile *profile);

#endif
