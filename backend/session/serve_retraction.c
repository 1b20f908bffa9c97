/*
 * Handlers of lines that were said and are taken back: by who wrote them, or by a
 * moderator of their room.
 */
#include "backend/session/handlers.h"
#include "backend/session/jobs.h"
#include "backend/session/room_request.h"
#include "backend/xep/retraction.h"
#include "bridge/serve.h"

static int
retract_job(struct profile *profile, struct serve_request *request)
{
	retraction_send(profile, request);
	return 0;
}

void
serve_message_retract(struct process *process, struct profile *profile,
		      struct serve_request *request)
{
	(void)process;
	request_in_job(profile, request, retract_job);
}

static int
moderate_job(struct profile *profile, struct serve_request *request)
{
	retraction_moderate(profile, request);
	return 0;
}

void
serve_message_moderate(struct process *process, struct profile *profile,
		       struct serve_request *request)
{
	const struct bridge_moderate_params *params = request->params;
	(void)process;
	if (request_has_reason(request, params->reason))
		request_in_job(profile, request, moderate_job);
}
