/*
 * How a profile begins: its folder's lock (tried for 5 s), vault and database off the
 * loop, then its settings and modules, then its link. Requests that come meanwhile wait;
 * when it fails, each of them is told why.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "backend/net/scram.h"
#include "backend/session/account.h"
#include "backend/session/handlers.h"
#include "backend/session/inner.h"
#include "backend/session/process.h"
#include "backend/store/profile_name.h"
#include "backend/store/settings.h"
#include "backend/store/store.h"
#include "backend/vault/vault.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"
#include "bridge/peer.h"
#include "bridge/serve.h"

enum {
	OPENING_RETRY_MS = 200,
	OPENING_TRIES = 25,
	OPENING_REST_MS = 60 * 1000, /* after all was read: before it is read again */
};

/* A profile on its way; freed when it is open or has failed. */
struct opening {
	uv_work_t work;
	uv_timer_t timer;
	struct profile *profile;
	struct serve_request *request;
	bool is_new;
	int tries;
	struct secret key;		/* master key from the router */
	struct secret password;		/* of a new profile's account */
	struct secret profile_password; /* of a new profile's vault */
	struct secret copy;		/* of its account, for the vault */
	struct account_facts account;	/* of a new profile, or recalled from the vault */
	struct arena arena;		/* of what was recalled */
	struct store_report report;
	enum bridge_error error; /* why it failed */
	int result;		 /* 0 or negative errno */
	char *sentence;
};

enum bridge_error
opening_error(int result)
{
	static const struct {
		int result;
		enum bridge_error error;
	} rows[] = {
		{-EINVAL, ERROR_BAD_NAME},   {-EEXIST, ERROR_PROFILE_EXISTS},
		{-ENOENT, ERROR_NO_PROFILE}, {-EBUSY, ERROR_IN_USE},
		{-EBADMSG, ERROR_DAMAGED},   {-EPROTONOSUPPORT, ERROR_DAMAGED},
		{-ENOSPC, ERROR_STORAGE},    {-EROFS, ERROR_STORAGE},
		{-EACCES, ERROR_STORAGE},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (rows[i].result == result)
			return rows[i].error;
	}
	return ERROR_STORAGE;
}

static void
fail(struct opening *opening, enum bridge_error error, int result, const char *sentence)
{
	opening->error = error;
	opening->result = result;
	mem_replace(&opening->sentence, sentence);
}

static void
opening_free(struct opening *opening)
{
	secret_done(&opening->key);
	secret_done(&opening->password);
	secret_done(&opening->profile_password);
	secret_done(&opening->copy);
	arena_done(&opening->arena);
	store_report_done(&opening->report);
	free(opening->sentence);
	free(opening);
}

static void
on_timer_closed(uv_handle_t *handle)
{
	struct opening *opening = handle->data;
	struct profile *profile = opening->profile;
	opening_free(opening);
	profile_release(profile);
}

/* Everyone who waited is told; a profile that failed goes. */
static void
finish(struct opening *opening)
{
	struct profile *profile = opening->profile;
	struct process *process = profile->process;
	struct serve_request *request, *next;
	bool has_failed = opening->result < 0;
	profile->opening = NULL;
	if (has_failed) {
		if (opening->result != -ECANCELED)
			log_warn("session", "profile not opened error=%d",
				 opening->result);
		serve_fail(opening->request, opening->error, "%s", opening->sentence);
	} else {
		serve_result(opening->request, NULL);
	}
	DL_FOREACH_SAFE (profile->waiting, request, next) {
		DL_DELETE(profile->waiting, request);
		if (has_failed)
			serve_fail(request, opening->error, "%s", opening->sentence);
		else
			process_dispatch(process, profile, request);
	}
	uv_close((uv_handle_t *)&opening->timer, on_timer_closed);
	bool is_half_made = has_failed && opening->is_new && profile->dir.path;
	if (profile->phase == PROFILE_CLOSING) {
		profile->is_deleting = profile->is_deleting || is_half_made;
		profile_close_further(profile);
	} else if (has_failed) {
		profile_close(profile, is_half_made, NULL);
	}
}

/* It is to be closed again already: one that is there need not be opened for that, a new
 * one is made first. Says whether that was the end of OPENING. */
static bool
has_given_up(struct opening *opening)
{
	struct profile *profile = opening->profile;
	if (profile->phase != PROFILE_CLOSING || opening->is_new)
		return false;
	char *sentence = mem_printf("%s is being closed; try again.", profile->name);
	fail(opening, ERROR_BUSY, -ECANCELED, sentence);
	free(sentence);
	finish(opening);
	return true;
}

static void
start_modules(struct profile *profile)
{
	profile->has_modules = true;
	for (int id = 0; id < MODULE_COUNT; id++) {
		if (modules[id]->start)
			modules[id]->start(profile);
	}
}

/* The store is open and its first job durable. */
static void
on_settled(void *data, int status)
{
	struct opening *opening = data;
	struct profile *profile = opening->profile;
	if (status < 0) {
		fail(opening, ERROR_STORAGE, status, store_sentence(status));
		finish(opening);
		return;
	}
	if (has_given_up(opening))
		return;
	if (profile->phase == PROFILE_CLOSING) {
		finish(opening);
		return;
	}
	options_load(&profile->options, profile->store);
	profile->link.is_wanted =
		settings_get_int(profile->store, SETTING_CONNECTED, 1) != 0;
	start_modules(profile);
	bool is_locked = vault_is_locked(profile->vault);
	profile->phase = is_locked ? PROFILE_LOCKED : PROFILE_READY;
	if (is_locked)
		link_set_state(profile, link_state_LOCKED);
	else
		profile_tell_status(profile);
	if (opening->is_new && !is_locked && vault_is_protected(profile->vault))
		profile_keep_key(profile);
	if (opening->report.sentence)
		log_warn("session", "profile=%s %s", profile->name,
			 opening->report.sentence);
	finish(opening);
	if (profile->phase != PROFILE_READY)
		return;
	watch_begin(profile);
	link_start(profile);
}

static int
store_wish(struct store *store, const struct bridge_profile_create_params *create)
{
	return settings_set_int(store, SETTING_CONNECTED, !create->stay_offline);
}

static int
settle_job(struct store *store, void *data)
{
	struct opening *opening = data;
	struct profile *profile = opening->profile;
	struct arena arena = {0};
	uint64_t epoch;
	const char *resource = NULL;
	int result = 0;
	if (opening->account.jid)
		result = account_store(store, profile->name, &opening->account);
	if (result == 0 && opening->is_new)
		result = store_wish(store, opening->request->params);
	if (result == 0)
		result = store_expire(store, profile_now_ms());
	if (result == 0)
		result = store_new_epoch(store, &epoch);
	if (result == 0)
		result = settings_resource(store, &arena, &resource);
	if (result == 0)
		mem_replace(&profile->resource, resource);
	if (result == 0)
		result = sm_recall(profile);
	arena_done(&arena);
	return result;
}

static void
on_damage(void *data)
{
	profile_reopen(data);
}

/* The account by the database, or where that was damaged by the vault's copy. A locked
 * vault is asked when it is unlocked. */
static int
find_account(struct opening *opening)
{
	struct profile *profile = opening->profile;
	const char *jid = settings_get(profile->store, SETTING_JID, &opening->arena);
	if (jid_parse(jid, &profile->account, NULL) == 0 ||
	    vault_is_locked(profile->vault))
		return 0;
	return account_recall(profile, &opening->arena, &opening->account);
}

static void
open_store(struct opening *opening)
{
	struct profile *profile = opening->profile;
	char *sentence = NULL;
	int result = store_open(profile->process->loop, profile->dir.path, NULL,
				&profile->store, &sentence);
	if (result < 0) {
		fail(opening, opening_error(result), result, sentence);
		free(sentence);
		finish(opening);
		return;
	}
	profile->reopen_before = uv_now(profile->process->loop);
	if (opening->report.is_read)
		profile->reopen_before += OPENING_REST_MS;
	store_on_damage(profile->store, on_damage, profile);
	if (opening->key.len && vault_is_locked(profile->vault))
		(void)vault_unlock_key(profile->vault, &opening->key);
	if (!opening->is_new && find_account(opening) < 0) {
		fail(opening, ERROR_DAMAGED, -EBADMSG, account_sentence());
		finish(opening);
		return;
	}
	secret_room(&profile->scram, sizeof(struct scram_cache));
	if (store_submit(profile->store, settle_job, on_settled, opening) < 0)
		on_settled(opening, -EIO);
}

/* On the pool: everything that waits for the disk or for a key derivation. */
static void
work(uv_work_t *request)
{
	struct opening *opening = request->data;
	struct profile *profile = opening->profile;
	int result;
	if (opening->is_new) {
		result = vault_create(profile->dir.fd, &opening->profile_password, NULL,
				      &profile->vault);
		if (result == 0)
			result = vault_put(profile->vault, VAULT_XMPP_PASSWORD,
					   &opening->password);
		if (result == 0)
			result = vault_put(profile->vault, VAULT_ACCOUNT, &opening->copy);
	} else {
		result = vault_open(profile->dir.fd, NULL, &profile->vault);
	}
	if (result < 0) {
		fail(opening, result == -ENOENT ? ERROR_DAMAGED : opening_error(result),
		     result, vault_sentence(result));
		return;
	}
	result = store_prepare(profile->dir.path, NULL, &opening->report);
	if (result < 0)
		fail(opening, opening_error(result), result, opening->report.sentence);
}

static void
after_work(uv_work_t *request, int status)
{
	struct opening *opening = request->data;
	(void)status;
	if (opening->result < 0)
		finish(opening);
	else if (!has_given_up(opening))
		open_store(opening);
}

static void
take_folder(uv_timer_t *timer)
{
	struct opening *opening = timer->data;
	struct profile *profile = opening->profile;
	struct process *process = profile->process;
	char *sentence = NULL;
	if (has_given_up(opening))
		return;
	int result = opening->is_new ? profile_dir_create(process->root, profile->name,
							  &profile->dir, &sentence)
				     : profile_dir_open(process->root, profile->name,
							&profile->dir, &sentence);
	if (result == -EBUSY && ++opening->tries < OPENING_TRIES) {
		free(sentence);
		uv_timer_start(&opening->timer, take_folder, OPENING_RETRY_MS, 0);
		return;
	}
	if (result < 0) {
		profile->dir = (struct profile_dir){.fd = -1, .lock_fd = -1};
		fail(opening, opening_error(result), result, sentence);
		free(sentence);
		finish(opening);
		return;
	}
	uv_queue_work(process->loop, &opening->work, work, after_work);
}

static struct opening *
begin(struct process *process, const char *name, struct serve_request *request)
{
	struct profile *profile = mem_alloc(sizeof *profile);
	struct opening *opening = mem_alloc(sizeof *opening);
	profile->process = process;
	profile->name = mem_strdup(name);
	profile->twin = profile_name_twin(name);
	profile->dir = (struct profile_dir){.fd = -1, .lock_fd = -1};
	profile->opening = opening;
	opening->profile = profile;
	opening->request = request;
	opening->work.data = opening;
	DL_APPEND(process->profiles, profile);
	link_init(profile);
	pulse_init(profile);
	watch_init(profile);
	uv_timer_init(process->loop, &profile->ask_timer);
	profile->ask_timer.data = profile;
	profile_hold(profile);
	uv_timer_init(process->loop, &opening->timer);
	opening->timer.data = opening;
	profile_hold(profile);
	return opening;
}

void
profile_open(struct process *process, const char *name, const struct bridge_bin *key,
	     struct serve_request *request)
{
	struct opening *opening = begin(process, name, request);
	if (key && key->len)
		secret_set(&opening->key, key->data, key->len);
	uv_timer_start(&opening->timer, take_folder, 0, 0);
}

void
profile_create(struct process *process, struct serve_request *request)
{
	const struct bridge_profile_create_params *params = request->params;
	const char *reason = NULL;
	char *name = NULL;
	struct jid account = {0};
	if (profile_name_check(params->profile, &name, &reason) < 0) {
		serve_fail(request, ERROR_BAD_NAME, "%s", reason);
		return;
	}
	if (jid_parse(params->jid, &account, &reason) < 0 || !account.local) {
		serve_fail(request, ERROR_BAD_JID, "%s",
			   reason ? reason
				  : "An account's address looks like me@server.");
	} else if (params->port < 0 || params->port > 65535) {
		serve_fail(request, ERROR_BAD_PARAMS,
			   "A port is a number from 1 to 65535.");
	} else if (process_find(process, name)) {
		serve_fail(request, ERROR_PROFILE_EXISTS,
			   "There is a profile %s already; choose another name.", name);
	} else {
		struct opening *opening = begin(process, name, request);
		opening->is_new = true;
		(void)jid_parse(account.bare, &opening->profile->account, NULL);
		opening->account = (struct account_facts){
			.jid = opening->profile->account.bare,
			.host = params->host,
			.ca_file = params->ca_file,
			.port = params->port,
			.is_direct_tls = params->direct_tls,
		};
		account_write(&opening->account, &opening->copy);
		secret_set_text(&opening->password, params->password);
		if (params->profile_password)
			secret_set_text(&opening->profile_password,
					params->profile_password);
		uv_timer_start(&opening->timer, take_folder, 0, 0);
	}
	jid_done(&account);
	free(name);
}
