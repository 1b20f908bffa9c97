/*
 * Bookmarks at our account's node (XEP-0402): one item a room, published under rules that
 * keep them for our own eyes, and followed as other devices change them. They come from
 * our own bare JID only.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/store/session_scope.h"
#include "backend/store/settings.h"
#include "backend/store/store.h"
#include "backend/xep/bookmark_xml.h"
#include "backend/xep/bookmarks_inner.h"
#include "backend/xep/pep.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/mem.h"

/* Setting: the server knows few of the rules in a publish (ejabberd 23.01). */
#define SETTING_FEW "bookmarks.few_rules"

/* ---- to the server ---- */

void
bookmarks_publish(struct profile *profile, const struct bookmark *row)
{
	struct arena arena = {0};
	struct stanza *iq = stanza_iq(profile_stanzas(profile), "set", NULL, NULL);
	struct stanza *pubsub = stanza_add(iq, "pubsub", NS_PUBSUB);
	struct stanza *node =
		stanza_add(pubsub, row->is_removed ? "retract" : "publish", NULL);
	struct stanza *item = stanza_add(node, "item", NULL);
	stanza_set(node, "node", NS_BOOKMARKS);
	if (row->is_removed) {
		stanza_set(node, "notify", "true");
		stanza_set(item, "id", row->jid);
	} else {
		bookmark_write(item, row, bookmarks_password(profile, row->jid));
		pep_add_rules(pubsub, settings_get_int(profile_store(profile),
						       SETTING_FEW, 0) != 0);
	}
	profile_ask_lasting(
		profile, iq, &bookmarks_asks[BOOKMARKS_TELL],
		arena_printf(&arena, "%lld %s", (long long)row->due, row->jid));
	arena_done(&arena);
}

static void
configure(struct profile *profile)
{
	profile_ask_lasting(profile,
			    pep_configure(profile_stanzas(profile), NS_BOOKMARKS),
			    &bookmarks_asks[BOOKMARKS_CONFIGURE], NULL);
}

/* The node gets our rules once a session: another client made it with others, or the
 * server does not take them with what is published. True if that is tried now. */
static bool
set_rules(struct profile *profile, const struct stanza *answer)
{
	enum pep_remedy remedy = pep_remedy(answer);
	if (remedy == PEP_NONE || !bookmarks_is_fact(profile, FACT_RULES, NULL))
		return false;
	bookmarks_set_fact(profile, FACT_RULES, RULES_SETTING);
	if (remedy == PEP_CONFIGURE) {
		configure(profile);
		return true;
	}
	(void)profile_check(profile,
			    settings_set_int(profile_store(profile), SETTING_FEW, 1));
	profile_ask_lasting(profile, pep_create(profile_stanzas(profile), NS_BOOKMARKS),
			    &bookmarks_asks[BOOKMARKS_CREATE], NULL);
	return true;
}

void
bookmarks_on_rules(struct profile *profile, const struct stanza *answer, bool is_last,
		   void *data)
{
	(void)is_last, (void)data;
	if (!profile_store(profile) || !store_is_in_job(profile_store(profile)))
		return;
	/* No answer: nobody knows, and it is tried again when something is due. */
	bookmarks_set_fact(profile, FACT_RULES, answer ? RULES_SET : NULL);
	if (stanza_has_type(answer, "result"))
		bookmarks_tell_all(profile);
	else if (answer)
		bookmarks_complain(profile, answer);
}

void
bookmarks_on_created(struct profile *profile, const struct stanza *answer, bool is_last,
		     void *data)
{
	struct stanza_error error;
	if (stanza_read_error(answer, &error) == 0 &&
	    strcmp(error.condition, "conflict") == 0 &&
	    store_is_in_job(profile_store(profile)))
		configure(profile); /* it is there */
	else
		bookmarks_on_rules(profile, answer, is_last, data);
}

/* What a change was told by: its number and its room. */
void
bookmarks_on_told(struct profile *profile, const struct stanza *answer, bool is_last,
		  void *data)
{
	const char *note = data;
	char *jid = NULL;
	struct stanza_error error;
	(void)is_last;
	if (!answer || !note || !store_is_in_job(profile_store(profile)))
		return;
	int64_t due = strtoll(note, &jid, 10);
	jid += *jid == ' ';
	bool is_gone = stanza_read_error(answer, &error) == 0 &&
		       strcmp(error.condition, "item-not-found") == 0;
	struct arena arena = {0};
	struct bookmark row = {0};
	bool is_removal = bookmarks_get(profile_store(profile), jid, &arena, &row) == 0 &&
			  row.is_removed;
	if (stanza_has_type(answer, "result") || (is_gone && is_removal))
		(void)profile_check(profile,
				    bookmarks_told(profile_store(profile), jid, due));
	else if (!bookmarks_is_fact(profile, FACT_RULES, RULES_SETTING) &&
		 !set_rules(profile, answer))
		bookmarks_complain(profile, answer);
	arena_done(&arena);
}

/* ---- from the server ---- */

/* IS_FETCH: they are all that the server has. */
static void
take_items(struct profile *profile, const struct stanza *items, bool is_fetch)
{
	const struct stanza *item = stanza_child(items, "item", NULL);
	for (; item; item = stanza_next(item, "item", NULL)) {
		struct arena arena = {0};
		struct bookmark row;
		const char *password;
		bool is_fit = bookmark_read(item, &arena, &row, &password) == 0;
		if (is_fit)
			bookmarks_take(profile, &row, password);
		if (is_fit && is_fetch)
			(void)profile_check(
				profile, bookmarks_see(profile_store(profile), row.jid));
		arena_done(&arena);
	}
}

static void
take_removals(struct profile *profile, const struct stanza *items)
{
	const struct stanza *item = stanza_child(items, "retract", NULL);
	for (; item; item = stanza_next(item, "retract", NULL)) {
		struct arena arena = {0};
		struct bookmark was;
		char *jid = jid_bare(stanza_get(item, "id"));
		if (jid &&
		    bookmarks_get(profile_store(profile), jid, &arena, &was) == 0 &&
		    !was.due)
			bookmarks_drop(profile, &was);
		free(jid);
		arena_done(&arena);
	}
}

void
bookmarks_on_items(struct profile *profile, const struct stanza *answer, bool is_last,
		   void *data)
{
	(void)data;
	if (!profile_store(profile) || !store_is_in_job(profile_store(profile)))
		return;
	bool is_again = bookmarks_is_fact(profile, FACT_FETCH, FETCH_AGAIN);
	if (is_last)
		bookmarks_set_fact(profile, FACT_FETCH, NULL);
	if (bookmarks_may_ask_again(profile, answer))
		return;
	bool is_result = stanza_has_type(answer, "result");
	if (is_result)
		take_items(profile,
			   stanza_child(stanza_child(answer, "pubsub", NS_PUBSUB),
					"items", NS_PUBSUB),
			   true);
	if (!is_last)
		return;
	if (bookmarks_fetched(profile, is_result)) {
		if (bookmarks_is_fact(profile, FACT_COMPAT, NULL))
			bookmarks_old_import(profile);
		bookmarks_tell_all(profile);
	}
	if (is_again)
		bookmarks_fetch(profile);
}

enum module_verdict
bookmarks_on_message(struct profile *profile, struct inbound *inbound)
{
	const struct stanza *event =
		stanza_child(inbound->stanza, "event", NS_PUBSUB_EVENT);
	const struct stanza *items = stanza_child(event, "items", NS_PUBSUB_EVENT);
	const char *node = stanza_get(items, "node");
	if (!node || strcmp(node, NS_BOOKMARKS) != 0)
		return MODULE_PASS;
	if (inbound->origin == INBOUND_LIVE &&
	    !stanza_has_type(inbound->stanza, "error") &&
	    jid_is_same(stanza_from(inbound->stanza), profile_account(profile)->bare) &&
	    bookmarks_is_fact(profile, FACT_MODE, MODE_PEP)) {
		take_items(profile, items, false);
		take_removals(profile, items);
	}
	return MODULE_TAKEN;
}

void
bookmarks_fetch(struct profile *profile)
{
	struct stanza *iq = stanza_iq(profile_stanzas(profile), "get", NULL, NULL);
	struct stanza *items =
		stanza_add(stanza_add(iq, "pubsub", NS_PUBSUB), "items", NULL);
	stanza_set(items, "node", NS_BOOKMARKS);
	bookmarks_set_fact(profile, FACT_FETCH, FETCH_OPEN);
	(void)profile_check(profile, bookmarks_unsee(profile_store(profile)));
	profile_ask_lasting(profile, iq, &bookmarks_asks[BOOKMARKS_FETCH], NULL);
}
