/*
 * Login slots: so many profiles may log in at once, over all session processes; the
 * others wait their turn. A login costs each side of the wire more than a hundred
 * messages.
 */
#ifndef TERN_ROUTER_SLOTS_H
#define TERN_ROUTER_SLOTS_H

#include <stdbool.h>

struct serve_request;
struct slot;

/* Slots that there are. */
#define SLOTS_MAX 8

/* Zero-initialise to begin. */
struct slots {
	struct slot *held;
	struct slot *waiting; /* first come, first served */
	int held_count;
};

/* Answers REQUEST (taken over) when a slot is free for PROFILE of OWNER; at once when
 * that one holds a slot already. */
void slots_take(struct slots *slots, const void *owner, const char *profile,
		struct serve_request *request);

/* PROFILE of OWNER gives its slot back, or waits no more. */
void slots_give(struct slots *slots, const void *owner, const char *profile);

/* OWNER is gone, with every slot and request of its. */
void slots_forget(struct slots *slots, const void *owner);

#endif
