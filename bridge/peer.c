/*
 * A connection of peer.h. What arrives is walked once, frame by frame; what leaves is
 * collected and written by an idle handle that runs before the loop next sleeps and stops
 * itself: one write a turn, no wakeup without work. Buffers of both directions are wiped,
 * since any frame may carry a secret. Memory goes back when a buffer runs empty.
 */
#include "bridge/peer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "bridge/base/arena.h"
#include "bridge/base/buf.h"
#include "bridge/base/mem.h"
#include "bridge/codec.h"
#include "bridge/scan.h"

enum {
	READ_ROOM = 16 * 1024 - 64, /* bytes asked of the kernel at once */
	KEEP_ROOM = 4 * 1024,	    /* an empty buffer above this is freed */
};

/* A call that waits for its answer. */
struct call {
	UT_hash_handle hh;
	struct peer *peer;
	uint32_t id;
	enum bridge_method method;
	peer_done *done;
	peer_raw_done *raw_done; /* instead of done */
	void *data;
	uv_timer_t timer;
	bool has_timer;
};

struct peer {
	uv_pipe_t pipe;
	uv_idle_t idle;
	uv_write_t write;
	struct peer_hooks hooks;
	void *data;
	struct buf in;
	struct scan_state scan; /* of the frame at the beginning of in */
	struct buf out;		/* collected in this turn */
	struct buf flying;	/* given to libuv */
	struct call *calls;
	uint32_t last_id;
	int handles; /* not yet closed */
	int status;  /* why it broke; told at the next turn */
	const char *problem;
	bool is_broken; /* no more reading or writing */
	bool is_told;	/* on_closed was called */
	bool is_freed;
	bool is_paused;
	bool was_queued; /* the kernel did not take everything at once */
};

/* ---- the end of a call ----------------------------------------------------------- */

static void
on_timer_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void
free_call(struct call *call)
{
	if (call->has_timer)
		uv_close((uv_handle_t *)&call->timer, on_timer_closed);
	else
		free(call);
}

static void
fail_call(struct call *call, enum bridge_error error, const char *message)
{
	struct bridge_failure failure = {
		.code = bridge_errors[error].name,
		.message = message,
	};
	if (call->done)
		call->done(call->data, &failure, NULL);
	else if (call->raw_done)
		call->raw_done(call->data, NULL);
	free_call(call);
}

/* Ends the calls of now, oldest first. They stay in the table until their turn comes, so
 * that a hook may still forget the others; those that hooks make meanwhile come last. */
static void
fail_calls(struct peer *peer)
{
	unsigned count = HASH_COUNT(peer->calls);
	while (peer->calls && count-- > 0) {
		struct call *call = peer->calls;
		HASH_DEL(peer->calls, call);
		fail_call(call, ERROR_BACKEND_GONE,
			  bridge_errors[ERROR_BACKEND_GONE].doc);
	}
}

static void
on_timeout(uv_timer_t *timer)
{
	struct call *call = timer->data;
	HASH_DEL(call->peer->calls, call);
	fail_call(call, ERROR_TIMEOUT, "There was no answer in time; try again.");
}

static void
answer_call(struct call *call, const struct frame *frame)
{
	if (!call->done)
		return;
	bool is_failure = frame->error.len > 0;
	const struct bridge_record_row *row =
		is_failure ? &record_failure : bridge_methods[call->method].result;
	struct bridge_bin raw = is_failure ? frame->error : frame->result;
	struct arena arena = {.is_secret = codec_has_secret(row)};
	void *record = arena_alloc(&arena, row->size);
	const char *problem = NULL;
	if (codec_decode(raw.data, raw.len, row, &arena, record, &problem) < 0) {
		struct bridge_failure failure = {
			.code = bridge_errors[ERROR_INTERNAL].name,
			.message =
				arena_printf(&arena, "The answer to %s is wrong: %s.",
					     bridge_methods[call->method].wire, problem),
		};
		call->done(call->data, &failure, NULL);
	} else {
		call->done(call->data, is_failure ? record : NULL,
			   is_failure ? NULL : record);
	}
	arena_done(&arena);
}

static void
take_response(struct peer *peer, const struct frame *frame)
{
	struct call *call = NULL;
	HASH_FIND(hh, peer->calls, &frame->id, sizeof frame->id, call);
	if (!call)
		return;
	HASH_DEL(peer->calls, call);
	if (call->raw_done)
		call->raw_done(call->data, frame);
	else
		answer_call(call, frame);
	free_call(call);
}

/* ---- the end of the connection --------------------------------------------------- */

static void on_idle(uv_idle_t *idle);

static void
wake(struct peer *peer)
{
	if (!peer->is_freed)
		(void)uv_idle_start(&peer->idle, on_idle);
}

/* Ends reading and writing; the owner is told in the next turn, from the loop. */
static void
break_off(struct peer *peer, int status, const char *problem)
{
	if (peer->is_broken)
		return;
	peer->is_broken = true;
	peer->status = status;
	peer->problem = problem;
	(void)uv_read_stop((uv_stream_t *)&peer->pipe);
	wake(peer);
}

static void
tell_end(struct peer *peer)
{
	fail_calls(peer);
	if (peer->is_told || peer->is_freed)
		return;
	peer->is_told = true;
	if (peer->hooks.on_closed)
		peer->hooks.on_closed(peer->data, peer->status, peer->problem);
}

/* ---- writing --------------------------------------------------------------------- */

static void
empty(struct buf *buf)
{
	if (buf->cap > KEEP_ROOM)
		buf_done(buf);
	else
		buf_clear(buf);
}

static void flush(struct peer *peer);

static void
on_written(uv_write_t *write, int status)
{
	struct peer *peer = write->data;
	empty(&peer->flying);
	if (peer->is_freed)
		return;
	if (status < 0)
		break_off(peer, status, "The connection broke while writing.");
	else
		flush(peer);
}

/* Gives libuv what the kernel did not take at once. */
static void
write_rest(struct peer *peer)
{
	struct buf rest = peer->out;
	peer->out = peer->flying;
	peer->flying = rest;
	peer->was_queued = true;
	uv_buf_t bytes = {.base = (char *)peer->flying.data, .len = peer->flying.len};
	peer->write.data = peer;
	int status =
		uv_write(&peer->write, (uv_stream_t *)&peer->pipe, &bytes, 1, on_written);
	if (status < 0) {
		empty(&peer->flying);
		break_off(peer, status, "The connection broke while writing.");
	}
}

static void
flush(struct peer *peer)
{
	if (peer->is_broken || peer->flying.len > 0)
		return;
	if (peer->out.len > 0) {
		uv_buf_t bytes = {.base = (char *)peer->out.data, .len = peer->out.len};
		int status = uv_try_write((uv_stream_t *)&peer->pipe, &bytes, 1);
		if (status < 0 && status != UV_EAGAIN) {
			break_off(peer, status, "The connection broke while writing.");
			return;
		}
		size_t taken = status > 0 ? (size_t)status : 0;
		if (taken < peer->out.len) {
			buf_consume(&peer->out, taken);
			write_rest(peer);
			return;
		}
		empty(&peer->out);
	}
	if (peer->was_queued) {
		peer->was_queued = false;
		if (peer->hooks.on_drained)
			peer->hooks.on_drained(peer->data);
	}
}

/* ---- reading --------------------------------------------------------------------- */

static void
take_frame(struct peer *peer, const uint8_t *data, size_t len)
{
	struct frame frame;
	if (frame_parse(data, len, &frame) < 0) {
		uint32_t id = 0;
		(void)frame_guess_id(data, len, &id);
		peer_send_failure(peer, id, ERROR_BAD_FRAME,
				  "That is no MessagePack-RPC message.");
		return;
	}
	if (frame.kind == FRAME_RESPONSE)
		take_response(peer, &frame);
	else if (frame.kind == FRAME_NOTIFICATION && peer->hooks.on_event)
		peer->hooks.on_event(peer->data, &frame);
	else if (frame.kind == FRAME_REQUEST && peer->hooks.on_request)
		peer->hooks.on_request(peer->data, &frame);
	else if (frame.kind == FRAME_REQUEST)
		peer_send_failure(peer, frame.id, ERROR_UNKNOWN_METHOD,
				  "There are no methods here.");
}

/* The stream is out of step: says so, as far as the kernel takes it, and ends. */
static void
refuse_stream(struct peer *peer, ssize_t reason)
{
	const char *problem = reason == -EMSGSIZE ? "A message is over 4 MiB."
			      : reason == -ELOOP  ? "A message is nested too deeply."
						  : "The bytes are no MessagePack.";
	peer_send_failure(peer, 0, ERROR_BAD_FRAME, "%s", problem);
	flush(peer);
	break_off(peer, (int)reason, problem);
}

static void
take_frames(struct peer *peer)
{
	size_t at = 0;
	while (!peer->is_broken && !peer->is_freed && !peer->is_paused) {
		const uint8_t *data = peer->in.data + at;
		ssize_t size = scan_more(&peer->scan, data, peer->in.len - at);
		if (size == 0)
			break;
		peer->scan = (struct scan_state){0};
		if (size < 0) {
			refuse_stream(peer, size);
			break;
		}
		at += (size_t)size;
		take_frame(peer, data, (size_t)size);
	}
	if (at >= peer->in.len)
		empty(&peer->in);
	else
		buf_consume(&peer->in, at);
}

static void
on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_room)
{
	struct peer *peer = handle->data;
	(void)suggested;
	ret_room->base = (char *)buf_room(&peer->in, READ_ROOM);
	ret_room->len = READ_ROOM;
}

static void
on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *room)
{
	struct peer *peer = stream->data;
	(void)room;
	if (count == 0)
		return;
	if (count < 0) {
		bool is_cut = peer->in.len > 0;
		flush(peer);
		break_off(peer, count == UV_EOF ? 0 : (int)count,
			  count != UV_EOF ? "The connection broke while reading."
			  : is_cut ? "The other side ended in the middle of a message."
				   : "The other side closed the connection.");
		return;
	}
	peer->in.len += (size_t)count;
	if (peer->hooks.on_alive)
		peer->hooks.on_alive(peer->data);
	take_frames(peer);
}

static void
on_idle(uv_idle_t *idle)
{
	struct peer *peer = idle->data;
	(void)uv_idle_stop(&peer->idle);
	if (peer->is_broken) {
		tell_end(peer);
		return;
	}
	if (!peer->is_paused && peer->in.len > 0)
		take_frames(peer);
	flush(peer);
}

/* ---- life ------------------------------------------------------------------------ */

struct peer *
peer_new(uv_loop_t *loop, int fd, const struct peer_hooks *hooks, void *data)
{
	struct peer *peer = mem_alloc(sizeof *peer);
	peer->hooks = *hooks;
	peer->data = data;
	peer->in.is_secret = true;
	peer->out.is_secret = true;
	peer->flying.is_secret = true;
	(void)uv_pipe_init(loop, &peer->pipe, 0);
	(void)uv_idle_init(loop, &peer->idle);
	peer->pipe.data = peer;
	peer->idle.data = peer;
	peer->handles = 2;
	int status = uv_pipe_open(&peer->pipe, fd);
	if (status == 0)
		status = uv_read_start((uv_stream_t *)&peer->pipe, on_room, on_read);
	if (status < 0) {
		peer_free(peer);
		errno = -status;
		return NULL;
	}
	return peer;
}

static void
on_handle_closed(uv_handle_t *handle)
{
	struct peer *peer = handle->data;
	if (--peer->handles > 0)
		return;
	buf_done(&peer->in);
	buf_done(&peer->out);
	buf_done(&peer->flying);
	free(peer);
}

void
peer_free(struct peer *peer)
{
	if (!peer || peer->is_freed)
		return;
	peer->is_freed = true;
	if (!peer->is_broken && peer->flying.len == 0 && peer->out.len > 0) {
		uv_buf_t bytes = {.base = (char *)peer->out.data, .len = peer->out.len};
		(void)uv_try_write((uv_stream_t *)&peer->pipe, &bytes, 1);
	}
	peer->is_broken = true;
	while (peer->calls)
		fail_calls(peer);
	uv_close((uv_handle_t *)&peer->pipe, on_handle_closed);
	uv_close((uv_handle_t *)&peer->idle, on_handle_closed);
}

/* ---- calls ----------------------------------------------------------------------- */

static struct call *
add_call(struct peer *peer, void *data)
{
	struct call *call = mem_alloc(sizeof *call);
	struct call *other = NULL;
	do {
		peer->last_id++;
		HASH_FIND(hh, peer->calls, &peer->last_id, sizeof other->id, other);
	} while (other);
	call->peer = peer;
	call->id = peer->last_id;
	call->data = data;
	HASH_ADD(hh, peer->calls, id, sizeof call->id, call);
	wake(peer);
	return call;
}

void
peer_call(struct peer *peer, enum bridge_method method, const void *params,
	  unsigned timeout_ms, peer_done *done, void *data)
{
	struct call *call = add_call(peer, data);
	call->method = method;
	call->done = done;
	if (timeout_ms > 0 && !peer->is_freed) {
		call->has_timer = true;
		call->timer.data = call;
		(void)uv_timer_init(peer->pipe.loop, &call->timer);
		(void)uv_timer_start(&call->timer, on_timeout, timeout_ms, 0);
	}
	if (!peer->is_broken)
		frame_request(&peer->out, call->id, method, params);
}

void
peer_call_raw(struct peer *peer, const struct frame *request, peer_raw_done *done,
	      void *data)
{
	struct call *call = add_call(peer, data);
	call->raw_done = done;
	if (!peer->is_broken)
		frame_request_raw(&peer->out, call->id, request->name, request->name_len,
				  request->params);
}

void
peer_forget(struct peer *peer, const void *data)
{
	struct call *call, *next;
	HASH_ITER (hh, peer->calls, call, next) {
		if (call->data != data)
			continue;
		HASH_DEL(peer->calls, call);
		free_call(call);
	}
}

/* ---- what leaves ----------------------------------------------------------------- */

void
peer_send_result(struct peer *peer, uint32_t id, enum bridge_method method,
		 const void *result)
{
	if (peer->is_broken)
		return;
	frame_result(&peer->out, id, method, result);
	wake(peer);
}

void
peer_send_failure(struct peer *peer, uint32_t id, enum bridge_error error,
		  const char *format, ...)
{
	if (peer->is_broken)
		return;
	va_list args;
	va_start(args, format);
	char *message = mem_vprintf(format, args);
	va_end(args);
	frame_failure(&peer->out, id, error, message);
	free(message);
	wake(peer);
}

void
peer_send_event(struct peer *peer, enum bridge_event event, const void *record)
{
	if (peer->is_broken)
		return;
	frame_event(&peer->out, event, record);
	wake(peer);
}

void
peer_send_bytes(struct peer *peer, const uint8_t *bytes, size_t len, bool is_secret)
{
	(void)is_secret; /* both buffers are wiped always */
	if (peer->is_broken)
		return;
	buf_add(&peer->out, bytes, len);
	wake(peer);
}

size_t
peer_queued(const struct peer *peer)
{
	size_t flying =
		peer->flying.len
			? uv_stream_get_write_queue_size((const uv_stream_t *)&peer->pipe)
			: 0;
	return peer->out.len + flying;
}

bool
peer_is_midframe(const struct peer *peer)
{
	return !peer->is_paused && peer->in.len > 0;
}

void
peer_pause(struct peer *peer, bool is_paused)
{
	if (peer->is_paused == is_paused)
		return;
	peer->is_paused = is_paused;
	if (peer->is_broken || peer->is_freed)
		return;
	if (is_paused) {
		(void)uv_read_stop((uv_stream_t *)&peer->pipe);
	} else {
		(void)uv_read_start((uv_stream_t *)&peer->pipe, on_room, on_read);
		wake(peer);
	}
}
