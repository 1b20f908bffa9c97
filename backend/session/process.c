/*
 * Requests from the router to handlers, by two tables made from the schema: the handler
 * of each method and what state its profile must be in.
 */
#include "backend/session/process.h"

#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "backend/net/net.h"
#include "backend/session/handlers.h"
#include "backend/session/inner.h"
#include "backend/session/outside.h"
#include "backend/store/profile_name.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"
#include "bridge/base/paths.h"
#include "bridge/serve.h"

static handler *const handlers[METHOD_COUNT] = {
#define ROW_ROUTER(name)
#define ROW_SUPERVISOR(name)
#define ROW_PROFILE(name) [METHOD_##name] = serve_##name,
#define ROW_SESSION(name) [METHOD_##name] = serve_##name,
#define METHOD(name, wire, scope, params, result, since, doc) ROW_##scope(name)
#include "bridge/schema_rows.h"
};

/* Methods that a locked profile answers; every other one gets LOCKED. */
static const bool works_locked[METHOD_COUNT] = {
	[METHOD_profile_unlock] = true,
	[METHOD_profile_delete] = true,
	[METHOD_session_close] = true,
};

struct profile *
process_find(struct process *process, const char *name)
{
	const char *reason;
	char *same = NULL;
	struct profile *profile, *found = NULL;
	if (profile_name_check(name, &same, &reason) < 0)
		return NULL;
	DL_FOREACH (process->profiles, profile) {
		if (strcmp(profile->name, same) == 0)
			found = profile;
	}
	free(same);
	return found;
}

void
process_dispatch(struct process *process, struct profile *profile,
		 struct serve_request *request)
{
	if (profile->phase == PROFILE_CLOSING) {
		serve_fail(request, ERROR_BUSY, "%s is being closed; try again.",
			   profile->name);
	} else if (profile->phase == PROFILE_LOCKED && !works_locked[request->method]) {
		serve_fail(request, ERROR_LOCKED,
			   "%s is locked; unlock it with its profile password.",
			   profile->name);
	} else {
		handlers[request->method](process, profile, request);
	}
}

/* The field `profile` of a decoded params record; every PROFILE method has it. */
static const char *
profile_field(const struct serve_request *request)
{
	const struct bridge_record_row *row = bridge_methods[request->method].params;
	for (int i = 0; i < row->field_count; i++) {
		if (strcmp(row->fields[i].name, "profile") == 0) {
			const char *const *slot =
				(const void *)((const char *)request->params +
					       row->fields[i].offset);
			return *slot;
		}
	}
	return NULL;
}

static void
on_request(void *data, const struct frame *frame)
{
	struct process *process = data;
	struct serve_request *request = serve_begin(
		process->router, frame, 1u << BRIDGE_PROFILE | 1u << BRIDGE_SESSION);
	if (!request)
		return;
	enum bridge_method method = request->method;
	bool is_late = method == METHOD_session_open || method == METHOD_session_end ||
		       method == METHOD_session_suspend ||
		       method == METHOD_profile_create;
	if (process->is_ending && is_late) {
		serve_fail(request, ERROR_BUSY, "This process is ending.");
		return;
	}
	if (bridge_methods[method].scope == BRIDGE_SESSION ||
	    method == METHOD_profile_create) {
		handlers[method](process, NULL, request);
		return;
	}
	const char *name = profile_field(request);
	struct profile *profile = name ? process_find(process, name) : NULL;
	if (!profile && method == METHOD_profile_delete) {
		handlers[method](process, NULL, request);
	} else if (!profile) {
		serve_fail(request, ERROR_NO_PROFILE, "There is no profile %s.",
			   name ? name : "without a name");
	} else if (profile->phase == PROFILE_OPENING) {
		DL_APPEND(profile->waiting, request);
	} else {
		process_dispatch(process, profile, request);
	}
}

/* The router has taken everything: streams that waited for it are read again. */
static void
on_drained(void *data)
{
	struct process *process = data;
	struct profile *profile;
	DL_FOREACH (process->profiles, profile)
		road_look_at_pressure(profile);
}

/* The router is gone: so are we. Streams are dropped without goodbye by the exit. */
static void
on_closed(void *data, int status, const char *problem)
{
	(void)data;
	(void)status;
	(void)problem;
	_exit(0);
}

void
process_profile_gone(struct process *process)
{
	if (!process->is_ending || process->profiles)
		return;
	if (process->end_request)
		serve_result(process->end_request, NULL);
	process->end_request = NULL;
	uv_stop(process->loop);
}

int
process_start(struct process *process, uv_loop_t *loop, int fd)
{
	static const struct peer_hooks hooks = {
		.on_request = on_request,
		.on_drained = on_drained,
		.on_closed = on_closed,
	};
	struct net_options options = {.dns_servers = getenv("TERN_DNS")};
	const char *hurry = getenv("TERN_HURRY");
	process->hurry = hurry ? (unsigned)strtoul(hurry, NULL, 10) : 1;
	process->hurry += process->hurry ? 0 : 1;
	process->loop = loop;
	int result = net_new(loop, &options, &process->net);
	if (result < 0)
		return result;
	process->stanzas = stanza_ctx_new();
	char *data = paths_data();
	process->root = mem_printf("%s/profiles", data);
	free(data);
	process->outside = outside_new(process);
	process->router = peer_new(loop, fd, &hooks, process);
	return process->router ? 0 : -1;
}

void
process_done(struct process *process)
{
	peer_free(process->router);
	net_free(process->net);
	outside_free(process->outside);
	/* What is on the pool still (a key derivation of a dropped login) ends first: its
	 * thread speaks to the loop when it is done. */
	(void)uv_run(process->loop, UV_RUN_DEFAULT);
	stanza_ctx_free(process->stanzas);
	free(process->root);
}
