/*
 * The badges that are due. What changes a badge marks it; each mark is an effect of the
 * store, and the last one of a batch tells the badge: so events leave in the order of
 * their numbers, and a flood into one conversation costs one badge a commit.
 */
#include <stdlib.h>

#include <uthash.h>

#include "backend/session/inner.h"
#include "backend/session/lines.h"
#include "backend/store/store.h"
#include "bridge/base/mem.h"

struct due_badge {
	UT_hash_handle hh;
	struct profile *profile;
	int64_t conversation;
	unsigned marks; /* whose effect is still to come */
};

/* Whatever became of the job of this mark: what is told is what is committed, and those
 * before may have left it to this one. */
static void
on_mark(void *data, int status)
{
	struct due_badge *due = data;
	struct profile *profile = due->profile;
	(void)status;
	if (--due->marks == 0) {
		HASH_DEL(profile->due_badges, due);
		lines_tell_badge(profile, due->conversation);
		free(due);
	}
	profile_release(profile);
}

void
profile_badge_changed(struct profile *profile, int64_t conversation)
{
	struct due_badge *due = NULL;
	HASH_FIND(hh, profile->due_badges, &conversation, sizeof conversation, due);
	if (!due) {
		due = mem_alloc(sizeof *due);
		due->profile = profile;
		due->conversation = conversation;
		HASH_ADD(hh, profile->due_badges, conversation, sizeof conversation, due);
	}
	due->marks++;
	profile_hold(profile);
	store_on_commit(profile->store, on_mark, due);
}
