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
	DAEMON_RUNNING,	   /* the lock is held and the file is readable */
	DAEMON_STOPPED,	   /* nobody holds the lock */
	DAEMON_STALE,	   /* a file is there but nobody holds the lock */
	DAEMON_UNREADABLE, /* the folder, the lock or the file cannot be read */
};

struct daemon_place {
	enum daemon_state state;
	pid_t pid;
	char socket[108];  /* path; empty unless running */
	char problem[256]; /* a sentence unless running */
};

/* How client and daemon meet, which ternd keeps to:
 *
 * - DAEMON_LOCK in the folder is held with flock(LOCK_EX) for the daemon's life. A client
 *   that cannot connect tries LOCK_SH on it for an instant, so a starting daemon asks
 * again for 300 ms before it believes that another one holds the lock.
 * - DAEMON_FILE in the folder is written (rename) once the socket listens, and removed at
 *   the end: see daemon_file_format.
 * - `ternd` without arguments ends with 0 as soon as its daemon accepts connections, also
 *   when one was running already; else it ends with another code and says why in one
 *   sentence on standard error.
 * - `ternd embedded` serves the one connection that is its descriptor 3, and ends with
 * it. */
#define DAEMON_LOCK "lock"
#define DAEMON_FILE "daemon"

/* The state folder, $XDG_DATA_HOME/tern; the caller frees. NULL when there is neither
 * XDG_DATA_HOME nor a home, with a sentence in RET_PLACE->problem (may be NULL). */
char *daemon_folder(struct daemon_place *ret_place);

/* The text of the daemon file for PID and SOCKET; the caller frees. */
char *daemon_file_format(pid_t pid, const char *socket);

/* Looks for the daemon of this user's data folder, without starting one. */
void daemon_look(struct daemon_place *ret_place);

/* Connects to the running daemon, starting `ternd` (found beside /proc/self/exe, else on
 * PATH) when there is none and MAY_START; waits up to TIMEOUT_MS for it. Returns a
 * connected descriptor (CLOEXEC), or -1 with a sentence in PLACE->problem. Blocking; for
 * clients before their loop runs. */
int daemon_connect(bool may_start, unsigned timeout_ms, struct daemon_place *ret_place);

/* Starts a private `ternd` that ends with the returned descriptor (CLOEXEC): tern
 * --embedded. -1 with a sentence. */
int daemon_embed(struct daemon_place *ret_place);

#endif
