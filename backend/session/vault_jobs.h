/*
 * Work on a profile's vault that takes a KDF or the disk: done on libuv's pool, one after
 * the other, since a vault has one user at a time; a closing profile is taken apart only
 * when none is left. Used by the handlers of passwords and of the lock.
 */
#ifndef TERN_SESSION_VAULT_JOBS_H
#define TERN_SESSION_VAULT_JOBS_H

#include <stdbool.h>

#include <uv.h>

#include "backend/vault/secret.h"

struct profile;
struct serve_request;
struct vault_job;

/* RUN works on the pool (NULL: there is nothing to do there) and sets result. */
typedef void vault_job_run(struct vault_job *job);

/* DONE answers the job's request on the loop: the result is -ECANCELED without RUN having
 * been called where the profile began to close before. */
typedef void vault_job_done(struct vault_job *job);

struct vault_job {
	uv_work_t work;
	struct vault_job *next, *prev; /* behind it in the profile's list */
	struct profile *profile;
	struct serve_request *request;
	struct secret password;
	struct secret key;
	int result;
	vault_job_run *run;
	vault_job_done *done;
};

/* Queues a job for REQUEST with a copy of PASSWORD (may be NULL). */
void vault_job_submit(struct profile *profile, struct serve_request *request,
		      const char *password, vault_job_run *run, vault_job_done *done);

/* Whether one runs or waits. */
bool vault_job_is_busy(const struct profile *profile);

#endif
