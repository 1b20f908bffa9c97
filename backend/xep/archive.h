/*
 * Our own archive at the server (XEP-0313, urn:xmpp:mam:2) for the rest of the house:
 * what it may be trusted with, and older pages of a conversation.
 */
#ifndef TERN_XEP_ARCHIVE_H
#define TERN_XEP_ARCHIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/session/profile.h"
#include "backend/xep/archive_query.h"

/* Told once that the store holds what could be had. The profile's store may be closed. */
typedef void archive_fetched(struct profile *profile, void *data);

/* Inside a job: asks any archive for a page, which FN will be told with DATA. */
void archive_ask(struct profile *profile, const struct archive_request *request,
		 archive_paged *fn, void *data);

/* Whether an archive, ours or the room's, may have lines of the conversation KEY that are
 * older than the store's, and can be asked for them. */
bool archive_has_older(struct profile *profile, const struct conversation_key *key);

/* Inside a job: fetches a page of lines older than those that the store has of the
 * conversation KEY, and tells FN with DATA when it is stored, or could not be had in
 * some seconds. False, and FN is never told, where nothing can come: offline, no archive,
 * or all is here. */
bool archive_fetch_older(struct profile *profile, const struct conversation_key *key,
			 archive_fetched *fn, void *data);

#endif
