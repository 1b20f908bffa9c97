/*
 * The handler of message.page: a page from the store; where that has too little, older
 * lines are had from the server's archive first.
 */
#include <errno.h>
#include <string.h>

#include "backend/session/handlers.h"
#include "backend/session/inner.h"
#include "backend/session/jobs.h"
#include "backend/session/lines.h"
#include "backend/store/store.h"
#include "backend/xep/archive.h"
#include "bridge/serve.h"

enum {
	PAGE_MAX = 500,
	PAGE_BYTES = 2 * 1024 * 1024, /* an answer has to fit a frame */
	LINE_SIZE = 512,	      /* of a line without its text */
	PAGE_USUAL = 50,
};

/* Cuts a page whose lines are so long that they fit no frame, at the end that is farther
 * from where it began; one line stays always. Says whether anything was cut. */
static bool
cut_page(struct message_list *list, bool begins_old)
{
	size_t room = PAGE_BYTES, kept = 0;
	for (; kept < list->count; kept++) {
		const struct message *line =
			&list->items[begins_old ? kept : list->count - 1 - kept];
		size_t size = LINE_SIZE + strlen(line->body) +
			      (line->reason ? strlen(line->reason) : 0);
		if (size > room && kept > 0)
			break;
		room -= size < room ? size : room;
	}
	bool is_cut = kept < list->count;
	list->items += begins_old ? 0 : list->count - kept;
	list->count = kept;
	return is_cut;
}

/* Answers with the lines of LIST, which was read with one line more than LIMIT. */
static void
answer(struct profile *profile, struct serve_request *request,
       const struct conversation_key *key, struct message_list list, size_t limit)
{
	const struct bridge_message_page_params *params = request->params;
	bool begins_old = params->after != 0;
	struct bridge_message_page_result result = {.has_more = list.count > limit};
	if (result.has_more) {
		/* What is too much is the farthest: oldest first, unless we go on. */
		list.items += begins_old ? 0 : 1;
		list.count--;
	}
	if (cut_page(&list, begins_old))
		result.has_more = true;
	if (!begins_old && archive_has_older(profile, key))
		result.has_more = true;
	struct bridge_line *lines =
		arena_array(&request->arena, list.count, sizeof *lines);
	for (size_t i = 0; i < list.count; i++)
		lines_fill(key, &list.items[i], &lines[i]);
	result.lines = lines;
	result.lines_count = list.count;
	profile_reply(profile, request, &result);
}

static void on_fetched(struct profile *profile, void *data);

static int
read_page(struct profile *profile, struct serve_request *request, bool may_fetch)
{
	const struct bridge_message_page_params *params = request->params;
	struct store *store = profile->store;
	struct message_list list = {0};
	int64_t limit = params->limit ? params->limit : PAGE_USUAL;
	struct conversation_key key;
	struct message_range range = {.before = params->before, .after = params->after};
	if (!request_conversation(profile, request, params->jid, &key))
		return 0;
	if (limit < 1 || limit > PAGE_MAX) {
		profile_refuse(profile, request, ERROR_BAD_PARAMS,
			       "limit is a number from 1 to %d.", PAGE_MAX);
		return 0;
	}
	range.limit = (int)limit + 1; /* one more shows that there are more */
	int found = conversations_find(store, key.kind, key.jid, &range.conversation);
	if (found == 0)
		found = messages_page(store, &range, &request->arena, &list);
	if (found < 0 && found != -ENOENT)
		return found;
	if (may_fetch && !params->after && list.count <= (size_t)limit &&
	    archive_fetch_older(profile, &key, on_fetched, request))
		return 0;
	answer(profile, request, &key, list, (size_t)limit);
	return 0;
}

static int
page_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_message_page_params *params = request->params;
	return read_page(profile, request, !params->is_local);
}

static int
fetched_job(struct profile *profile, struct serve_request *request)
{
	return read_page(profile, request, false);
}

static void
on_fetched(struct profile *profile, void *data)
{
	struct serve_request *request = data;
	if (profile->store)
		request_in_job(profile, request, fetched_job);
	else
		serve_fail(request, ERROR_BUSY, "%s is being closed.", profile->name);
}

void
serve_message_page(struct process *process, struct profile *profile,
		   struct serve_request *request)
{
	(void)process;
	request_in_job(profile, request, page_job);
}
