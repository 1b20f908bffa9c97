/*
 * What the router answers itself: the methods of scope ROUTER, and those of scope
 * SUPERVISOR for its session processes. Each METHOD of these scopes has its function
 * serve_NAME here; a missing one does not link.
 */
#ifndef TERN_ROUTER_CALLS_H
#define TERN_ROUTER_CALLS_H

#include <stdbool.h>

#include "bridge/serve.h"

struct frontend;
struct worker;

/* Whether FRAME calls bridge.hello. */
bool calls_is_hello(const struct frame *frame);

/* Answers a ROUTER request of FRONTEND, or refuses it. */
void calls_frontend(struct frontend *frontend, const struct frame *frame);

/* Answers a SUPERVISOR request of WORKER, or refuses it. */
void calls_worker(struct worker *worker, const struct frame *frame);

/* serve_hello, …: answer REQUEST (taken over) from FROM. */
#define SERVE_ROUTER(name)                                                               \
	void serve_##name(struct frontend *from, struct serve_request *request);
#define SERVE_SUPERVISOR(name)                                                           \
	void serve_##name(struct worker *from, struct serve_request *request);
#define SERVE_PROFILE(name)
#define SERVE_SESSION(name)
#define METHOD(name, wire, scope, params, result, since, doc) SERVE_##scope(name)
#include "bridge/schema_rows.h"
#undef SERVE_ROUTER
#undef SERVE_SUPERVISOR
#undef SERVE_PROFILE
#undef SERVE_SESSION

#endif
