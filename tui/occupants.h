/*
 * Who is in a room, as the daemon tells it while the room is shown: found by nick, listed
 * by role and then by nick. Pure; texts of others are cleaned here, but the nick itself,
 * which is kept raw for addressing beside the one that is shown.
 */
#ifndef TERN_TUI_OCCUPANTS_H
#define TERN_TUI_OCCUPANTS_H

#include <stdbool.h>
#include <stddef.h>

#include "bridge/schema.h"

struct occupants;

struct occupant {
	char *nick;  /* as it is; first: by_jid.h */
	char *shown; /* as it is put on the screen; may be the nick */
	char *jid;   /* the real address, clean; NULL where it is hidden */
	char *text;  /* status text, clean; NULL for none */
	enum bridge_role role;
	enum bridge_affiliation affiliation;
	enum bridge_show show;
	bool is_own;
};

struct occupants *occupants_new(void);
void occupants_free(struct occupants *people);

/* Takes over a record; WAS, unless NULL or empty, is the nick that went with it. */
void occupants_put(struct occupants *people, const struct bridge_occupant *record,
		   const char *was);

/* Takes NICK away; false if it was not there. */
bool occupants_remove(struct occupants *people, const char *nick);

/* The occupant with that very NICK, NULL if there is none. Borrowed. */
const struct occupant *occupants_find(const struct occupants *people, const char *nick);

/* All, moderators first, then by nick without regard to case. Borrowed until a change. */
const struct occupant *const *occupants_sorted(struct occupants *people,
					       size_t *ret_count);

/* How many have ROLE. */
size_t occupants_with_role(const struct occupants *people, enum bridge_role role);

/* What an occupant is, in one column: & owner, ~ admin, @ moderator, - visitor (may not
 * speak), + member, "" for anybody else. */
const char *occupant_sign(const struct occupant *occupant);

/* What COUNT occupants with ROLE are called. */
const char *occupant_heading(enum bridge_role role, size_t count);

#endif
