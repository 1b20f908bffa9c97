/*
 * The serving side: one request with its decoded params, from arrival to answer. Handlers
 * are named by the schema: a server defines serve_NAME for each METHOD of its scopes, and
 * a missing one does not link.
 */
#ifndef TERN_BRIDGE_SERVE_H
#define TERN_BRIDGE_SERVE_H

#include "bridge/base/arena.h"
#include "bridge/peer.h"
#include "bridge/schema.h"

/* A request that waits for its answer. It owns its params until it is answered. */
struct serve_request {
	struct peer *peer; /* NULL once the peer went: the answer is dropped */
	struct serve_request *next, *prev; /* in the owner's list */
	uint32_t id;
	enum bridge_method method;
	struct arena arena; /* params live here */
	const void *params;
};

/* Decodes FRAME's params. On success returns a request on the heap that has to be ended
 * by exactly one serve_result or serve_fail; otherwise answers the peer with
 * UNKNOWN_METHOD or BAD_PARAMS and returns NULL. Methods whose scope bit is not in SCOPES
 * (1 << BRIDGE_X) are unknown. */
struct serve_request *serve_begin(struct peer *peer, const struct frame *frame,
				  unsigned scopes);

/* Answers with the method's result struct (NULL: the empty record) and frees the request.
 */
void serve_result(struct serve_request *request, const void *result);

/* Answers with an error and frees the request. */
void serve_fail(struct serve_request *request, enum bridge_error error,
		const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Appends the answer to OUT instead of sending it, and frees the request: for answers
 * that wait for a commit. */
void serve_result_to(struct serve_request *request, const void *result, struct buf *out);
void serve_fail_to(struct serve_request *request, enum bridge_error error,
		   struct buf *out, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
