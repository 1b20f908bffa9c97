/*
 * A small blocking client for a few calls: short-lived verbs need no loop. What comes
 * back is scanned like everything else.
 */
#include "backend/router/control.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bridge/base/buf.h"
#include "bridge/codec.h"
#include "bridge/daemon.h"
#include "bridge/frame.h"
#include "bridge/scan.h"

enum {
	ANSWER_MS = 8 * 1000, /* a restart tries the successor first */
	END_MS = 12 * 1000,
	RESTART_MS = 20 * 1000,
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

/* Says hello on FD and calls METHOD; decodes its result into RET_RESULT (in ARENA). 0,
 * -1 when there was no answer, or 1 with the daemon's sentence in *RET_REFUSAL (may be
 * NULL; in ARENA). */
static int
ask(int fd, enum bridge_method method, const void *params, struct arena *arena,
    void *ret_result, const char **ret_refusal)
{
	struct buf out = {0}, in = {0};
	struct bridge_hello_params hello = {.program = "ternd", .version = TERN_VERSION};
	struct bridge_failure failure = {0};
	frame_request(&out, 1, METHOD_hello, &hello);
	frame_request(&out, 2, method, params);
	struct frame frame;
	const char *problem = NULL;
	int status = write_all(fd, &out);
	if (status == 0)
		status = read_answer(fd, 2, &in, &frame);
	bool is_refused = status == 0 && frame.error.len;
	if (is_refused)
		status = codec_decode(frame.error.data, frame.error.len, &record_failure,
				      arena, &failure, &problem);
	else if (status == 0)
		status = codec_decode(frame.result.data, frame.result.len,
				      bridge_methods[method].result, arena, ret_result,
				      &problem);
	if (is_refused && status == 0 && ret_refusal)
		*ret_refusal = failure.message;
	buf_done(&out);
	buf_done(&in);
	return status ? -1 : is_refused;
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
	int status = ask(fd, METHOD_stop, &params, &arena, &result, NULL);
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

/* Waits until the daemon behind FD hung up: it is on its way. */
static void
wait_hangup(int fd, int64_t end)
{
	char rest[4096];
	while (now_ms() < end) {
		struct pollfd ready = {.fd = fd, .events = POLLIN};
		if (poll(&ready, 1, LOOK_PAUSE_MS) > 0 &&
		    read(fd, rest, sizeof rest) <= 0)
			return;
	}
}

/* Asks the successor how it is, and says it. The exit code. */
static int
greet_successor(int fd)
{
	struct arena arena = {0};
	struct bridge_status_result result = {0};
	int status = ask(fd, METHOD_status, &(struct bridge_nothing){0}, &arena, &result,
			 NULL);
	int code = 1;
	if (status)
		fprintf(stderr, "ternd: the successor does not answer\n");
	else if (result.problem)
		fprintf(stderr, "ternd: %s\n", result.problem);
	else
		code = printf("ternd: restarted, process %d, version %s\n",
			      (int)result.pid, result.version) < 0;
	arena_done(&arena);
	return code;
}

/* Whether the daemon says anything at all, over another connection. */
static bool
is_hung(void)
{
	struct daemon_place place;
	int fd = daemon_connect(false, ANSWER_MS, &place);
	if (fd < 0)
		return false;
	struct arena arena = {0};
	struct bridge_status_result result = {0};
	int status = ask(fd, METHOD_status, &(struct bridge_nothing){0}, &arena, &result,
			 NULL);
	arena_done(&arena);
	close(fd);
	return status < 0;
}

/* Kills the daemon behind FD, which hangs, and starts another. Its session processes go
 * with it and leave their streams to be resumed; only its keys are lost. The exit code.
 */
static int
replace_hung(int fd, pid_t pid, int64_t end)
{
	struct ucred who = {0};
	struct daemon_place place;
	socklen_t len = sizeof who;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) || who.pid != pid ||
	    kill(pid, SIGKILL)) {
		close(fd);
		fprintf(stderr, "ternd: process %d does not answer; kill it\n", (int)pid);
		return 1;
	}
	wait_hangup(fd, end);
	close(fd);
	fprintf(stderr,
		"ternd: process %d did not answer and was killed; profiles with a "
		"password wait for it\n",
		(int)pid);
	fd = daemon_connect(true, ANSWER_MS, &place);
	if (fd < 0) {
		fprintf(stderr, "ternd: %s\n", place.problem);
		return 1;
	}
	int code = greet_successor(fd);
	close(fd);
	return code;
}

int
control_restart(void)
{
	struct daemon_place place;
	int fd = daemon_connect(false, ANSWER_MS, &place);
	if (fd < 0) {
		fprintf(stderr, "ternd: %s\n", place.problem);
		return 1;
	}
	struct arena arena = {0};
	struct bridge_nothing nothing = {0};
	const char *refusal = NULL;
	int status = ask(fd, METHOD_restart, &nothing, &arena, &nothing, &refusal);
	int64_t end = now_ms() + RESTART_MS;
	if (status < 0 && is_hung()) {
		arena_done(&arena);
		return replace_hung(fd, place.pid, end);
	}
	if (status)
		fprintf(stderr, "ternd: %s\n",
			refusal ? refusal : "the daemon does not answer");
	arena_done(&arena);
	if (status == 0)
		wait_hangup(fd, end);
	close(fd);
	if (status)
		return 1;
	while ((fd = daemon_connect(false, ANSWER_MS, &place)) < 0 && now_ms() < end)
		nanosleep(&(struct timespec){.tv_nsec = LOOK_PAUSE_MS * 1000000L}, NULL);
	if (fd < 0) {
		fprintf(stderr,
			"ternd: the successor did not come up (%s); its log says more\n",
			place.problem);
		return 1;
	}
	int code = greet_successor(fd);
	close(fd);
	return code;
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
