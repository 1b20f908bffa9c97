/*
 * A frontend's connection: a peer that said hello, typed calls, and events handed out by
 * the schema's table. tern and ternctl stand on it.
 */
#ifndef TERN_BRIDGE_CLIENT_H
#define TERN_BRIDGE_CLIENT_H

#include "bridge/peer.h"

struct client;

struct client_hooks {
	/* hello was answered; PROBLEM is NULL, or a sentence. With RESULT it is a schema
	 * of another build: much works all the same; without there is no way on. */
	void (*on_hello)(void *data, const char *problem,
			 const struct bridge_hello_result *result);
	/* An event with its decoded record, borrowed. Unknown events are dropped. */
	void (*on_event)(void *data, enum bridge_event event, const void *record);
	/* The daemon went, perhaps before it answered hello; the client is dead and has
	 * to be freed. */
	void (*on_closed)(void *data, const char *problem);
};

/* A client named PROGRAM over the connected FD (taken over); says hello at once. */
struct client *client_new(uv_loop_t *loop, int fd, const char *program,
			  const struct client_hooks *hooks, void *data);

/* Closes and frees; pending calls are told BACKEND_GONE. */
void client_free(struct client *client);

/* The peer underneath, for peer_call and peer_forget. */
struct peer *client_peer(struct client *client);

/* client_message_send(client, &params, done, data), one for each METHOD for frontends:
 * DONE gets the method's result struct as its RESULT. */
#define METHOD(name, wire, scope, params, result, since, doc)                            \
	static inline void client_##name(struct client *client,                          \
					 const struct bridge_##params *the_params,       \
					 peer_done *done, void *data)                    \
	{                                                                                \
		peer_call(client_peer(client), METHOD_##name, the_params, 0, done,       \
			  data);                                                         \
	}
#include "bridge/schema_rows.h"

/* Fills OUT with 16 random bytes (getrandom), for calls that take a token. */
void client_token(uint8_t out[16]);

#endif
