/*
 * One room and who is in it (XEP-0045), as presences tell: pure, no store, no wire. What
 * arrives is believed only as far as it fits; any order of comings, goings, changes of
 * nick and lies of a server leaves a room in a state that makes sense.
 */
#ifndef TERN_MUC_ROOM_H
#define TERN_MUC_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uthash.h>

#include "bridge/schema.h"

/* Occupants of one room that are kept; a server that names more is not believed. */
#define ROOM_OCCUPANTS_MAX 20000

/* Requests for a voice that are kept of one room. */
#define ROOM_ASKING_MAX 16

/* Frontends that are told apart; of more the oldest is forgotten. */
#define ROOM_WATCHERS_MAX 16

struct occupant {
	UT_hash_handle hh;
	char *nick; /* prepared; the key */
	char *id;   /* XEP-0421, where the room announces it; else NULL */
	char *jid;  /* its real one, where we may see it; else NULL */
	char *text; /* status; NULL: none */
	enum bridge_role role;
	enum bridge_affiliation affiliation;
	enum bridge_show show;
	int64_t asked_ms; /* a visitor that asked for a voice: when, wall clock; or 0 */
};

/* What the room can do and is, from its disco#info. Kept as numbers: never renumber. */
enum room_feature {
	ROOM_HAS_ARCHIVE = 1 << 0,	/* XEP-0313 */
	ROOM_HAS_STANZA_IDS = 1 << 1,	/* XEP-0359 */
	ROOM_HAS_OCCUPANT_IDS = 1 << 2, /* XEP-0421 */
	ROOM_IS_MODERATED = 1 << 3,
	ROOM_IS_OPEN_NAMED = 1 << 4, /* everybody sees real addresses */
	ROOM_IS_PERSISTENT = 1 << 5,
	ROOM_IS_MEMBERS_ONLY = 1 << 6,
	ROOM_HAS_PASSWORD = 1 << 7,
	ROOM_CAN_MODERATE = 1 << 8,	/* XEP-0425, urn:xmpp:message-moderate:1 */
	ROOM_CAN_MODERATE_OLD = 1 << 9, /* urn:xmpp:message-moderate:0 */
};

enum room_step {
	ROOM_STEP_NONE,
	ROOM_STEP_INFO,	    /* its disco#info was asked for */
	ROOM_STEP_PRESENCE, /* our presence went there */
	ROOM_STEP_LEAVING,  /* our unavailable presence went there */
};

struct alarm;
struct archive_walk;
struct serve_request;

struct room {
	UT_hash_handle hh;
	char *jid; /* bare; the key */
	enum bridge_room_state state;
	enum room_step step;
	char *wish; /* the nick we ask for */
	char *nick; /* ours in the room; NULL unless IN */
	char *password;
	char *name;
	char *subject;
	char *subject_by;
	enum bridge_notify notify;
	char *reason;	 /* a sentence: why refused or waiting */
	char *condition; /* the same for programs */
	char *elsewhere; /* where it went on, if it moved or was destroyed; bare JID */
	int64_t features;
	int64_t seq; /* of the last change of what is shown of it */
	bool is_wanted;
	bool is_trial; /* asked for by hand and never in yet: nobody knows it as a room */
	bool may_create;
	bool is_reserved; /* and leave it closed until it is configured */
	bool is_first;	  /* no line of it was here before we came */
	/* Frontends that show its occupants, by ternd's numbers. */
	int64_t watching[ROOM_WATCHERS_MAX];
	unsigned watchers;
	bool is_reading;    /* what it is was asked for again … */
	bool is_stale;	    /* … and changed meanwhile */
	bool is_doubted;    /* to be asked whether we are in, whatever it says */
	uint64_t heard_ms;  /* by alarm_now(): it spoke, or was asked */
	unsigned tries;	    /* joins in a row that failed */
	bool is_to_be_kept; /* bookmarked once we are in */
	struct occupant *occupants;
	char *ignored;	  /* of muc_ignore.c; NULL: not read yet */
	bool has_gap;	  /* its archive has what came since we were last there */
	bool is_settling; /* own lines are looked for, and later ones wait */
	bool is_asking;	  /* a page of its archive is on its way */
	struct archive_walk *walk; /* through what it has; NULL: none yet */
	struct alarm *walking, *settling;
	struct alarm *alarm;	       /* of the step, the next try or the next ping */
	struct serve_request *request; /* of who waits for the join; NULL */
};

/* A presence of an occupant, read from the stanza; all strings are borrowed. */
struct room_presence {
	const char *nick;
	bool is_gone;	  /* type unavailable */
	bool is_self;	  /* status 110 */
	bool is_new_room; /* 201 */
	bool is_destroyed;
	enum bridge_occupant_end end; /* of who is gone */
	const char *new_nick; /* prepared; with is_gone and end LEFT: it only changes its
				 nick (303) */
	const char *id, *jid, *text;
	const char *actor; /* nick or address of who did it */
	const char *why;
	const char *elsewhere; /* of a destroyed room: where to go */
	enum bridge_role role;
	enum bridge_affiliation affiliation;
	enum bridge_show show;
};

/* What a presence changed. */
enum room_change {
	ROOM_NOTHING,
	ROOM_CAME,
	ROOM_CHANGED, /* role, affiliation, availability … */
	ROOM_RENAMED, /* from presence->nick to presence->new_nick */
	ROOM_WENT,
	ROOM_ENTERED, /* we are in: after all others were told */
	ROOM_LEFT,    /* we are out */
};

/* A room of that bare JID, OUT. The caller owns it. */
struct room *room_new(const char *jid);

/* Frees it and its occupants; neither its alarms, its walk nor its request. NULL is fine.
 */
void room_free(struct room *room);

/* The occupant NICK, or NULL. */
struct occupant *room_find(const struct room *room, const char *nick);

/* Applies PRESENCE to a room that is ENTERING or IN (or LEAVING by its step); to another
 * it does nothing. With ROOM_ENTERED the state is IN and `nick` set; with ROOM_LEFT the
 * state is OUT and nobody is in it any more. */
enum room_change room_take(struct room *room, const struct room_presence *presence);

/* Puts an occupant into the room as it was kept (session_scope.h), with its asked_ms. */
void room_recall(struct room *room, const struct room_presence *presence,
		 int64_t asked_ms);

/* A visitor asks for a voice, at NOW. Kept until its role is another one, it is gone, or
 * we may not give one; of at most ROOM_ASKING_MAX at a time. False if it is not kept. */
bool room_hear(struct room *room, struct occupant *occupant, int64_t now_ms);

/* If we may give no voice: forgets who asks for one; whether somebody did. */
bool room_forget_asking(struct room *room);

/* FRONTEND shows the occupants of ROOM, however often it says so. */
void room_watch(struct room *room, int64_t frontend);

/* It shows them no more: whether that leaves nobody who does. */
bool room_unwatch(struct room *room, int64_t frontend);

/* Forgets all occupants and our nick; the state is OUT. */
void room_clear(struct room *room);

/* Ours, or NULL unless IN. */
struct occupant *room_self(const struct room *room);

#endif
