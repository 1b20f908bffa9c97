/*
 * Handlers of the roster, of subscriptions, of blocking and of own presence. What the
 * server has to agree to is answered when it did.
 */
#include <stdlib.h>

#include "backend/session/handlers.h"
#include "backend/session/inner.h"
#include "backend/session/jobs.h"
#include "backend/store/contacts.h"
#include "backend/store/store.h"
#include "backend/xep/blocking.h"
#include "backend/xep/presence.h"
#include "backend/xep/roster.h"
#include "bridge/serve.h"

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

void
serve_roster_set(struct process *process, struct profile *profile,
		 struct serve_request *request)
{
	(void)process;
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

static int
subscription_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_jid_params *params = request->params;
	const char *jid = request_address(profile, request, params->jid);
	bool is_accepted = request->method == METHOD_subscription_accept;
	if (!jid || is_offline(profile, request))
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
	if (result == 0)
		profile_reply(profile, request, NULL);
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
	else
		request_in_job(profile, request, presence_job);
}
