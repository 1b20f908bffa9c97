/*
 * The table of profiles. A profile's state for frontends is composed of what its session
 * process said and of what only the router knows: who is attached, which process, why it
 * is not open.
 */
#include "backend/router/profile.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "backend/router/frontend.h"
#include "backend/router/route.h"
#include "backend/router/router.h"
#include "backend/router/supervise.h"
#include "backend/router/watch.h"
#include "backend/router/worker.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"
#include "bridge/codec.h"

struct profile *
profile_find(struct router *router, const char *name)
{
	struct profile *profile = NULL;
	DL_FOREACH (router->profiles, profile) {
		if (strcmp(profile->name, name) == 0 ||
		    (profile->info.twin && strcmp(profile->info.twin, name) == 0))
			return profile;
	}
	return NULL;
}

static int
by_name(const struct profile *a, const struct profile *b)
{
	return strcmp(a->name, b->name);
}

struct profile *
profile_add(struct router *router, const char *name, long long born_ns)
{
	struct profile *profile = mem_alloc(sizeof *profile);
	profile->name = mem_strdup(name);
	profile->born_ns = born_ns;
	DL_INSERT_INORDER(router->profiles, profile, by_name);
	if (!router->default_name)
		(void)profile_make_default(router, profile_default(router));
	return profile;
}

void
profile_scan(struct router *router)
{
	size_t count = 0;
	struct home_profile *found = home_profiles(&router->home, &count);
	/* The oldest first, so that it becomes the default where there was none. */
	for (size_t left = count; left > 0; left--) {
		size_t oldest = 0;
		for (size_t i = 1; i < left; i++) {
			if (found[i].born_ns < found[oldest].born_ns)
				oldest = i;
		}
		if (!profile_find(router, found[oldest].name))
			(void)profile_add(router, found[oldest].name,
					  found[oldest].born_ns);
		struct home_profile done = found[oldest];
		found[oldest] = found[left - 1];
		found[left - 1] = done;
	}
	home_free_profiles(found, count);
}

static void
profile_free(struct router *router, struct profile *profile)
{
	keys_drop(&router->keys, profile->key);
	arena_done(&profile->info_arena);
	buf_done(&profile->told);
	free(profile->problem);
	free(profile->name);
	free(profile);
}

void
profile_remove(struct router *router, struct profile *profile)
{
	DL_DELETE(router->profiles, profile);
	bool was_default =
		router->default_name && strcmp(router->default_name, profile->name) == 0;
	struct bridge_profile_info info = {.name = profile->name};
	struct bridge_profile_event event = {.info = &info, .is_gone = true};
	frontend_broadcast(router, EVENT_profile_changed, &event);
	route_refuse_held(profile, ERROR_NO_PROFILE,
			  "There is no such profile any more.");
	frontend_forget_profile(router, profile);
	supervise_release(router, profile);
	profile_free(router, profile);
	if (!was_default)
		return;
	mem_replace(&router->default_name, NULL);
	struct profile *next = profile_default(router);
	if (!next)
		(void)home_set_default(&router->home, NULL);
	else if (profile_make_default(router, next) == 0)
		profile_tell(router, next);
}

struct profile *
profile_default(struct router *router)
{
	struct profile *chosen =
		router->default_name ? profile_find(router, router->default_name) : NULL;
	if (chosen)
		return chosen;
	struct profile *profile = NULL;
	DL_FOREACH (router->profiles, profile) {
		if (!chosen || profile->born_ns < chosen->born_ns)
			chosen = profile;
	}
	return chosen;
}

int
profile_make_default(struct router *router, struct profile *profile)
{
	int status = home_set_default(&router->home, profile->name);
	if (status) {
		log_warn("profile", "the default cannot be written: %s",
			 strerror(-status));
		return status;
	}
	mem_replace(&router->default_name, profile->name);
	return 0;
}

bool
profile_is_needed(const struct profile *profile)
{
	const struct bridge_link *link = profile->info.link;
	if (profile->has_left)
		return false;
	if (profile->phase == PROFILE_OPENING)
		return true;
	return link && link->is_wanted && link->state != link_state_OFFLINE &&
	       link->state != link_state_LOCKED;
}

void
profile_heard(struct router *router, struct profile *profile, struct arena *arena,
	      const struct bridge_profile_info *info)
{
	arena_done(&profile->info_arena);
	profile->info_arena = *arena;
	*arena = (struct arena){0};
	profile->info = *info;
	profile_tell(router, profile);
}

/* The link of a profile that no session process has open. */
static void
compose_link(const struct profile *profile, struct bridge_link *link)
{
	const struct bridge_link *last = profile->info.link;
	bool is_wanted = last && last->is_wanted;
	*link = (struct bridge_link){.state = is_wanted ? link_state_WAITING
							: link_state_OFFLINE,
				     .is_wanted = is_wanted,
				     .reason = profile->problem};
	if (profile->info.is_protected && !profile->key)
		link->state = link_state_LOCKED;
}

void
profile_info(struct router *router, const struct profile *profile,
	     struct bridge_profile_info *ret_info, struct bridge_link *ret_link)
{
	*ret_info = profile->info;
	ret_info->name = profile->name;
	if (profile->phase != PROFILE_OPEN) {
		compose_link(profile, ret_link);
		ret_info->link = ret_link;
		ret_info->is_locked = ret_link->state == link_state_LOCKED;
	}
	if (profile->problem)
		ret_info->problem = profile->problem;
	ret_info->is_default = profile_default(router) == profile;
	ret_info->attached = frontend_count_attached(router, profile);
	ret_info->pid = profile->worker ? worker_pid(profile->worker) : 0;
}

void
profile_tell(struct router *router, struct profile *profile)
{
	struct bridge_profile_info info;
	struct bridge_link link;
	struct buf state = {0};
	watch_tell(router, profile);
	profile_info(router, profile, &info, &link);
	codec_encode(&state, &record_profile_info, &info);
	bool is_same = state.len == profile->told.len &&
		       memcmp(state.data, profile->told.data, state.len) == 0;
	buf_done(&profile->told);
	profile->told = state;
	if (is_same)
		return;
	struct bridge_profile_event event = {.info = &info};
	frontend_broadcast(router, EVENT_profile_changed, &event);
}

void
profile_refuse_held(struct router *router, const char *sentence)
{
	struct profile *profile = NULL;
	DL_FOREACH (router->profiles, profile)
		route_refuse_held(profile, ERROR_BACKEND_GONE, sentence);
}

void
profile_free_all(struct router *router)
{
	struct profile *profile = NULL, *next = NULL;
	DL_FOREACH_SAFE (router->profiles, profile, next) {
		DL_DELETE(router->profiles, profile);
		profile_free(router, profile);
	}
	mem_replace(&router->default_name, NULL);
}
