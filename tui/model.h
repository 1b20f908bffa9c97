/*
 * What tern knows of the attached profile: contacts and their presences, conversations,
 * requests, options, the connection. Pure data, a mirror of the daemon's: changed by
 * attaching and by events only (model_apply.c), where every text from outside is cleaned.
 * Each change leaves a mark in `dirty`, which the views read once per loop turn.
 */
#ifndef TERN_TUI_MODEL_H
#define TERN_TUI_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge/schema.h"
#include "tui/by_jid.h"
#include "tui/chat.h"
#include "tui/model_room.h"

enum model_dirty {
	MODEL_CONTACTS = 1 << 0, /* contacts, presences, requests, blocked */
	MODEL_CHATS = 1 << 1,	 /* badges, drafts, which are open */
	MODEL_LINK = 1 << 2,	 /* connection, own availability */
	MODEL_TYPING = 1 << 3,
	MODEL_SETTINGS = 1 << 4,
	MODEL_PEOPLE = 1 << 5, /* who is in a room */
	MODEL_ALL = (1 << 6) - 1,
};

struct model_presence {
	char *resource; /* "" for none */
	enum bridge_show show;
	char *text;
	int64_t priority;
	struct model_presence *next;
};

struct model_contact {
	char *jid;
	char *name; /* NULL for none */
	enum bridge_subscription subscription;
	bool is_asking;
	char **groups;
	size_t group_count;
	struct model_presence *presences;
};

struct model_request {
	char *jid;
	char *text; /* "" for none */
};

struct model_setting {
	char *name, *value, *type, *help;
	int64_t least, most; /* of a number; most 0: not known */
};

struct model_link {
	enum bridge_link_state state;
	char *reason, *condition; /* NULL for none */
	int64_t retry_at;	  /* loop time of the next try in ms, 0 for none */
	int64_t caught, behind;	  /* of the catching up; 0: not known */
	bool is_wanted;
};

struct model {
	char *profile; /* "" before the first attach */
	char *jid;
	int64_t epoch, seq;
	struct model_link link;
	enum bridge_show show;
	bool is_auto; /* away only because nobody sat at a terminal */
	char *status_text;
	bool is_protected;
	int64_t attached; /* frontends attached to the profile, this one included */

	struct by_jid contacts; /* struct model_contact */
	struct by_jid chats;	/* struct chat */
	struct chat **open;	/* the open ones, in the order of their numbers */
	size_t open_count;
	struct by_jid rooms;	/* struct model_room */
	char *invited;		/* the room of the last invitation; NULL: none */
	struct by_jid requests; /* struct model_request */
	char **blocked;
	size_t blocked_count;
	struct model_setting *settings;
	size_t setting_count;

	unsigned dirty; /* enum model_dirty */
};

struct model *model_new(void);
void model_free(struct model *model);

/* The contact with the bare JID, NULL if there is none; borrowed. */
struct model_contact *model_contact(const struct model *model, const char *jid);

/* The conversation with the bare JID, NULL if there is none; borrowed. */
struct chat *model_chat(const struct model *model, const char *jid);

/* The conversation with JID, made if there is none. */
struct chat *model_need_chat(struct model *model, const char *jid);

/* Puts a conversation among the open ones or takes it out. */
void model_set_open(struct model *model, struct chat *chat, bool is_open);

/* The number of an open conversation, from 1 on; 0 if it is not open. */
size_t model_number(const struct model *model, const struct chat *chat);

/* What an address is called: its handle, a room's name, "nick (room)", else for contacts
 * what stands before the @, else the address. Borrowed until the next change. */
const char *model_name(struct model *model, const char *jid, char *buffer, size_t size);

/* Whether the profile is logged in. */
bool model_is_online(const struct model *model);

/* The presence that counts of a contact: the highest priority, of equals the most
 * available; NULL while all are offline. */
const struct model_presence *model_best(const struct model_contact *contact);

/* Unread messages of CHAT that one is told of: of a room those that its rule names. */
int64_t model_told(const struct model *model, const struct chat *chat);

/* The same over all conversations. */
int64_t model_unread(const struct model *model);

/* An option that the profile keeps, NULL if there is none. */
const struct model_setting *model_setting(const struct model *model, const char *name);

/* Whether it is on or off, and its value as it is shown to people. Borrowed. */
bool model_setting_is_switch(const struct model_setting *setting);
const char *model_setting_shown(const struct model_setting *setting);

/* What it takes, for people: "on|off", "0 to 1440" …; the caller frees. */
char *model_setting_takes(const struct model_setting *setting);

/* Whether such an option is on; IS_DEFAULT while unknown. */
bool model_setting_is_on(const struct model *model, const char *name, bool is_default);

/* Whether the bare JID is on the block list. */
bool model_is_blocked(const struct model *model, const char *jid);

/* Forgets everything but the profile's name and the unsent texts. */
void model_forget(struct model *model);

/* Parts of model_apply.c's work. */
void model_drop_contact(struct model *model, const char *jid);
void model_drop_presences(struct model_contact *contact);

#endif
