/*
 * Receipts (XEP-0184): a line of ours is delivered when somebody at the address that it
 * went to says so; and we say so to those who ask, once, if the option `receipts` allows
 * it and they see our presence anyway: to a stranger it would tell that we are here.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/session/lines.h"
#include "backend/session/profile.h"
#include "backend/store/conversations.h"
#include "backend/store/messages.h"
#include "backend/xep/trust.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/arena.h"
#include "bridge/base/mem.h"

enum { ANSWERED_MAX = 256, ID_MAX = 1024 };

/* Who was told of which message lately: a message comes twice where the server keeps it
 * for us in two ways. */
struct answered {
	char *keys[ANSWERED_MAX]; /* "sender id" */
	size_t next;
};

/* Whether the receipt of KEY is given for the first time. */
static bool
is_first(struct answered *answered, const char *key)
{
	for (size_t i = 0; i < ANSWERED_MAX; i++) {
		if (answered->keys[i] && strcmp(answered->keys[i], key) == 0)
			return false;
	}
	mem_replace(&answered->keys[answered->next], key);
	answered->next = (answered->next + 1) % ANSWERED_MAX;
	return true;
}

static void
answer(struct profile *profile, const struct inbound *inbound)
{
	const char *id = stanza_id(inbound->stanza);
	if (!id || !*id || strlen(id) > ID_MAX ||
	    !profile_option_is_on(profile, "receipts") ||
	    !trust_sees_us(profile, inbound->stanza))
		return;
	char *key = mem_printf("%s %s", inbound->from.full, id);
	bool is_due = is_first(profile_state(profile, MODULE_receipts), key);
	free(key);
	if (!is_due)
		return;
	char ours[STANZA_ID_SIZE];
	stanza_random_id(ours);
	struct stanza *receipt =
		stanza_message(profile_stanzas(profile), stanza_type(inbound->stanza),
			       inbound->from.full, ours);
	stanza_set(stanza_add(receipt, "received", NS_RECEIPTS), "id", id);
	(void)stanza_add(receipt, "store", NS_HINTS);
	profile_send(profile, receipt);
}

/* Only the address that the line went to can tell, so its conversation is looked at. */
static void
take(struct profile *profile, const struct inbound *inbound, const char *id)
{
	struct store *store = profile_store(profile);
	struct arena arena = {0};
	struct message line;
	int64_t conversation;
	if (id &&
	    conversations_find(store, CONVERSATION_CHAT, inbound->peer, &conversation) ==
		    0 &&
	    messages_find_sent(store, conversation, id, &arena, &line) == 0 &&
	    profile_check(profile,
			  messages_raise_state(store, line.id, MESSAGE_DELIVERED)) > 0)
		lines_emit(profile, line.id, false, NULL);
	arena_done(&arena);
}

static enum module_verdict
on_message(struct profile *profile, struct inbound *inbound)
{
	const struct stanza *message = inbound->stanza;
	if (inbound->is_own || stanza_has_type(message, "error") ||
	    stanza_has_type(message, "groupchat"))
		return MODULE_PASS;
	const struct stanza *received = stanza_child(message, "received", NS_RECEIPTS);
	if (received)
		take(profile, inbound, stanza_get(received, "id"));
	/* A receipt is never asked for one (section 5.4). */
	if (!received && inbound->origin == INBOUND_LIVE && inbound->body &&
	    stanza_child(message, "request", NS_RECEIPTS))
		answer(profile, inbound);
	return MODULE_PASS;
}

static void
on_outgoing(struct profile *profile, struct stanza *stanza)
{
	(void)profile;
	if (stanza_is(stanza, "message", NS_CLIENT) && stanza_has_type(stanza, "chat") &&
	    stanza_id(stanza) && stanza_child(stanza, "body", NS_CLIENT))
		(void)stanza_add(stanza, "request", NS_RECEIPTS);
}

static void
start(struct profile *profile)
{
	profile_state_set(profile, MODULE_receipts, mem_alloc(sizeof(struct answered)));
}

static void
stop(struct profile *profile)
{
	struct answered *answered = profile_state(profile, MODULE_receipts);
	if (!answered)
		return;
	for (size_t i = 0; i < ANSWERED_MAX; i++)
		free(answered->keys[i]);
	free(answered);
	profile_state_set(profile, MODULE_receipts, NULL);
}

static const char *const features[] = {NS_RECEIPTS, NULL};

const struct module module_receipts = {
	.name = "xep-0184",
	.features = features,
	.start = start,
	.stop = stop,
	.on_message = on_message,
	.on_outgoing = on_outgoing,
};
