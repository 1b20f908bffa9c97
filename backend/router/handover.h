/*
 * What one router leaves to the next at `ternd restart`: the lock's descriptor, and over
 * a socketpair the master keys of unlocked profiles. They lie in the kernel meanwhile,
 * never in arguments, environment or a file.
 */
#ifndef TERN_ROUTER_HANDOVER_H
#define TERN_ROUTER_HANDOVER_H

#include <stdbool.h>

struct router;

struct handover {
	bool is_due;	   /* the router ended in order to be restarted */
	bool is_successor; /* it was left by another: kept if this one cannot start */
	int lock_fd;	   /* of the daemon's lock, held; -1: none */
	int keys_fd;	   /* for handover_unpack; -1: none */
};

/* Writes what is known of ROUTER's profiles and can't be read from disk into a new
 * socketpair; returns the end to read it from (CLOEXEC), or a negative errno. What does
 * not fit is left out and logged. */
int handover_pack(struct router *router);

/* Reads that into ROUTER, which knows its profiles; closes FD. */
void handover_unpack(struct router *router, int fd);

/* Runs the program PATH with ARGV in the place of this one; the descriptors of HANDOVER
 * go with it. Returns only when that fails, with a negative errno. */
int handover_exec(const struct handover *handover, const char *path, char *const argv[]);

#endif
