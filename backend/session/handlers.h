/*
 * The handlers of a session process: serve_NAME for each method of scope PROFILE and
 * SESSION, declared from the schema; one that nobody defines does not link. A handler
 * owns its request and ends it exactly once. PROFILE is NULL for methods of scope SESSION
 * and for profile.create.
 */
#ifndef TERN_SESSION_HANDLERS_H
#define TERN_SESSION_HANDLERS_H

struct process;
struct profile;
struct serve_request;

typedef void handler(struct process *process, struct profile *profile,
		     struct serve_request *request);

#define HANDLER_ROUTER(name)
#define HANDLER_SUPERVISOR(name)
#define HANDLER_PROFILE(name) handler serve_##name;
#define HANDLER_SESSION(name) handler serve_##name;
#define METHOD(name, wire, scope, params, result, since, doc) HANDLER_##scope(name)
#include "bridge/schema_rows.h"
#undef HANDLER_PROFILE
#undef HANDLER_SESSION

#endif
