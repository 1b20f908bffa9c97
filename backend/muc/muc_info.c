/*
 * What a room says that it is (disco#info, XEP-0045 section 6.4): the features that the
 * join and messages go by, and the description for people.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/muc/muc_inner.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/utf8.h"

enum { TEXT_MAX = 2048 };

static const struct {
	const char *var;
	enum room_feature feature;
} features[] = {
	{NS_MAM, ROOM_HAS_ARCHIVE | ROOM_HAS_STANZA_IDS},
	{NS_STANZA_ID, ROOM_HAS_STANZA_IDS},
	{NS_OCCUPANT_ID, ROOM_HAS_OCCUPANT_IDS},
	{"muc_moderated", ROOM_IS_MODERATED},
	{"muc_nonanonymous", ROOM_IS_OPEN_NAMED},
	{"muc_persistent", ROOM_IS_PERSISTENT},
	{"muc_membersonly", ROOM_IS_MEMBERS_ONLY},
	{"muc_passwordprotected", ROOM_HAS_PASSWORD},
	{"urn:xmpp:message-moderate:1", ROOM_CAN_MODERATE},
	{"urn:xmpp:message-moderate:0", ROOM_CAN_MODERATE_OLD},
};

int64_t
muc_features(const struct stanza *query)
{
	const struct stanza *child = stanza_child(query, "feature", NS_DISCO_INFO);
	int64_t found = 0;
	for (; child; child = stanza_next(child, "feature", NS_DISCO_INFO)) {
		const char *var = stanza_get(child, "var");
		for (size_t i = 0; var && i < sizeof features / sizeof *features; i++) {
			if (strcmp(features[i].var, var) == 0)
				found |= features[i].feature;
		}
	}
	return found;
}

bool
muc_is_room(const struct stanza *query)
{
	const struct stanza *child = stanza_child(query, "feature", NS_DISCO_INFO);
	bool is_room = false;
	for (; child; child = stanza_next(child, "feature", NS_DISCO_INFO)) {
		const char *var = stanza_get(child, "var");
		is_room |= var && strcmp(var, NS_MUC) == 0;
	}
	return is_room;
}

const char *
muc_name(const struct stanza *query)
{
	const char *name =
		stanza_get(stanza_child(query, "identity", NS_DISCO_INFO), "name");
	return name && *name ? name : NULL;
}

/* The value of the field VAR of the room's form, in ARENA; NULL for none. */
static const char *
field(const struct stanza *query, const char *var, struct arena *arena)
{
	const struct stanza *form = stanza_child(query, "x", NS_DATA_FORM);
	const struct stanza *row = stanza_child(form, "field", NS_DATA_FORM);
	for (; row; row = stanza_next(row, "field", NS_DATA_FORM)) {
		const char *name = stanza_get(row, "var");
		const char *value = stanza_child_text(row, "value", NS_DATA_FORM);
		if (name && strcmp(name, var) == 0 && value && *value)
			return arena_strndup(arena, value,
					     utf8_cut(value, strlen(value), TEXT_MAX));
	}
	return NULL;
}

void
muc_describe(const struct stanza *query, struct arena *arena,
	     struct bridge_room_info *ret_info)
{
	int64_t bits = muc_features(query);
	const char *name = muc_name(query);
	const char *count = field(query, "muc#roominfo_occupants", arena);
	long occupants = count ? strtol(count, NULL, 10) : 0;
	*ret_info = (struct bridge_room_info){
		.jid = ret_info->jid,
		.name = name ? arena_strndup(arena, name,
					     utf8_cut(name, strlen(name), TEXT_MAX))
			     : NULL,
		.description = field(query, "muc#roominfo_description", arena),
		.subject = field(query, "muc#roominfo_subject", arena),
		.language = field(query, "muc#roominfo_lang", arena),
		.occupants = occupants > 0 ? occupants : 0,
		.is_members_only = bits & ROOM_IS_MEMBERS_ONLY,
		.has_password = bits & ROOM_HAS_PASSWORD,
		.is_moderated = bits & ROOM_IS_MODERATED,
		.is_persistent = bits & ROOM_IS_PERSISTENT,
		.shows_addresses = bits & ROOM_IS_OPEN_NAMED,
		.has_archive = bits & ROOM_HAS_ARCHIVE,
		.can_moderate = bits & (ROOM_CAN_MODERATE | ROOM_CAN_MODERATE_OLD),
	};
}
