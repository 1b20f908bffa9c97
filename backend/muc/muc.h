/*
 * Rooms of a profile (XEP-0045), for handlers and other modules: joining, leaving, whose
 * address is a room's. The module's files: muc.c (hooks, presences), muc_entry.c (the way
 * in), muc_refusal.c (why not), muc_say.c (our presences), muc_table.c (all rooms and
 * what is kept and told of them), muc_talk.c (messages), room.c (the rules).
 */
#ifndef TERN_MUC_MUC_H
#define TERN_MUC_MUC_H

#include <stdbool.h>

#include "backend/muc/room.h"
#include "backend/session/profile.h"
#include "backend/store/conversations.h"
#include "backend/xmpp/jid.h"
#include "bridge/base/arena.h"

/* The room of the bare JID, or NULL if none is known. Borrowed until it is forgotten. */
struct room *muc_find(const struct profile *profile, const char *jid);

/* All rooms, for walking with HASH_ITER. */
struct room *muc_rooms(const struct profile *profile);

/* What kind of conversation is had with JID: a known room, an occupant of one (JID has a
 * resource), or a person. *RET_KEY (may be NULL) is the conversation's address, borrowed
 * from JID. */
enum conversation_kind muc_kind(const struct profile *profile, const struct jid *jid,
				const char **ret_key);

/* Our occupant JID in ROOM while we are in it, in ARENA; else the one we wish for. */
const char *muc_own_jid(const struct profile *profile, const struct room *room,
			struct arena *arena);

struct muc_join {
	const char *jid;      /* bare, prepared */
	const char *nick;     /* prepared; NULL: as before, or the account's local part */
	const char *password; /* NULL: as before */
	bool may_create;
	bool is_reserved; /* a new room stays closed until it is configured */
};

/* Inside a job: wishes to be in the room, now and at each login, and begins to join.
 * REQUEST (may be NULL) is taken over and answered (room.join) when we are in or refused.
 */
void muc_join(struct profile *profile, const struct muc_join *join,
	      struct serve_request *request);

/* Inside a job: leaves ROOM for good, with a last word (TEXT may be NULL). */
void muc_leave(struct profile *profile, struct room *room, const char *text);

/* Inside a job: says of which lines of ROOM one is told. */
void muc_set_notify(struct profile *profile, struct room *room, enum bridge_notify rule);

/* Inside a job: bookmarks are known now: who waited for that joins. */
void muc_go_on(struct profile *profile);

/* Inside a job: asks for NICK (prepared) in ROOM, in which we are. */
void muc_change_nick(struct profile *profile, struct room *room, const char *nick);

/* Inside a job: asks for a SUBJECT in ROOM, in which we are; "" for none. */
void muc_set_subject(struct profile *profile, struct room *room, const char *subject);

/* Inside a job: tells every room we are in of our availability, which changed. */
void muc_announce(struct profile *profile);

/* The bridge's record of ROOM; strings are borrowed. */
void muc_fill(const struct room *room, struct bridge_room *ret_record);

/* The bridge's records of the rooms, by JID, in ARENA: so many as go into BYTES of an
 * answer, and of their subjects what goes in then. How many were left out in *RET_LEFT.
 */
const struct bridge_room *muc_list(const struct profile *profile, struct arena *arena,
				   size_t bytes, size_t *ret_count, size_t *ret_left);

/* The bridge's records of ROOM's occupants, in ARENA. */
const struct bridge_occupant *muc_occupants(const struct room *room, struct arena *arena,
					    size_t *ret_count);

/* What QUERY (a room's disco#info) says for people, in ARENA; ret_info->jid stays. */
void muc_describe(const struct stanza *query, struct arena *arena,
		  struct bridge_room_info *ret_info);

/* FRONTEND shows the occupants of ROOM, in which we are: they are told until no frontend
 * shows them any more, or we are out. */
void muc_watch(struct room *room, int64_t frontend);
void muc_unwatch(struct profile *profile, struct room *room, int64_t frontend);

/* Frontends left: nobody's occupants are told any more until they are asked for. */
void muc_unwatch_all(struct profile *profile);

#endif
