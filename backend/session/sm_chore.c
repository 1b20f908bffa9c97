/*
 * The jobs of stream management: what it keeps is written, and what it says is said, in
 * turn with what arrives. A chore that fails costs the stream, not the session. Used by
 * sm.c and sm_resume.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend/session/inner.h"
#include "backend/session/sm_inner.h"
#include "backend/store/store.h"
#include "bridge/base/mem.h"

int64_t
sm_boot_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
sm_send_nonza(struct profile *profile, const char *xml)
{
	if (profile->link.stream)
		(void)stream_send(profile->link.stream, xml, strlen(xml));
}

static int
chore_job(struct store *store, void *data)
{
	struct chore *chore = data;
	struct profile *profile = chore->profile;
	(void)store;
	profile->job_error = 0;
	int result = chore->run ? chore->run(profile, chore) : 0;
	return result < 0 ? result : profile->job_error;
}

static void
chore_done(void *data, int status)
{
	struct chore *chore = data;
	struct profile *profile = chore->profile;
	if (status < 0 && status != -ESHUTDOWN)
		link_lose_storage(profile, status);
	else if (status == 0 && chore->then)
		chore->then(profile, chore);
	free(chore->text);
	free(chore);
	profile_release(profile);
}

void
sm_submit(struct profile *profile, const struct chore *chore)
{
	struct chore *row = mem_alloc(sizeof *row);
	*row = *chore;
	row->profile = profile;
	row->stream = profile->link.generation;
	profile_hold(profile);
	if (!profile->store ||
	    store_submit(profile->store, chore_job, chore_done, row) < 0)
		chore_done(row, -ESHUTDOWN);
}

bool
sm_is_current(const struct profile *profile, uint64_t generation)
{
	return profile->link.stream && profile->link.generation == generation;
}
