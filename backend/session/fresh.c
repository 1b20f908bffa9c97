/*
 * One question to our server behind the word that somebody looks: its answer comes behind
 * what was kept back. Each waiting request is held here until then, or for a short while;
 * what waits is freed by the answer, which always comes, if only as none.
 */
#include "backend/session/fresh.h"

#include <stdlib.h>

#include "backend/net/stream.h"
#include "backend/session/alarm.h"
#include "backend/session/inner.h"
#include "backend/xep/ping.h"
#include "bridge/base/mem.h"
#include "bridge/serve.h"

enum { WAIT_MS = 5 * 1000 };

struct waiting {
	struct serve_request *request; /* NULL: it went on */
	request_job *fn;
	struct alarm *alarm;
};

static void
go_on(struct profile *profile, struct waiting *waiting)
{
	struct serve_request *request = waiting->request;
	waiting->request = NULL;
	profile->watch.waiting -= request ? 1 : 0;
	if (request && profile->store)
		request_in_job(profile, request, waiting->fn);
	else if (request)
		serve_fail(request, ERROR_BUSY, "%s is being closed.", profile->name);
}

static void
on_late(struct profile *profile, void *data)
{
	struct waiting *waiting = data;
	waiting->alarm = NULL;
	go_on(profile, waiting);
}

static void
on_answer(struct profile *profile, const struct stanza *answer, bool is_last, void *data)
{
	struct waiting *waiting = data;
	(void)answer, (void)is_last;
	alarm_stop(waiting->alarm);
	go_on(profile, waiting);
	free(waiting);
}

bool
fresh_wait(struct profile *profile, struct serve_request *request, request_job *fn)
{
	const struct stream_features *features = profile_features(profile);
	if (!profile_is_online(profile) || !features || !features->has_csi)
		return false;
	if (!watch_rouse(profile) && profile->watch.waiting == 0)
		return false;
	profile->watch.waiting++;
	struct waiting *waiting = mem_alloc(sizeof *waiting);
	*waiting = (struct waiting){.request = request, .fn = fn};
	waiting->alarm = alarm_set(profile, WAIT_MS, on_late, waiting);
	ping_send(profile, NULL, on_answer, waiting);
	return true;
}
