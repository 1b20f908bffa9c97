/*
 * Supervision: which session process holds which profile, opening profiles, pinging, and
 * bringing everything back after a death.
 */
#ifndef TERN_ROUTER_SUPERVISE_H
#define TERN_ROUTER_SUPERVISE_H

struct profile;
struct router;
struct worker;

/* Readies the ping's timers. */
void supervise_init(struct router *router);

/* There is something to look after: the ping's timer runs from now on. */
void supervise_tick(struct router *router);

/* Opens every profile that is there, so that the wished ones connect; not those that were
 * logged out before a restart. */
void supervise_open_all(struct router *router);

/* Sees to it that PROFILE sits somewhere and is being opened, if it is not open. */
void supervise_open(struct router *router, struct profile *profile);

/* A session process for a profile that is to be created. */
struct worker *supervise_place(struct router *router);

/* WORKER made the profile NAME: it is known from now on, and open. */
struct profile *supervise_adopt(struct router *router, const char *name,
				struct worker *worker);

/* A creation that WORKER had in hand is over. */
void supervise_created(struct worker *worker);

/* PROFILE is deleted: its seat is free, and an empty session process is ended. */
void supervise_release(struct router *router, struct profile *profile);

/* WORKER's process was started; died, or could not be started; will not be started again
 * at once. */
void supervise_worker_up(struct worker *worker);
void supervise_worker_down(struct worker *worker);
void supervise_worker_waits(struct worker *worker);

/* A process answered its ping. */
void supervise_answered(struct router *router);

#endif
