/*
 * The features and identities of a disco#info.
 */
#include "backend/xmpp/info.h"

#include <string.h>

#include "backend/xmpp/ns.h"
#include "backend/xmpp/stanza.h"

static bool
has(const struct stanza *row, const char *name, const char *value)
{
	const char *found = stanza_get(row, name);
	return !value || (found && strcmp(found, value) == 0);
}

bool
info_has_feature(const struct stanza *query, const char *feature)
{
	const struct stanza *row = stanza_child(query, "feature", NS_DISCO_INFO);
	while (row && !has(row, "var", feature))
		row = stanza_next(row, "feature", NS_DISCO_INFO);
	return row;
}

bool
info_has_identity(const struct stanza *query, const char *category, const char *type)
{
	const struct stanza *row = stanza_child(query, "identity", NS_DISCO_INFO);
	while (row && !(has(row, "category", category) && has(row, "type", type)))
		row = stanza_next(row, "identity", NS_DISCO_INFO);
	return row;
}
