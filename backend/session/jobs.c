/*
 * One job for one request, as jobs.h says.
 */
#include "backend/session/jobs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend/muc/muc.h"
#include "backend/muc/muc_services.h"
#include "backend/session/inner.h"
#include "backend/store/store.h"
#include "bridge/base/mem.h"
#include "bridge/serve.h"

struct pending {
	struct profile *profile;
	struct serve_request *request; /* NULL once FN took it over */
	request_job *fn;
};

static int
run(struct store *store, void *data)
{
	struct pending *pending = data;
	struct profile *profile = pending->profile;
	(void)store;
	profile->job_error = 0;
	int result = pending->fn(profile, pending->request);
	if (result < 0)
		return result;
	pending->request = NULL;
	return profile->job_error;
}

static void
done(void *data, int status)
{
	struct pending *pending = data;
	struct profile *profile = pending->profile;
	if (pending->request)
		serve_fail(pending->request, ERROR_STORAGE, "%s",
			   store_sentence(status < 0 ? status : -EIO));
	free(pending);
	profile_release(profile);
}

void
request_in_job(struct profile *profile, struct serve_request *request, request_job *fn)
{
	struct pending *pending = mem_alloc(sizeof *pending);
	*pending = (struct pending){profile, request, fn};
	profile_hold(profile);
	if (store_submit(profile->store, run, done, pending) < 0)
		done(pending, -ESHUTDOWN);
}

static bool
parse(struct profile *profile, struct serve_request *request, const char *text,
      struct jid *ret_jid)
{
	const char *reason = NULL;
	if (jid_parse(text, ret_jid, &reason) == 0)
		return true;
	profile_refuse(profile, request, ERROR_BAD_JID, "%s: %s", text,
		       reason ? reason : "that is no address.");
	return false;
}

/* TEXT, or the room that we know by that bare name; with a dot it is a server. */
static const char *
with_service(struct profile *profile, struct serve_request *request, const char *text)
{
	const struct room *room =
		strchr(text, '.') ? NULL : muc_named(profile, text, &request->arena);
	return room ? room->jid : text;
}

bool
request_conversation(struct profile *profile, struct serve_request *request,
		     const char *text, struct conversation_key *ret_key)
{
	struct jid jid = {0};
	const char *key;
	if (!parse(profile, request, with_service(profile, request, text), &jid))
		return false;
	ret_key->kind = muc_kind(profile, &jid, &key);
	ret_key->jid = arena_strdup(&request->arena, key);
	jid_done(&jid);
	return true;
}

const char *
request_address(struct profile *profile, struct serve_request *request, const char *text)
{
	struct jid jid = {0};
	if (!parse(profile, request, text, &jid))
		return NULL;
	const char *bare = arena_strdup(&request->arena, jid.bare);
	jid_done(&jid);
	return bare;
}
