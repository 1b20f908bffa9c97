/*
 * Handlers that find rooms: services, their rooms, what a room says of itself; and what a
 * bare room name means.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/muc/muc.h"
#include "backend/muc/muc_services.h"
#include "backend/session/handlers.h"
#include "backend/session/inner.h"
#include "backend/session/jobs.h"
#include "backend/session/serve_room.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/mem.h"
#include "bridge/serve.h"

enum { PAGE = 100, PAGE_MAX = 200 };

/* ---- names ---- */

struct naming {
	struct serve_request *request;
	const char *text; /* a name, or NULL: the service itself is wanted */
	room_named *next;
};

static void
refuse_service(struct profile *profile, struct serve_request *request, const char *jid)
{
	profile_refuse(profile, request, ERROR_BAD_JID,
		       "%s is a service; a room's address is name@%s.", jid, jid);
}

static void
go_on(struct profile *profile, const struct naming *naming, const char *service)
{
	struct serve_request *request = naming->request;
	const char *text = naming->text;
	if (!text) {
		naming->next(profile, request, arena_strdup(&request->arena, service));
		return;
	}
	if (strcmp(text, service) == 0 ||
	    strcmp(text, profile_account(profile)->domain) == 0) {
		refuse_service(profile, request, text);
		return;
	}
	const char *jid = request_address(
		profile, request, arena_printf(&request->arena, "%s@%s", text, service));
	if (jid)
		naming->next(profile, request, jid);
}

static void
on_found(struct profile *profile, const struct bridge_service *list, size_t count,
	 bool is_answered, void *data)
{
	struct naming *naming = data;
	const char *own = NULL;
	bool is_service = false;
	for (size_t i = 0; i < count; i++) {
		if (list[i].is_own)
			own = list[i].jid;
		is_service |= naming->text && strcmp(list[i].jid, naming->text) == 0;
	}
	if (!is_answered)
		profile_refuse_iq(profile, naming->request, NULL);
	else if (is_service)
		refuse_service(profile, naming->request, naming->text);
	else if (!own)
		profile_refuse(profile, naming->request, ERROR_SERVER_REFUSED,
			       "%s has no service for rooms: give the whole address "
			       "(name@service).",
			       profile_account(profile)->domain);
	else
		go_on(profile, naming, own);
	free(naming);
}

/* TEXT as a room of the account's own service; NULL: the service itself. */
static void
at_own_service(struct profile *profile, struct serve_request *request, const char *text,
	       room_named *next)
{
	struct naming naming = {request, text, next};
	const char *service = muc_own_service(profile, &request->arena);
	if (service) {
		go_on(profile, &naming, service);
		return;
	}
	struct naming *waiting = mem_alloc(sizeof *waiting);
	*waiting = naming;
	muc_services_search(profile, on_found, waiting);
}

void
room_address(struct profile *profile, struct serve_request *request, const char *text,
	     room_named *next)
{
	if (strchr(text, '@')) {
		const char *jid = request_address(profile, request, text);
		if (jid && !strchr(jid, '@'))
			refuse_service(profile, request, jid);
		else if (jid)
			next(profile, request, jid);
	} else if (!*text || strchr(text, '/')) {
		profile_refuse(profile, request, ERROR_BAD_JID,
			       "A room's address is name@service.");
	} else {
		at_own_service(profile, request, text, next);
	}
}

/* ---- services ---- */

static void
on_services(struct profile *profile, const struct bridge_service *list, size_t count,
	    bool is_answered, void *data)
{
	struct serve_request *request = data;
	struct bridge_services_result result = {.services = list,
						.services_count = count};
	if (is_answered)
		profile_reply(profile, request, &result);
	else
		profile_refuse_iq(profile, request, NULL);
}

static int
services_job(struct profile *profile, struct serve_request *request)
{
	muc_services_search(profile, on_services, request);
	return 0;
}

void
serve_room_services(struct process *process, struct profile *profile,
		    struct serve_request *request)
{
	(void)process;
	request_in_job(profile, request, services_job);
}

/* ---- rooms of a service ---- */

struct finding {
	struct serve_request *request;
	const char *service;
};

static void
on_page(struct profile *profile, const struct muc_page *page, const struct stanza *answer,
	void *data)
{
	struct finding *finding = data;
	if (page)
		profile_reply(profile, finding->request,
			      &(struct bridge_room_find_result){
				      .service = finding->service,
				      .rooms = page->rooms,
				      .rooms_count = page->count,
				      .total = page->total,
				      .next = page->next,
			      });
	else
		profile_refuse_iq(profile, finding->request, answer);
	free(finding);
}

static void
find_at(struct profile *profile, struct serve_request *request, const char *service)
{
	const struct bridge_room_find_params *params = request->params;
	struct finding *finding = mem_alloc(sizeof *finding);
	struct muc_page_wanted wanted = {
		.service = service,
		.after = params->after,
		.limit = params->limit < 1	    ? PAGE
			 : params->limit > PAGE_MAX ? PAGE_MAX
						    : (size_t)params->limit,
	};
	*finding = (struct finding){request, service};
	muc_list_rooms(profile, &wanted, on_page, finding);
}

static int
find_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_room_find_params *params = request->params;
	if (!params->service) {
		at_own_service(profile, request, NULL, find_at);
		return 0;
	}
	const char *service = request_address(profile, request, params->service);
	if (service)
		find_at(profile, request, service);
	return 0;
}

void
serve_room_find(struct process *process, struct profile *profile,
		struct serve_request *request)
{
	const struct bridge_room_find_params *params = request->params;
	(void)process;
	if (params->after && !stanza_text_check(params->after))
		serve_fail(request, ERROR_BAD_TEXT,
			   "`after` holds characters that XMPP cannot carry.");
	else
		request_in_job(profile, request, find_job);
}

/* ---- a room ---- */

static void
on_info(struct profile *profile, const struct stanza *answer, bool is_last, void *data)
{
	struct finding *finding = data;
	struct bridge_room_info info = {.jid = finding->service};
	struct stanza_error error;
	(void)is_last;
	if (stanza_has_type(answer, "result")) {
		muc_describe(stanza_payload(answer), &finding->request->arena, &info);
		profile_reply(profile, finding->request, &info);
	} else if (answer && stanza_read_error(answer, &error) == 0 &&
		   strcmp(error.condition, "item-not-found") == 0) {
		profile_refuse(profile, finding->request, ERROR_NOT_FOUND,
			       "There is no room %s.", finding->service);
	} else {
		profile_refuse_iq(profile, finding->request, answer);
	}
	free(finding);
}

static void
ask_info(struct profile *profile, struct serve_request *request, const char *jid)
{
	struct finding *finding = mem_alloc(sizeof *finding);
	*finding = (struct finding){request, jid};
	struct stanza *iq = stanza_iq(profile_stanzas(profile), "get", jid, NULL);
	stanza_add(iq, "query", NS_DISCO_INFO);
	profile_ask(profile, iq, PROFILE_ASK, on_info, finding);
}

static int
info_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_room_info_params *params = request->params;
	room_address(profile, request, params->jid, ask_info);
	return 0;
}

void
serve_room_info_get(struct process *process, struct profile *profile,
		    struct serve_request *request)
{
	(void)process;
	request_in_job(profile, request, info_job);
}
