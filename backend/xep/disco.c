/*
 * The disco module: answers what we are. A node is known only if it is the one that our
 * presence announces (XEP-0115); we have no items.
 */
#include "backend/xep/disco.h"

#include <stdlib.h>
#include <string.h>

#include "backend/session/profile.h"
#include "backend/xep/caps.h"
#include "backend/xep/presence.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/mem.h"

struct list {
	const char **items;
	size_t count;
};

static void
add(void *data, const char *feature)
{
	struct list *list = data;
	list->items = mem_resize(list->items, list->count + 1, sizeof *list->items);
	list->items[list->count++] = feature;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char **
disco_features(size_t *ret_count)
{
	struct list list = {0};
	modules_each_feature(add, &list);
	size_t kept = 0;
	if (list.count)
		qsort(list.items, list.count, sizeof *list.items, compare);
	for (size_t i = 0; i < list.count; i++) {
		if (kept == 0 || strcmp(list.items[kept - 1], list.items[i]) != 0)
			list.items[kept++] = list.items[i];
	}
	*ret_count = kept;
	return list.items;
}

static bool
is_known_node(const struct profile *profile, const char *node)
{
	return !node || strcmp(node, caps_node(profile)) == 0;
}

static void
on_info(struct profile *profile, const struct stanza *iq)
{
	const char *node = stanza_get(stanza_payload(iq), "node");
	if (!is_known_node(profile, node)) {
		profile_send(profile,
			     stanza_reply_error(iq, "cancel", "item-not-found", NULL));
		return;
	}
	struct stanza *reply = stanza_reply(iq);
	struct stanza *query = stanza_add(reply, "query", NS_DISCO_INFO);
	stanza_set(query, "node", node);
	struct stanza *identity = stanza_add(query, "identity", NULL);
	stanza_set(identity, "category", DISCO_CATEGORY);
	stanza_set(identity, "type", DISCO_TYPE);
	stanza_set(identity, "name", DISCO_NAME);
	size_t count;
	const char **features = disco_features(&count);
	for (size_t i = 0; i < count; i++)
		stanza_set(stanza_add(query, "feature", NULL), "var", features[i]);
	free(features);
	profile_send(profile, reply);
	if (node)
		presence_explained(profile, stanza_from(iq));
}

static void
on_items(struct profile *profile, const struct stanza *iq)
{
	const char *node = stanza_get(stanza_payload(iq), "node");
	if (!is_known_node(profile, node)) {
		profile_send(profile,
			     stanza_reply_error(iq, "cancel", "item-not-found", NULL));
		return;
	}
	struct stanza *reply = stanza_reply(iq);
	stanza_set(stanza_add(reply, "query", NS_DISCO_ITEMS), "node", node);
	profile_send(profile, reply);
}

static const char *const features[] = {NS_DISCO_INFO, NS_DISCO_ITEMS, NULL};

static const struct module_iq iqs[] = {
	{"get", "query", NS_DISCO_INFO, on_info},
	{"get", "query", NS_DISCO_ITEMS, on_items},
	{0},
};

const struct module module_disco = {
	.name = "xep-0030",
	.features = features,
	.iqs = iqs,
};
