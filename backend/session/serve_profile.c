/*
 * Handlers of the profile itself: opening and closing, vault, link, options.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <utlist.h>

#include "backend/session/account.h"
#include "backend/session/handlers.h"
#include "backend/session/inner.h"
#include "backend/session/jobs.h"
#include "backend/session/memory.h"
#include "backend/session/process.h"
#include "backend/session/vault_jobs.h"
#include "backend/store/settings.h"
#include "backend/store/store.h"
#include "backend/vault/vault.h"
#include "bridge/base/mem.h"
#include "bridge/serve.h"

void
serve_session_open(struct process *process, struct profile *profile,
		   struct serve_request *request)
{
	const struct bridge_session_open_params *params = request->params;
	(void)profile;
	if (process_find(process, params->profile))
		serve_fail(request, ERROR_PROFILE_EXISTS, "That profile is open here.");
	else
		profile_open(process, params->profile, &params->key, request);
}

void
serve_session_close(struct process *process, struct profile *profile,
		    struct serve_request *request)
{
	const struct bridge_profile_name *params = request->params;
	profile = process_find(process, params->profile);
	if (!profile)
		serve_fail(request, ERROR_NO_PROFILE, "That profile is not open here.");
	else
		profile_close(profile, false, request);
}

void
serve_session_ping(struct process *process, struct profile *profile,
		   struct serve_request *request)
{
	serve_result(request, NULL);
	DL_FOREACH (process->profiles, profile) {
		if (profile->store)
			store_rest(profile->store);
	}
	memory_rest();
}

void
serve_session_end(struct process *process, struct profile *profile,
		  struct serve_request *request)
{
	struct profile *next;
	process->is_ending = true;
	process->end_request = request;
	DL_FOREACH_SAFE (process->profiles, profile, next) {
		if (profile->phase != PROFILE_CLOSING)
			profile_close(profile, false, NULL);
	}
	process_profile_gone(process);
}

void
serve_session_suspend(struct process *process, struct profile *profile,
		      struct serve_request *request)
{
	process->is_suspending = true;
	serve_session_end(process, profile, request);
}

void
serve_profile_create(struct process *process, struct profile *profile,
		     struct serve_request *request)
{
	(void)profile;
	profile_create(process, request);
}

/* Deletes the folder of a profile that could not be opened. */
static void
delete_closed(struct process *process, struct serve_request *request)
{
	const struct bridge_profile_name *params = request->params;
	struct profile_dir dir;
	char *sentence = NULL;
	int result = profile_dir_open(process->root, params->profile, &dir, &sentence);
	if (result == 0)
		result = profile_dir_delete(&dir, &sentence);
	if (result == 0) {
		profile_tell_gone(process, params->profile);
		serve_result(request, NULL);
	} else {
		serve_fail(request, opening_error(result), "%s", sentence);
	}
	free(sentence);
}

void
serve_profile_delete(struct process *process, struct profile *profile,
		     struct serve_request *request)
{
	if (profile)
		profile_close(profile, true, request);
	else
		delete_closed(process, request);
}

static void
refuse_closing(struct profile *profile, struct serve_request *request)
{
	serve_fail(request, ERROR_BUSY, "%s is being closed; try again.", profile->name);
}

static void
derive(struct vault_job *job)
{
	job->result = vault_derive(job->profile->vault, &job->password, &job->key);
}

static void
derived(struct vault_job *job)
{
	struct profile *profile = job->profile;
	bool is_open = profile->phase == PROFILE_READY; /* by one that was before this */
	bool has_account = profile->account.bare != NULL;
	if (job->result == 0 && profile->phase == PROFILE_LOCKED)
		job->result = vault_unlock_key(profile->vault, &job->key);
	if (profile->phase == PROFILE_CLOSING)
		refuse_closing(profile, job->request);
	else if (is_open)
		serve_result(job->request, NULL);
	else if (job->result == 0 && !has_account)
		account_recall_unlocked(profile, job->request);
	else if (job->result == -EACCES)
		serve_fail(job->request, ERROR_WRONG_PASSWORD,
			   "That is not the password of profile %s.", profile->name);
	else if (job->result < 0)
		serve_fail(job->request, ERROR_DAMAGED, "%s",
			   vault_sentence(job->result));
	else
		serve_result(job->request, NULL);
	if (job->result == 0 && profile->phase == PROFILE_LOCKED && has_account)
		profile_unlocked(profile);
}

void
serve_profile_unlock(struct process *process, struct profile *profile,
		     struct serve_request *request)
{
	const struct bridge_profile_unlock_params *params = request->params;
	(void)process;
	if (profile->phase == PROFILE_READY && !vault_job_is_busy(profile))
		serve_result(request, NULL);
	else
		vault_job_submit(profile, request, params->password, derive, derived);
}

/* Behind what still works on the vault, so that it is not wiped under its hands. */
static void
lock(struct vault_job *job)
{
	struct profile *profile = job->profile;
	if (profile->phase == PROFILE_CLOSING) {
		refuse_closing(profile, job->request);
		return;
	}
	profile_lock_now(profile);
	serve_result(job->request, NULL);
}

void
serve_profile_lock(struct process *process, struct profile *profile,
		   struct serve_request *request)
{
	(void)process;
	if (!vault_is_protected(profile->vault)) {
		serve_fail(request, ERROR_BAD_PARAMS,
			   "%s has no profile password, so it cannot be locked.",
			   profile->name);
		return;
	}
	vault_job_submit(profile, request, NULL, NULL, lock);
}

/* ---- profile.change ---- */

struct change {
	struct profile *profile;
	struct serve_request *request;
	struct jid account; /* the new one; empty: as it was */
};

static int
change_job(struct store *store, void *data)
{
	struct change *change = data;
	const struct bridge_profile_change_params *params = change->request->params;
	int result = 0;
	if (params->host)
		result = settings_set(store, SETTING_HOST, params->host);
	if (result == 0 && params->ca_file)
		result = settings_set(store, SETTING_CA_FILE, params->ca_file);
	if (result == 0 && params->port)
		result = settings_set_int(store, SETTING_PORT,
					  params->port < 0 ? 0 : params->port);
	if (result == 0 && params->direct_tls)
		result = settings_set_int(store, SETTING_DIRECT_TLS,
					  strcasecmp(params->direct_tls, "yes") == 0);
	if (result == 0 && change->account.bare)
		result = settings_set(store, SETTING_JID, change->account.bare);
	return result;
}

static void
change_done(void *data, int status)
{
	struct change *change = data;
	struct profile *profile = change->profile;
	if (status < 0) {
		serve_fail(change->request, ERROR_STORAGE, "%s", store_sentence(status));
	} else {
		if (change->account.bare) {
			jid_done(&profile->account);
			profile->account = change->account;
			change->account = (struct jid){0};
		}
		serve_result(change->request, NULL);
		profile->link.failures = 0;
		if (profile->phase == PROFILE_READY)
			account_keep(profile);
	}
	jid_done(&change->account);
	free(change);
	profile_release(profile);
}

static void
change_settings(struct profile *profile, struct serve_request *request)
{
	const struct bridge_profile_change_params *params = request->params;
	struct change *change = mem_alloc(sizeof *change);
	const char *reason = NULL;
	change->profile = profile;
	change->request = request;
	if (params->jid && (jid_parse(params->jid, &change->account, &reason) < 0 ||
			    !change->account.local)) {
		serve_fail(request, ERROR_BAD_JID, "%s",
			   reason ? reason
				  : "An account's address looks like me@server.");
		jid_done(&change->account);
		free(change);
		return;
	}
	profile_hold(profile);
	if (store_submit(profile->store, change_job, change_done, change) < 0)
		change_done(change, -ESHUTDOWN);
}

static void
put_password(struct vault_job *job)
{
	job->result = vault_put(job->profile->vault, VAULT_XMPP_PASSWORD, &job->password);
}

static void
password_put(struct vault_job *job)
{
	struct profile *profile = job->profile;
	if (profile->phase == PROFILE_CLOSING) {
		refuse_closing(profile, job->request);
	} else if (job->result == -ENOKEY) {
		serve_fail(job->request, ERROR_LOCKED, "%s was locked meanwhile.",
			   profile->name);
	} else if (job->result < 0) {
		serve_fail(job->request, ERROR_STORAGE, "%s",
			   vault_sentence(job->result));
	} else {
		mem_wipe(profile->scram.data, profile->scram.len);
		change_settings(profile, job->request);
	}
}

void
serve_profile_change(struct process *process, struct profile *profile,
		     struct serve_request *request)
{
	const struct bridge_profile_change_params *params = request->params;
	(void)process;
	if (params->port > 65535) {
		serve_fail(request, ERROR_BAD_PARAMS,
			   "A port is a number from 1 to 65535.");
	} else if (params->jid &&
		   settings_get_int(profile->store, SETTING_PROVEN, 0) != 0) {
		serve_fail(request, ERROR_BAD_PARAMS,
			   "A profile that was online keeps its address; make another "
			   "profile for another account.");
	} else if (params->password) {
		vault_job_submit(profile, request, params->password, put_password,
				 password_put);
	} else {
		change_settings(profile, request);
	}
}

/* ---- link and options ---- */

struct wish {
	struct profile *profile;
	bool is_wanted;
};

static void
wish_kept(void *data, int status)
{
	struct wish *wish = data;
	struct profile *profile = wish->profile;
	if (status == 0) {
		profile->link.is_wanted = wish->is_wanted;
		if (wish->is_wanted)
			link_start(profile);
		else
			link_stop(profile, NULL);
	}
	free(wish);
	profile_release(profile);
}

static int
wish_job(struct profile *profile, struct serve_request *request)
{
	struct wish *wish = mem_alloc(sizeof *wish);
	*wish = (struct wish){profile, request->method == METHOD_link_connect};
	profile_hold(profile);
	store_on_commit(profile->store, wish_kept, wish);
	int result = settings_set_int(profile->store, SETTING_CONNECTED, wish->is_wanted);
	if (result == 0)
		profile_reply(profile, request, NULL);
	return result;
}

void
serve_link_connect(struct process *process, struct profile *profile,
		   struct serve_request *request)
{
	(void)process;
	request_in_job(profile, request, wish_job);
}

void
serve_link_disconnect(struct process *process, struct profile *profile,
		      struct serve_request *request)
{
	(void)process;
	request_in_job(profile, request, wish_job);
}

void
serve_link_quit(struct process *process, struct profile *profile,
		struct serve_request *request)
{
	(void)process;
	link_stop(profile, NULL);
	serve_result(request, NULL);
}

static int
setting_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_setting_params *params = request->params;
	int id = options_find(params->name);
	int result = options_set(&profile->options, profile->store, id, params->value);
	if (result < 0)
		return result;
	struct bridge_setting row;
	options_fill(&profile->options, id, &row);
	profile_emit(profile, EVENT_setting_changed,
		     &(struct bridge_setting_event){.profile = profile->name,
						    .setting = &row});
	if (id == OPTION_AUTO_AWAY)
		watch_again(profile, false);
	if (id == OPTION_DEAD_LINK)
		pulse_again(profile);
	profile_reply(profile, request, NULL);
	return 0;
}

void
serve_setting_set(struct process *process, struct profile *profile,
		  struct serve_request *request)
{
	const struct bridge_setting_params *params = request->params;
	char *sentence = NULL;
	int id = options_find(params->name);
	(void)process;
	if (id < 0)
		serve_fail(request, ERROR_BAD_SETTING, "There is no option %s.",
			   params->name);
	else if (!options_check(id, params->value, &sentence))
		serve_fail(request, ERROR_BAD_SETTING, "%s", sentence);
	else
		request_in_job(profile, request, setting_job);
	free(sentence);
}
