/*
 * The displayed markers module. A marker of the other side raises the line that it names
 * and our lines before it; one of our own, from another client, tells that we read there.
 * What the other side knows of our reading is the conversation's marked place: a place
 * that was passed over (option off, a stranger) counts as told, so it is never told late.
 */
#include "backend/xep/markers.h"

#include <string.h>

#include "backend/session/lines.h"
#include "backend/store/marks.h"
#include "backend/xep/reading.h"
#include "backend/xep/trust.h"
#include "backend/xmpp/ns.h"

/* Only the address that the line went to can tell, so its conversation is looked at; and
 * what never left is not on the ladder. One that waits to be sent again came the first
 * time; of those before it that tells nothing. */
static void
displayed(struct profile *profile, const struct inbound *inbound, const char *id)
{
	struct store *store = profile_store(profile);
	struct arena arena = {0};
	struct message line = {0};
	int64_t conversation;
	int64_t *ids = NULL;
	size_t count = 0;
	if (conversations_find(store, CONVERSATION_CHAT, inbound->peer, &conversation) ==
		    0 &&
	    messages_find_sent(store, conversation, id, &arena, &line) == 0) {
		ids = &line.id;
		count = line.state == MESSAGE_QUEUED || line.state == MESSAGE_HELD;
	}
	if (line.state >= MESSAGE_SENT && line.state <= MESSAGE_DELIVERED)
		(void)profile_check(profile, marks_displayed_with(store, &line, &arena,
								  &ids, &count));
	for (size_t i = 0; i < count; i++) {
		if (profile_check(profile, messages_raise_state(store, ids[i],
								MESSAGE_DISPLAYED)) > 0)
			lines_emit(profile, ids[i], false, NULL);
	}
	arena_done(&arena);
}

static enum module_verdict
on_message(struct profile *profile, struct inbound *inbound)
{
	const struct stanza *message = inbound->stanza;
	const struct stanza *marker = stanza_child(message, "displayed", NS_MARKERS);
	const char *id = stanza_get(marker, "id");
	if (!id || !*id || stanza_has_type(message, "error") ||
	    stanza_has_type(message, "groupchat"))
		return MODULE_PASS;
	if (!inbound->is_own)
		displayed(profile, inbound, id);
	else if (inbound->origin != INBOUND_LIVE)
		reading_elsewhere(profile, inbound->peer, READING_MESSAGE, id);
	return MODULE_PASS;
}

static void
on_outgoing(struct profile *profile, struct stanza *stanza)
{
	(void)profile;
	if (stanza_is(stanza, "message", NS_CLIENT) && stanza_has_type(stanza, "chat") &&
	    stanza_id(stanza) && stanza_child(stanza, "body", NS_CLIENT))
		(void)stanza_add(stanza, "markable", NS_MARKERS);
}

static void
send(struct profile *profile, const char *jid, const char *line)
{
	char id[STANZA_ID_SIZE];
	stanza_random_id(id);
	struct stanza *message =
		stanza_message(profile_stanzas(profile), "chat", jid, id);
	stanza_set(stanza_add(message, "displayed", NS_MARKERS), "id", line);
	(void)stanza_add(message, "store", NS_HINTS);
	profile_send(profile, message);
}

static bool
may_know(struct profile *profile, const char *jid)
{
	return profile_option_is_on(profile, "markers") &&
	       strcmp(jid, profile_account(profile)->bare) != 0 &&
	       trust_knows(profile, jid);
}

void
markers_tell(struct profile *profile, int64_t conversation)
{
	struct store *store = profile_store(profile);
	struct arena arena = {0};
	struct conversation row = {0};
	struct mark mark = {0};
	int64_t told = 0;
	if (!profile_is_online(profile))
		return;
	if (conversations_get(store, conversation, &arena, &row) == 0 &&
	    marks_told(store, conversation, &told) == 0 && told < row.read_place) {
		/* Cheapest first: a login may meet hundreds of conversations. */
		if (may_know(profile, row.jid) &&
		    marks_markable(store, conversation, told, row.read_place, &arena,
				   &mark) == 0)
			send(profile, row.jid, mark.id);
		(void)profile_check(profile,
				    marks_set_told(store, conversation, row.read_place));
	}
	arena_done(&arena);
}

/* What was read while nobody could be told. */
static void
on_connect(struct profile *profile, bool is_resumed)
{
	struct arena arena = {0};
	int64_t *ids = NULL;
	size_t count = 0;
	(void)is_resumed;
	(void)profile_check(profile,
			    marks_untold(profile_store(profile), &arena, &ids, &count));
	for (size_t i = 0; i < count; i++)
		markers_tell(profile, ids[i]);
	arena_done(&arena);
}

static const char *const features[] = {NS_MARKERS, NULL};

const struct module module_markers = {
	.name = "xep-0333",
	.features = features,
	.on_connect = on_connect,
	.on_message = on_message,
	.on_outgoing = on_outgoing,
};
