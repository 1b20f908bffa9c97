/*
 * The rooms of a service (disco#items). A service with XEP-0059 gives the page that is
 * wanted; another one gives all its rooms, of which the page is cut here, in the order of
 * their addresses.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/muc/muc_services.h"
#include "backend/xmpp/jid.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"

enum { ROOMS_MAX = 20000, NAME_MAX_BYTES = 256 };

struct listing {
	struct arena arena;
	struct bridge_found_room *rooms;
	size_t count, cap;
	const char *after;
	size_t limit;
	bool has_set; /* the service has XEP-0059 */
	const char *last;
	int64_t index, total;
	muc_page_found *found;
	void *data;
};

static void
add_room(struct listing *listing, const struct stanza *item)
{
	struct jid jid = {0};
	const char *name = stanza_get(item, "name");
	if (listing->count == ROOMS_MAX ||
	    jid_parse(stanza_get(item, "jid"), &jid, NULL) < 0)
		return;
	if (jid.local && !jid.resource) {
		if (listing->count == listing->cap) {
			listing->cap = listing->cap ? listing->cap * 2 : 64;
			listing->rooms = mem_resize(listing->rooms, listing->cap,
						    sizeof *listing->rooms);
		}
		listing->rooms[listing->count++] = (struct bridge_found_room){
			.jid = arena_strdup(&listing->arena, jid.bare),
			.name = name && *name ? arena_strndup(&listing->arena, name,
							      utf8_cut(name, strlen(name),
								       NAME_MAX_BYTES))
					      : NULL,
		};
	}
	jid_done(&jid);
}

static int64_t
number(const char *text)
{
	int64_t value = text ? strtoll(text, NULL, 10) : 0;
	return value > 0 ? value : 0;
}

static void
take_part(struct listing *listing, const struct stanza *query)
{
	const struct stanza *set = stanza_child(query, "set", NS_RSM);
	const struct stanza *item = stanza_child(query, "item", NS_DISCO_ITEMS);
	for (; item; item = stanza_next(item, "item", NS_DISCO_ITEMS))
		add_room(listing, item);
	if (!set)
		return;
	const char *last = stanza_child_text(set, "last", NS_RSM);
	listing->has_set = true;
	listing->total = number(stanza_child_text(set, "count", NS_RSM));
	listing->index = number(stanza_get(stanza_child(set, "first", NS_RSM), "index"));
	listing->last = last && *last ? arena_strdup(&listing->arena, last) : NULL;
}

static int
by_jid(const void *a, const void *b)
{
	const struct bridge_found_room *first = a;
	const struct bridge_found_room *second = b;
	return strcmp(first->jid, second->jid);
}

/* The page, cut out of all rooms of the service. */
static void
cut_page(struct listing *listing, struct muc_page *ret_page)
{
	size_t begin = 0;
	if (listing->count > 1)
		qsort(listing->rooms, listing->count, sizeof *listing->rooms, by_jid);
	while (listing->after && begin < listing->count &&
	       strcmp(listing->rooms[begin].jid, listing->after) <= 0)
		begin++;
	size_t left = listing->count - begin;
	ret_page->rooms = listing->rooms + begin;
	ret_page->count = left < listing->limit ? left : listing->limit;
	ret_page->total = (int64_t)listing->count;
	if (ret_page->count < left)
		ret_page->next = ret_page->rooms[ret_page->count - 1].jid;
}

static void
given_page(const struct listing *listing, struct muc_page *ret_page)
{
	size_t count = listing->count < listing->limit ? listing->count : listing->limit;
	bool is_end = listing->count == 0 ||
		      (listing->total > 0 &&
		       listing->index + (int64_t)listing->count >= listing->total);
	ret_page->rooms = listing->rooms;
	ret_page->count = count;
	ret_page->total = listing->total;
	/* One that repeats itself would never end. */
	if (!is_end && listing->last &&
	    !(listing->after && strcmp(listing->after, listing->last) == 0))
		ret_page->next = listing->last;
}

static void
on_rooms(struct profile *profile, const struct stanza *answer, bool is_last, void *data)
{
	struct listing *listing = data;
	struct muc_page page = {0};
	bool is_result = stanza_has_type(answer, "result");
	if (is_result)
		take_part(listing, stanza_payload(answer));
	if (!is_last)
		return;
	if (listing->has_set)
		given_page(listing, &page);
	else if (is_result && listing->count > 0)
		cut_page(listing, &page);
	listing->found(profile, is_result ? &page : NULL, answer, listing->data);
	free(listing->rooms);
	arena_done(&listing->arena);
	free(listing);
}

void
muc_list_rooms(struct profile *profile, const struct muc_page_wanted *wanted,
	       muc_page_found *found, void *data)
{
	struct listing *listing = mem_alloc(sizeof *listing);
	listing->after =
		wanted->after ? arena_strdup(&listing->arena, wanted->after) : NULL;
	listing->limit = wanted->limit;
	listing->found = found;
	listing->data = data;
	struct stanza *iq =
		stanza_iq(profile_stanzas(profile), "get", wanted->service, NULL);
	struct stanza *set =
		stanza_add(stanza_add(iq, "query", NS_DISCO_ITEMS), "set", NS_RSM);
	char *max = mem_printf("%zu", wanted->limit);
	stanza_add_with_text(set, "max", NS_RSM, max);
	free(max);
	if (wanted->after)
		stanza_add_with_text(set, "after", NS_RSM, wanted->after);
	profile_ask(profile, iq, PROFILE_ASK_LARGE, on_rooms, listing);
}
