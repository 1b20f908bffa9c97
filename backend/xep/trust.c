/*
 * The one rule of trust.h, so that no module makes its own.
 */
#include "backend/xep/trust.h"

#include <string.h>

#include "backend/store/contacts.h"

bool
trust_is_own(struct profile *profile, const struct stanza *iq)
{
	const char *from = stanza_from(iq);
	return !from || jid_is_same(from, profile_account(profile)->bare);
}

bool
trust_knows(struct profile *profile, const char *jid)
{
	const struct jid *account = profile_account(profile);
	struct jid who = {0};
	if (jid_parse(jid, &who, NULL) < 0)
		return false;
	bool is_known = strcmp(who.bare, account->bare) == 0 ||
			strcmp(who.full, account->domain) == 0;
	if (!is_known) {
		struct arena arena = {0};
		struct contact contact = {0};
		is_known = contacts_find(profile_store(profile), who.bare, &arena,
					 &contact) == 0 &&
			   (contact.subscription == CONTACT_FROM ||
			    contact.subscription == CONTACT_BOTH);
		arena_done(&arena);
	}
	jid_done(&who);
	return is_known;
}

bool
trust_sees_us(struct profile *profile, const struct stanza *stanza)
{
	return trust_is_own(profile, stanza) || trust_knows(profile, stanza_from(stanza));
}

void
trust_refuse(struct profile *profile, const struct stanza *iq)
{
	struct stanza *reply =
		stanza_reply_error(iq, "cancel", "service-unavailable", NULL);
	if (reply)
		profile_send(profile, reply);
}
