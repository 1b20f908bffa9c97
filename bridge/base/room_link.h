/*
 * `xmpp:` links that name a room (RFC 5122, XEP-0147): "xmpp:den@rooms.example?join",
 * with
 * ";password=…" perhaps. Links come from strangers: what is taken from one is
 * well-formed, without control characters, and bounded. Pure; frontends pass what was
 * typed through it.
 */
#ifndef TERN_BASE_ROOM_LINK_H
#define TERN_BASE_ROOM_LINK_H

#include <stdbool.h>

/* Whether TEXT begins as a link does, in letters of any case. */
bool room_link_is(const char *text);

/* The room's address in the link TEXT: decoded, without a resource, not looked at
 * further; the caller frees it, and wipes and frees *RET_PASSWORD (NULL: none). -EINVAL
 * leaves both and sets *RET_PROBLEM to a sentence. */
int room_link_parse(const char *text, char **ret_address, char **ret_password,
		    const char **ret_problem);

#endif
