/*
 * A peer of ours and the bare other end of its socket, on a loop of their own: what the
 * tests of peer, serve and client share.
 */
#ifndef TERN_TESTS_BRIDGE_PAIR_H
#define TERN_TESTS_BRIDGE_PAIR_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <uv.h>

#include "bridge/frame.h"
#include "bridge/scan.h"
#include "tests/bridge/cases.h"

struct pair {
	uv_loop_t loop;
	int near; /* for the peer or client, which takes it over */
	int far;  /* ours, non-blocking */
	struct buf got;
};

static inline void
pair_open(struct pair *pair)
{
	int ends[2];
	*pair = (struct pair){0};
	assert_int_equal(uv_loop_init(&pair->loop), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
	pair->near = ends[0];
	pair->far = ends[1];
}

/* Ends the loop; whatever lives on it has to be freed before. */
static inline void
pair_close(struct pair *pair)
{
	(void)uv_run(&pair->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&pair->loop), 0);
	if (pair->far >= 0)
		(void)close(pair->far);
	buf_done(&pair->got);
}

/* Turns the loop until it has nothing to do at once. */
static inline void
pair_turn(struct pair *pair)
{
	for (int i = 0; i < 5; i++)
		(void)uv_run(&pair->loop, UV_RUN_NOWAIT);
}

static inline void
pair_say(struct pair *pair, const uint8_t *data, size_t len)
{
	assert_int_equal(send(pair->far, data, len, MSG_NOSIGNAL), len);
}

/* Reads what there is. Returns false at the end of the stream. */
static inline bool
pair_hear(struct pair *pair)
{
	for (;;) {
		ssize_t count = read(pair->far, buf_room(&pair->got, 65536), 65536);
		if (count <= 0)
			return count < 0 && errno == EAGAIN;
		pair->got.len += (size_t)count;
	}
}

/* Takes the first frame of what was heard apart; the caller drops its bytes with the
 * returned length. 0 when there is none whole. */
static inline size_t
pair_frame(struct pair *pair, struct frame *frame)
{
	ssize_t size = scan_value(pair->got.data, pair->got.len);
	if (size <= 0)
		return 0;
	assert_int_equal(frame_parse(pair->got.data, (size_t)size, frame), 0);
	return (size_t)size;
}

/* Whether the error of FRAME has that code. */
static inline bool
pair_is_error(const struct frame *frame, const char *code)
{
	const uint8_t *value;
	const char *text;
	size_t len;
	size_t size = scan_map_find(frame->error.data, frame->error.len, "code", &value);
	return size && scan_string(value, size, &text, &len) == 0 &&
	       len == strlen(code) && memcmp(text, code, len) == 0;
}

#endif
