/*
 * Frames: the three MessagePack-RPC messages, request [0, id, method, params], response
 * [1, id, error, result] and notification [2, event, params], written and taken apart
 * without unpacking their params. Pure.
 */
#ifndef TERN_BRIDGE_FRAME_H
#define TERN_BRIDGE_FRAME_H

#include "bridge/base/buf.h"
#include "bridge/schema.h"

enum frame_kind { FRAME_REQUEST, FRAME_RESPONSE, FRAME_NOTIFICATION };

/* A message taken apart; everything points into the bytes that were parsed. */
struct frame {
	enum frame_kind kind;
	uint32_t id;	  /* request and response */
	const char *name; /* method or event, not NUL-terminated */
	size_t name_len;
	struct bridge_bin params; /* request and notification: a map, raw MessagePack */
	struct bridge_bin error;  /* response: raw; len 0 when nil */
	struct bridge_bin result; /* response: raw; len 0 when nil */
};

/* Takes apart one scanned message. 0, or -EBADMSG when it is none of the three (params
 * may be a map, or an array of one map as some clients send, or empty). */
int frame_parse(const uint8_t *data, size_t len, struct frame *ret_frame);

/* The id of a message that frame_parse refused, if it began as a request: so its caller
 * can be told. */
bool frame_guess_id(const uint8_t *data, size_t len, uint32_t *ret_id);

/* Appends a message whose params or result are a record. */
void frame_request(struct buf *out, uint32_t id, enum bridge_method method,
		   const void *params);
void frame_result(struct buf *out, uint32_t id, enum bridge_method method,
		  const void *result);
void frame_failure(struct buf *out, uint32_t id, enum bridge_error error,
		   const char *message);
void frame_event(struct buf *out, enum bridge_event event, const void *record);

/* Appends a message around raw, already encoded parts. NAME is not NUL-terminated. For a
 * response ERROR or RESULT of length 0 is written as nil. */
void frame_request_raw(struct buf *out, uint32_t id, const char *name, size_t name_len,
		       struct bridge_bin params);
void frame_response_raw(struct buf *out, uint32_t id, struct bridge_bin error,
			struct bridge_bin result);
void frame_event_raw(struct buf *out, const char *name, size_t name_len,
		     struct bridge_bin params);

#endif
