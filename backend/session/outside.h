/*
 * What happens to the machine: its addresses and routes change (rtnetlink), it sleeps,
 * its clock is set (a timerfd that is cancelled by that). One for a session process; what
 * happened is told to every profile's link.
 */
#ifndef TERN_SESSION_OUTSIDE_H
#define TERN_SESSION_OUTSIDE_H

#include <stddef.h>
#include <stdint.h>

struct outside;
struct process;

/* The clocks at one moment, in milliseconds. */
struct outside_clocks {
	int64_t monotonic; /* stands still while the machine sleeps */
	int64_t boottime;  /* does not */
	int64_t realtime;  /* is set */
};

enum outside_clock_event {
	OUTSIDE_SLEPT = 1,   /* the machine slept meanwhile */
	OUTSIDE_STEPPED = 2, /* the clock was set, by more than adjusting does */
};

/* What happened between two moments: some of enum outside_clock_event. */
unsigned outside_compare(const struct outside_clocks *before,
			 const struct outside_clocks *now);

enum outside_net_event {
	OUTSIDE_ADDRESSES = 1, /* links or addresses may be others now: compare them */
	OUTSIDE_ROUTES = 2,    /* another way to everywhere */
};

/* What the rtnetlink messages in BYTES (one datagram) tell: some of enum
 * outside_net_event. Any bytes are safe. */
unsigned outside_read(const void *bytes, size_t len);

/* Begins to watch for PROCESS. What cannot be had (no netlink in a container) is logged
 * and done without. */
struct outside *outside_new(struct process *process);

/* Ends it; the loop has to turn once more. NULL is fine. */
void outside_free(struct outside *outside);

#endif
