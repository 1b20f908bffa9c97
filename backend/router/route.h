/*
 * Calls on their way from a frontend to a session process and back, and the events of
 * session processes on their way to those who are subscribed. Params and results pass as
 * they came; only the field `profile` is read, and replaced where it says @DEFAULT@;
 * and where a session process has to tell frontends apart, `frontend` is added.
 */
#ifndef TERN_ROUTER_ROUTE_H
#define TERN_ROUTER_ROUTE_H

#include "bridge/frame.h"

struct frontend;
struct profile;
struct worker;

/* A request of a frontend that said hello (or says it now). Every request is answered
 * once, with the caller's id; ids are the caller's own, the router does not mind doubles.
 */
void route_request(struct frontend *frontend, const struct frame *frame);

/* A request and an event of a session process. */
void route_worker_request(struct worker *worker, const struct frame *frame);
void route_worker_event(struct worker *worker, const struct frame *frame);

/* PROFILE is open: the calls that were held go on. */
void route_release_held(struct profile *profile);

/* PROFILE will not open: the held calls are refused. */
void route_refuse_held(struct profile *profile, enum bridge_error error,
		       const char *sentence);

/* FRONTEND goes: the answers to its calls are dropped. */
void route_orphan(struct frontend *frontend);

#endif
