/*
 * Settings of a profile: key → text. The account, its overrides, the wish to be
 * connected, the own presence, the roster's version, and the options of /set
 * ("option.NAME").
 */
#ifndef TERN_STORE_SETTINGS_H
#define TERN_STORE_SETTINGS_H

#include <stddef.h>
#include <stdint.h>

#include "bridge/base/arena.h"

struct store;

#define SETTING_NAME "profile.name" /* display name */
#define SETTING_JID "account.jid"   /* bare */
#define SETTING_HOST "account.host"
#define SETTING_PORT "account.port"
#define SETTING_DIRECT_TLS "account.direct_tls" /* "0", "1" */
#define SETTING_CA_FILE "account.ca_file"
#define SETTING_RESOURCE "account.resource" /* fixed: see settings_resource */
#define SETTING_CONNECTED "wish.connected"  /* "0", "1" */
#define SETTING_SHOW "presence.show"	    /* "", "away", "chat", "dnd", "xa" */
#define SETTING_STATUS "presence.status"
#define SETTING_ROSTER_VERSION "roster.version"
#define SETTING_REPAIRED "store.repaired" /* a sentence until it was told */
#define SETTING_OPTION "option."	  /* prefix of what /set keeps for a profile */

struct setting {
	const char *key;
	const char *value;
};

struct setting_list {
	struct setting *items;
	size_t count;
};

/* The value of KEY in ARENA; NULL where there is none (or it can't be read). */
const char *settings_get(struct store *store, const char *key, struct arena *arena);

/* The value as a number; FALLBACK where there is none or it is not a number. */
int64_t settings_get_int(struct store *store, const char *key, int64_t fallback);

/* Sets KEY; NULL removes it. Inside a job. 0 or negative errno. */
int settings_set(struct store *store, const char *key, const char *value);

/* The same for a number. Inside a job. */
int settings_set_int(struct store *store, const char *key, int64_t value);

/* All settings whose key begins with PREFIX ("" for all), by key. */
int settings_list(struct store *store, const char *prefix, struct arena *arena,
		  struct setting_list *ret_list);

/* The resource of this profile on this installation, "tern." and 6 random letters; made
 * and kept at the first call. Inside a job. */
int settings_resource(struct store *store, struct arena *arena,
		      const char **ret_resource);

#endif
