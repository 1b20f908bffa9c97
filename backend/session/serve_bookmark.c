/*
 * Handlers of bookmarks and of the rule of notification in them. What is changed holds
 * when it is stored here; the server is told when it can be.
 */
#include <string.h>

#include "backend/muc/muc.h"
#include "backend/session/handlers.h"
#include "backend/session/inner.h"
#include "backend/session/jobs.h"
#include "backend/session/room_request.h"
#include "backend/session/serve_room.h"
#include "backend/store/store.h"
#include "backend/xep/bookmarks.h"
#include "bridge/serve.h"

enum { LABEL_MAX = 1000 };

static int
list_job(struct profile *profile, struct serve_request *request)
{
	struct bookmark_list list = {0};
	struct bridge_bookmark_list_result result = {0};
	int error = bookmarks_list(profile_store(profile), &request->arena, &list);
	if (error)
		return error;
	struct bridge_bookmark *rows =
		arena_array(&request->arena, list.count, sizeof *rows);
	for (size_t i = 0; i < list.count; i++) {
		if (!list.items[i].is_removed)
			bookmarks_fill(&list.items[i], &request->arena,
				       &rows[result.bookmarks_count++]);
	}
	result.bookmarks = rows;
	profile_reply(profile, request, &result);
	return 0;
}

void
serve_bookmark_list(struct process *process, struct profile *profile,
		    struct serve_request *request)
{
	(void)process;
	request_in_job(profile, request, list_job);
}

static void
set_named(struct profile *profile, struct serve_request *request, const char *jid)
{
	const struct bridge_bookmark_set_params *params = request->params;
	struct bookmark row;
	struct bridge_bookmark record;
	struct bookmark_change change = {
		.jid = jid,
		.name = params->name,
		.nick = params->nick,
		.password = params->password,
		.autojoin = params->autojoin,
		.here = params->here,
	};
	if (!request_may_be_room(profile, request, jid))
		return;
	if (params->nick && *params->nick) {
		change.nick = request_nick(profile, request, jid, params->nick);
		if (!change.nick)
			return;
	}
	bookmarks_set(profile, &change);
	if (bookmarks_get(profile_store(profile), jid, &request->arena, &row) < 0) {
		profile_refuse(profile, request, ERROR_STORAGE, "%s",
			       store_sentence(profile->job_error));
		return;
	}
	bookmarks_fill(&row, &request->arena, &record);
	profile_reply(profile, request,
		      &(struct bridge_bookmark_result){.bookmark = &record});
}

static int
set_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_bookmark_set_params *params = request->params;
	room_address(profile, request, params->jid, set_named);
	return 0;
}

static bool
is_unfit(const char *text)
{
	return text && !stanza_text_check(text);
}

static bool
is_long(const char *text)
{
	return text && strlen(text) > LABEL_MAX;
}

void
serve_bookmark_set(struct process *process, struct profile *profile,
		   struct serve_request *request)
{
	const struct bridge_bookmark_set_params *params = request->params;
	(void)process;
	if (is_long(params->name) || is_long(params->nick) || is_long(params->password))
		serve_fail(request, ERROR_TOO_LARGE,
			   "A name, nick or password has at most %d bytes.", LABEL_MAX);
	else if (is_unfit(params->name) || is_unfit(params->password))
		serve_fail(request, ERROR_BAD_TEXT,
			   "It holds characters that XMPP cannot carry.");
	else
		request_in_job(profile, request, set_job);
}

static int
notify_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_room_notify_params *params = request->params;
	struct room *room = request_room(profile, request, params->jid);
	struct bridge_room record;
	if (!room)
		return 0;
	bookmarks_set_notify(profile, room, params->rule);
	muc_fill(room, &record);
	profile_reply(profile, request, &(struct bridge_room_result){.room = &record});
	return 0;
}

void
serve_room_notify(struct process *process, struct profile *profile,
		  struct serve_request *request)
{
	(void)process;
	request_in_job(profile, request, notify_job);
}

static void
remove_named(struct profile *profile, struct serve_request *request, const char *jid)
{
	if (bookmarks_remove(profile, jid))
		profile_reply(profile, request, NULL);
	else
		profile_refuse(profile, request, ERROR_NOT_FOUND, "%s has no bookmark.",
			       jid);
}

static int
remove_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_jid_params *params = request->params;
	room_address(profile, request, params->jid, remove_named);
	return 0;
}

void
serve_bookmark_remove(struct process *process, struct profile *profile,
		      struct serve_request *request)
{
	(void)process;
	request_in_job(profile, request, remove_job);
}
