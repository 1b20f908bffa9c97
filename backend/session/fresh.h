/*
 * Requests that ask who is there. A server that was told that nobody looks (XEP-0352)
 * keeps presences back for as long as it likes.
 */
#ifndef TERN_SESSION_FRESH_H
#define TERN_SESSION_FRESH_H

#include <stdbool.h>

#include "backend/session/jobs.h"

/* Inside the job of REQUEST: if the server may keep presences back, it is told that
 * somebody looks, and FN runs in a job for REQUEST, which this takes over, when they
 * came, or do not come in time. False if nothing is to be waited for. */
bool fresh_wait(struct profile *profile, struct serve_request *request, request_job *fn);

#endif
