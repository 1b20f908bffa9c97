/*
 * Our own presence: what was chosen, kept in the store; when a session begins to say it,
 * and what is asked for once it was said.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/muc/muc.h"
#include "backend/store/session_scope.h"
#include "backend/store/settings.h"
#include "backend/store/store.h"
#include "backend/xep/bookmarks.h"
#include "backend/xep/presence.h"
#include "backend/xep/read_positions.h"
#include "backend/xmpp/ns.h"

/* Setting: "1" while nobody looks for so long that online means away. Not a fact of the
 * session: the next one begins with what this one ended with. */
#define SETTING_AUTO "presence.auto"

/* Facts of the session. */
#define FACT_GATES "presence.gates"	    /* which are open */
#define FACT_SAID "presence.said"	    /* what we said of ourselves */
#define FACT_EXPLAINED "presence.explained" /* "1": our server asked what we can do */

static const struct {
	const char *text; /* RFC 6121 section 4.7.2.1 */
	enum bridge_show show;
} shows[] = {
	{"away", show_AWAY},
	{"xa", show_XA},
	{"dnd", show_DND},
	{"chat", show_CHAT},
};

static enum bridge_show
show_of(const char *text)
{
	for (size_t i = 0; text && i < sizeof shows / sizeof *shows; i++) {
		if (strcmp(shows[i].text, text) == 0)
			return shows[i].show;
	}
	return show_ONLINE;
}

static const char *
show_text(enum bridge_show show)
{
	for (size_t i = 0; i < sizeof shows / sizeof *shows; i++) {
		if (shows[i].show == show)
			return shows[i].text;
	}
	return NULL;
}

bool
presence_is_auto(struct profile *profile)
{
	struct arena arena = {0};
	struct store *store = profile_store(profile);
	/* What was chosen by hand stands above it. */
	bool is_auto =
		show_of(settings_get(store, SETTING_SHOW, &arena)) == show_ONLINE &&
		settings_get_int(store, SETTING_AUTO, 0) != 0;
	arena_done(&arena);
	return is_auto;
}

void
presence_own(struct profile *profile, struct arena *arena, enum bridge_show *ret_show,
	     const char **ret_text)
{
	struct store *store = profile_store(profile);
	const char *text = settings_get(store, SETTING_STATUS, arena);
	*ret_show = show_of(settings_get(store, SETTING_SHOW, arena));
	if (presence_is_auto(profile))
		*ret_show = show_AWAY;
	*ret_text = text && *text ? text : NULL;
}

static void
describe(struct stanza *presence, enum bridge_show show, const char *text)
{
	if (show_text(show))
		stanza_add_with_text(presence, "show", NULL, show_text(show));
	if (text)
		stanza_add_with_text(presence, "status", NULL, text);
}

void
presence_describe(struct profile *profile, struct stanza *stanza)
{
	struct arena arena = {0};
	enum bridge_show show;
	const char *text;
	presence_own(profile, &arena, &show, &text);
	describe(stanza, show, text);
	arena_done(&arena);
}

enum bridge_show
presence_show_of(const struct stanza *stanza)
{
	return show_of(stanza_child_text(stanza, "show", NS_CLIENT));
}

void
presence_announce(struct profile *profile)
{
	struct arena arena = {0};
	enum bridge_show show;
	const char *text;
	presence_own(profile, &arena, &show, &text);
	struct stanza *presence = stanza_presence(profile_stanzas(profile), NULL, NULL);
	describe(presence, show, text);
	const char *said = arena_printf(&arena, "%d %s", (int)show, text ? text : "");
	(void)profile_check(profile,
			    session_fact_set(profile_store(profile), FACT_SAID, said));
	profile_send(profile, presence);
	muc_announce(profile);
	arena_done(&arena);
}

void
presence_begin(struct profile *profile, enum presence_gate gate)
{
	static const unsigned all = PRESENCE_ROSTER | PRESENCE_ARCHIVE;
	struct store *store = profile_store(profile);
	struct arena arena = {0};
	const char *had = session_fact(store, FACT_GATES, &arena);
	unsigned before = had ? (unsigned)strtoul(had, NULL, 10) : 0;
	unsigned now = before | (unsigned)gate;
	(void)profile_check(profile, session_fact_set(store, FACT_GATES,
						      arena_printf(&arena, "%u", now)));
	if (now == all && before != all) {
		presence_announce(profile);
		presence_follow(profile);
	}
	arena_done(&arena);
}

void
presence_follow(struct profile *profile)
{
	if (!presence_is_said(profile))
		return;
	read_positions_begin(profile);
	bookmarks_begin(profile);
}

void
presence_explained(struct profile *profile, const char *from)
{
	struct store *store = profile_store(profile);
	const struct jid *account = profile_account(profile);
	struct arena arena = {0};
	bool is_server = !from || jid_is_same(from, account->bare) ||
			 jid_is_same(from, account->domain);
	if (is_server && presence_is_said(profile) &&
	    !session_fact(store, FACT_EXPLAINED, &arena)) {
		(void)profile_check(profile,
				    session_fact_set(store, FACT_EXPLAINED, "1"));
		presence_follow(profile);
	}
	arena_done(&arena);
}

bool
presence_is_said(struct profile *profile)
{
	struct arena arena = {0};
	bool is_said = session_fact(profile_store(profile), FACT_SAID, &arena) != NULL;
	arena_done(&arena);
	return is_said;
}

void
presence_connected(struct profile *profile, bool is_resumed)
{
	struct arena arena = {0};
	enum bridge_show show;
	const char *text;
	if (!is_resumed)
		return;
	const char *said = session_fact(profile_store(profile), FACT_SAID, &arena);
	presence_own(profile, &arena, &show, &text);
	const char *due = arena_printf(&arena, "%d %s", (int)show, text ? text : "");
	if (said && strcmp(said, due) != 0)
		presence_announce(profile);
	arena_done(&arena);
}

/* Before the first presence of a session nothing is said of changes. */
static void
announce_change(struct profile *profile)
{
	if (presence_is_said(profile))
		presence_announce(profile);
}

int
presence_auto(struct profile *profile, bool is_away)
{
	struct store *store = profile_store(profile);
	struct arena arena = {0};
	enum bridge_show show;
	const char *text;
	bool was_auto = presence_is_auto(profile);
	int result = 0;
	if ((settings_get_int(store, SETTING_AUTO, 0) != 0) != is_away)
		result = settings_set(store, SETTING_AUTO, is_away ? "1" : NULL);
	if (result < 0 || presence_is_auto(profile) == was_auto)
		return result;
	presence_own(profile, &arena, &show, &text);
	profile_emit(profile, EVENT_self_changed,
		     &(struct bridge_self_event){
			     .profile = profile_name(profile),
			     .show = show,
			     .text = text,
			     .is_auto = is_away,
		     });
	announce_change(profile);
	arena_done(&arena);
	return 0;
}

int
presence_choose(struct profile *profile, enum bridge_show show, const char *text)
{
	struct store *store = profile_store(profile);
	int result = settings_set(store, SETTING_SHOW, show_text(show));
	if (result == 0)
		result = settings_set(store, SETTING_STATUS, text && *text ? text : NULL);
	if (result == 0)
		result = settings_set(store, SETTING_AUTO, NULL);
	if (result < 0)
		return result;
	profile_emit(profile, EVENT_self_changed,
		     &(struct bridge_self_event){
			     .profile = profile_name(profile),
			     .show = show,
			     .text = text,
		     });
	announce_change(profile);
	return 0;
}
