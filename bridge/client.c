/*
 * A frontend's connection of client.h: a peer whose first call is hello and whose events
 * are decoded before they are handed on.
 */
#include "bridge/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "bridge/base/arena.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"
#include "bridge/codec.h"

struct client {
	struct peer *peer;
	struct client_hooks hooks;
	void *data;
	bool is_freed;
};

static void
hello_done(void *data, const struct bridge_failure *failure, const void *result)
{
	struct client *client = data;
	const struct bridge_hello_result *hello = result;
	if (client->is_freed || !client->hooks.on_hello)
		return;
	/* No daemon says that to a hello: the connection ended, which on_closed tells. */
	if (failure && strcmp(failure->code, "BACKEND_GONE") == 0)
		return;
	if (failure) {
		client->hooks.on_hello(client->data, failure->message, NULL);
		return;
	}
	char problem[256];
	bool is_same = strcmp(hello->schema, bridge_schema_hash()) == 0;
	if (!is_same)
		(void)snprintf(problem, sizeof problem,
			       "The daemon (%.32s %.32s) and this program (%s) are of "
			       "different builds: what only one of them knows does not "
			       "work. \"ternd restart\" renews the daemon.",
			       hello->program, hello->version, TERN_VERSION);
	client->hooks.on_hello(client->data, is_same ? NULL : problem, hello);
}

static void
take_event(void *data, const struct frame *frame)
{
	struct client *client = data;
	char name[64];
	if (frame->name_len >= sizeof name)
		return;
	(void)snprintf(name, sizeof name, "%.*s", (int)frame->name_len, frame->name);
	int event = bridge_event_named(name);
	if (event < 0 || !client->hooks.on_event)
		return;
	const struct bridge_record_row *row = bridge_events[event].record;
	struct arena arena = {.is_secret = codec_has_secret(row)};
	void *record = arena_alloc(&arena, row->size);
	const char *problem = NULL;
	if (codec_decode(frame->params.data, frame->params.len, row, &arena, record,
			 &problem) < 0)
		log_warn("bridge", "bad event=%s problem=\"%s\"", name, problem);
	else
		client->hooks.on_event(client->data, (enum bridge_event)event, record);
	arena_done(&arena);
}

static void
peer_closed(void *data, int status, const char *problem)
{
	struct client *client = data;
	(void)status;
	if (client->hooks.on_closed)
		client->hooks.on_closed(client->data, problem);
}

struct client *
client_new(uv_loop_t *loop, int fd, const char *program, const struct client_hooks *hooks,
	   void *data)
{
	static const struct peer_hooks peer_hooks = {
		.on_event = take_event,
		.on_closed = peer_closed,
	};
	struct client *client = mem_alloc(sizeof *client);
	client->hooks = *hooks;
	client->data = data;
	client->peer = peer_new(loop, fd, &peer_hooks, client);
	if (!client->peer) {
		free(client);
		return NULL;
	}
	struct bridge_hello_params params = {
		.program = program,
		.version = TERN_VERSION,
		.schema = bridge_schema_hash(),
	};
	peer_call(client->peer, METHOD_hello, &params, 0, hello_done, client);
	return client;
}

void
client_free(struct client *client)
{
	if (!client)
		return;
	client->is_freed = true;
	peer_free(client->peer);
	free(client);
}

struct peer *
client_peer(struct client *client)
{
	return client->peer;
}

void
client_token(uint8_t out[16])
{
	size_t len = 0;
	while (len < 16) {
		ssize_t count = getrandom(out + len, 16 - len, 0);
		if (count < 0 && errno != EINTR)
			abort();
		if (count > 0)
			len += (size_t)count;
	}
}
