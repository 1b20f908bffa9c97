/*
 * Handlers of the roster, of subscriptions, of blocking and of own presence. What the
 * server has to agree to is answered when it did.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/net/stream.h"
#include "backend/session/handlers.h"
#include "backend/session/inner.h"
#include "backend/session/jobs.h"
#include "backend/store/contacts.h"
#include "backend/store/store.h"
#include "backend/xep/blocking.h"
#include "backend/xep/presence.h"
#include "backend/xep/roster.h"
#include "bridge/serve.h"

/* What is longer would fit no stanza, and a status would then be announced to nobody. */
enum { LABEL_MAX = 1000, GROUPS_MAX = 100 };

/* Refuses what needs the server while there is none. */
static bool
is_offline(struct profile *profile, struct serve_request *request)
{
	if (profile_is_online(profile))
		return false;
	profile_refuse(profile, request, ERROR_OFFLINE,
		       "%s is not connected, and this needs the server.", profile->name);
	return true;
}

static void
server_agreed(struct profile *profile, const struct stanza *answer, bool is_last,
	      void *data)
{
	struct serve_request *request = data;
	if (!is_last)
		return;
	if (!stanza_has_type(answer, "result"))
		profile_refuse_iq(profile, request, answer);
	else
		profile_reply(profile, request, NULL);
}

static void
item_set(struct profile *profile, const struct stanza *answer, bool is_last, void *data)
{
	struct serve_request *request = data;
	const struct bridge_roster_set_params *params = request->params;
	if (is_last && params->subscribe && stanza_has_type(answer, "result")) {
		char *bare = jid_bare(params->jid);
		presence_subscription(profile, bare, "subscribe");
		free(bare);
	}
	server_agreed(profile, answer, is_last, data);
}

static int
roster_set_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_roster_set_params *params = request->params;
	struct contact contact = {0};
	const char *jid = request_address(profile, request, params->jid);
	if (!jid || is_offline(profile, request))
		return 0;
	if (contacts_find(profile->store, jid, &request->arena, &contact) < 0)
		contact = (struct contact){0};
	contact.jid = jid;
	if (params->name)
		contact.name = *params->name ? params->name : NULL;
	if (params->set_groups) {
		const char **groups = arena_array(&request->arena, params->groups_count,
						  sizeof *groups);
		for (size_t i = 0; i < params->groups_count; i++)
			groups[i] = params->groups[i];
		contact.groups = groups;
		contact.group_count = params->groups_count;
	}
	roster_set(profile, &contact, item_set, request);
	return 0;
}

static bool
is_long(const char *text)
{
	return text && strlen(text) > LABEL_MAX;
}

void
serve_roster_set(struct process *process, struct profile *profile,
		 struct serve_request *request)
{
	const struct bridge_roster_set_params *params = request->params;
	bool is_too_long = is_long(params->name) || params->groups_count > GROUPS_MAX;
	(void)process;
	for (size_t i = 0; !is_too_long && i < params->groups_count; i++)
		is_too_long = is_long(params->groups[i]);
	if (is_too_long)
		serve_fail(request, ERROR_TOO_LARGE,
			   "A name or group has at most %d bytes, a contact %d groups.",
			   LABEL_MAX, GROUPS_MAX);
	else
		request_in_job(profile, request, roster_set_job);
}

static int
roster_remove_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_jid_params *params = request->params;
	struct contact contact;
	const char *jid = request_address(profile, request, params->jid);
	if (!jid || is_offline(profile, request))
		return 0;
	if (contacts_find(profile->store, jid, &request->arena, &contact) < 0)
		profile_refuse(profile, request, ERROR_NOT_FOUND, "%s is no contact.",
			       jid);
	else
		roster_remove(profile, jid, server_agreed, request);
	return 0;
}

void
serve_roster_remove(struct process *process, struct profile *profile,
		    struct serve_request *request)
{
	(void)process;
	request_in_job(profile, request, roster_remove_job);
}

/* Refuses to accept whom nobody has asked for, where the server does not keep an answer
 * in advance (RFC 6121 section 3.4): it would be lost without a word. */
static bool
is_too_early(struct profile *profile, struct serve_request *request, const char *jid)
{
	const struct stream_features *features = profile_features(profile);
	struct contact_request asked;
	struct contact contact = {.subscription = CONTACT_NONE};
	if (features && features->has_preapproval)
		return false;
	(void)contacts_find(profile->store, jid, &request->arena, &contact);
	if (contact.subscription == CONTACT_FROM ||
	    contact.subscription == CONTACT_BOTH ||
	    contacts_request_find(profile->store, jid, &request->arena, &asked) == 0)
		return false;
	profile_refuse(profile, request, ERROR_NOT_FOUND,
		       "%s has not asked to see your presence, and your server cannot "
		       "keep an answer in advance.",
		       jid);
	return true;
}

static int
subscription_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_jid_params *params = request->params;
	const char *jid = request_address(profile, request, params->jid);
	bool is_accepted = request->method == METHOD_subscription_accept;
	if (!jid || is_offline(profile, request) ||
	    (is_accepted && is_too_early(profile, request, jid)))
		return 0;
	presence_subscription(profile, jid, is_accepted ? "subscribed" : "unsubscribed");
	presence_request_gone(profile, jid);
	profile_reply(profile, request, NULL);
	return 0;
}

void
serve_subscription_accept(struct process *process, struct profile *profile,
			  struct serve_request *request)
{
	(void)process;
	request_in_job(profile, request, subscription_job);
}

void
serve_subscription_deny(struct process *process, struct profile *profile,
			struct serve_request *request)
{
	(void)process;
	request_in_job(profile, request, subscription_job);
}

static int
block_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_jid_params *params = request->params;
	const char *jid = request_address(profile, request, params->jid);
	if (!jid || is_offline(profile, request))
		return 0;
	blocking_set(profile, jid, request->method == METHOD_block_add, server_agreed,
		     request);
	return 0;
}

void
serve_block_add(struct process *process, struct profile *profile,
		struct serve_request *request)
{
	(void)process;
	request_in_job(profile, request, block_job);
}

void
serve_block_remove(struct process *process, struct profile *profile,
		   struct serve_request *request)
{
	(void)process;
	request_in_job(profile, request, block_job);
}

static int
presence_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_presence_params *params = request->params;
	int result = presence_choose(profile, params->show, params->text);
	if (result == 0) {
		watch_again(profile, true);
		profile_reply(profile, request, NULL);
	}
	return result;
}

void
serve_presence_set(struct process *process, struct profile *profile,
		   struct serve_request *request)
{
	const struct bridge_presence_params *params = request->params;
	(void)process;
	if (params->show == show_OFFLINE)
		serve_fail(request, ERROR_BAD_PARAMS,
			   "Offline is no availability; use link.disconnect.");
	else if (is_long(params->text))
		serve_fail(request, ERROR_TOO_LARGE,
			   "A status text has at most %d bytes.", LABEL_MAX);
	else
		request_in_job(profile, request, presence_job);
}
