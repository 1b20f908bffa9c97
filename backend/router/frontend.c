/*
 * Frontends: their life, their queues and their subscriptions. A frontend that has no
 * right to wait for ever (no hello yet, or full) has a deadline; one timer serves them
 * all and stands still while nobody has one.
 */
#include "backend/router/frontend.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>

#include "backend/router/calls.h"
#include "backend/router/profile.h"
#include "backend/router/route.h"
#include "backend/router/router.h"
#include "backend/router/supervise.h"
#include "backend/router/trial.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"

enum {
	QUEUE_MAX = 4 * 1024 * 1024,
	CALLS_MAX = 64, /* on their way; each answer may have 4 MiB */
	CALL_BYTES_MAX = 8 * 1024 * 1024,
	HELLO_MS = 10 * 1000,
	FULL_MS = 60 * 1000,
	PROGRAM_MAX = 40,
};

static void on_deadline(uv_timer_t *timer);

/* Sets the timer to the next deadline of all frontends. */
static void
set_timer(struct router *router)
{
	uint64_t next = 0;
	struct frontend *frontend = NULL;
	DL_FOREACH (router->frontends, frontend) {
		if (frontend->deadline && (!next || frontend->deadline < next))
			next = frontend->deadline;
	}
	if (!next) {
		(void)uv_timer_stop(&router->deadline);
		return;
	}
	uint64_t now = uv_now(&router->loop);
	(void)uv_timer_start(&router->deadline, on_deadline, next > now ? next - now : 0,
			     0);
}

static void
set_deadline(struct frontend *frontend, unsigned in_ms)
{
	struct router *router = frontend->router;
	in_ms /= router->options.hurry;
	frontend->deadline = in_ms ? uv_now(&router->loop) + in_ms : 0;
	/* A timer that rings too early looks again and costs nothing. */
	if (in_ms && !uv_is_active((const uv_handle_t *)&router->deadline))
		(void)uv_timer_start(&router->deadline, on_deadline, in_ms, 0);
	else
		set_timer(router);
}

static void
on_deadline(uv_timer_t *timer)
{
	struct router *router = timer->data;
	uint64_t now = uv_now(&router->loop);
	struct frontend *frontend = NULL, *next = NULL;
	DL_FOREACH_SAFE (router->frontends, frontend, next) {
		if (!frontend->deadline || frontend->deadline > now)
			continue;
		log_info("frontend", "closed program=%s: %s",
			 frontend->program ? frontend->program : "?",
			 frontend->is_full ? "it does not read" : "no hello came");
		frontend_free(frontend);
	}
	set_timer(router);
}

/* Reads or does not read its requests, by what waits for it and what it waits for. */
static void
settle(struct frontend *frontend)
{
	bool is_full = peer_queued(frontend->peer) > QUEUE_MAX;
	if (is_full && !frontend->is_full) {
		frontend->is_full = true;
		set_deadline(frontend, FULL_MS);
	}
	bool is_busy =
		frontend->call_count > CALLS_MAX || frontend->call_bytes > CALL_BYTES_MAX;
	peer_pause(frontend->peer, frontend->is_full || is_busy);
}

static void
send_event(struct frontend *frontend, enum bridge_event event, const void *record)
{
	struct buf frame = {0};
	frame_event(&frame, event, record);
	peer_send_bytes(frontend->peer, frame.data, frame.len, false);
	buf_done(&frame);
}

/* Tells what was dropped, now that there is room. */
static void
on_drained(void *data)
{
	struct frontend *frontend = data;
	struct router *router = frontend->router;
	struct subscription *entry = NULL;
	DL_FOREACH (frontend->subscriptions, entry) {
		if (!entry->owes_resync || entry->profile->phase != PROFILE_OPEN)
			continue;
		entry->owes_resync = false;
		struct bridge_resync_event event = {.profile = entry->profile->name};
		send_event(frontend, EVENT_resync, &event);
	}
	if (frontend->missed_states) {
		frontend->missed_states = false;
		struct profile *profile = NULL;
		DL_FOREACH (router->profiles, profile) {
			struct bridge_profile_info info;
			struct bridge_link link;
			profile_info(router, profile, &info, &link);
			struct bridge_profile_event event = {.info = &info};
			send_event(frontend, EVENT_profile_changed, &event);
		}
	}
	if (frontend->is_full) {
		frontend->is_full = false;
		set_deadline(frontend, 0);
	}
	settle(frontend);
}

static void
on_request(void *data, const struct frame *frame)
{
	struct frontend *frontend = data;
	if (frontend->has_greeted || calls_is_hello(frame))
		route_request(frontend, frame);
	else
		peer_send_failure(frontend->peer, frame->id, ERROR_NO_HELLO,
				  "Call bridge.hello first.");
	settle(frontend);
}

static void
on_alive(void *data)
{
	struct frontend *frontend = data;
	frontend->was_heard = true;
}

static void
on_closed(void *data, int status, const char *problem)
{
	struct frontend *frontend = data;
	if (status)
		log_info("frontend", "lost program=%s: %s",
			 frontend->program ? frontend->program : "?", problem);
	frontend_free(frontend);
}

void
frontend_new(struct router *router, int fd)
{
	struct frontend *frontend = mem_alloc(sizeof *frontend);
	frontend->router = router;
	struct peer_hooks hooks = {.on_request = on_request,
				   .on_closed = on_closed,
				   .on_drained = on_drained,
				   .on_alive = on_alive};
	frontend->peer = peer_new(&router->loop, fd, &hooks, frontend);
	if (!frontend->peer) {
		free(frontend);
		close(fd);
		return;
	}
	DL_APPEND(router->frontends, frontend);
	router->frontend_count++;
	frontend->number = ++router->last_frontend;
	set_deadline(frontend, HELLO_MS);
	supervise_tick(router);
}

void
frontend_sweep(struct router *router)
{
	struct frontend *frontend = NULL, *next = NULL;
	DL_FOREACH_SAFE (router->frontends, frontend, next) {
		bool is_stuck = !frontend->was_heard && peer_is_midframe(frontend->peer);
		frontend->was_heard = false;
		if (!is_stuck)
			continue;
		log_info("frontend", "closed program=%s: half a message, then silence",
			 frontend->program ? frontend->program : "?");
		frontend_free(frontend);
	}
}

static void
unsubscribe(struct frontend *frontend, struct subscription *entry)
{
	DL_DELETE(frontend->subscriptions, entry);
	free(entry);
}

void
frontend_free(struct frontend *frontend)
{
	struct router *router = frontend->router;
	DL_DELETE(router->frontends, frontend);
	router->frontend_count--;
	route_orphan(frontend);
	struct subscription *entry = NULL, *next = NULL;
	DL_FOREACH_SAFE (frontend->subscriptions, entry, next) {
		struct profile *profile = entry->profile;
		unsubscribe(frontend, entry);
		if (!router->is_stopping)
			profile_tell(router, profile);
	}
	trial_forget(router, frontend->peer);
	peer_free(frontend->peer);
	free(frontend->program);
	free(frontend);
	if (router->options.embedded_fd >= 0)
		router_stop(router, "its frontend is gone");
}

void
frontend_send(struct frontend *frontend, const uint8_t *bytes, size_t len, bool is_secret)
{
	peer_send_bytes(frontend->peer, bytes, len, is_secret);
	settle(frontend);
}

void
frontend_weigh(struct frontend *frontend, int calls, long bytes)
{
	frontend->call_count += calls;
	frontend->call_bytes += bytes;
	settle(frontend);
}

void
frontend_greeted(struct frontend *frontend, const char *program, bool has_other)
{
	free(frontend->program);
	frontend->program = clean_text(program, CLEAN_LINE, PROGRAM_MAX);
	frontend->has_greeted = true;
	frontend->has_other_schema = has_other;
	if (!frontend->is_full)
		set_deadline(frontend, 0);
}

static struct subscription *
find(struct frontend *frontend, const struct profile *profile)
{
	struct subscription *entry = NULL;
	DL_FOREACH (frontend->subscriptions, entry) {
		if (entry->profile == profile)
			return entry;
	}
	return NULL;
}

void
frontend_attach(struct frontend *frontend, struct profile *profile)
{
	struct subscription *entry = find(frontend, profile);
	if (!entry) {
		entry = mem_alloc(sizeof *entry);
		DL_APPEND(frontend->subscriptions, entry);
	}
	entry->profile = profile;
	entry->is_stale = false;
	entry->owes_resync = false;
}

bool
frontend_detach(struct frontend *frontend, struct profile *profile)
{
	struct subscription *entry = find(frontend, profile);
	if (entry)
		unsubscribe(frontend, entry);
	return entry != NULL;
}

/* Whether LEN more bytes of an event may be queued. */
static bool
has_room(const struct frontend *frontend, size_t len)
{
	return peer_queued(frontend->peer) + len <= QUEUE_MAX;
}

void
frontend_publish(struct profile *profile, struct router *router, const uint8_t *bytes,
		 size_t len)
{
	struct frontend *frontend = NULL;
	DL_FOREACH (router->frontends, frontend) {
		struct subscription *entry = find(frontend, profile);
		if (!entry || entry->is_stale)
			continue;
		if (has_room(frontend, len)) {
			peer_send_bytes(frontend->peer, bytes, len, false);
			continue;
		}
		log_info("frontend", "events dropped: program=%s does not read",
			 frontend->program);
		entry->is_stale = true;
		entry->owes_resync = true;
	}
}

void
frontend_broadcast(struct router *router, enum bridge_event event, const void *record)
{
	struct buf frame = {0};
	frame_event(&frame, event, record);
	struct frontend *frontend = NULL;
	DL_FOREACH (router->frontends, frontend) {
		if (!frontend->subscriptions)
			continue;
		if (has_room(frontend, frame.len))
			peer_send_bytes(frontend->peer, frame.data, frame.len, false);
		else
			frontend->missed_states = true;
	}
	buf_done(&frame);
}

void
frontend_cut_off(struct router *router, struct profile *profile)
{
	struct frontend *frontend = NULL;
	DL_FOREACH (router->frontends, frontend) {
		struct subscription *entry = find(frontend, profile);
		if (entry)
			entry->is_stale = entry->owes_resync = true;
	}
}

void
frontend_resync(struct router *router, struct profile *profile)
{
	struct bridge_resync_event event = {.profile = profile->name};
	struct buf frame = {0};
	frame_event(&frame, EVENT_resync, &event);
	struct frontend *frontend = NULL;
	DL_FOREACH (router->frontends, frontend) {
		struct subscription *entry = find(frontend, profile);
		if (!entry || !entry->owes_resync || !has_room(frontend, frame.len))
			continue;
		entry->owes_resync = false;
		peer_send_bytes(frontend->peer, frame.data, frame.len, false);
	}
	buf_done(&frame);
}

bool
frontend_is_attached(struct frontend *frontend, const struct profile *profile)
{
	return find(frontend, profile) != NULL;
}

int
frontend_count_attached(struct router *router, const struct profile *profile)
{
	int count = 0;
	struct frontend *frontend = NULL;
	DL_FOREACH (router->frontends, frontend)
		count += find(frontend, profile) != NULL;
	return count;
}

bool
frontend_any_attached(struct router *router, const struct frontend *except)
{
	struct frontend *frontend = NULL;
	DL_FOREACH (router->frontends, frontend) {
		if (frontend != except && frontend->subscriptions)
			return true;
	}
	return false;
}

void
frontend_forget_profile(struct router *router, const struct profile *profile)
{
	struct frontend *frontend = NULL;
	DL_FOREACH (router->frontends, frontend) {
		struct subscription *entry = find(frontend, profile);
		if (entry)
			unsubscribe(frontend, entry);
	}
}
