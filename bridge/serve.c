/*
 * Requests of serve.h. The decoded params and their arena live on the heap with the
 * request, so an answer may wait for a disk or a server.
 */
#include "bridge/serve.h"

#include <stdarg.h>
#include <stdlib.h>

#include "bridge/base/mem.h"
#include "bridge/codec.h"

static int
method_of(const struct frame *frame)
{
	char name[64];
	if (frame->name_len >= sizeof name)
		return -1;
	for (size_t i = 0; i < frame->name_len; i++)
		name[i] = frame->name[i];
	name[frame->name_len] = 0;
	return bridge_method_named(name);
}

static void
free_request(struct serve_request *request)
{
	arena_done(&request->arena);
	free(request);
}

struct serve_request *
serve_begin(struct peer *peer, const struct frame *frame, unsigned scopes)
{
	int method = method_of(frame);
	if (method < 0 || !(scopes >> bridge_methods[method].scope & 1)) {
		peer_send_failure(peer, frame->id, ERROR_UNKNOWN_METHOD,
				  "There is no such method here.");
		return NULL;
	}
	const struct bridge_record_row *row = bridge_methods[method].params;
	struct serve_request *request = mem_alloc(sizeof *request);
	request->peer = peer;
	request->id = frame->id;
	request->method = (enum bridge_method)method;
	request->arena.is_secret = codec_has_secret(row);
	void *params = arena_alloc(&request->arena, row->size);
	request->params = params;
	const char *problem = NULL;
	if (codec_decode(frame->params.data, frame->params.len, row, &request->arena,
			 params, &problem) < 0) {
		peer_send_failure(peer, frame->id, ERROR_BAD_PARAMS, "%s: %s.",
				  bridge_methods[method].wire, problem);
		free_request(request);
		return NULL;
	}
	return request;
}

void
serve_result(struct serve_request *request, const void *result)
{
	if (request->peer)
		peer_send_result(request->peer, request->id, request->method, result);
	free_request(request);
}

void
serve_fail(struct serve_request *request, enum bridge_error error, const char *format,
	   ...)
{
	va_list args;
	va_start(args, format);
	char *message = mem_vprintf(format, args);
	va_end(args);
	if (request->peer)
		peer_send_failure(request->peer, request->id, error, "%s", message);
	free(message);
	free_request(request);
}

void
serve_result_to(struct serve_request *request, const void *result, struct buf *out)
{
	frame_result(out, request->id, request->method, result);
	free_request(request);
}

void
serve_fail_to(struct serve_request *request, enum bridge_error error, struct buf *out,
	      const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *message = mem_vprintf(format, args);
	va_end(args);
	frame_failure(out, request->id, error, message);
	free(message);
	free_request(request);
}
