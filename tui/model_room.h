/*
 * Rooms as tern knows them: a mirror of the daemon's records, cleaned. Who is in a room
 * is known only while it was asked for.
 */
#ifndef TERN_TUI_MODEL_ROOM_H
#define TERN_TUI_MODEL_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include "bridge/schema.h"

struct model;
struct occupants;

#define ROOM_LEFT_MAX 8

/* A nick that somebody had a moment ago. */
struct room_left {
	char *nick; /* as it is; NULL: none */
	uint64_t at;
};

/* What of it was told already (room_news.h). */
struct room_told {
	bool is_inside, has_role;
	bool is_open; /* everybody there sees everybody's address */
	enum bridge_role role;
	enum bridge_affiliation affiliation;
	char *subject;
};

struct model_room {
	char *jid;  /* first: by_jid.h */
	char *name; /* what it is called: its own name, else what stands before the @ */
	char *nick; /* ours there, as it is; "" while unknown */
	char *subject, *subject_by; /* "" for none */
	char *reason;		    /* why out, waiting or refused; "" for none */
	char *moved_to;		    /* where it goes on without us; "" for nowhere */
	enum bridge_room_state state;
	enum bridge_role role;
	enum bridge_affiliation affiliation;
	enum bridge_notify notify;
	int64_t occupants;
	bool is_wanted;		  /* joined again after each login */
	bool is_open;		  /* everybody there sees everybody's address */
	struct occupants *people; /* NULL while they are not known */
	bool is_watched;	  /* the daemon tells who comes and goes */
	bool is_refused;	  /* it does not want to, in this stay */
	uint64_t hidden_at;	  /* of the loop's time; 0: it is shown */
	bool is_asking;		  /* who is there was asked for */
	struct room_told told;
	struct room_left left[ROOM_LEFT_MAX];
	size_t left_next; /* the place of the next one, in turn */
};

/* The room with the bare JID, NULL if there is none; borrowed. */
struct model_room *model_room(const struct model *model, const char *jid);

/* Takes over a record of the daemon. */
void model_put_room(struct model *model, const struct bridge_room *record);

/* The room that the conversation JID is in: a room, or one of its occupants. NULL for
 * anything else; borrowed. */
struct model_room *model_room_of(const struct model *model, const char *jid);

/* Takes over who is in ROOM; what is told from now on changes it. */
void model_put_people(struct model *model, struct model_room *room,
		      const struct bridge_occupant *people, size_t count);

/* Who is in ROOM is not wanted any more. */
void model_forget_people(struct model *model, struct model_room *room);

/* Somebody came or changed; went; nobody tells any more: of the room JID, or (NULL) of
 * all. */
void model_put_occupant(struct model *model, const struct bridge_occupant_event *event);
void model_drop_occupant(struct model *model,
			 const struct bridge_occupant_gone_event *event);
void model_unwatch_rooms(struct model *model, const char *jid);

/* Nobody in ROOM is called NICK any more, since AT; and who was gone before BEFORE is
 * not looked for any more. */
void model_room_left(struct model_room *room, const char *nick, uint64_t at);
void model_room_forget_left(struct model_room *room, uint64_t before);

/* Forgets all rooms. */
void model_drop_rooms(struct model *model);

#endif
