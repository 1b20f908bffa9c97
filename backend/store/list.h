/*
 * A list in an arena that grows while rows are read: doubling copies, which the arena
 * frees with everything else.
 */
#ifndef TERN_STORE_LIST_H
#define TERN_STORE_LIST_H

#include <stddef.h>

#include "bridge/base/arena.h"

/* Room for item number COUNT (from 0) of SIZE bytes in the array ITEMS (NULL for COUNT
 * 0), which holds exactly COUNT of them so far: the array, moved where it had to grow. */
void *list_room(struct arena *arena, void *items, size_t count, size_t size);

#endif
