/*
 * The progress of progress.h; its numbers are in the link, which shows them.
 */
#include "backend/session/progress.h"

#include "backend/session/inner.h"
#include "backend/session/process.h"

enum {
	PROGRESS_AFTER_MS = 1000,
	PROGRESS_EVERY_MS = 500,
};

void
progress_count(struct profile *profile, int64_t count, int64_t total)
{
	struct link_progress *progress = &profile->link.progress;
	uint64_t now = uv_now(profile->process->loop);
	if (!progress->is_on)
		*progress = (struct link_progress){.is_on = true, .since = now};
	progress->caught += count;
	if (total > 0 && total > progress->behind)
		progress->behind = total;
	if (now - progress->since < PROGRESS_AFTER_MS ||
	    (progress->told && now - progress->told < PROGRESS_EVERY_MS))
		return;
	progress->told = now;
	link_tell(profile);
}

void
progress_end(struct profile *profile)
{
	struct link_progress *progress = &profile->link.progress;
	bool was_shown = progress->told != 0;
	*progress = (struct link_progress){0};
	if (was_shown)
		link_tell(profile);
}
