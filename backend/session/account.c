/*
 * The facts of account.h. The copy in the vault is text: address, host, port, 0 or 1 for
 * direct TLS and CA file, a line each; the last may have line ends of its own.
 */
#include "backend/session/account.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend/session/inner.h"
#include "backend/session/vault_jobs.h"
#include "backend/store/settings.h"
#include "backend/store/store.h"
#include "backend/vault/vault.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"
#include "bridge/serve.h"

enum { FACT_COUNT = 5 };

/* ---- the copy -------------------------------------------------------------------- */

static char *
text_of(const struct account_facts *facts)
{
	return mem_printf("%s\n%s\n%lld\n%d\n%s", facts->jid,
			  facts->host ? facts->host : "", (long long)facts->port,
			  facts->is_direct_tls, facts->ca_file ? facts->ca_file : "");
}

void
account_write(const struct account_facts *facts, struct secret *ret_copy)
{
	char *text = text_of(facts);
	secret_set_text(ret_copy, text);
	free(text);
}

/* Takes TEXT, which is the caller's to change, apart. */
static int
read_copy(char *text, struct account_facts *ret_facts)
{
	char *rows[FACT_COUNT];
	for (int i = 0; i < FACT_COUNT; i++) {
		char *end = strchr(text, '\n');
		rows[i] = text;
		if (i == FACT_COUNT - 1)
			break;
		if (!end)
			return -EBADMSG;
		*end = 0;
		text = end + 1;
	}
	char *end;
	long long port = strtoll(rows[2], &end, 10);
	if (*end || port < 0 || port > 65535)
		return -EBADMSG;
	*ret_facts = (struct account_facts){
		.jid = rows[0],
		.host = rows[1],
		.ca_file = rows[4],
		.port = port,
		.is_direct_tls = strcmp(rows[3], "1") == 0,
	};
	return 0;
}

int
account_recall(struct profile *profile, struct arena *arena,
	       struct account_facts *ret_facts)
{
	struct secret copy = {0};
	struct account_facts facts;
	struct jid account = {0};
	int result = vault_get(profile->vault, VAULT_ACCOUNT, &copy);
	if (result < 0)
		return result;
	result = read_copy(arena_strdup(arena, secret_text(&copy)), &facts);
	secret_done(&copy);
	if (result == 0 && jid_parse(facts.jid, &account, NULL) < 0)
		result = -EBADMSG;
	if (result < 0)
		return result;
	jid_done(&profile->account);
	profile->account = account;
	*ret_facts = facts;
	return 0;
}

/* ---- the database ---------------------------------------------------------------- */

int
account_store(struct store *store, const char *name, const struct account_facts *facts)
{
	int result = settings_set(store, SETTING_NAME, name);
	result = result ? result : settings_set(store, SETTING_JID, facts->jid);
	result = result ? result : settings_set(store, SETTING_HOST, facts->host);
	result = result ? result : settings_set(store, SETTING_CA_FILE, facts->ca_file);
	result = result ? result : settings_set_int(store, SETTING_PORT, facts->port);
	return result ? result
		      : settings_set_int(store, SETTING_DIRECT_TLS, facts->is_direct_tls);
}

static void
put_copy(struct vault_job *job)
{
	job->result = vault_put(job->profile->vault, VAULT_ACCOUNT, &job->password);
}

static void
copy_put(struct vault_job *job)
{
	if (job->result < 0 && job->result != -ECANCELED)
		log_warn("session", "no copy of the account kept error=%d", job->result);
	if (job->profile->phase == PROFILE_READY)
		link_restart(job->profile);
}

void
account_keep(struct profile *profile)
{
	struct store *store = profile->store;
	struct arena arena = {0};
	struct account_facts facts = {
		.jid = profile->account.bare,
		.host = settings_get(store, SETTING_HOST, &arena),
		.ca_file = settings_get(store, SETTING_CA_FILE, &arena),
		.port = settings_get_int(store, SETTING_PORT, 0),
		.is_direct_tls = settings_get_int(store, SETTING_DIRECT_TLS, 0) != 0,
	};
	char *text = text_of(&facts);
	vault_job_submit(profile, NULL, text, put_copy, copy_put);
	free(text);
	arena_done(&arena);
}

/* ---- after unlocking ------------------------------------------------------------- */

struct recalling {
	struct profile *profile;
	struct serve_request *request;
	struct arena arena;
	struct account_facts facts;
};

static int
recall_job(struct store *store, void *data)
{
	struct recalling *recalling = data;
	return account_store(store, recalling->profile->name, &recalling->facts);
}

static void
recall_done(void *data, int status)
{
	struct recalling *recalling = data;
	struct profile *profile = recalling->profile;
	bool is_locked = profile->phase == PROFILE_LOCKED;
	if (status == 0) {
		serve_result(recalling->request, NULL);
		if (is_locked)
			profile_unlocked(profile);
	} else {
		serve_fail(recalling->request, ERROR_STORAGE, "%s",
			   store_sentence(status));
		jid_done(&profile->account);
		if (is_locked)
			vault_lock(profile->vault);
	}
	arena_done(&recalling->arena);
	free(recalling);
	profile_release(profile);
}

void
account_recall_unlocked(struct profile *profile, struct serve_request *request)
{
	struct recalling *recalling = mem_alloc(sizeof *recalling);
	recalling->profile = profile;
	recalling->request = request;
	int result = account_recall(profile, &recalling->arena, &recalling->facts);
	if (result < 0) {
		serve_fail(request, ERROR_DAMAGED, "%s", account_sentence());
		vault_lock(profile->vault);
		arena_done(&recalling->arena);
		free(recalling);
		return;
	}
	profile_hold(profile);
	if (store_submit(profile->store, recall_job, recall_done, recalling) < 0)
		recall_done(recalling, -ESHUTDOWN);
}

const char *
account_sentence(void)
{
	return "The profile's database was damaged and names no account any more; "
	       "delete the profile and make it anew.";
}
