/*
 * A sorted array of pointers. Rosters and badge rows come sorted by address, so adding is
 * an append nearly always.
 */
#include "tui/by_jid.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/base/mem.h"

static const char *
jid_of(const void *thing)
{
	return *(const char *const *)thing;
}

/* The index of the first thing whose JID is not below JID. */
static size_t
place_of(const struct by_jid *set, const char *jid)
{
	size_t low = 0, high = set->count;

	if (high > 0 && strcmp(jid_of(set->rows[high - 1]), jid) < 0)
		return high;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(jid_of(set->rows[middle]), jid) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void *
by_jid_find(const struct by_jid *set, const char *jid)
{
	size_t at = place_of(set, jid);

	if (at < set->count && strcmp(jid_of(set->rows[at]), jid) == 0)
		return set->rows[at];
	return NULL;
}

void
by_jid_add(struct by_jid *set, void *thing)
{
	size_t at = place_of(set, jid_of(thing));

	if (set->count == set->cap) {
		set->cap = set->cap ? set->cap * 2 : 16;
		set->rows = mem_resize(set->rows, set->cap, sizeof *set->rows);
	}
	memmove(set->rows + at + 1, set->rows + at,
		(set->count - at) * sizeof *set->rows);
	set->rows[at] = thing;
	set->count++;
}

void *
by_jid_take(struct by_jid *set, const char *jid)
{
	size_t at = place_of(set, jid);

	if (at >= set->count || strcmp(jid_of(set->rows[at]), jid) != 0)
		return NULL;
	void *thing = set->rows[at];
	set->count--;
	memmove(set->rows + at, set->rows + at + 1,
		(set->count - at) * sizeof *set->rows);
	return thing;
}

void
by_jid_done(struct by_jid *set)
{
	free(set->rows);
	*set = (struct by_jid){0};
}
