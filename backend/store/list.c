/*
 * Growth of a list in an arena. The room of an array follows from its count alone: the
 * power of two at or above it, 16 at least.
 */
#include "backend/store/list.h"

#include <string.h>

void *
list_room(struct arena *arena, void *items, size_t count, size_t size)
{
	if (count != 0 && (count < 16 || (count & (count - 1)) != 0))
		return items;
	void *grown = arena_array(arena, count ? count * 2 : 16, size);
	if (count)
		memcpy(grown, items, count * size);
	return grown;
}
