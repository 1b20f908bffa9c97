/*
 * A frontend: one connection that came through the door, what it is subscribed to, and
 * how much may wait for it. Its queue holds 4 MiB: beyond it events are dropped and a
 * resync is sent when it has read again; answers are never dropped, its requests wait
 * instead.
 */
#ifndef TERN_ROUTER_FRONTEND_H
#define TERN_ROUTER_FRONTEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge/peer.h"

struct call;
struct profile;
struct router;

struct subscription {
	struct profile *profile;
	bool is_stale;	  /* events were missed: none are sent until it attaches again */
	bool owes_resync; /* and it was not told so yet */
	struct subscription *next, *prev;
};

struct frontend {
	struct router *router;
	struct peer *peer;
	struct frontend *next, *prev;
	uint32_t number; /* no other has had it */
	bool has_greeted;
	bool has_other_schema;
	char *program; /* as it said in hello, cleaned */
	struct subscription *subscriptions;
	struct call *calls; /* on their way; route.c's */
	int call_count;
	long call_bytes;
	bool missed_states; /* profile.changed events were dropped */
	bool is_full;	    /* over its limit: its requests are not read */
	bool is_idle;	    /* nobody sits there, as it said itself */
	bool was_heard;	    /* bytes came since the last sweep */
	uint64_t deadline;  /* loop time at which it is closed; 0: none */
};

/* Takes over the connected FD. */
void frontend_new(struct router *router, int fd);

/* Closes those that stopped in the middle of a message; called at each ping. */
void frontend_sweep(struct router *router);

/* Closes and frees; calls on their way go on without it. */
void frontend_free(struct frontend *frontend);

/* Sends an answer or another whole frame that must not be lost. */
void frontend_send(struct frontend *frontend, const uint8_t *bytes, size_t len,
		   bool is_secret);

/* So many calls and BYTES of their params more (or fewer) are on their way for FRONTEND;
 * may stop or start its reading. */
void frontend_weigh(struct frontend *frontend, int calls, long bytes);

/* Says hello: PROGRAM, and whether it was built from another schema. */
void frontend_greeted(struct frontend *frontend, const char *program, bool has_other);

/* Subscribes to PROFILE's events from now on, or anew. */
void frontend_attach(struct frontend *frontend, struct profile *profile);

/* Ends the subscription; false when there was none. */
bool frontend_detach(struct frontend *frontend, struct profile *profile);

/* Sends the whole event frame BYTES to the subscribers of PROFILE. */
void frontend_publish(struct profile *profile, struct router *router,
		      const uint8_t *bytes, size_t len);

/* Sends an event to every frontend that is attached anywhere. */
void frontend_broadcast(struct router *router, enum bridge_event event,
			const void *record);

/* PROFILE's process died: its events stop for every subscriber. */
void frontend_cut_off(struct router *router, struct profile *profile);

/* PROFILE is open again: those cut off are told to attach. */
void frontend_resync(struct router *router, struct profile *profile);

/* Whether FRONTEND is attached to PROFILE. */
bool frontend_is_attached(struct frontend *frontend, const struct profile *profile);

/* Frontends attached to PROFILE. */
int frontend_count_attached(struct router *router, const struct profile *profile);

/* Whether anybody but EXCEPT is attached anywhere. */
bool frontend_any_attached(struct router *router, const struct frontend *except);

/* PROFILE is deleted: nobody is subscribed to it any more. */
void frontend_forget_profile(struct router *router, const struct profile *profile);

#endif
