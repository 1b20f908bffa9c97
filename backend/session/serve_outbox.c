/*
 * Handlers of lines that wait: taking one back, sending one again. A line's state
 * decides, and it is read in the job that changes it: what the outbox has handed to the
 * stream is not taken back.
 */
#include <errno.h>
#include <string.h>

#include "backend/session/handlers.h"
#include "backend/session/inner.h"
#include "backend/session/jobs.h"
#include "backend/session/lines.h"
#include "backend/store/store.h"
#include "backend/store/waiting.h"
#include "bridge/serve.h"

/* The conversation of JID; refuses REQUEST and returns a number above 0 if there is none,
 * or a negative errno. */
static int
find_conversation(struct profile *profile, struct serve_request *request,
		  const char *address, int64_t *ret_id)
{
	struct conversation_key key;
	if (!request_conversation(profile, request, address, &key))
		return 1;
	int found = conversations_find(profile->store, key.kind, key.jid, ret_id);
	if (found != -ENOENT)
		return found;
	profile_refuse(profile, request, ERROR_NOT_FOUND, "Nothing waits there.");
	return 1;
}

/* The line ID, which must still wait; refuses REQUEST and returns a number above 0 if it
 * does not, or a negative errno. */
static int
find_line(struct profile *profile, struct serve_request *request, int64_t id,
	  struct message *ret_line)
{
	int found = messages_get(profile->store, id, &request->arena, ret_line);
	if (found < 0 && found != -ENOENT)
		return found;
	if (found == 0 &&
	    (ret_line->state == MESSAGE_QUEUED || ret_line->state == MESSAGE_FAILED ||
	     ret_line->state == MESSAGE_HELD))
		return 0;
	if (found == 0 && ret_line->is_outgoing)
		profile_refuse(profile, request, ERROR_NOT_WAITING,
			       "It was sent already.");
	else
		profile_refuse(profile, request, ERROR_NOT_FOUND,
			       "There is no such line of yours.");
	return 1;
}

/* ---- message.cancel ---- */

/* The text of a line that was taken back becomes the unsent one where there is none: so
 * it is not lost with whoever asked. */
static int
keep_as_draft(struct profile *profile, const struct message *line,
	      const struct conversation *row)
{
	if (row->draft && row->draft[0])
		return 0;
	int result =
		conversations_set_draft(profile->store, line->conversation, line->body);
	return result < 0 ? result : 0;
}

static int
take_back(struct profile *profile, struct serve_request *request,
	  const struct message *line)
{
	struct conversation row;
	int result = conversations_get(profile->store, line->conversation,
				       &request->arena, &row);
	if (result == 0)
		result = messages_withdraw(profile->store, line->id);
	if (result == 0)
		result = keep_as_draft(profile, line, &row);
	if (result < 0)
		return result;
	profile_emit(profile, EVENT_line_removed,
		     &(struct bridge_line_removed_event){
			     .profile = profile_name(profile),
			     .seq = store_next_seq(profile->store),
			     .jid = row.jid,
			     .id = line->id,
		     });
	lines_emit_badge(profile, line->conversation);
	profile_reply(profile, request,
		      &(struct bridge_cancel_result){.id = line->id, .body = line->body});
	return 0;
}

static int
cancel_job(struct profile *profile, struct serve_request *request)
{
	const struct bridge_cancel_params *params = request->params;
	struct message line;
	int64_t conversation = 0;
	int64_t id = params->id;
	int result = find_conversation(profile, request, params->jid, &conversation);
	if (result == 0 && !id)
		result = waiting_newest(profile->store, conversation, &id);
	if (result == -ENOENT) {
		profile_refuse(profile, request, ERROR_NOT_FOUND,
			       "No line waits here; what was sent cannot be taken back.");
		return 0;
	}
	if (result == 0)
		result = find_line(profile, request, id, &line);
	if (result == 0 && line.conversation != conversation) {
		profile_refuse(profile, request, ERROR_NOT_FOUND,
			       "There is no such line of yours.");
		return 0;
	}
	return result == 0 ? take_back(profile, request, &line) : result < 0 ? result : 0;
}

void
serve_message_cancel(struct process *process, struct profile *profile,
		     struct serve_request *request)
{
	(void)process;
	request_in_job(profile, request, cancel_job);
}

/* ---- message.retry ---- */

static void
pump(void *data, int status)
{
	struct profile *profile = data;
	if (status == 0)
		outbox_pump(profile);
	profile_release(profile);
}

static int
queue_again(struct profile *profile, const struct waiting_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		char wire_id[STANZA_ID_SIZE];
		stanza_random_id(wire_id);
		int result = waiting_again(profile->store, list->ids[i], wire_id,
					   profile_now_ms());
		if (result < 0)
			return result;
		lines_emit(profile, list->ids[i], false, NULL);
	}
	return 0;
}

/* Which lines are meant; as find_line. */
static int
choose(struct profile *profile, struct serve_request *request,
       struct waiting_list *ret_list)
{
	const struct bridge_retry_params *params = request->params;
	int64_t conversation = 0;
	struct message line;
	int64_t *id = arena_alloc(&request->arena, sizeof *id);
	*id = params->id;
	*ret_list = (struct waiting_list){.ids = id, .count = 1};
	if (params->id) {
		int found = find_line(profile, request, *id, &line);
		/* One that is queued goes out by itself. */
		if (found == 0 && line.state == MESSAGE_QUEUED)
			ret_list->count = 0;
		return found;
	}
	int result = find_conversation(profile, request, params->jid ? params->jid : "",
				       &conversation);
	if (result == 0 && params->is_all)
		result = waiting_stuck(profile->store, conversation, &request->arena,
				       ret_list);
	else if (result == 0)
		result = waiting_newest_stuck(profile->store, conversation, id);
	if (result == -ENOENT || (result == 0 && ret_list->count == 0)) {
		profile_refuse(profile, request, ERROR_NOT_FOUND,
			       "No line failed or is held here.");
		return 1;
	}
	return result;
}

static int
retry_job(struct profile *profile, struct serve_request *request)
{
	struct waiting_list list;
	int result = choose(profile, request, &list);
	if (result != 0)
		return result < 0 ? result : 0;
	result = queue_again(profile, &list);
	if (result < 0)
		return result;
	struct message line;
	if (list.count > 0 &&
	    messages_get(profile->store, list.ids[0], &request->arena, &line) == 0)
		lines_emit_badge(profile, line.conversation);
	profile_hold(profile);
	store_on_commit(profile->store, pump, profile);
	profile_reply(profile, request,
		      &(struct bridge_retry_result){.count = (int64_t)list.count});
	return 0;
}

void
serve_message_retry(struct process *process, struct profile *profile,
		    struct serve_request *request)
{
	(void)process;
	request_in_job(profile, request, retry_job);
}
