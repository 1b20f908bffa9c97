/*
 * The trial of a successor: before anything is given up for a restart, the program that
 * lies on disk now has to run, and so has the one for sessions.
 */
#ifndef TERN_ROUTER_TRIAL_H
#define TERN_ROUTER_TRIAL_H

struct peer;
struct router;
struct serve_request;

/* Tries the successor of ROUTER, answers REQUEST (router.restart, taken over) and begins
 * the restart; or refuses it with a sentence, and ROUTER goes on as it was. */
void trial_begin(struct router *router, struct serve_request *request);

/* PEER goes. If it asked for the trial under way, its answer is dropped. */
void trial_forget(struct router *router, const struct peer *peer);

/* ROUTER ends: so does a trial under way, with nothing to follow. */
void trial_stop(struct router *router);

#endif
