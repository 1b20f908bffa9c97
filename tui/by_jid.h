/*
 * A set of things that have an address: pointers to structs whose first member is their
 * JID, sorted by it. The model keeps contacts and conversations in such sets.
 */
#ifndef TERN_TUI_BY_JID_H
#define TERN_TUI_BY_JID_H

#include <stddef.h>

/* Zero-initialise to begin. Rows point to structs that begin with `char *jid`. */
struct by_jid {
	void **rows;
	size_t count, cap;
};

/* The thing with JID, NULL if there is none. */
void *by_jid_find(const struct by_jid *set, const char *jid);

/* Adds THING, whose JID is not in the set yet. */
void by_jid_add(struct by_jid *set, void *thing);

/* Takes the thing with JID out and returns it; NULL if there is none. */
void *by_jid_take(struct by_jid *set, const char *jid);

/* Frees the set's own memory, not the things. */
void by_jid_done(struct by_jid *set);

#endif
