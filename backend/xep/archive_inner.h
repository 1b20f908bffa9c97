/*
 * The archive module's state of one profile, for its files: archive.c (what the server
 * has, and the order of the steps), archive_catchup.c (the newest page, then the gaps),
 * archive_settle.c (own lines that a break left open), archive_older.c (older pages).
 */
#ifndef TERN_XEP_ARCHIVE_INNER_H
#define TERN_XEP_ARCHIVE_INNER_H

#include "backend/session/alarm.h"
#include "backend/session/profile.h"
#include "backend/store/gaps.h"
#include "backend/xep/archive_poison.h"
#include "backend/xep/archive_query.h"
#include "backend/xep/archive_walk.h"

struct archive_older;
struct archive_settle;

struct archive {
	struct archive_query *queries;
	bool is_known;	     /* the server told what it has */
	bool has_archive;    /* urn:xmpp:mam:2 */
	bool has_ids;	     /* its stanza-ids count (XEP-0359) */
	bool is_ready;	     /* the newest page is here, or will not come */
	bool is_asking;	     /* a page of the steps is asked for */
	bool is_released;    /* the outbox */
	int failures;	     /* questions in a row without an answer */
	int page_max;	     /* before the gaps; fewer after a page that was too large */
	struct alarm *alarm; /* until a retry */
	struct alarm *late;  /* the longest that presence waits */
	bool has_carbons;    /* nothing passes us by, at whatever client */
	struct archive_walk *walk; /* through the gaps */
	struct archive_settle *settle;
	struct archive_older *older;
};

/* The state of PROFILE. */
struct archive *archive_of(const struct profile *profile);

/* Inside a job: takes the next step of a login, unless one is under way. */
void archive_go_on(struct profile *profile);

/* Inside a job: a page did not come; the step is tried again in a while, a few times:
 * false when it was tried often enough. */
bool archive_retry(struct profile *profile);

/* Inside a job: nor does it come at all now; the step is tried again in some minutes. */
void archive_wait(struct profile *profile);

/* Inside a job: the newest page is here or will not come: we may say that we are. */
void archive_ready(struct profile *profile);

/* ---- archive_catchup.c ---- */

/* Inside a job of a new session: opens the gap that it leaves. */
void archive_open_gap(struct profile *profile);

/* Inside a job: asks for the newest page. */
void archive_ask_newest(struct profile *profile);

/* Inside a job: asks for the next page of the oldest gap; false if there is none. */
bool archive_ask_gap(struct profile *profile);

/* Inside a job: there is no archive, so there are no gaps. */
void archive_close_gaps(struct profile *profile);

/* ---- archive_settle.c ---- */

/* Inside a job: whether own lines are open, which were sent in a session that ended. */
bool archive_has_open_lines(struct profile *profile);

/* Inside a job: asks what the archive has of the next conversation with open lines; false
 * if there is none left. Without an archive they go back into the outbox at once. */
bool archive_settle_next(struct profile *profile);

/* Forgets what was being looked for. */
void archive_settle_forget(struct archive *archive);

/* ---- archive_older.c ---- */

/* Whoever waits for older pages is told that none come. */
void archive_older_forget(struct profile *profile);

#endif
