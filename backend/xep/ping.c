/*
 * The ping module. Anybody may ping: who knows our full JID learns no more from the
 * answer than from having it.
 */
#include "backend/xep/ping.h"

#include "backend/xmpp/ns.h"

static void
on_get(struct profile *profile, const struct stanza *iq)
{
	profile_send(profile, stanza_reply(iq));
}

void
ping_send(struct profile *profile, const char *jid, profile_answer *answer, void *data)
{
	struct stanza *iq = stanza_iq(profile_stanzas(profile), "get", jid, NULL);
	(void)stanza_add(iq, "ping", NS_PING);
	profile_ask(profile, iq, PROFILE_ASK, answer, data);
}

static const char *const features[] = {NS_PING, NULL};

static const struct module_iq iqs[] = {
	{"get", "ping", NS_PING, on_get},
	{0},
};

const struct module module_ping = {
	.name = "xep-0199",
	.features = features,
	.iqs = iqs,
};
