/*
 * The way to the daemon: finds it, says hello, attaches, and comes back by itself when
 * the daemon or the session process was replaced. Its owner hears what happened and keeps
 * the cursor; while the door is not attached, nothing can be called.
 */
#ifndef TERN_TUI_DOOR_H
#define TERN_TUI_DOOR_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "bridge/client.h"

struct door;

enum door_state {
	DOOR_AWAY,	/* no daemon; tries again */
	DOOR_GREETING,	/* connected, hello not answered */
	DOOR_CONNECTED, /* answers calls; no profile is attached or wanted */
	DOOR_ATTACHING,
	DOOR_LOCKED, /* the wanted profile waits for its password */
	DOOR_ATTACHED,
};

/* All borrowed until return. */
struct door_hooks {
	/* Connected to a daemon that answers; before anything else is asked of it.
	 * PROBLEM is NULL, or a sentence: it is of another build. */
	void (*on_greeted)(void *data, const char *problem);
	/* Connected, and no profile is wanted yet. */
	void (*on_connected)(void *data);
	void (*on_attached)(void *data, const struct bridge_attach_result *result);
	void (*on_event)(void *data, enum bridge_event event, const void *record);
	/* The wanted profile is locked: unlock it, then door_attach again. */
	void (*on_locked)(void *data);
	/* The wanted profile can't be attached; nothing is wanted any more. */
	void (*on_refused)(void *data, const struct bridge_failure *failure);
	/* The daemon is gone and looked for; PROBLEM is a sentence or NULL. */
	void (*on_away)(void *data, const char *problem);
	/* No way on: the daemon does not want us. */
	void (*on_fatal)(void *data, const char *problem);
	/* The cursor to attach with. */
	void (*get_cursor)(void *data, int64_t *ret_epoch, int64_t *ret_seq);
};

/* A door on LOOP; nothing happens before door_open. HOOKS are copied. */
struct door *door_new(uv_loop_t *loop, const struct door_hooks *hooks, void *data);

/* Closes everything; freed when the loop has run once more. NULL is fine. */
void door_free(struct door *door);

/* Takes over a connected descriptor of the daemon; IS_EMBEDDED: a private one, which is
 * started anew when it dies. What was open before is closed. */
void door_open(struct door *door, int fd, bool is_embedded);

/* Attaches to PROFILE, now and after each reconnect. */
void door_attach(struct door *door, const char *profile);

/* Forgets the wanted profile (detaching it if attached). */
void door_detach(struct door *door);

/* How far the way to the daemon is. */
enum door_state door_state(const struct door *door);

/* The client for calls while state is DOOR_CONNECTED or later, else NULL. */
struct client *door_client(const struct door *door);

#endif
