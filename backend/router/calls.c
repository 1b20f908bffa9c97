/*
 * The router's own answers. The tables of handlers follow from the schema.
 */
#include "backend/router/calls.h"

#include <string.h>
#include <unistd.h>
#include <utlist.h>

#include "backend/router/frontend.h"
#include "backend/router/profile.h"
#include "backend/router/router.h"
#include "backend/router/supervise.h"
#include "backend/router/trial.h"
#include "backend/router/watch.h"
#include "backend/router/worker.h"
#include "bridge/base/mem.h"
#include "bridge/describe.h"

typedef void router_handler(struct frontend *from, struct serve_request *request);
typedef void supervisor_handler(struct worker *from, struct serve_request *request);

#define ROW_ROUTER(name) [METHOD_##name] = serve_##name,
#define ROW_SUPERVISOR(name)
#define ROW_PROFILE(name)
#define ROW_SESSION(name)
static router_handler *const router_handlers[METHOD_COUNT] = {
#define METHOD(name, wire, scope, params, result, since, doc) ROW_##scope(name)
#include "bridge/schema_rows.h"
};
#undef ROW_ROUTER
#undef ROW_SUPERVISOR

#define ROW_ROUTER(name)
#define ROW_SUPERVISOR(name) [METHOD_##name] = serve_##name,
static supervisor_handler *const supervisor_handlers[METHOD_COUNT] = {
#define METHOD(name, wire, scope, params, result, since, doc) ROW_##scope(name)
#include "bridge/schema_rows.h"
};

bool
calls_is_hello(const struct frame *frame)
{
	const char *wire = bridge_methods[METHOD_hello].wire;
	return frame->name_len == strlen(wire) &&
	       memcmp(frame->name, wire, frame->name_len) == 0;
}

void
calls_frontend(struct frontend *frontend, const struct frame *frame)
{
	struct serve_request *request =
		serve_begin(frontend->peer, frame, 1u << BRIDGE_ROUTER);
	if (request)
		router_handlers[request->method](frontend, request);
}

void
calls_worker(struct worker *worker, const struct frame *frame)
{
	struct serve_request *request =
		serve_begin(worker->peer, frame, 1u << BRIDGE_SUPERVISOR);
	if (request)
		supervisor_handlers[request->method](worker, request);
}

/* ---- scope ROUTER --------------------------------------------------------------- */

void
serve_hello(struct frontend *from, struct serve_request *request)
{
	const struct bridge_hello_params *params = request->params;
	const char *schema = bridge_schema_hash();
	frontend_greeted(from, params->program,
			 params->schema && strcmp(params->schema, schema) != 0);
	struct bridge_hello_result result = {.program = "ternd",
					     .version = TERN_VERSION,
					     .schema = schema,
					     .pid = getpid()};
	serve_result(request, &result);
}

void
serve_describe(struct frontend *from, struct serve_request *request)
{
	(void)from;
	struct buf text = {0};
	bridge_describe(&text);
	struct bridge_describe_result result = {
		.schema = bridge_schema_hash(),
		.text = (const char *)text.data,
	};
	serve_result(request, &result);
	buf_done(&text);
}

/* All profiles as a list in ARENA. */
static const struct bridge_profile_info *
list_profiles(struct router *router, struct arena *arena, size_t *ret_count)
{
	profile_scan(router);
	size_t count = 0;
	struct profile *profile = NULL;
	DL_COUNT(router->profiles, profile, count);
	struct bridge_profile_info *list = arena_array(arena, count, sizeof *list);
	struct bridge_link *links = arena_array(arena, count, sizeof *links);
	size_t i = 0;
	DL_FOREACH (router->profiles, profile) {
		profile_info(router, profile, &list[i], &links[i]);
		i++;
	}
	*ret_count = count;
	return list;
}

void
serve_status(struct frontend *from, struct serve_request *request)
{
	struct router *router = from->router;
	struct bridge_status_result result = {
		.pid = getpid(),
		.version = TERN_VERSION,
		.uptime = (int64_t)((uv_now(&router->loop) - router->started_ms) / 1000),
		.frontends = router->frontend_count,
	};
	result.profiles = list_profiles(router, &request->arena, &result.profiles_count);
	result.problem = router->options.problem;
	serve_result(request, &result);
}

/* Whether somebody but FROM needs the daemon. */
static bool
is_used(struct router *router, const struct frontend *from)
{
	if (frontend_any_attached(router, from))
		return true;
	struct profile *profile = NULL;
	DL_FOREACH (router->profiles, profile) {
		if (profile_is_needed(profile))
			return true;
	}
	return false;
}

void
serve_stop(struct frontend *from, struct serve_request *request)
{
	const struct bridge_stop_params *params = request->params;
	struct router *router = from->router;
	struct bridge_stop_result result = {.is_stopping = !params->if_unused ||
							   !is_used(router, from)};
	serve_result(request, &result);
	if (result.is_stopping)
		router_stop(router, "a frontend asked for it");
}

void
serve_idle(struct frontend *from, struct serve_request *request)
{
	const struct bridge_idle_params *params = request->params;
	watch_idle(from, params->is_idle);
	serve_result(request, NULL);
}

void
serve_restart(struct frontend *from, struct serve_request *request)
{
	trial_begin(from->router, request);
}

void
serve_profile_list(struct frontend *from, struct serve_request *request)
{
	struct bridge_profile_list_result result = {0};
	result.profiles =
		list_profiles(from->router, &request->arena, &result.profiles_count);
	serve_result(request, &result);
}

/* The profile that PARAMS of REQUEST name, or NULL: then the request is refused. */
static struct profile *
named(struct router *router, struct serve_request *request)
{
	const struct bridge_profile_name *params = request->params;
	bool is_default = strcmp(params->profile, ROUTER_DEFAULT) == 0;
	if (!is_default && !profile_find(router, params->profile))
		profile_scan(router);
	struct profile *profile = is_default ? profile_default(router)
					     : profile_find(router, params->profile);
	if (!profile)
		serve_fail(request, ERROR_NO_PROFILE, "There is no profile \"%s\".",
			   params->profile);
	return profile;
}

void
serve_profile_default(struct frontend *from, struct serve_request *request)
{
	struct router *router = from->router;
	struct profile *profile = named(router, request);
	if (!profile)
		return;
	struct profile *before = profile_default(router);
	int status = profile_make_default(router, profile);
	if (status) {
		serve_fail(request, ERROR_STORAGE, "The choice cannot be written: %s.",
			   strerror(-status));
		return;
	}
	serve_result(request, NULL);
	profile_tell(router, before);
	profile_tell(router, profile);
}

void
serve_detach(struct frontend *from, struct serve_request *request)
{
	struct profile *profile = named(from->router, request);
	if (!profile)
		return;
	bool was_attached = frontend_detach(from, profile);
	serve_result(request, NULL);
	if (was_attached)
		profile_tell(from->router, profile);
}

/* ---- scope SUPERVISOR ------------------------------------------------------------- */

void
serve_slot_take(struct worker *from, struct serve_request *request)
{
	const struct bridge_slot_params *params = request->params;
	slots_take(&from->router->slots, from, params->profile, request);
}

void
serve_key_keep(struct worker *from, struct serve_request *request)
{
	const struct bridge_key_params *params = request->params;
	struct router *router = from->router;
	struct profile *profile = profile_find(router, params->profile);
	if (!profile && from->creating > 0)
		profile = supervise_adopt(router, params->profile, from);
	if (!profile || profile->worker != from) {
		serve_fail(request, ERROR_NO_PROFILE, "You do not hold that profile.");
		return;
	}
	keys_drop(&router->keys, profile->key);
	profile->key = keys_put(&router->keys, params->key.data, params->key.len);
	if (params->key.len && !profile->key)
		serve_fail(request, ERROR_TOO_LARGE, "The key cannot be kept.");
	else
		serve_result(request, NULL);
}
