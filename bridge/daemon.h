/*
 * Where the daemon is: the lock and the `daemon` file in the state folder
 * ($XDG_DATA_HOME/tern), finding it, starting it. Clients read the file and never compute
 * the socket's path; only the daemon chooses it.
 */
#ifndef TERN_BRIDGE_DAEMON_H
#define TERN_BRIDGE_DAEMON_H

#include <stdbool.h>
#include <sys/types.h>

enum daemon_state {
	DAEMON_RUNNING,    /* the lock is held and the file is readable */
	DAEMON_STOPPED,    /* nobody holds the lock */
	DAEMON_STALE,      /* a file is there but nobody holds the lock */
	DAEMON_UNREADABLE, /* the folder, the lock or the file cannot be read */
};

struct daemon_place {
	enum daemon_state state;
	pid_t pid;
	char socket[108]; /* path; empty unless running */
	char problem[256]; /* a sentence unless running */
};

/* Looks for the daemon of this user's data folder, without starting one. */
void daemon_look(struct daemon_place *ret_place);

/* Connects to the running daemon, starting `ternd` (found beside /proc/self/exe, else on
 * PATH) when there is none and MAY_START; waits up to TIMEOUT_MS for it. Returns a connected
 * descriptor (CLOEXEC), or -1 with a sentence in PLACE->problem. Blocking; for clients
 * before their loop runs. */
int daemon_connect(bool may_start, unsigned timeout_ms, struct daemon_place *ret_place);

/* Starts a private `ternd` that ends with the returned descriptor (CLOEXEC): tern
 * --embedded. -1 with a sentence. */
int daemon_embed(struct daemon_place *ret_place);

#endif
