/*
 * How far conversations were read: here, which others are told of, and elsewhere, which
 * counts as read here.
 */
#ifndef TERN_XEP_READING_H
#define TERN_XEP_READING_H

#include "backend/session/profile.h"

/* What names the last line that was read. */
enum reading_name {
	READING_MESSAGE, /* the id attribute of an incoming message (XEP-0333) */
	READING_ARCHIVE, /* its id in our archive (XEP-0490) */
};

/* Inside a job: CONVERSATION was read further, here. */
void reading_here(struct profile *profile, int64_t conversation);

/* Inside a job: the conversation with JID was read elsewhere up to the line ID. A line
 * that is not here yet is waited for. False if so. */
bool reading_elsewhere(struct profile *profile, const char *jid, enum reading_name name,
		       const char *id);

#endif
