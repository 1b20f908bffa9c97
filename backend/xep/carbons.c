/*
 * Carbons (XEP-0280): copies of what other clients of this account send and receive. A
 * copy counts only from our own bare JID, said so, and only if the message in it was ours
 * to see; whatever else carries the elements of this XEP is dropped whole, since nothing
 * in it is proven. What was unwrapped walks the road of every message.
 */
#include "backend/xep/carbons.h"

#include <string.h>

#include "backend/session/profile.h"
#include "backend/store/session_scope.h"
#include "backend/store/store.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/log.h"

#define FACT_ON "carbons.on"

static void
on_enabled(struct profile *profile, const struct stanza *answer, bool is_last, void *data)
{
	(void)is_last, (void)data;
	if (!answer)
		return;
	if (stanza_has_type(answer, "result"))
		(void)profile_check(profile, session_fact_set(profile_store(profile),
							      FACT_ON, "yes"));
	else
		log_info("carbons", "not enabled profile=%s", profile_name(profile));
}

bool
carbons_are_on(struct profile *profile)
{
	struct arena arena = {0};
	bool is_on = session_fact(profile_store(profile), FACT_ON, &arena) != NULL;
	arena_done(&arena);
	return is_on;
}

static const struct module_ask asks[] = {
	{"carbons.enable", 0, on_enabled},
	{0},
};

/* Asked for without looking for it first: a server that has none says so, and the copies
 * begin before the archive is asked, so that nothing falls between the two. */
static void
on_connect(struct profile *profile, bool is_resumed)
{
	if (is_resumed)
		return;
	struct stanza *iq = stanza_iq(profile_stanzas(profile), "set", NULL, NULL);
	(void)stanza_add(iq, "enable", NS_CARBONS);
	profile_ask_lasting(profile, iq, &asks[0], NULL);
}

/* Whether MESSAGE is a copy of any kind, honest or not. */
static bool
is_wrapper(const struct stanza *message)
{
	return stanza_child(message, "sent", NS_CARBONS) ||
	       stanza_child(message, "received", NS_CARBONS);
}

/* The one element of this XEP in MESSAGE, or NULL if there are more. */
static const struct stanza *
only_copy(const struct stanza *message)
{
	const struct stanza *sent = stanza_child(message, "sent", NS_CARBONS);
	const struct stanza *received = stanza_child(message, "received", NS_CARBONS);
	size_t count = stanza_count(message, "sent", NS_CARBONS) +
		       stanza_count(message, "received", NS_CARBONS);
	if (count != 1)
		return NULL;
	return sent ? sent : received;
}

/* Whether MESSAGE is one that we sent (IS_SENT) or got at another client. */
static bool
is_ours(struct profile *profile, const struct stanza *message, bool is_sent)
{
	const char *own = profile_account(profile)->bare;
	const char *from = stanza_from(message);
	const char *to = stanza_to(message);
	if (stanza_has_type(message, "groupchat") || is_wrapper(message) || !from)
		return false;
	if (is_sent)
		return to && jid_is_same_bare(from, own);
	return !to || jid_is_same_bare(to, own);
}

static void
unwrap(struct profile *profile, const struct stanza *wrapper)
{
	/* Without a sender it would be our server's word, but this XEP wants it said. */
	if (!jid_is_same(stanza_from(wrapper), profile_account(profile)->bare))
		return;
	const struct stanza *copy = only_copy(wrapper);
	const struct stanza *forwarded = stanza_child(copy, "forwarded", NS_FORWARD);
	const struct stanza *message = stanza_child(forwarded, "message", NS_CLIENT);
	if (stanza_count(copy, "forwarded", NS_FORWARD) != 1 ||
	    stanza_count(forwarded, "message", NS_CLIENT) != 1 ||
	    !is_ours(profile, message, stanza_is(copy, "sent", NS_CARBONS)))
		return;
	int64_t stamp = 0;
	(void)stanza_delay(forwarded, NULL, &stamp);
	profile_receive(profile, &(struct forwarded){.message = message,
						     .origin = INBOUND_CARBON,
						     .stamp_ms = stamp});
}

static enum module_verdict
on_message(struct profile *profile, struct inbound *inbound)
{
	if (!is_wrapper(inbound->stanza))
		return MODULE_PASS;
	/* Copies of copies are nobody's. */
	if (inbound->origin == INBOUND_LIVE)
		unwrap(profile, inbound->stanza);
	return MODULE_TAKEN;
}

const struct module module_carbons = {
	.name = "xep-0280",
	.asks = asks,
	.on_connect = on_connect,
	.on_message = on_message,
};
