/*
 * A disk that fails on command: a layer between SQLite and the system for the whole test
 * process, which lets the n-th operation that changes a file go wrong. The rest of the
 * test, which looks at what is left, runs with the layer at rest.
 */
#ifndef TERN_TESTS_BACKEND_STORE_SHIM_H
#define TERN_TESTS_BACKEND_STORE_SHIM_H

#include <stdbool.h>

enum shim_fault {
	SHIM_FULL,	/* no room, this once: writes fail, the rest goes on */
	SHIM_IO,	/* this once; half of a write is there */
	SHIM_SYNC,	/* like SHIM_IO, but only the n-th sync is counted and fails */
	SHIM_DEATH,	/* this and everything after it: the machine lost its disk */
	SHIM_READ_ONLY, /* this once: the file system takes no writes */
	SHIM_FAULTS,
};

/* Follows the file PATH from now on: while it is there and says "FAULT EVERY", every
 * EVERY-th operation fails by that fault (a number of the list above). For whole programs
 * that run on such a disk. */
void shim_follow(const char *path);

/* Puts the layer under all databases that are opened from now on. Once a process. */
void shim_install(void);

/* The N-th operation (from 1) from now on that changes a file fails by FAULT. */
void shim_arm(enum shim_fault fault, int n);

/* Ends that. Whether anything failed since shim_arm. */
bool shim_disarm(void);
bool shim_has_failed(void);

#endif
