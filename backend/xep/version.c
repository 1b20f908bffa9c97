/*
 * Software version (XEP-0092): name and version, without the operating system, for those
 * who see our presence.
 */
#include "backend/session/profile.h"
#include "backend/xep/trust.h"
#include "backend/xmpp/ns.h"

static void
on_get(struct profile *profile, const struct stanza *iq)
{
	if (!trust_sees_us(profile, iq)) {
		trust_refuse(profile, iq);
		return;
	}
	struct stanza *reply = stanza_reply(iq);
	struct stanza *query = stanza_add(reply, "query", NS_VERSION);
	(void)stanza_add_with_text(query, "name", NULL, "tern");
	(void)stanza_add_with_text(query, "version", NULL, TERN_VERSION);
	profile_send(profile, reply);
}

static const char *const features[] = {NS_VERSION, NULL};

static const struct module_iq iqs[] = {
	{"get", "query", NS_VERSION, on_get},
	{0},
};

const struct module module_version = {
	.name = "xep-0092",
	.features = features,
	.iqs = iqs,
};
