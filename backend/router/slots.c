/*
 * Two lists of slots, held and waiting. Whenever a held one goes, the first that waits is
 * answered.
 */
#include "backend/router/slots.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "bridge/base/mem.h"
#include "bridge/serve.h"

struct slot {
	const void *owner;
	char *profile;
	struct serve_request *request; /* NULL once answered */
	struct slot *next, *prev;
};

static struct slot *
find(struct slot *list, const void *owner, const char *profile)
{
	struct slot *slot = NULL;
	DL_FOREACH (list, slot) {
		if (slot->owner == owner && strcmp(slot->profile, profile) == 0)
			return slot;
	}
	return NULL;
}

static void
free_slot(struct slot *slot)
{
	if (slot->request)
		serve_fail(slot->request, ERROR_BUSY, "the login slot was given up");
	free(slot->profile);
	free(slot);
}

static void
grant(struct slots *slots)
{
	while (slots->waiting && slots->held_count < SLOTS_MAX) {
		struct slot *slot = slots->waiting;
		DL_DELETE(slots->waiting, slot);
		DL_APPEND(slots->held, slot);
		slots->held_count++;
		struct serve_request *request = slot->request;
		slot->request = NULL;
		serve_result(request, NULL);
	}
}

void
slots_take(struct slots *slots, const void *owner, const char *profile,
	   struct serve_request *request)
{
	if (find(slots->held, owner, profile)) {
		serve_result(request, NULL);
		return;
	}
	struct slot *slot = mem_alloc(sizeof *slot);
	*slot = (struct slot){
		.owner = owner, .profile = mem_strdup(profile), .request = request};
	DL_APPEND(slots->waiting, slot);
	grant(slots);
}

void
slots_give(struct slots *slots, const void *owner, const char *profile)
{
	struct slot *slot = find(slots->held, owner, profile);
	if (slot) {
		DL_DELETE(slots->held, slot);
		slots->held_count--;
		free_slot(slot);
	}
	slot = find(slots->waiting, owner, profile);
	if (slot) {
		DL_DELETE(slots->waiting, slot);
		free_slot(slot);
	}
	grant(slots);
}

void
slots_forget(struct slots *slots, const void *owner)
{
	struct slot *slot = NULL, *next = NULL;
	DL_FOREACH_SAFE (slots->waiting, slot, next) {
		if (slot->owner != owner)
			continue;
		DL_DELETE(slots->waiting, slot);
		if (slot->request)
			slot->request->peer = NULL;
		free_slot(slot);
	}
	DL_FOREACH_SAFE (slots->held, slot, next) {
		if (slot->owner != owner)
			continue;
		DL_DELETE(slots->held, slot);
		slots->held_count--;
		free_slot(slot);
	}
	grant(slots);
}
