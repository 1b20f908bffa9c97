/*
 * What is gone: a row for each contact, request and block removed in the last 30 days, so
 * that a cursor from before learns of it. Setting the thing again takes its stone away.
 */
#ifndef TERN_STORE_TOMBSTONES_H
#define TERN_STORE_TOMBSTONES_H

#include <stddef.h>
#include <stdint.h>

#include "bridge/base/arena.h"

struct store;

enum tombstone_kind {
	TOMBSTONE_CONTACT = 1,
	TOMBSTONE_REQUEST = 2,
	TOMBSTONE_BLOCKED = 3,
};

struct tombstone {
	enum tombstone_kind kind;
	const char *key; /* the bare JID */
	int64_t seq;
};

struct tombstone_list {
	struct tombstone *items;
	size_t count;
};

/* Sets a stone for KEY with a new seq. Inside a job; the tables call it themselves. */
int tombstones_add(struct store *store, enum tombstone_kind kind, const char *key,
		   int64_t now_ms);

/* Takes it away. Inside a job; the tables call it themselves. */
int tombstones_remove(struct store *store, enum tombstone_kind kind, const char *key);

/* Stones set after SINCE; complete only for SINCE >= store_position().floor. */
int tombstones_changed(struct store *store, int64_t since, struct arena *arena,
		       struct tombstone_list *ret_list);

/* Drops stones set before TIME_MS and raises the floor. Inside a job; see store_expire.
 */
int tombstones_expire(struct store *store, int64_t time_ms);

#endif
