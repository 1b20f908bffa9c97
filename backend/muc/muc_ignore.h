/*
 * Occupants whose words the user does not want to see: known by their occupant id
 * (XEP-0421), so that another nick does not help them; by the nick where the room tells
 * no ids. Kept by this profile alone; nobody else hears of it.
 */
#ifndef TERN_MUC_IGNORE_H
#define TERN_MUC_IGNORE_H

#include <stdbool.h>
#include <stddef.h>

#include "bridge/base/arena.h"

struct profile;
struct room;

/* Whether what NICK of ROOM says, with the trusted occupant ID (NULL: unknown), is not to
 * be seen. */
bool muc_ignores(struct profile *profile, struct room *room, const char *nick,
		 const char *id);

/* Ignores NICK of ROOM from now on, or (IS_ON false) no longer. Inside a job. False where
 * there was nothing to change. */
bool muc_ignore(struct profile *profile, struct room *room, const char *nick, bool is_on);

/* The nicks that are ignored in ROOM, as they were then; in ARENA. */
const char *const *muc_ignored(struct profile *profile, struct room *room,
			       struct arena *arena, size_t *ret_count);

#endif
