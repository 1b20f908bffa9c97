/*
 * The trial of a successor: before anything is given up for a restart, the program that
 * lies on disk now has to run and the one for sessions has to be there.
 */
#ifndef TERN_ROUTER_TRIAL_H
#define TERN_ROUTER_TRIAL_H

struct router;
struct serve_request;

/* Tries the successor of ROUTER, answers REQUEST (router.restart, taken over) and begins
 * the restart; or refuses it with a sentence, and ROUTER goes on as it was. */
void trial_begin(struct router *router, struct serve_request *request);

#endif
