/*
 * Bookmarks of rooms, for handlers and the rooms' module. They are kept at our account:
 * by XEP-0402 where it can, else by XEP-0048 in its private storage (XEP-0049), else here
 * only. What is changed here holds at once and is told to the server as soon as can be.
 */
#ifndef TERN_XEP_BOOKMARKS_H
#define TERN_XEP_BOOKMARKS_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/muc/room.h"
#include "backend/session/profile.h"
#include "backend/store/bookmarks.h"
#include "backend/xmpp/stanza.h"

/* A fresh session: QUERY is our account's disco#info, NULL if it gave none. Inside a job.
 */
void bookmarks_look(struct profile *profile, const struct stanza *query);

/* Inside a job: we are told of what changes from now on; what there is already is
 * fetched, if our account tells of changes at all. */
void bookmarks_begin(struct profile *profile);

/* What the user changes of a bookmark; NULL: as it is, "": none. */
struct bookmark_change {
	const char *jid; /* bare, prepared */
	const char *name;
	const char *nick;
	const char *password;
	enum bridge_change autojoin;
	enum bridge_change here;
};

/* Inside a job: makes or changes a bookmark; the room is joined or left by it. */
void bookmarks_set(struct profile *profile, const struct bookmark_change *change);

/* Inside a job: removes one; false if there is none. A room joined by it is left. */
bool bookmarks_remove(struct profile *profile, const char *jid);

/* Inside a job: we are in ROOM; where the user joined it by hand it is bookmarked, if the
 * option says so. */
void bookmarks_joined(struct profile *profile, struct room *room);

/* Inside a job: the user left the room JID by hand; it is not joined by itself any more.
 */
void bookmarks_left(struct profile *profile, const char *jid);

/* Inside a job: the user says of which lines of ROOM to be told: in its bookmark, where
 * that can hold it, and here. */
void bookmarks_set_notify(struct profile *profile, struct room *room,
			  enum bridge_notify rule);

/* The password of the room JID; NULL if none is known. Borrowed. */
const char *bookmarks_password(struct profile *profile, const char *jid);

/* Whether the room JID has a password that the server is still to tell us. */
bool bookmarks_lack_password(struct profile *profile, const char *jid);

/* The bridge's record of ROW, where a name is cut; strings are borrowed, or in ARENA. */
void bookmarks_fill(const struct bookmark *row, struct arena *arena,
		    struct bridge_bookmark *ret_record);

#endif
