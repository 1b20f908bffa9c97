/*
 * Master keys of unlocked profiles, kept for the successor of a dead session process: in
 * memory that is locked, in no core dump, and wiped when a key goes.
 */
#ifndef TERN_ROUTER_KEYS_H
#define TERN_ROUTER_KEYS_H

#include <stddef.h>
#include <stdint.h>

/* The most bytes of a key. */
#define KEYS_BYTES 124

/* A kept key; lives in the memory of its keys. */
struct key {
	uint32_t len; /* 0: the cell is free */
	uint8_t bytes[KEYS_BYTES];
};

struct keys_page;

/* Zero-initialise to begin. */
struct keys {
	struct keys_page *pages;
	size_t count; /* keys kept */
};

/* Keeps a copy of LEN bytes; NULL when LEN is 0 or over KEYS_BYTES, or there is no
 * memory. While any key is kept the process cannot be traced or dumped. */
struct key *keys_put(struct keys *keys, const uint8_t *bytes, size_t len);

/* The same with room for LEN bytes, all zero, for the caller to fill. */
struct key *keys_make(struct keys *keys, size_t len);

/* Wipes KEY; NULL is fine. */
void keys_drop(struct keys *keys, struct key *key);

/* Wipes all and frees. */
void keys_done(struct keys *keys);

#endif
