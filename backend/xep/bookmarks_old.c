/*
 * Bookmarks in private storage (XEP-0048 in XEP-0049), one document for all: it is read
 * before each write, and what is not ours in it is written back as it was. Nobody tells
 * of changes; they are seen at the next login. With XEP-0402 it is read once and never
 * written.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/store/settings.h"
#include "backend/store/store.h"
#include "backend/xep/bookmark_xml.h"
#include "backend/xep/bookmarks_inner.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/mem.h"

/* Setting: the old ones were taken over. */
#define SETTING_IMPORTED "bookmarks.imported"

static struct stanza *
storage_iq(struct profile *profile, const char *type, struct stanza **ret_storage)
{
	struct stanza *iq = stanza_iq(profile_stanzas(profile), type, NULL, NULL);
	*ret_storage = stanza_add(stanza_add(iq, "query", NS_PRIVATE), "storage",
				  NS_BOOKMARKS_OLD);
	return iq;
}

static void
ask(struct profile *profile, enum bookmarks_ask kind)
{
	struct stanza *storage;
	struct stanza *iq = storage_iq(profile, "get", &storage);
	profile_ask_lasting(profile, iq, &bookmarks_asks[kind], NULL);
}

static const struct stanza *
storage_of(const struct stanza *answer)
{
	return stanza_child(stanza_child(answer, "query", NS_PRIVATE), "storage",
			    NS_BOOKMARKS_OLD);
}

static const struct bookmark *
find(const struct bookmark_list *list, const char *jid)
{
	for (size_t i = 0; jid && i < list->count; i++) {
		if (strcmp(list->items[i].jid, jid) == 0)
			return &list->items[i];
	}
	return NULL;
}

/* The <conference/> of JID in STORAGE, or NULL. */
static const struct stanza *
find_conference(const struct stanza *storage, const char *jid)
{
	const struct stanza *child =
		stanza_child(storage, "conference", NS_BOOKMARKS_OLD);
	while (child && !jid_is_same(stanza_get(child, "jid"), jid))
		child = stanza_next(child, "conference", NS_BOOKMARKS_OLD);
	return child;
}

/* Writes the document anew: OLD (may be NULL) with what is due in LIST. */
static void
write_due(struct profile *profile, const struct stanza *old,
	  const struct bookmark_list *list)
{
	struct arena arena = {0};
	struct stanza *storage;
	struct stanza *iq = storage_iq(profile, "set", &storage);
	const struct stanza *child = stanza_child(old, NULL, NULL);
	int64_t newest = 0;
	for (; child; child = stanza_next(child, NULL, NULL)) {
		char *jid = stanza_is(child, "conference", NS_BOOKMARKS_OLD)
				    ? jid_bare(stanza_get(child, "jid"))
				    : NULL;
		const struct bookmark *row = find(list, jid);
		if (!row || !row->due)
			stanza_take_child(storage, stanza_copy(child));
		free(jid);
	}
	for (size_t i = 0; i < list->count; i++) {
		const struct bookmark *row = &list->items[i];
		newest = row->due > newest ? row->due : newest;
		if (row->due && !row->is_removed)
			bookmark_write_old(storage, row,
					   bookmarks_password(profile, row->jid),
					   find_conference(old, row->jid));
	}
	profile_ask_lasting(profile, iq, &bookmarks_asks[BOOKMARKS_OLD_WRITE],
			    arena_printf(&arena, "%lld", (long long)newest));
	arena_done(&arena);
}

static void
take_all(struct profile *profile, const struct stanza *storage)
{
	const struct stanza *child =
		stanza_child(storage, "conference", NS_BOOKMARKS_OLD);
	for (; child; child = stanza_next(child, "conference", NS_BOOKMARKS_OLD)) {
		struct arena arena = {0};
		struct bookmark row;
		const char *password;
		if (bookmark_read_old(child, &arena, &row, &password) == 0) {
			bookmarks_take(profile, &row, password);
			(void)profile_check(
				profile, bookmarks_see(profile_store(profile), row.jid));
		}
		arena_done(&arena);
	}
}

void
bookmarks_on_old(struct profile *profile, const struct stanza *answer, bool is_last,
		 void *data)
{
	struct arena arena = {0};
	struct bookmark_list list = {0};
	bool is_due = false;
	(void)is_last, (void)data;
	if (!profile_store(profile) || !store_is_in_job(profile_store(profile)) ||
	    bookmarks_may_ask_again(profile, answer))
		return;
	if (!stanza_has_type(answer, "result")) {
		bookmarks_give_up(profile);
		return;
	}
	take_all(profile, storage_of(answer));
	(void)bookmarks_fetched(profile, true);
	(void)profile_check(profile,
			    bookmarks_list(profile_store(profile), &arena, &list));
	for (size_t i = 0; i < list.count; i++)
		is_due |= list.items[i].due != 0;
	if (is_due)
		write_due(profile, storage_of(answer), &list);
	arena_done(&arena);
}

void
bookmarks_on_old_written(struct profile *profile, const struct stanza *answer,
			 bool is_last, void *data)
{
	const char *note = data;
	(void)is_last;
	if (!answer || !note || !store_is_in_job(profile_store(profile)))
		return;
	if (!stanza_has_type(answer, "result")) {
		bookmarks_complain(profile, answer);
		return;
	}
	(void)profile_check(profile, bookmarks_told(profile_store(profile), NULL,
						    strtoll(note, NULL, 10)));
}

void
bookmarks_old_sync(struct profile *profile)
{
	ask(profile, BOOKMARKS_OLD_FETCH);
}

/* ---- taking over ---- */

static void
import(struct profile *profile, const struct stanza *conference)
{
	struct arena arena = {0};
	struct bookmark row, known;
	const char *password;
	if (bookmark_read_old(conference, &arena, &row, &password) == 0 &&
	    bookmarks_get(profile_store(profile), row.jid, &arena, &known) < 0) {
		bookmarks_set_password(profile, row.jid, password);
		bookmarks_commit(profile, &row);
	}
	arena_done(&arena);
}

/* Whether ANSWER says what there was, or that there was nothing. */
static bool
is_told(const struct stanza *answer)
{
	struct stanza_error error;
	return stanza_has_type(answer, "result") ||
	       (stanza_read_error(answer, &error) == 0 &&
		strcmp(error.condition, "item-not-found") == 0);
}

void
bookmarks_on_old_import(struct profile *profile, const struct stanza *answer,
			bool is_last, void *data)
{
	(void)is_last, (void)data;
	if (!answer || !store_is_in_job(profile_store(profile)) || !is_told(answer))
		return;
	struct store *store = profile_store(profile);
	const struct stanza *child =
		stanza_has_type(answer, "result")
			? stanza_child(storage_of(answer), "conference", NS_BOOKMARKS_OLD)
			: NULL;
	for (; child && bookmarks_count(store) < BOOKMARKS_MAX;
	     child = stanza_next(child, "conference", NS_BOOKMARKS_OLD))
		import(profile, child);
	(void)profile_check(profile, settings_set_int(store, SETTING_IMPORTED, 1));
}

void
bookmarks_old_import(struct profile *profile)
{
	if (!settings_get_int(profile_store(profile), SETTING_IMPORTED, 0))
		ask(profile, BOOKMARKS_OLD_IMPORT);
}
