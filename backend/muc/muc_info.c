/*
 * What a room says that it is (disco#info, XEP-0045 section 6.4): the features that the
 * join and messages go by, and the description for people.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/muc/muc_inner.h"
#include "backend/xmpp/form.h"
#include "backend/xmpp/info.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"

enum { TEXT_MAX = 2048, NAME_BYTES_MAX = 256 };

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
	{NS_MODERATE, ROOM_CAN_MODERATE},
	{NS_MODERATE_OLD, ROOM_CAN_MODERATE_OLD},
};

int64_t
muc_features(const struct stanza *query)
{
	int64_t found = 0;
	for (size_t i = 0; i < sizeof features / sizeof *features; i++) {
		if (info_has_feature(query, features[i].var))
			found |= features[i].feature;
	}
	return found;
}

bool
muc_is_room(const struct stanza *query)
{
	return info_has_feature(query, NS_MUC);
}

const char *
muc_name(const struct stanza *query)
{
	const char *name =
		stanza_get(stanza_child(query, "identity", NS_DISCO_INFO), "name");
	return name && *name ? name : NULL;
}

bool
muc_read_info(struct room *room, const struct stanza *query)
{
	const char *name = muc_name(query);
	char *clean = clean_text(name ? name : "", CLEAN_LINE, NAME_BYTES_MAX);
	room->features = muc_features(query);
	if (*clean)
		mem_replace(&room->name, clean);
	free(clean);
	return muc_is_room(query);
}

static void
on_info_again(struct profile *profile, const struct stanza *answer, bool is_last,
	      void *data)
{
	char *jid = data;
	struct room *room = muc_rooms(profile) ? muc_find(profile, jid) : NULL;
	(void)is_last;
	free(jid);
	if (!room)
		return;
	bool is_stale = room->is_stale;
	room->is_reading = room->is_stale = false;
	if (!answer || room->state != room_state_IN)
		return;
	if (is_stale)
		muc_read_again(profile, room);
	if (!stanza_has_type(answer, "result") || !muc_is_room(stanza_payload(answer)))
		return;
	bool had_ids = room->features & ROOM_HAS_OCCUPANT_IDS;
	(void)muc_read_info(room, stanza_payload(answer));
	muc_changed(profile, room);
	/* Ours came before it could be trusted. */
	if (!had_ids && (room->features & ROOM_HAS_OCCUPANT_IDS))
		muc_say_presence(profile, room);
}

void
muc_read_again(struct profile *profile, struct room *room)
{
	if (room->is_reading) {
		room->is_stale = true;
		return;
	}
	room->is_reading = true;
	struct stanza *iq = stanza_iq(profile_stanzas(profile), "get", room->jid, NULL);
	stanza_add(iq, "query", NS_DISCO_INFO);
	profile_ask(profile, iq, PROFILE_ASK, on_info_again, mem_strdup(room->jid));
}

/* TEXT (may be NULL) as it is told, in ARENA. */
static const char *
keep(struct arena *arena, const char *text)
{
	return text ? arena_strndup(arena, text, utf8_cut(text, strlen(text), TEXT_MAX))
		    : NULL;
}

void
muc_describe(const struct stanza *query, struct arena *arena,
	     struct bridge_room_info *ret_info)
{
	int64_t bits = muc_features(query);
	struct form form = {0};
	(void)form_read(stanza_child(query, "x", NS_DATA_FORM), arena, &form);
	const char *count = form_value(&form, "muc#roominfo_occupants");
	long occupants = count ? strtol(count, NULL, 10) : 0;
	*ret_info = (struct bridge_room_info){
		.jid = ret_info->jid,
		.name = keep(arena, muc_name(query)),
		.description = keep(arena, form_value(&form, "muc#roominfo_description")),
		.subject = keep(arena, form_value(&form, "muc#roominfo_subject")),
		.language = keep(arena, form_value(&form, "muc#roominfo_lang")),
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
