/*
 * The parts of a profile that modules and handlers ask for, what the router is told of
 * it, and its end. How it begins is in opening.c.
 */
#include "backend/session/profile.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <utlist.h>

#include "backend/net/scram.h"
#include "backend/net/stream.h"
#include "backend/session/inner.h"
#include "backend/session/process.h"
#include "backend/store/contacts.h"
#include "backend/store/conversations.h"
#include "backend/store/store.h"
#include "backend/vault/vault.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"
#include "bridge/peer.h"
#include "bridge/serve.h"

const char *
profile_name(const struct profile *profile)
{
	return profile->name;
}

const struct jid *
profile_account(const struct profile *profile)
{
	return &profile->account;
}

const struct jid *
profile_full_jid(const struct profile *profile)
{
	return profile->link.full.full ? &profile->link.full : NULL;
}

bool
profile_is_online(const struct profile *profile)
{
	return profile->link.stream && profile->link.state == link_state_ONLINE &&
	       stream_phase(profile->link.stream) == STREAM_ONLINE;
}

bool
profile_is_counted(const struct profile *profile)
{
	return profile->sm.is_counting;
}

const struct stream_features *
profile_features(const struct profile *profile)
{
	return profile->link.features;
}

struct store *
profile_store(const struct profile *profile)
{
	return profile->store;
}

struct stanza_ctx *
profile_stanzas(const struct profile *profile)
{
	return profile->process->stanzas;
}

const char *
profile_option(const struct profile *profile, const char *name)
{
	int id = options_find(name);
	return id < 0 ? "" : options_value(&profile->options, id);
}

bool
profile_option_is_on(const struct profile *profile, const char *name)
{
	return strcmp(profile_option(profile, name), "yes") == 0;
}

int
profile_option_number(const struct profile *profile, const char *name)
{
	int id = options_find(name);
	return id < 0 ? 0 : options_number(&profile->options, id);
}

bool
profile_is_inactive(const struct profile *profile)
{
	return profile->watch.is_inactive;
}

void *
profile_state(const struct profile *profile, enum module_id id)
{
	return profile->states[id];
}

void
profile_state_set(struct profile *profile, enum module_id id, void *state)
{
	profile->states[id] = state;
}

int64_t
profile_now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int
profile_check(struct profile *profile, int result)
{
	if (result < 0 && profile->job_error == 0)
		profile->job_error = result;
	return result;
}

void
profile_fill_info(struct profile *profile, struct bridge_profile_info *ret_info,
		  struct bridge_link *ret_link)
{
	bool is_open = profile->store && profile->phase == PROFILE_READY;
	int64_t unread = 0, mentions = 0;
	int64_t requests = 0;
	if (is_open) {
		(void)conversations_unread(profile->store, &unread, &mentions);
		(void)contacts_requests_count(profile->store, &requests);
	}
	link_fill(profile, ret_link);
	*ret_info = (struct bridge_profile_info){
		.name = profile->name,
		.twin = profile->twin,
		.jid = profile->account.bare,
		.link = ret_link,
		.is_protected = profile->vault && vault_is_protected(profile->vault),
		.is_locked = profile->phase == PROFILE_LOCKED,
		.unread = unread,
		.requests = requests,
	};
}

void
profile_tell_status(struct profile *profile)
{
	struct bridge_profile_info info;
	struct bridge_link link;
	profile->is_status_due = false;
	if (!profile->process->router || profile->phase == PROFILE_OPENING)
		return;
	profile_fill_info(profile, &info, &link);
	peer_send_event(profile->process->router, EVENT_session_status,
			&(struct bridge_profile_event){.info = &info});
}

void
profile_tell_gone(struct process *process, const char *name)
{
	struct bridge_profile_info info = {.name = name};
	if (process->router)
		peer_send_event(
			process->router, EVENT_session_status,
			&(struct bridge_profile_event){.info = &info, .is_gone = true});
}

static void
free_now(struct profile *profile)
{
	struct process *process = profile->process;
	struct serve_request *request = profile->close_request;
	bool is_reopening = profile->is_reopening && !profile->is_deleting;
	char *name = profile->name;
	DL_DELETE(process->profiles, profile);
	jid_done(&profile->account);
	secret_done(&profile->scram);
	options_done(&profile->options);
	free(profile->resource);
	free(profile->twin);
	free(profile);
	if (request)
		serve_result(request, NULL);
	if (is_reopening && !process->is_ending)
		profile_tell_gone(process, name);
	free(name);
	process_profile_gone(process);
}

void
profile_hold(struct profile *profile)
{
	profile->handles++;
}

void
profile_release(struct profile *profile)
{
	if (--profile->handles == 0)
		free_now(profile);
}

static void
stop_modules(struct profile *profile)
{
	for (int id = 0; profile->has_modules && id < MODULE_COUNT; id++) {
		if (modules[id]->stop)
			modules[id]->stop(profile);
	}
	profile->has_modules = false;
}

static void
on_ask_timer_closed(uv_handle_t *handle)
{
	profile_release(handle->data);
}

static void
on_store_closed(void *data)
{
	struct profile *profile = data;
	char *sentence = NULL;
	profile->store = NULL;
	ask_done(profile);
	stop_modules(profile);
	vault_free(profile->vault);
	profile->vault = NULL;
	if (profile->is_deleting) {
		int result = profile_dir_delete(&profile->dir, &sentence);
		if (result < 0 && profile->close_request) {
			serve_fail(profile->close_request, ERROR_STORAGE, "%s",
				   sentence ? sentence : "The folder cannot be deleted.");
			profile->close_request = NULL;
		}
		free(sentence);
		if (result == 0)
			profile_tell_gone(profile->process, profile->name);
	} else {
		profile_dir_done(&profile->dir);
	}
	link_done(profile);
	pulse_done(profile);
	watch_done(profile);
	uv_timer_stop(&profile->ask_timer);
	uv_close((uv_handle_t *)&profile->ask_timer, on_ask_timer_closed);
}

static void
on_link_stopped(struct profile *profile)
{
	if (profile->store)
		store_close(profile->store, on_store_closed, profile);
	else
		on_store_closed(profile);
}

/* What was queued is durable, and what that had to say is on its way. */
static void
on_settled(void *data, int status)
{
	struct profile *profile = data;
	(void)status;
	link_suspend(profile, on_link_stopped);
}

static int
settle_job(struct store *store, void *data)
{
	(void)store;
	(void)data;
	return 0;
}

void
profile_close(struct profile *profile, bool is_deleting, struct serve_request *request)
{
	if (profile->phase == PROFILE_CLOSING) {
		if (request)
			serve_fail(request, ERROR_BUSY, "%s is being closed already.",
				   profile->name);
		return;
	}
	profile->phase = PROFILE_CLOSING;
	profile->is_deleting = is_deleting;
	profile->close_request = request;
	profile_close_further(profile);
}

void
profile_reopen(struct profile *profile)
{
	bool is_open =
		profile->phase == PROFILE_READY || profile->phase == PROFILE_LOCKED;
	if (!is_open || uv_now(profile->process->loop) < profile->reopen_before)
		return;
	log_warn("session", "database damaged profile=%s", profile->name);
	profile->is_reopening = true;
	profile_close(profile, false, NULL);
}

void
profile_close_further(struct profile *profile)
{
	if (profile->phase != PROFILE_CLOSING || profile->is_ending || profile->opening ||
	    profile->vault_jobs)
		return;
	profile->is_ending = true;
	if (!profile->process->is_suspending && !profile->is_reopening)
		link_stop(profile, on_link_stopped);
	else if (!profile->store ||
		 store_submit(profile->store, settle_job, on_settled, profile) < 0)
		link_suspend(profile, on_link_stopped);
}

void
profile_lock_now(struct profile *profile)
{
	if (profile->phase != PROFILE_READY || !vault_is_protected(profile->vault))
		return;
	profile->phase = PROFILE_LOCKED;
	vault_lock(profile->vault);
	mem_wipe(profile->scram.data, profile->scram.len);
	if (profile->process->router)
		peer_call(profile->process->router, METHOD_key_keep,
			  &(struct bridge_key_params){.profile = profile->name}, 0, NULL,
			  NULL);
	link_stop(profile, NULL);
}

void
profile_keep_key(struct profile *profile)
{
	struct secret key = {0};
	if (profile->process->router && vault_master_key(profile->vault, &key) == 0)
		peer_call(profile->process->router, METHOD_key_keep,
			  &(struct bridge_key_params){.profile = profile->name,
						      .key = {key.data, key.len}},
			  0, NULL, NULL);
	secret_done(&key);
}

void
profile_unlocked(struct profile *profile)
{
	profile->phase = PROFILE_READY;
	watch_begin(profile);
	profile_keep_key(profile);
	link_set_state(profile, link_state_OFFLINE);
	link_start(profile);
}
