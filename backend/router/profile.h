/*
 * The profiles that the router knows: what their session processes said of them last, who
 * listens, which one is the default. Names are unique and sorted.
 */
#ifndef TERN_ROUTER_PROFILE_H
#define TERN_ROUTER_PROFILE_H

#include <stdbool.h>

#include "bridge/base/arena.h"
#include "bridge/base/buf.h"
#include "bridge/schema.h"

struct call;
struct key;
struct router;
struct worker;

enum profile_phase {
	PROFILE_CLOSED,	 /* nobody has opened it */
	PROFILE_OPENING, /* session.open is not yet answered: calls are held */
	PROFILE_OPEN,
	PROFILE_FAILED, /* session.open failed; tried again by the next call */
};

struct profile {
	char *name;
	long long born_ns;
	struct profile *next, *prev;
	struct worker *worker; /* where it sits; NULL while nowhere */
	enum profile_phase phase;
	struct arena info_arena;
	struct bridge_profile_info info; /* as its session process said; in info_arena */
	struct key *key;		 /* NULL: none kept */
	enum bridge_error error;	 /* why PROFILE_FAILED */
	char *problem;			 /* that as a sentence, or NULL */
	bool has_left;			 /* asked to log out, and not to connect since */
	struct call *held;		 /* waiting for session.open */
	struct buf told;		 /* the state that frontends heard of last */
	struct {
		bool is_told;
		int64_t attached, active;
	} watch; /* what its session process heard last of who looks */
};

/* The profile NAME (not a placeholder), or NULL. */
struct profile *profile_find(struct router *router, const char *name);

/* Adds the profile NAME, made at BORN_NS; it must not be there. */
struct profile *profile_add(struct router *router, const char *name, long long born_ns);

/* Adds the profile folders that are new on disk. */
void profile_scan(struct router *router);

/* Forgets PROFILE, tells everyone and frees it; held calls are told NO_PROFILE. */
void profile_remove(struct router *router, struct profile *profile);

/* What @DEFAULT@ stands for; NULL when there is no profile. */
struct profile *profile_default(struct router *router);

/* Makes PROFILE the default, now and for the next start. 0 or a negative errno. */
int profile_make_default(struct router *router, struct profile *profile);

/* Whether its connection is needed: wished, not waiting for its password, and nobody just
 * logged it out. */
bool profile_is_needed(const struct profile *profile);

/* Takes over what its session process says of PROFILE: the raw params of
 * supervisor.status, decoded into ARENA (taken over) as INFO. */
void profile_heard(struct router *router, struct profile *profile, struct arena *arena,
		   const struct bridge_profile_info *info);

/* Fills RET_INFO with PROFILE's state for frontends; RET_LINK is room for its link. All
 * borrowed until the profile changes. */
void profile_info(struct router *router, const struct profile *profile,
		  struct bridge_profile_info *ret_info, struct bridge_link *ret_link);

/* Tells every attached frontend PROFILE's state if it is not what they heard last. */
void profile_tell(struct router *router, struct profile *profile);

/* Refuses with SENTENCE what is held for any profile: none opens any more. */
void profile_refuse_held(struct router *router, const char *sentence);

/* Frees all without telling anyone; nothing is held any more. */
void profile_free_all(struct router *router);

#endif
