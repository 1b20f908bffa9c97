/*
 * Own lines that a break left open: sent in a session that ended, and nobody said that
 * they arrived. One conversation after the other, the archive is read from what was known
 * of it before the first of them was sent to its end. A copy from ourselves with the id
 * of a line settles it; what is not found goes back into the outbox under the same ids,
 * and may come twice unless the archive must hold it (design: after a break).
 */
#include <stdlib.h>
#include <string.h>

#include "backend/session/lines.h"
#include "backend/store/contacts.h"
#include "backend/store/conversations.h"
#include "backend/store/messages.h"
#include "backend/store/sm.h"
#include "backend/store/store.h"
#include "backend/xep/archive_inner.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"

enum {
	OPEN_MAX = 500,
	SINCE_MS = 24 * 60 * 60 *
		   1000, /* before a line was written, where only time helps */
};

enum keeping {
	KEEPING_UNKNOWN, /* nobody was asked */
	KEEPING_ALWAYS,
	KEEPING_ROSTER,
	KEEPING_NEVER,
};

/* What is being looked for: the open lines of one conversation. */
struct archive_settle {
	int64_t conversation;
	char *jid;
	char *after; /* the next page's start; NULL: from start_ms */
	int64_t start_ms;
	struct archive_trail trail;
	bool is_at_end; /* the walk is, and waits for the archive's preferences */
	bool is_asked;	/* for them */
	enum keeping keeping;
	char **always; /* bare JIDs */
	size_t always_count;
	char **never;
	size_t never_count;
};

static void
clear_list(char ***list, size_t *count)
{
	for (size_t i = 0; i < *count; i++)
		free((*list)[i]);
	free(*list);
	*list = NULL;
	*count = 0;
}

static void
end_conversation(struct archive_settle *settle)
{
	settle->conversation = 0;
	settle->is_at_end = false;
	mem_replace(&settle->jid, NULL);
	mem_replace(&settle->after, NULL);
	archive_trail_reset(&settle->trail);
}

void
archive_settle_forget(struct archive *archive)
{
	struct archive_settle *settle = archive->settle;
	archive->settle = NULL;
	if (!settle)
		return;
	end_conversation(settle);
	clear_list(&settle->always, &settle->always_count);
	clear_list(&settle->never, &settle->never_count);
	free(settle);
}

/* The open lines, oldest first, of CONVERSATION (0: of that of the first): what stream
 * management still has in its queue is its care. */
static struct message_list
open_lines(struct profile *profile, int64_t conversation, struct arena *arena)
{
	struct store *store = profile_store(profile);
	struct message_list list = {0};
	struct message_list open = {0};
	int64_t after = 0;
	do {
		if (profile_check(profile, messages_waiting(store, MESSAGE_SENT, after,
							    OPEN_MAX, arena, &list)) < 0)
			break;
		struct message *room =
			arena_array(arena, open.count + list.count, sizeof *room);
		if (open.count)
			memcpy(room, open.items, open.count * sizeof *room);
		open.items = room;
		for (size_t i = 0; i < list.count; i++) {
			const struct message *line = &list.items[i];
			after = line->id;
			if (sm_holds_message(store, line->id) == 1 ||
			    (conversation && line->conversation != conversation))
				continue;
			conversation = line->conversation;
			open.items[open.count++] = *line;
		}
	} while (list.count == OPEN_MAX);
	return open;
}

bool
archive_has_open_lines(struct profile *profile)
{
	struct arena arena = {0};
	bool has_some = open_lines(profile, 0, &arena).count > 0;
	arena_done(&arena);
	return has_some;
}

/* ---- what the archive must hold ---- */

static void
read_list(const struct stanza *prefs, const char *name, char ***ret_list,
	  size_t *ret_count)
{
	const struct stanza *jid =
		stanza_child(stanza_child(prefs, name, NS_MAM), "jid", NS_MAM);
	for (; jid; jid = stanza_next(jid, "jid", NS_MAM)) {
		char *bare = jid_bare(stanza_text(jid));
		if (!bare)
			continue;
		*ret_list = mem_resize(*ret_list, *ret_count + 1, sizeof **ret_list);
		(*ret_list)[(*ret_count)++] = bare;
	}
}

static bool
is_listed(char *const *list, size_t count, const char *jid)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(list[i], jid) == 0)
			return true;
	}
	return false;
}

static bool
must_hold(struct profile *profile, const struct archive_settle *settle)
{
	struct arena arena = {0};
	struct contact contact;
	if (is_listed(settle->never, settle->never_count, settle->jid))
		return false;
	if (is_listed(settle->always, settle->always_count, settle->jid))
		return true;
	bool is_contact =
		contacts_find(profile_store(profile), settle->jid, &arena, &contact) == 0;
	arena_done(&arena);
	return settle->keeping == KEEPING_ALWAYS ||
	       (settle->keeping == KEEPING_ROSTER && is_contact);
}

/* ---- looking ---- */

/* None of the open lines of CONVERSATION is anywhere: they are sent again. */
static void
send_again(struct profile *profile, int64_t conversation, bool may_repeat)
{
	struct arena arena = {0};
	struct message_list open = open_lines(profile, conversation, &arena);
	for (size_t i = 0; i < open.count; i++) {
		const struct message *line = &open.items[i];
		if (profile_check(profile, messages_send_again(profile_store(profile),
							       line->id, may_repeat)) ==
		    0)
			lines_emit(profile, line->id, false, NULL);
	}
	if (open.count) {
		log_info("archive", "lines to send again profile=%s count=%zu repeat=%d",
			 profile_name(profile), open.count, may_repeat);
		lines_emit_badge(profile, conversation);
	}
	arena_done(&arena);
}

/* The lines OPEN that have an id are not in the archive up to the end of PAGE, which
 * others follow. It grows at its end only, and what the session before said had reached
 * it before this one could ask: so that is true for good, and a walk that a break
 * interrupts goes on from there in the next session. */
static void
move_marks(struct profile *profile, const struct archive_page *page,
	   const struct message_list *open)
{
	for (size_t i = 0; i < open->count; i++) {
		if (open->items[i].id)
			(void)profile_check(profile,
					    messages_move_mark(profile_store(profile),
							       open->items[i].id,
							       page->last));
	}
}

/* Settles the lines that PAGE has copies of; how many are still open. */
static size_t
match(struct profile *profile, const struct archive_page *page)
{
	const struct archive_settle *settle = archive_of(profile)->settle;
	struct arena arena = {0};
	struct message_list open = open_lines(profile, settle->conversation, &arena);
	size_t left = open.count;
	for (size_t i = 0; i < page->count && left; i++) {
		const struct stanza *message = page->items[i].message;
		const char *from = stanza_from(message);
		const char *origin = stanza_get(
			stanza_child(message, "origin-id", NS_STANZA_ID), "id");
		const char *id = origin ? origin : stanza_id(message);
		if (!id || !from ||
		    !jid_is_same_bare(from, profile_account(profile)->bare))
			continue;
		for (size_t k = 0; k < open.count; k++) {
			struct message *line = &open.items[k];
			if (line->id == 0 || !line->origin_id ||
			    strcmp(line->origin_id, id) != 0)
				continue;
			/* Its place and archive id come with the gap. */
			(void)profile_check(
				profile, messages_raise_state(profile_store(profile),
							      line->id, MESSAGE_ACKED));
			lines_emit(profile, line->id, false, NULL);
			line->id = 0;
			left--;
		}
	}
	if (left && page->last && !page->is_complete)
		move_marks(profile, page, &open);
	arena_done(&arena);
	return left;
}

/* The walk of a conversation ended, IS_END: with the archive; HAS_OPEN: not all of its
 * lines were in it. */
static void
conclude(struct profile *profile, bool is_end, bool has_open)
{
	struct archive *archive = archive_of(profile);
	struct archive_settle *settle = archive->settle;
	if (has_open)
		send_again(profile, settle->conversation,
			   !is_end || !must_hold(profile, settle));
	archive->failures = 0;
	archive->page_max = ARCHIVE_PAGE_MAX;
	end_conversation(settle);
	archive_go_on(profile);
}

static void
on_prefs(struct profile *profile, const struct stanza *answer, bool is_last, void *data)
{
	struct archive *archive = archive_of(profile);
	struct archive_settle *settle = archive->settle;
	(void)is_last, (void)data;
	archive->is_asking = false;
	const struct stanza *prefs = stanza_child(answer, "prefs", NS_MAM);
	const char *usual = stanza_get(prefs, "default");
	if (settle && usual && stanza_has_type(answer, "result")) {
		settle->keeping = strcmp(usual, "always") == 0	 ? KEEPING_ALWAYS
				  : strcmp(usual, "roster") == 0 ? KEEPING_ROSTER
								 : KEEPING_NEVER;
		read_list(prefs, "always", &settle->always, &settle->always_count);
		read_list(prefs, "never", &settle->never, &settle->never_count);
	}
	struct store *store = profile_store(profile);
	if (!answer && (!store || !store_is_in_job(store) || !profile_is_online(profile)))
		return;
	if (settle && settle->is_at_end)
		conclude(profile, true, true);
	else
		archive_go_on(profile);
}

static void
ask_prefs(struct profile *profile)
{
	struct archive *archive = archive_of(profile);
	struct stanza *iq = stanza_iq(profile_stanzas(profile), "get", NULL, NULL);
	(void)stanza_add(iq, "prefs", NS_MAM);
	archive->settle->is_asked = true;
	archive->is_asking = true;
	profile_ask(profile, iq, PROFILE_ASK, on_prefs, NULL);
}

static void ask(struct profile *profile);

static void
on_page(struct profile *profile, const struct archive_page *page, void *data)
{
	struct archive *archive = archive_of(profile);
	struct archive_settle *settle = archive->settle;
	bool is_late = page->outcome == ARCHIVE_SILENT || page->outcome == ARCHIVE_BUSY;
	(void)data;
	if (is_late && archive_retry(profile))
		return;
	archive->is_asking = false;
	if (!settle || !settle->conversation)
		return;
	if (page->outcome == ARCHIVE_UNKNOWN && settle->after) {
		mem_replace(&settle->after, NULL);
		ask(profile);
		return;
	}
	if (page->outcome == ARCHIVE_TOO_LARGE && archive->page_max > 1) {
		archive->page_max = archive_smaller(archive->page_max);
		ask(profile);
		return;
	}
	bool is_read = page->outcome == ARCHIVE_PAGE;
	size_t left = is_read ? match(profile, page) : 1;
	bool is_end = is_read && page->is_complete;
	if (left && is_read && !is_end && archive_trail_on(&settle->trail, page->last) &&
	    (!settle->after || strcmp(settle->after, page->last) != 0)) {
		mem_replace(&settle->after, page->last);
		ask(profile);
		return;
	}
	settle->is_at_end = left && is_end && !settle->is_asked;
	if (settle->is_at_end)
		ask_prefs(profile);
	else
		conclude(profile, is_end, left > 0);
}

static void
ask(struct profile *profile)
{
	struct archive *archive = archive_of(profile);
	struct archive_settle *settle = archive->settle;
	struct archive_request request = {
		.with = settle->jid,
		.after = settle->after,
		.start_ms = settle->after ? 0 : settle->start_ms,
		.max = archive->page_max,
	};
	archive->is_asking = true;
	archive_query_ask(profile, &archive->queries, &request, on_page, NULL);
}

/* Begins with the conversation of the open line FIRST. */
static bool
begin(struct profile *profile, const struct message *first)
{
	struct archive_settle *settle = archive_of(profile)->settle;
	struct arena arena = {0};
	struct conversation row;
	int found = profile_check(profile,
				  conversations_get(profile_store(profile),
						    first->conversation, &arena, &row));
	if (found == 0) {
		end_conversation(settle);
		settle->conversation = first->conversation;
		settle->jid = mem_strdup(row.jid);
		settle->after = mem_strdup(first->mark);
		settle->start_ms =
			first->sent_ms > SINCE_MS ? first->sent_ms - SINCE_MS : 1;
	}
	arena_done(&arena);
	return found == 0;
}

bool
archive_settle_next(struct profile *profile)
{
	struct archive *archive = archive_of(profile);
	struct arena arena = {0};
	struct message_list open = open_lines(profile, 0, &arena);
	int64_t first = 0;
	while (open.count && !archive->has_archive && open.items[0].id != first) {
		first = open.items[0].id;
		send_again(profile, open.items[0].conversation, true);
		open = open_lines(profile, 0, &arena);
	}
	if (!open.count) {
		archive_settle_forget(archive);
		arena_done(&arena);
		return false;
	}
	if (!archive->settle)
		archive->settle = mem_alloc(sizeof *archive->settle);
	bool is_asked = true;
	if (archive->settle->conversation)
		ask(profile);
	else if ((is_asked = begin(profile, &open.items[0])))
		ask(profile);
	arena_done(&arena);
	return is_asked;
}
