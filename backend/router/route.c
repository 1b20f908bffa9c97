/*
 * Routing. A call is on its way from its request until its answer; it survives its
 * frontend (what it did still has to be noted) and knows its profile by name only.
 */
#include "backend/router/route.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "backend/router/calls.h"
#include "backend/router/frontend.h"
#include "backend/router/names.h"
#include "backend/router/profile.h"
#include "backend/router/router.h"
#include "backend/router/supervise.h"
#include "backend/router/worker.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"
#include "bridge/codec.h"
#include "bridge/scan.h"

enum {
	METHOD_NAME_MAX = 64,
	/* Ids and names may be longer on the way to the session process. */
	PARAMS_MAX = SCAN_FRAME_MAX - 1024,
};

#define FIELD_FRONTEND "frontend"

struct call {
	struct router *router;
	struct frontend *frontend; /* NULL once it went */
	struct worker *worker;	   /* who makes the profile, for profile.create only */
	uint32_t id;		   /* the frontend's */
	enum bridge_method method;
	char *name;		  /* of the profile */
	struct buf params;	  /* while held */
	size_t bytes;		  /* of its params */
	struct call *next, *prev; /* in its frontend's list */
	struct call *next_held;	  /* in its profile's */
};

/* CALL has nobody to answer to any more. */
static void
leave_frontend(struct call *call)
{
	if (!call->frontend)
		return;
	DL_DELETE(call->frontend->calls, call);
	frontend_weigh(call->frontend, -1, -(long)call->bytes);
	call->frontend = NULL;
}

static void
call_free(struct call *call)
{
	leave_frontend(call);
	if (call->worker)
		supervise_created(call->worker);
	buf_done(&call->params);
	free(call->name);
	free(call);
}

/* Refuses CALL, if its frontend is still there, and frees it. */
static void
refuse(struct call *call, enum bridge_error error, const char *sentence)
{
	if (call->frontend) {
		struct buf frame = {0};
		frame_failure(&frame, call->id, error, sentence);
		frontend_send(call->frontend, frame.data, frame.len, false);
		buf_done(&frame);
	}
	call_free(call);
}

/* Passes the answer on as it came. */
static void
send_answer(struct call *call, const struct frame *response)
{
	if (!call->frontend)
		return;
	bool is_secret = codec_has_secret(bridge_methods[call->method].result);
	struct buf frame = {.is_secret = is_secret};
	frame_response_raw(&frame, call->id, response->error, response->result);
	frontend_send(call->frontend, frame.data, frame.len, is_secret);
	buf_done(&frame);
}

/* What the answer to a call of METHOD means for the router itself. */
static void
note_effect(struct router *router, struct profile *profile, enum bridge_method method,
	    bool is_done)
{
	if (method == METHOD_profile_delete && is_done) {
		profile_remove(router, profile);
	} else if (method == METHOD_profile_delete) {
		/* Half deleted it is closed at the other end: open it anew when asked. */
		profile->phase = PROFILE_CLOSED;
	} else if (!is_done) {
		return;
	} else if (method == METHOD_profile_lock) {
		keys_drop(&router->keys, profile->key);
		profile->key = NULL;
	} else if (method == METHOD_link_quit || method == METHOD_link_disconnect) {
		profile->has_left = true;
	} else if (method == METHOD_link_connect) {
		profile->has_left = false;
	} else if (method == METHOD_attach) {
		profile_tell(router, profile);
	}
}

static void
on_answer(void *data, const struct frame *response)
{
	struct call *call = data;
	struct router *router = call->router;
	if (!response) {
		refuse(call, ERROR_BACKEND_GONE,
		       "The session process died; the call may or may not have had its "
		       "effect.");
		return;
	}
	bool is_done = response->error.len == 0;
	if (is_done && call->method == METHOD_profile_create && call->worker)
		(void)supervise_adopt(router, call->name, call->worker);
	struct profile *profile = profile_find(router, call->name);
	if (is_done && profile && call->frontend && call->method == METHOD_attach)
		frontend_attach(call->frontend, profile);
	send_answer(call, response);
	if (profile)
		note_effect(router, profile, call->method, is_done);
	call_free(call);
}

static void
deliver(struct call *call, struct worker *worker, struct bridge_bin params)
{
	const char *wire = bridge_methods[call->method].wire;
	struct frame request = {.kind = FRAME_REQUEST,
				.name = wire,
				.name_len = strlen(wire),
				.params = params};
	peer_call_raw(worker->peer, &request, on_answer, call);
}

static void
hold(struct call *call, struct profile *profile, struct bridge_bin params)
{
	call->params.is_secret = codec_has_secret(bridge_methods[call->method].params);
	buf_add(&call->params, params.data, params.len);
	LL_APPEND2(profile->held, call, next_held);
}

/* Sends CALL to where PROFILE sits, or keeps it until the profile is open. */
static void
forward(struct call *call, struct profile *profile, struct bridge_bin params)
{
	struct router *router = call->router;
	if (call->method == METHOD_profile_create) {
		refuse(call, ERROR_PROFILE_EXISTS,
		       "There is a profile of that name already.");
		return;
	}
	if (profile->worker && profile->worker->is_lost) {
		hold(call, profile, params);
		return;
	}
	bool is_deletion = call->method == METHOD_profile_delete;
	if (profile->phase == PROFILE_CLOSED ||
	    (profile->phase == PROFILE_FAILED && !is_deletion))
		supervise_open(router, profile);
	if (!profile->worker || !profile->worker->peer) {
		char *why = mem_printf(
			"The profile cannot be reached: %s; it is tried again.",
			profile->problem ? profile->problem : "not now");
		refuse(call, ERROR_BUSY, why);
		free(why);
	} else if (profile->phase == PROFILE_OPENING) {
		hold(call, profile, params);
	} else {
		deliver(call, profile->worker, params);
	}
}

static void
create(struct call *call, struct bridge_bin params)
{
	if (strlen(call->name) > NAMES_MAX || call->name[0] == '@' || !call->name[0]) {
		refuse(call, ERROR_BAD_NAME,
		       "A profile's name has 1 to 64 characters and does not begin with "
		       "@.");
		return;
	}
	struct worker *worker = supervise_place(call->router);
	call->worker = worker;
	worker->creating++;
	if (worker->peer) {
		deliver(call, worker, params);
		return;
	}
	char *why = mem_printf("The profile cannot be made: %s.",
			       worker->problem ? worker->problem : "not now");
	refuse(call, ERROR_BUSY, why);
	free(why);
}

/* Reads the profile's name from PARAMS. 0 or -EINVAL; the caller frees. */
static int
read_name(struct bridge_bin params, char **ret_name, struct bridge_bin *ret_value)
{
	const uint8_t *value = NULL;
	const char *text = NULL;
	size_t text_len = 0;
	size_t len = scan_map_find(params.data, params.len, "profile", &value);
	if (!len || scan_string(value, len, &text, &text_len) ||
	    memchr(text, 0, text_len) != NULL)
		return -EINVAL;
	*ret_name = mem_strndup(text, text_len);
	*ret_value = (struct bridge_bin){value, len};
	return 0;
}

/* Appends PARAMS with NAME in the place of VALUE, which lies in them. */
static void
replace_name(struct buf *out, struct bridge_bin params, struct bridge_bin value,
	     const char *name)
{
	size_t before = (size_t)(value.data - params.data);
	size_t len = strlen(name);
	buf_add(out, params.data, before);
	if (len < 32) {
		buf_add_byte(out, (uint8_t)(0xa0 | len));
	} else {
		buf_add_byte(out, 0xda);
		buf_add_byte(out, (uint8_t)(len >> 8));
		buf_add_byte(out, (uint8_t)len);
	}
	buf_add(out, name, len);
	buf_add(out, value.data + value.len, params.len - before - value.len);
}

/* Whether a session process has to know which frontend calls METHOD. */
static bool
is_by_frontend(enum bridge_method method)
{
	const struct bridge_record_row *row = bridge_methods[method].params;
	for (int i = 0; i < row->field_count; i++) {
		if (strcmp(row->fields[i].name, FIELD_FRONTEND) == 0)
			return true;
	}
	return false;
}

/* Appends PARAMS, a map, with NUMBER in the field behind all others, so that it counts
 * whatever the frontend put there. */
static void
add_frontend(struct buf *out, struct bridge_bin params, uint32_t number)
{
	struct scan_head head = {0};
	(void)scan_head(params.data, params.len, &head);
	uint32_t count = head.count + 1;
	buf_add_byte(out, 0xdf);
	for (int shift = 24; shift >= 0; shift -= 8)
		buf_add_byte(out, (uint8_t)(count >> shift));
	buf_add(out, params.data + head.size, params.len - head.size);
	buf_add_byte(out, 0xa0 | (uint8_t)strlen(FIELD_FRONTEND));
	buf_add_text(out, FIELD_FRONTEND);
	buf_add_byte(out, 0xce);
	for (int shift = 24; shift >= 0; shift -= 8)
		buf_add_byte(out, (uint8_t)(number >> shift));
}

/* Forwards CALL, with the name of PROFILE in the place of NAME (NULL: it is there). */
static void
pass(struct call *call, struct profile *profile, struct bridge_bin params,
     const struct bridge_bin *name)
{
	bool is_secret = codec_has_secret(bridge_methods[call->method].params);
	struct buf named = {.is_secret = is_secret}, marked = {.is_secret = is_secret};
	if (name) {
		mem_replace(&call->name, profile->name);
		replace_name(&named, params, *name, profile->name);
		params = (struct bridge_bin){named.data, named.len};
	}
	if (is_by_frontend(call->method)) {
		add_frontend(&marked, params, call->frontend->number);
		params = (struct bridge_bin){marked.data, marked.len};
	}
	forward(call, profile, params);
	buf_done(&named);
	buf_done(&marked);
}

/* Takes the way of a call of scope PROFILE. */
static void
route(struct frontend *frontend, const struct frame *frame, enum bridge_method method)
{
	struct router *router = frontend->router;
	char *name = NULL;
	struct bridge_bin value;
	if (frame->params.len > PARAMS_MAX) {
		peer_send_failure(frontend->peer, frame->id, ERROR_TOO_LARGE,
				  "The call is too large.");
		return;
	}
	if (read_name(frame->params, &name, &value)) {
		peer_send_failure(frontend->peer, frame->id, ERROR_BAD_PARAMS,
				  "The field profile is missing, or is no text.");
		return;
	}
	bool is_default = strcmp(name, ROUTER_DEFAULT) == 0;
	if (!is_default && !profile_find(router, name) &&
	    home_has_profile(&router->home, name))
		profile_scan(router);
	struct profile *profile =
		is_default ? profile_default(router) : profile_find(router, name);
	if (!profile && method != METHOD_profile_create) {
		if (is_default)
			peer_send_failure(frontend->peer, frame->id, ERROR_NO_PROFILE,
					  "There is no profile yet; create one.");
		else
			peer_send_failure(frontend->peer, frame->id, ERROR_NO_PROFILE,
					  "There is no profile \"%s\".", name);
		free(name);
		return;
	}
	struct call *call = mem_alloc(sizeof *call);
	*call = (struct call){.router = router,
			      .frontend = frontend,
			      .id = frame->id,
			      .method = method,
			      .name = name,
			      .bytes = frame->params.len};
	DL_APPEND(frontend->calls, call);
	frontend_weigh(frontend, 1, (long)call->bytes);
	if (profile)
		pass(call, profile, frame->params, is_default ? &value : NULL);
	else
		create(call, frame->params);
}

/* The method that FRAME calls, or -1. */
static int
method_of(const struct frame *frame)
{
	char wire[METHOD_NAME_MAX];
	if (frame->name_len >= sizeof wire || memchr(frame->name, 0, frame->name_len))
		return -1;
	memcpy(wire, frame->name, frame->name_len);
	wire[frame->name_len] = 0;
	return bridge_method_named(wire);
}

void
route_request(struct frontend *frontend, const struct frame *frame)
{
	int method = method_of(frame);
	enum bridge_scope scope =
		method < 0 ? BRIDGE_SESSION : bridge_methods[method].scope;
	if (frontend->router->is_stopping)
		peer_send_failure(frontend->peer, frame->id, ERROR_BUSY,
				  "The daemon is ending; try again.");
	else if (scope == BRIDGE_ROUTER)
		calls_frontend(frontend, frame);
	else if (scope == BRIDGE_PROFILE)
		route(frontend, frame, (enum bridge_method)method);
	else if (frontend->has_other_schema)
		peer_send_failure(frontend->peer, frame->id, ERROR_WRONG_SCHEMA,
				  "ternd " TERN_VERSION
				  " and %s were built from different "
				  "versions, and this call is known to one of them only: "
				  "\"ternd restart\" renews the daemon.",
				  frontend->program);
	else
		peer_send_failure(frontend->peer, frame->id, ERROR_UNKNOWN_METHOD,
				  "There is no such method for frontends.");
}

void
route_worker_request(struct worker *worker, const struct frame *frame)
{
	calls_worker(worker, frame);
}

/* Its session process closed it and wants it opened again. */
static void
open_again(struct router *router, struct profile *profile)
{
	if (!home_has_profile(&router->home, profile->name))
		return; /* it is being deleted */
	profile->phase = PROFILE_CLOSED;
	frontend_cut_off(router, profile);
	profile_tell(router, profile);
	supervise_open(router, profile);
}

static void
note_status(struct worker *worker, const struct frame *frame)
{
	struct router *router = worker->router;
	struct arena arena = {0};
	struct bridge_profile_event event;
	const char *problem = NULL;
	if (codec_decode(frame->params.data, frame->params.len, &record_profile_event,
			 &arena, &event, &problem)) {
		log_warn("route", "bad supervisor.status: %s", problem);
	} else {
		struct profile *profile = profile_find(router, event.info->name);
		if (!profile && worker->creating > 0)
			profile = supervise_adopt(router, event.info->name, worker);
		bool is_here = profile && profile->worker == worker;
		if (is_here && event.is_gone)
			open_again(router, profile);
		else if (is_here)
			profile_heard(router, profile, &arena, event.info);
	}
	arena_done(&arena);
}

void
route_worker_event(struct worker *worker, const struct frame *frame)
{
	struct router *router = worker->router;
	char wire[METHOD_NAME_MAX];
	snprintf(wire, sizeof wire, "%.*s", (int)frame->name_len, frame->name);
	int event = bridge_event_named(wire);
	if (event == EVENT_session_status) {
		note_status(worker, frame);
		return;
	}
	char *name = NULL;
	struct bridge_bin value;
	if (event < 0 || read_name(frame->params, &name, &value)) {
		log_warn("route", "pid=%d sent an event that nobody knows",
			 (int)worker_pid(worker));
		return;
	}
	struct profile *profile = profile_find(router, name);
	if (event == EVENT_slot_give) {
		slots_give(&router->slots, worker, name);
	} else if (profile && profile->worker == worker) {
		struct buf bytes = {0};
		frame_event_raw(&bytes, frame->name, frame->name_len, frame->params);
		frontend_publish(profile, router, bytes.data, bytes.len);
		buf_done(&bytes);
	}
	free(name);
}

/* Takes the held calls of PROFILE, or NULL. */
static struct call *
take_held(struct profile *profile)
{
	struct call *calls = profile->held;
	profile->held = NULL;
	return calls;
}

void
route_release_held(struct profile *profile)
{
	struct call *next = NULL;
	for (struct call *call = take_held(profile); call; call = next) {
		next = call->next_held;
		struct buf params = call->params;
		call->params = (struct buf){0};
		deliver(call, profile->worker,
			(struct bridge_bin){params.data, params.len});
		buf_done(&params);
	}
}

void
route_refuse_held(struct profile *profile, enum bridge_error error, const char *sentence)
{
	struct call *next = NULL;
	for (struct call *call = take_held(profile); call; call = next) {
		next = call->next_held;
		refuse(call, error, sentence);
	}
}

void
route_orphan(struct frontend *frontend)
{
	struct call *call = NULL, *next = NULL;
	DL_FOREACH_SAFE (frontend->calls, call, next)
		leave_frontend(call);
}
