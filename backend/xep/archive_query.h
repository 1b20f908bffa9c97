/*
 * One page of an archive, our own or a room's (XEP-0313, paged by XEP-0059): the
 * question, what belongs to its answer, and the whole page at the end. Several may be
 * open at once, each under a query id of its own. A page lives in memory until its answer
 * came; if the process goes meanwhile, the page is asked again.
 */
#ifndef TERN_XEP_ARCHIVE_QUERY_H
#define TERN_XEP_ARCHIVE_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/session/module.h"

struct archive_query;

struct archive_request {
	const char *archive; /* bare JID of a room; NULL: our own archive */
	const char *with;    /* bare JID of one conversation; NULL: all */
	const char *after;   /* behind this id; "" or NULL: no bound */
	const char *before;  /* the page that ends before this id; "": the last page */
	int64_t start_ms;    /* not older than this; 0: no bound */
	int64_t end_ms;	     /* not newer than this; 0: no bound */
	int max;	     /* results to ask for */
};

struct archive_item {
	struct stanza *message;
	char *id;
	int64_t stamp_ms; /* 0: none that can be read */
};

enum archive_outcome {
	ARCHIVE_PAGE,	   /* the items are what the server gave */
	ARCHIVE_TOO_LARGE, /* they would have been too large to be kept; there are none */
	ARCHIVE_UNKNOWN,   /* the server does not know the id to go on from */
	ARCHIVE_REFUSED,   /* it does not answer such a question */
	ARCHIVE_BUSY,	   /* it cannot answer now */
	ARCHIVE_SILENT,	   /* no answer came, or the session ended */
};

struct archive_page {
	enum archive_outcome outcome;
	struct archive_item *items; /* in the order of arrival; ids once each */
	size_t count;
	bool is_complete;
	const char *first; /* id of the first result; NULL: unknown */
	const char *last;  /* id to go on after; NULL: unknown */
	int64_t total;	   /* of all results, where the server said so; else -1 */
};

/* Told once, inside a job; PAGE is borrowed. */
typedef void archive_paged(struct profile *profile, const struct archive_page *page,
			   void *data);

/* Inside a job: asks for a page, which FN will be told with DATA. QUERIES is the list of
 * open ones. */
void archive_query_ask(struct profile *profile, struct archive_query **queries,
		       const struct archive_request *request, archive_paged *fn,
		       void *data);

/* Takes the result in MESSAGE, which has to come from the archive that was asked, into
 * the query it belongs to: true if MESSAGE is a result of an archive at all, whoever it
 * is from. */
bool archive_query_take(struct profile *profile, struct archive_query *queries,
			const struct stanza *message);

/* Forgets open queries; who asked is not told. For the end of the profile. */
void archive_query_forget(struct archive_query **queries);

#endif
