/*
 * The counts are made anew from the frontends each time: what was told last is all that
 * is kept, in the profile, and is forgotten when the profile is opened again.
 */
#include "backend/router/watch.h"

#include <stddef.h>
#include <utlist.h>

#include "backend/router/frontend.h"
#include "backend/router/profile.h"
#include "backend/router/router.h"
#include "backend/router/worker.h"

void
watch_tell(struct router *router, struct profile *profile)
{
	const struct worker *worker = profile->worker;
	if (profile->phase != PROFILE_OPEN || !worker || !worker->peer ||
	    worker->is_lost || router->is_stopping)
		return;
	struct bridge_watch_params params = {.profile = profile->name};
	struct frontend *frontend = NULL;
	DL_FOREACH (router->frontends, frontend) {
		if (!frontend_is_attached(frontend, profile))
			continue;
		params.attached++;
		params.active += !frontend->is_idle;
	}
	if (profile->watch.is_told && profile->watch.attached == params.attached &&
	    profile->watch.active == params.active)
		return;
	profile->watch.is_told = true;
	profile->watch.attached = params.attached;
	profile->watch.active = params.active;
	peer_call(worker->peer, METHOD_session_watch, &params, 0, NULL, NULL);
}

void
watch_idle(struct frontend *frontend, bool is_idle)
{
	struct router *router = frontend->router;
	if (frontend->is_idle == is_idle)
		return;
	frontend->is_idle = is_idle;
	struct profile *profile = NULL;
	DL_FOREACH (router->profiles, profile) {
		if (frontend_is_attached(frontend, profile))
			watch_tell(router, profile);
	}
}
