/*
 * Connecting blocks (bridge/daemon.h), so a reconnect runs on libuv's pool. The
 * invariant: a client is freed only from the retry timer or door_free, never inside its
 * own hooks.
 */
#include "tui/door.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge/base/mem.h"
#include "bridge/daemon.h"

#define CONNECT_TIMEOUT_MS 3000
#define RETRY_MAX_MS 5000
#define ATTACH_RETRY_MS 150

struct door {
	uv_loop_t *loop;
	struct door_hooks hooks;
	void *data;
	struct client *client;
	enum door_state state;
	bool is_embedded, is_freed, is_closed;
	char *profile; /* wanted, NULL for none */
	unsigned tries;
	uv_timer_t retry;
	bool is_looking; /* the work is under way */
	uv_work_t work;
	int found; /* by the work: a descriptor or -1 */
	struct daemon_place place;
};

static void start_attach(struct door *door);
static void arm_retry(struct door *door, unsigned wait_ms);

static bool
is_transient(const struct bridge_failure *failure)
{
	static const char *const codes[] = {"BACKEND_GONE", "BUSY", "TIMEOUT"};

	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (strcmp(failure->code, codes[i]) == 0)
			return true;
	return false;
}

static void
attach_done(void *data, const struct bridge_failure *failure, const void *result)
{
	struct door *door = data;

	if (door->state != DOOR_ATTACHING || !door->profile)
		return;
	if (!failure) {
		const struct bridge_attach_result *attached = result;

		door->tries = 0;
		door->state = DOOR_ATTACHED;
		/* From here on the name, since what @DEFAULT@ means may change. */
		mem_replace(&door->profile, attached->profile);
		door->hooks.on_attached(door->data, attached);
	} else if (strcmp(failure->code, "LOCKED") == 0) {
		door->state = DOOR_LOCKED;
		door->hooks.on_locked(door->data);
	} else if (is_transient(failure) && door->tries < 40) {
		door->tries++;
		arm_retry(door, ATTACH_RETRY_MS);
	} else {
		door->state = DOOR_CONNECTED;
		mem_replace(&door->profile, NULL);
		door->hooks.on_refused(door->data, failure);
	}
}

static void
start_attach(struct door *door)
{
	struct bridge_attach_params params = {.profile = door->profile};

	door->state = DOOR_ATTACHING;
	door->hooks.get_cursor(door->data, &params.epoch, &params.seq);
	client_attach(door->client, &params, attach_done, door);
}

static void
on_hello(void *data, const char *problem, const struct bridge_hello_result *result)
{
	struct door *door = data;

	if (!result) {
		door->hooks.on_fatal(door->data, problem);
		return;
	}
	door->tries = 0;
	door->state = DOOR_CONNECTED;
	door->hooks.on_greeted(door->data, problem);
	if (door->profile)
		start_attach(door);
	else
		door->hooks.on_connected(door->data);
}

static void
on_event(void *data, enum bridge_event event, const void *record)
{
	struct door *door = data;

	if (event == EVENT_resync && door->profile) {
		const struct bridge_resync_event *resync = record;

		if (strcmp(resync->profile, door->profile) == 0 &&
		    door->state == DOOR_ATTACHED) {
			start_attach(door);
			return;
		}
	}
	door->hooks.on_event(door->data, event, record);
}

static void
on_closed(void *data, const char *problem)
{
	struct door *door = data;

	door->state = DOOR_AWAY;
	arm_retry(door, 0);
	door->hooks.on_away(door->data, problem);
}

static void
open_client(struct door *door, int fd)
{
	static const struct client_hooks hooks = {
		.on_hello = on_hello,
		.on_event = on_event,
		.on_closed = on_closed,
	};

	door->state = DOOR_GREETING;
	door->client = client_new(door->loop, fd, "tern", &hooks, door);
	if (!door->client) {
		door->state = DOOR_AWAY;
		arm_retry(door, RETRY_MAX_MS);
	}
}

static void
look(uv_work_t *work)
{
	struct door *door = work->data;

	door->found = door->is_embedded
			      ? daemon_embed(&door->place)
			      : daemon_connect(true, CONNECT_TIMEOUT_MS, &door->place);
}

static void
on_looked(uv_work_t *work, int status)
{
	struct door *door = work->data;

	door->is_looking = false;
	if (status < 0)
		door->found = -1;
	if (door->is_freed || door->state != DOOR_AWAY) {
		if (door->found >= 0)
			(void)close(door->found);
		if (door->is_closed)
			free(door);
		return;
	}
	if (door->found >= 0) {
		open_client(door, door->found);
		return;
	}
	unsigned wait = 250u << (door->tries < 5 ? door->tries : 5);
	door->tries++;
	door->hooks.on_away(door->data, door->place.problem);
	arm_retry(door, wait < RETRY_MAX_MS ? wait : RETRY_MAX_MS);
}

static void
on_retry(uv_timer_t *timer)
{
	struct door *door = timer->data;

	if (door->state == DOOR_ATTACHING) {
		start_attach(door);
		return;
	}
	if (door->state != DOOR_AWAY || door->is_looking)
		return;
	client_free(door->client);
	door->client = NULL;
	door->work.data = door;
	door->is_looking = true;
	if (uv_queue_work(door->loop, &door->work, look, on_looked) != 0) {
		door->is_looking = false;
		arm_retry(door, RETRY_MAX_MS);
	}
}

static void
arm_retry(struct door *door, unsigned wait_ms)
{
	(void)uv_timer_start(&door->retry, on_retry, wait_ms, 0);
}

struct door *
door_new(uv_loop_t *loop, const struct door_hooks *hooks, void *data)
{
	struct door *door = mem_alloc(sizeof *door);

	door->loop = loop;
	door->hooks = *hooks;
	door->data = data;
	door->found = -1;
	(void)uv_timer_init(loop, &door->retry);
	door->retry.data = door;
	return door;
}

static void
on_timer_closed(uv_handle_t *handle)
{
	struct door *door = handle->data;

	door->is_closed = true;
	if (!door->is_looking)
		free(door);
}

void
door_free(struct door *door)
{
	if (!door)
		return;
	door->state = DOOR_AWAY;
	door->is_freed = true;
	client_free(door->client);
	door->client = NULL;
	mem_replace(&door->profile, NULL);
	uv_close((uv_handle_t *)&door->retry, on_timer_closed);
}

void
door_open(struct door *door, int fd, bool is_embedded)
{
	door->state = DOOR_AWAY;
	(void)uv_timer_stop(&door->retry);
	client_free(door->client);
	door->client = NULL;
	door->is_embedded = is_embedded;
	mem_replace(&door->profile, NULL);
	open_client(door, fd);
}

void
door_attach(struct door *door, const char *profile)
{
	char *wanted = mem_strdup(profile);

	free(door->profile);
	door->profile = wanted;
	door->tries = 0;
	if (door->state >= DOOR_CONNECTED)
		start_attach(door);
}

void
door_detach(struct door *door)
{
	if (door->state == DOOR_ATTACHED) {
		struct bridge_profile_name params = {.profile = door->profile};

		client_detach(door->client, &params, NULL, NULL);
	}
	if (door->state > DOOR_CONNECTED)
		door->state = DOOR_CONNECTED;
	mem_replace(&door->profile, NULL);
}

enum door_state
door_state(const struct door *door)
{
	return door->state;
}

struct client *
door_client(const struct door *door)
{
	return door->state >= DOOR_CONNECTED ? door->client : NULL;
}
