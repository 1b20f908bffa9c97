/*
 * A small blocking client for two calls: short-lived verbs need no loop. What comes back
 * is scanned like everything else.
 */
#include "backend/router/control.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bridge/base/buf.h"
#include "bridge/codec.h"
#include "bridge/daemon.h"
#include "bridge/frame.h"
#include "bridge/scan.h"

enum {
	ANSWER_MS = 5 * 1000,
	END_MS = 12 * 1000,
	LOOK_PAUSE_MS = 20,
	EXIT_UNREADABLE = 17,
};

static int64_t
now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static int
write_all(int fd, const struct buf *bytes)
{
	for (size_t at = 0; at < bytes->len;) {
		ssize_t done = write(fd, bytes->data + at, bytes->len - at);
		if (done < 0 && errno != EINTR)
			return -errno;
		at += done > 0 ? (size_t)done : 0;
	}
	return 0;
}

/* Reads from FD into BYTES until response ID is there, whole. 0 or -1. */
static int
read_answer(int fd, uint32_t id, struct buf *bytes, struct frame *ret_frame)
{
	int64_t end = now_ms() + ANSWER_MS;
	for (;;) {
		ssize_t len = scan_value(bytes->data, bytes->len);
		if (len < 0)
			return -1;
		if (len > 0) {
			if (frame_parse(bytes->data, (size_t)len, ret_frame))
				return -1;
			if (ret_frame->kind == FRAME_RESPONSE && ret_frame->id == id)
				return 0;
			buf_consume(bytes, (size_t)len);
			continue;
		}
		int64_t left = end - now_ms();
		struct pollfd ready = {.fd = fd, .events = POLLIN};
		if (left <= 0 || poll(&ready, 1, (int)left) <= 0)
			return -1;
		ssize_t got = read(fd, buf_room(bytes, 65536), 65536);
		if (got <= 0)
			return -1;
		bytes->len += (size_t)got;
	}
}

/* Says hello on FD and calls METHOD; decodes its result into RET_RESULT (in ARENA). */
static int
ask(int fd, enum bridge_method method, const void *params, struct arena *arena,
    void *ret_result)
{
	struct buf out = {0}, in = {0};
	struct bridge_hello_params hello = {.program = "ternd", .version = TERN_VERSION};
	frame_request(&out, 1, METHOD_hello, &hello);
	frame_request(&out, 2, method, params);
	struct frame frame;
	const char *problem = NULL;
	int status = write_all(fd, &out);
	if (status == 0)
		status = read_answer(fd, 2, &in, &frame);
	if (status == 0 && frame.error.len)
		status = -1;
	if (status == 0)
		status = codec_decode(frame.result.data, frame.result.len,
				      bridge_methods[method].result, arena, ret_result,
				      &problem);
	buf_done(&out);
	buf_done(&in);
	return status;
}

int
control_stop(void)
{
	struct daemon_place place;
	int fd = daemon_connect(false, ANSWER_MS, &place);
	if (fd < 0) {
		fprintf(stderr, "ternd: %s\n", place.problem);
		return 1;
	}
	struct arena arena = {0};
	struct bridge_stop_result result;
	struct bridge_stop_params params = {.if_unused = false};
	int status = ask(fd, METHOD_stop, &params, &arena, &result);
	arena_done(&arena);
	if (status) {
		fprintf(stderr,
			"ternd: process %d does not answer; kill it if it hangs\n",
			(int)place.pid);
		close(fd);
		return 1;
	}
	int64_t end = now_ms() + END_MS;
	pid_t pid = place.pid;
	bool is_there = true;
	while (is_there && now_ms() < end) {
		struct pollfd ready = {.fd = fd, .events = POLLRDHUP};
		(void)poll(&ready, 1, LOOK_PAUSE_MS);
		daemon_look(&place);
		/* One that ends took its file away and holds the lock to the last. */
		is_there = place.state == DAEMON_UNREADABLE ||
			   (place.state == DAEMON_RUNNING && place.pid == pid);
	}
	close(fd);
	if (is_there) {
		fprintf(stderr, "ternd: process %d is still ending\n", (int)pid);
		return 1;
	}
	printf("ternd: stopped\n");
	return 0;
}

int
control_status(void)
{
	struct daemon_place place;
	daemon_look(&place);
	switch (place.state) {
	case DAEMON_RUNNING:
		printf("ternd: running, process %d, socket %s\n", (int)place.pid,
		       place.socket);
		return 0;
	case DAEMON_STOPPED:
		printf("ternd: %s\n", *place.problem ? place.problem : "not running");
		return 1;
	case DAEMON_STALE:
		printf("ternd: %s\n", *place.problem ? place.problem : "not running");
		return 2;
	case DAEMON_UNREADABLE:
		break;
	}
	printf("ternd: %s\n", *place.problem ? place.problem : "its state is unreadable");
	return EXIT_UNREADABLE;
}
