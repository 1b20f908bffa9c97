/*
 * The queue of vault_jobs.h: the head of the profile's list is the one that runs.
 */
#include "backend/session/vault_jobs.h"

#include <errno.h>
#include <stdlib.h>

#include <utlist.h>

#include "backend/session/inner.h"
#include "backend/session/process.h"
#include "bridge/base/mem.h"

static void start_first(struct profile *profile);

static void
on_pool(uv_work_t *work)
{
	struct vault_job *job = work->data;
	if (job->run)
		job->run(job);
}

static void
on_loop(uv_work_t *work, int status)
{
	struct vault_job *job = work->data;
	struct profile *profile = job->profile;
	if (status < 0)
		job->result = -ECANCELED;
	job->done(job);
	DL_DELETE(profile->vault_jobs, job);
	secret_done(&job->password);
	secret_done(&job->key);
	free(job);
	if (profile->vault_jobs)
		start_first(profile);
	else
		profile_close_further(profile);
	profile_release(profile);
}

static void
start_first(struct profile *profile)
{
	struct vault_job *job = profile->vault_jobs;
	if (profile->phase == PROFILE_CLOSING) {
		job->result = -ECANCELED;
		job->run = NULL;
	}
	uv_queue_work(profile->process->loop, &job->work, on_pool, on_loop);
}

void
vault_job_submit(struct profile *profile, struct serve_request *request,
		 const char *password, vault_job_run *run, vault_job_done *done)
{
	struct vault_job *job = mem_alloc(sizeof *job);
	job->work.data = job;
	job->profile = profile;
	job->request = request;
	job->run = run;
	job->done = done;
	if (password)
		secret_set_text(&job->password, password);
	profile_hold(profile);
	bool is_first = !profile->vault_jobs;
	DL_APPEND(profile->vault_jobs, job);
	if (is_first)
		start_first(profile);
}

bool
vault_job_is_busy(const struct profile *profile)
{
	return profile->vault_jobs != NULL;
}
