/*
 * The table of mechanisms, best first, and the rules of RFC 5802 §6 and XEP-0440 for
 * channel binding: -PLUS where both sides share a type, 'y' only where nothing of the
 * kind is offered at all and we could have.
 */
#include "backend/net/sasl.h"

#include <errno.h>
#include <string.h>

#include "backend/xmpp/ns.h"
#include "backend/xmpp/stanza.h"
#include "bridge/base/buf.h"

#define OFFERED_MAX 12

static const struct sasl_mechanism mechanisms[] = {
	{.name = "SCRAM-SHA-512-PLUS", .hash = SCRAM_SHA512, .is_plus = true},
	{.name = "SCRAM-SHA-256-PLUS", .hash = SCRAM_SHA256, .is_plus = true},
	{.name = "SCRAM-SHA-1-PLUS", .hash = SCRAM_SHA1, .is_plus = true},
	{.name = "SCRAM-SHA-512", .hash = SCRAM_SHA512},
	{.name = "SCRAM-SHA-256", .hash = SCRAM_SHA256},
	{.name = "SCRAM-SHA-1", .hash = SCRAM_SHA1},
	{.name = "PLAIN", .is_plain = true},
};

static const char *const binding_names[SASL_BINDINGS] = {
	[TLS_BINDING_EXPORTER] = "tls-exporter",
	[TLS_BINDING_UNIQUE] = "tls-unique",
	[TLS_BINDING_END_POINT] = "tls-server-end-point",
};

static bool
is_offered(const struct stanza *features, const char *name)
{
	const struct stanza *list = stanza_child(features, "mechanisms", NS_SASL);
	const struct stanza *item = stanza_child(list, "mechanism", NS_SASL);
	for (; item != NULL; item = stanza_next(item, "mechanism", NS_SASL)) {
		if (strcmp(stanza_text(item), name) == 0)
			return true;
	}
	return false;
}

static bool
is_any_plus_offered(const struct stanza *features)
{
	const struct stanza *list = stanza_child(features, "mechanisms", NS_SASL);
	const struct stanza *item = stanza_child(list, "mechanism", NS_SASL);
	for (; item != NULL; item = stanza_next(item, "mechanism", NS_SASL)) {
		const char *name = stanza_text(item);
		size_t len = strlen(name);
		if (len > 5 && strcmp(name + len - 5, "-PLUS") == 0)
			return true;
	}
	return false;
}

static bool
lists_binding(const struct stanza *list, const char *name)
{
	const struct stanza *item = stanza_child(list, "channel-binding", NS_SASL_CB);
	for (; item != NULL; item = stanza_next(item, "channel-binding", NS_SASL_CB)) {
		const char *type = stanza_get(item, "type");
		if (type != NULL && strcmp(type, name) == 0)
			return true;
	}
	return false;
}

/* The best binding that both sides can do. Servers that list none mean tls-unique, which
 * TLS 1.3 does not have; there only a listed exporter counts. */
static bool
find_binding(const struct stanza *features, const struct sasl_channel *channel,
	     enum tls_binding *ret_binding)
{
	const struct stanza *list =
		stanza_child(features, "sasl-channel-binding", NS_SASL_CB);
	if (list == NULL) {
		*ret_binding = TLS_BINDING_UNIQUE;
		return !channel->is_tls13 && channel->can_bind[TLS_BINDING_UNIQUE];
	}
	for (int kind = 0; kind < SASL_BINDINGS; kind++) {
		if (channel->is_tls13 && kind != TLS_BINDING_EXPORTER)
			continue;
		if (channel->can_bind[kind] && lists_binding(list, binding_names[kind])) {
			*ret_binding = (enum tls_binding)kind;
			return true;
		}
	}
	return false;
}

int
sasl_choose(const struct stanza *features, const struct sasl_channel *channel,
	    struct sasl_choice *ret_choice)
{
	enum tls_binding binding = TLS_BINDING_UNIQUE;
	bool can_bind = find_binding(features, channel, &binding);
	bool is_plus_offered = is_any_plus_offered(features);
	for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++) {
		const struct sasl_mechanism *row = &mechanisms[i];
		if ((row->is_plus && !can_bind) || !is_offered(features, row->name))
			continue;
		char flag = can_bind && !is_plus_offered ? 'y' : 'n';
		*ret_choice = (struct sasl_choice){
			.mechanism = row,
			.flag = row->is_plus ? 'p' : flag,
			.binding = binding,
			.binding_name = row->is_plus ? binding_names[binding] : "",
		};
		return 0;
	}
	return -ENOENT;
}

char *
sasl_offered(const struct stanza *features)
{
	struct buf out = {0};
	const struct stanza *list = stanza_child(features, "mechanisms", NS_SASL);
	const struct stanza *item = stanza_child(list, "mechanism", NS_SASL);
	int count = 0;
	for (; item != NULL && count < OFFERED_MAX; count++) {
		buf_printf(&out, "%s%s", count == 0 ? "it offers " : ", ",
			   stanza_text(item));
		item = stanza_next(item, "mechanism", NS_SASL);
	}
	return buf_take_text(&out);
}
