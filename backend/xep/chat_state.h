/*
 * Chat states (XEP-0085): what the other side does, and telling it what we do.
 */
#ifndef TERN_XEP_CHAT_STATE_H
#define TERN_XEP_CHAT_STATE_H

#include "backend/session/profile.h"

/* Inside a job: tells the bare JID our state, if the option `typing` is on, we are
 * online, and it is a contact who sees our presence or one who sent us a state before. */
void chat_state_send(struct profile *profile, const char *jid,
		     enum bridge_chat_state state);

#endif
