/*
 * One end of a MessagePack-RPC connection over a descriptor: scans what arrives, matches
 * answers to calls, queues what leaves and writes it once per loop turn. Router, session
 * process and frontends all stand on it. A peer never frees itself inside a hook; after
 * on_closed nothing more is called.
 */
#ifndef TERN_BRIDGE_PEER_H
#define TERN_BRIDGE_PEER_H

#include <uv.h>

#include "bridge/frame.h"

struct peer;

/* What a peer tells its owner; any may be NULL. Frames are borrowed until return. */
struct peer_hooks {
	/* A request; answer it now or later with peer_send_*. */
	void (*on_request)(void *data, const struct frame *frame);
	void (*on_event)(void *data, const struct frame *frame);
	/* The connection ended: 0 at EOF, else a negative errno or UV error; PROBLEM is a
	 * sentence. Every pending call was already told BACKEND_GONE. */
	void (*on_closed)(void *data, int status, const char *problem);
	/* The queue fell to empty after peer_queued() was above zero. */
	void (*on_drained)(void *data);
	/* Bytes arrived (any): a sign of life. */
	void (*on_alive)(void *data);
};

/* An answer: FAILURE is NULL on success; RESULT is the method's result struct, borrowed.
 */
typedef void peer_done(void *data, const struct bridge_failure *failure,
		       const void *result);

/* An answer as it came, for those who pass it on: a FRAME_RESPONSE, or NULL when the peer
 * is gone. */
typedef void peer_raw_done(void *data, const struct frame *response);

/* Takes over FD (a connected stream socket or pipe, set non-blocking here) on LOOP. HOOKS
 * are copied. Returns NULL with errno when the descriptor cannot be used. */
struct peer *peer_new(uv_loop_t *loop, int fd, const struct peer_hooks *hooks,
		      void *data);

/* Closes and frees; pending calls are told BACKEND_GONE first, on_closed is not called.
 * What was queued is tried once more without waiting. NULL is fine. */
void peer_free(struct peer *peer);

/* Calls METHOD with PARAMS (its params struct, borrowed until return); DONE (may be NULL)
 * is called exactly once, later. TIMEOUT_MS 0 waits for as long as the connection lives;
 * afterwards the answer is TIMEOUT. */
void peer_call(struct peer *peer, enum bridge_method method, const void *params,
	       unsigned timeout_ms, peer_done *done, void *data);

/* Passes on a call with raw params. */
void peer_call_raw(struct peer *peer, const struct frame *request, peer_raw_done *done,
		   void *data);

/* Forgets every pending call whose data is DATA; its done is not called. */
void peer_forget(struct peer *peer, const void *data);

/* Answers request ID of METHOD with its result struct (NULL: the empty record). */
void peer_send_result(struct peer *peer, uint32_t id, enum bridge_method method,
		      const void *result);

/* Answers request ID with an error and a sentence. */
void peer_send_failure(struct peer *peer, uint32_t id, enum bridge_error error,
		       const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Sends an event. */
void peer_send_event(struct peer *peer, enum bridge_event event, const void *record);

/* Queues bytes that are whole frames already (wiped after sending if IS_SECRET). */
void peer_send_bytes(struct peer *peer, const uint8_t *bytes, size_t len, bool is_secret);

/* Bytes queued and not yet taken by the kernel. */
size_t peer_queued(const struct peer *peer);

/* Whether a message began to arrive whose end is not there yet. */
bool peer_is_midframe(const struct peer *peer);

/* Stops and starts reading (back-pressure). */
void peer_pause(struct peer *peer, bool is_paused);

#endif
