/*
 * Rooms (XEP-0045) and who is in them. What is wished of a room and what is known of it
 * lasts; whether we are in it, under which nick, and its occupants hold for a session
 * (session_scope.h), so that the process which resumes it shows the same people.
 */
#ifndef TERN_STORE_ROOMS_H
#define TERN_STORE_ROOMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge/base/arena.h"

struct store;

/* Kept as a number: never renumber. */
enum room_place {
	ROOM_OUT = 0,
	ROOM_ENTERING = 1, /* a join is under way */
	ROOM_IN = 2,
};

/* The caller's numbers of the rules (struct room_row) under which all lines count, or no
 * mention does. */
#define ROOM_RULE_ALL 1
#define ROOM_RULE_NOTHING 3

struct room_row {
	const char *jid;  /* bare */
	const char *nick; /* the one we wish for; NULL: the account's */
	bool is_wanted;	  /* to be joined at each new session */
	const char *name; /* as it calls itself; NULL: unknown */
	const char *subject;
	const char *subject_by; /* nick; NULL: the room */
	int64_t features;	/* the caller's bits, as of the last disco */
	enum room_place place;	/* of this session */
	const char *own_nick;	/* ours in the room, while IN */
	int notify;		/* the caller's number of the rule */
	int64_t seq;
};

struct occupant_row {
	const char *nick;
	const char *occupant_id; /* XEP-0421; NULL: the room gives none */
	const char *jid;	 /* its real one, where we may see it */
	const char *text;
	int role; /* the caller's numbers */
	int affiliation;
	int show;
	int64_t asked_ms; /* when it asked for a voice, wall clock; 0: it does not */
};

struct room_rows {
	struct room_row *items;
	size_t count;
};

struct occupant_rows {
	struct occupant_row *items;
	size_t count;
};

/* Keeps the row of ROW->jid, whatever it was; ROW->seq is set to a new one. Inside a job.
 */
int rooms_put(struct store *store, struct room_row *row);

/* Forgets a room and its occupants; its conversation stays. Inside a job. */
int rooms_remove(struct store *store, const char *jid);

/* All rooms by JID, in ARENA. */
int rooms_list(struct store *store, struct arena *arena, struct room_rows *ret_rows);

/* Keeps an occupant of ROOM under its nick. Inside a job. */
int rooms_occupant_put(struct store *store, const char *room,
		       const struct occupant_row *row);

/* Forgets the occupant NICK of ROOM; NULL: all of them. Inside a job. */
int rooms_occupant_remove(struct store *store, const char *room, const char *nick);

/* Nobody in ROOM asks for a voice. Inside a job. */
int rooms_forget_asking(struct store *store, const char *room);

/* All occupants of ROOM, in ARENA. */
int rooms_occupants(struct store *store, const char *room, struct arena *arena,
		    struct occupant_rows *ret_rows);

#endif
