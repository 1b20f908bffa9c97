/*
 * The queries of archive_query.h. Nothing that arrives is believed but for an open query:
 * its query id has 64 random bits, and the sender must be who was asked: our own account
 * (or nobody, which is our server), or a room. What a page may take in memory is bounded.
 */
#include "backend/xep/archive_query.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "backend/session/profile.h"
#include "backend/xmpp/datetime.h"
#include "backend/xmpp/form.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/buf.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"

enum {
	ITEMS_MAX = 1000,	      /* more than was ever asked for */
	ID_MAX = 1000,		      /* bytes */
	PAGE_BYTES = 8 * 1024 * 1024, /* of all messages in a page */
};

struct archive_query {
	struct archive_query *prev, *next;
	struct archive_query **list;
	char *archive; /* whose results these must be; NULL: our own account's */
	char id[STANZA_ID_SIZE];
	struct archive_item *items;
	size_t count;
	size_t room;
	size_t bytes;
	bool is_too_large;
	archive_paged *fn;
	void *data;
};

static void
drop_items(struct archive_query *query)
{
	for (size_t i = 0; i < query->count; i++) {
		stanza_free(query->items[i].message);
		free(query->items[i].id);
	}
	free(query->items);
	query->items = NULL;
	query->count = query->room = 0;
}

static void
query_free(struct archive_query *query)
{
	drop_items(query);
	free(query->archive);
	free(query);
}

static void
add_time(struct stanza *form, const char *name, int64_t ms)
{
	char text[DATETIME_SIZE];
	if (!ms)
		return;
	datetime_format(ms, text);
	form_add_field(form, name, NULL, text);
}

static struct stanza *
build(struct profile *profile, const char *query_id,
      const struct archive_request *request)
{
	struct stanza *iq =
		stanza_iq(profile_stanzas(profile), "set", request->archive, NULL);
	struct stanza *query = stanza_add(iq, "query", NS_MAM);
	stanza_set(query, "queryid", query_id);
	if (request->with || request->start_ms || request->end_ms) {
		struct stanza *form = form_add(query, NS_MAM);
		if (request->with)
			form_add_field(form, "with", NULL, request->with);
		add_time(form, "start", request->start_ms);
		add_time(form, "end", request->end_ms);
	}
	struct stanza *set = stanza_add(query, "set", NS_RSM);
	char max[16];
	(void)snprintf(max, sizeof max, "%d", request->max);
	stanza_add_with_text(set, "max", NS_RSM, max);
	if (request->after && *request->after)
		stanza_add_with_text(set, "after", NS_RSM, request->after);
	if (request->before)
		stanza_add_with_text(set, "before", NS_RSM,
				     *request->before ? request->before : NULL);
	return iq;
}

static bool
has_item(const struct archive_query *query, const char *id)
{
	for (size_t i = 0; id && i < query->count; i++) {
		if (strcmp(query->items[i].id, id) == 0)
			return true;
	}
	return false;
}

/* The id to go on after: what the server names, if it is one of the page's. */
static const char *
last_of(const struct archive_query *query, const char *named)
{
	if (query->count == 0 || has_item(query, named))
		return named && *named && strlen(named) <= ID_MAX ? named : NULL;
	return query->items[query->count - 1].id;
}

/* Servers call their own troubles by any type: Prosody's are to be cancelled. */
static enum archive_outcome
outcome_of_error(const struct stanza *answer)
{
	struct stanza_error error;
	if (stanza_read_error(answer, &error) < 0)
		return ARCHIVE_REFUSED;
	if (strcmp(error.condition, "item-not-found") == 0)
		return ARCHIVE_UNKNOWN;
	bool is_busy = strcmp(error.type, "wait") == 0 ||
		       strcmp(error.condition, "internal-server-error") == 0 ||
		       strcmp(error.condition, "resource-constraint") == 0;
	return is_busy ? ARCHIVE_BUSY : ARCHIVE_REFUSED;
}

static enum archive_outcome
outcome_of(const struct archive_query *query, const struct stanza *answer)
{
	if (!answer)
		return ARCHIVE_SILENT;
	if (!stanza_has_type(answer, "result"))
		return outcome_of_error(answer);
	if (!stanza_child(answer, "fin", NS_MAM))
		return ARCHIVE_REFUSED;
	return query->is_too_large ? ARCHIVE_TOO_LARGE : ARCHIVE_PAGE;
}

static int64_t
read_total(const char *text)
{
	char *end;
	if (!text || *text < '0' || *text > '9')
		return -1;
	errno = 0;
	long long total = strtoll(text, &end, 10);
	return errno || *end ? -1 : total;
}

static void
on_answer(struct profile *profile, const struct stanza *answer, bool is_last, void *data)
{
	struct archive_query *query = data;
	const struct stanza *fin = stanza_child(answer, "fin", NS_MAM);
	const struct stanza *set = stanza_child(fin, "set", NS_RSM);
	const char *complete = stanza_get(fin, "complete");
	const char *first = stanza_child_text(set, "first", NS_RSM);
	(void)is_last;
	struct archive_page page = {
		.outcome = outcome_of(query, answer),
		.is_complete = complete && (strcmp(complete, "true") == 0 ||
					    strcmp(complete, "1") == 0),
		.total = read_total(stanza_child_text(set, "count", NS_RSM)),
	};
	if (page.outcome == ARCHIVE_PAGE) {
		page.items = query->items;
		page.count = query->count;
		page.first = page.count == 0	      ? NULL
			     : has_item(query, first) ? first
						      : query->items[0].id;
	}
	page.last = last_of(query, stanza_child_text(set, "last", NS_RSM));
	DL_DELETE(*query->list, query);
	query->fn(profile, &page, query->data);
	query_free(query);
}

void
archive_query_ask(struct profile *profile, struct archive_query **queries,
		  const struct archive_request *request, archive_paged *fn, void *data)
{
	struct archive_query *query = mem_alloc(sizeof *query);
	stanza_random_id(query->id);
	query->list = queries;
	query->archive = mem_strdup(request->archive);
	query->fn = fn;
	query->data = data;
	DL_APPEND(*queries, query);
	profile_ask(profile, build(profile, query->id, request), PROFILE_ASK, on_answer,
		    query);
}

/* Whether MESSAGE fits into what is left for the page; counts it. */
static bool
fits(struct archive_query *query, const struct stanza *message)
{
	struct buf xml = {0};
	bool is_fit = query->count < ITEMS_MAX &&
		      stanza_write(message, &xml, PAGE_BYTES - query->bytes) == 0;
	query->bytes += xml.len;
	buf_done(&xml);
	return is_fit;
}

static void
add_item(struct archive_query *query, const struct stanza *result)
{
	const char *id = stanza_get(result, "id");
	const struct stanza *forwarded = stanza_child(result, "forwarded", NS_FORWARD);
	const struct stanza *message = stanza_child(forwarded, "message", NS_CLIENT);
	if (!id || !*id || strlen(id) > ID_MAX || !message || query->is_too_large ||
	    has_item(query, id))
		return;
	if (!fits(query, message)) {
		query->is_too_large = true;
		drop_items(query);
		return;
	}
	if (query->count == query->room) {
		query->room = query->room ? query->room * 2 : 64;
		query->items =
			mem_resize(query->items, query->room, sizeof *query->items);
	}
	struct archive_item *item = &query->items[query->count++];
	*item = (struct archive_item){.message = stanza_copy(message),
				      .id = mem_strdup(id)};
	(void)stanza_delay(forwarded, NULL, &item->stamp_ms);
}

/* Whether FROM may answer for the archive that QUERY asked. */
static bool
is_answerer(const struct profile *profile, const struct archive_query *query,
	    const char *from)
{
	if (query->archive)
		return from && jid_is_same(from, query->archive);
	return !from || jid_is_same(from, profile_account(profile)->bare);
}

bool
archive_query_take(struct profile *profile, struct archive_query *queries,
		   const struct stanza *message)
{
	const struct stanza *result = stanza_child(message, "result", NS_MAM);
	const char *from = stanza_from(message);
	const char *id = stanza_get(result, "queryid");
	if (!result)
		return false;
	struct archive_query *query = id ? queries : NULL;
	while (query && strcmp(query->id, id) != 0)
		query = query->next;
	if (query && is_answerer(profile, query, from))
		add_item(query, result);
	else
		log_debug("archive", "result of no query dropped profile=%s",
			  profile_name(profile));
	return true;
}

void
archive_query_forget(struct archive_query **queries)
{
	struct archive_query *query, *next;
	DL_FOREACH_SAFE (*queries, query, next) {
		DL_DELETE(*queries, query);
		query_free(query);
	}
}
