/*
 * Requests that read or write the store: run in a job, answered when it is durable.
 */
#ifndef TERN_SESSION_JOBS_H
#define TERN_SESSION_JOBS_H

#include <stdbool.h>

#include "backend/store/conversations.h"

struct profile;
struct serve_request;

/* Does what REQUEST asks, inside a store job, and answers it (profile_reply,
 * profile_refuse, or hands it to a question's answer): then returns 0. Or returns a
 * negative errno without having answered: the job is undone and the answer is STORAGE. */
typedef int request_job(struct profile *profile, struct serve_request *request);

/* Queues FN for REQUEST. */
void request_in_job(struct profile *profile, struct serve_request *request,
		    request_job *fn);

/* The bare JID of TEXT, which lives as long as REQUEST; refuses REQUEST with BAD_JID and
 * returns NULL if it is none. */
const char *request_address(struct profile *profile, struct serve_request *request,
			    const char *text);

/* The conversation that TEXT addresses: with a person, a known room (by its bare name
 * too, where that is one room's) or an occupant of one. It lives as long as REQUEST;
 * false, with REQUEST refused, if TEXT is no address. */
bool request_conversation(struct profile *profile, struct serve_request *request,
			  const char *text, struct conversation_key *ret_key);

#endif
