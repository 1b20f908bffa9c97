/*
 * The rules as a form; which accounts know them.
 */
#include "backend/xep/pep.h"

#include <string.h>

#include "backend/xmpp/form.h"
#include "backend/xmpp/info.h"
#include "backend/xmpp/ns.h"

bool
pep_can_keep(const struct stanza *query)
{
	return info_has_identity(query, "pubsub", "pep") &&
	       info_has_feature(query, NS_PUBSUB_PUBLISH_OPTIONS);
}

static void
add_form(struct stanza *parent, const char *form_type, bool is_short)
{
	struct stanza *form = form_add(parent, form_type);
	form_add_field(form, "pubsub#persist_items", NULL, "true");
	form_add_field(form, "pubsub#access_model", NULL, "whitelist");
	if (is_short)
		return;
	form_add_field(form, "pubsub#max_items", NULL, "max");
	form_add_field(form, "pubsub#send_last_published_item", NULL, "never");
}

void
pep_add_rules(struct stanza *pubsub, bool is_short)
{
	add_form(stanza_add(pubsub, "publish-options", NULL), NS_PUBSUB_PUBLISH_OPTIONS,
		 is_short);
}

struct stanza *
pep_create(struct stanza_ctx *ctx, const char *node)
{
	struct stanza *iq = stanza_iq(ctx, "set", NULL, NULL);
	struct stanza *pubsub = stanza_add(iq, "pubsub", NS_PUBSUB);
	stanza_set(stanza_add(pubsub, "create", NULL), "node", node);
	add_form(stanza_add(pubsub, "configure", NULL), NS_PUBSUB_NODE_CONFIG, false);
	return iq;
}

struct stanza *
pep_configure(struct stanza_ctx *ctx, const char *node)
{
	struct stanza *iq = stanza_iq(ctx, "set", NULL, NULL);
	struct stanza *pubsub = stanza_add(iq, "pubsub", NS_PUBSUB_OWNER);
	struct stanza *configure = stanza_add(pubsub, "configure", NULL);
	stanza_set(configure, "node", node);
	add_form(configure, NS_PUBSUB_NODE_CONFIG, false);
	return iq;
}

enum pep_remedy
pep_remedy(const struct stanza *answer)
{
	/* The last is what ejabberd 23.01 says to a rule that it does not know. */
	static const char *const cannot[] = {"bad-request", "conflict",
					     "feature-not-implemented", "not-acceptable",
					     "resource-constraint"};
	struct stanza_error error;
	if (stanza_read_error(answer, &error) < 0)
		return PEP_NONE;
	if (stanza_child(stanza_child(answer, "error", NULL), "precondition-not-met",
			 NS_PUBSUB_ERRORS))
		return PEP_CONFIGURE;
	for (size_t i = 0; i < sizeof cannot / sizeof *cannot; i++) {
		if (strcmp(error.condition, cannot[i]) == 0)
			return PEP_FEWER_RULES;
	}
	return PEP_NONE;
}
