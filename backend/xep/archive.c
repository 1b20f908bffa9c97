/*
 * The archive module: asks what our server keeps, and takes the steps of a login in their
 * order: the newest page, presence, own lines that a break left open, the outbox, the
 * gaps from the oldest. It unwraps what the archive gives and marks live messages with
 * the ids that it may be trusted for. Where the steps stand is in the store's session
 * facts, so a process that resumes the session goes on with them.
 */
#include "backend/xep/archive.h"

#include <stdlib.h>
#include <string.h>

#include "backend/session/outbox.h"
#include "backend/session/progress.h"
#include "backend/store/session_scope.h"
#include "backend/store/store.h"
#include "backend/xep/archive_inner.h"
#include "backend/xep/bookmarks.h"
#include "backend/xep/carbons.h"
#include "backend/xep/presence.h"
#include "backend/xep/read_positions.h"
#include "backend/xmpp/info.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"

#define FACT_HAS "archive.has"	   /* "yes" or "no", once the server told */
#define FACT_IDS "archive.ids"	   /* "yes": its stanza-ids count */
#define FACT_READY "archive.ready" /* "yes": presence waits no more for us */

enum {
	PRESENCE_WAIT_MS = 5 * 1000,
	RETRY_MS = 1000,
	RETRIES = 3,
	LATER_MS = 5 * 60 * 1000,
};

struct archive *
archive_of(const struct profile *profile)
{
	return profile_state(profile, MODULE_archive);
}

static bool
fact_is_yes(struct profile *profile, const char *key)
{
	struct arena arena = {0};
	const char *value = session_fact(profile_store(profile), key, &arena);
	bool is_yes = value && strcmp(value, "yes") == 0;
	arena_done(&arena);
	return is_yes;
}

static void
set_fact(struct profile *profile, const char *key, bool is_yes)
{
	(void)profile_check(profile, session_fact_set(profile_store(profile), key,
						      is_yes ? "yes" : "no"));
}

/* ---- steps ---- */

static void
on_retry(struct profile *profile, void *data)
{
	struct archive *archive = data;
	archive->alarm = NULL;
	archive_go_on(profile);
}

bool
archive_retry(struct profile *profile)
{
	struct archive *archive = archive_of(profile);
	archive->is_asking = false;
	/* The next session, or the next stream of this one, goes on. */
	struct store *store = profile_store(profile);
	if (!profile_is_online(profile) || !store || !store_is_in_job(store))
		return true;
	if (++archive->failures > RETRIES)
		return false;
	if (!archive->alarm)
		archive->alarm = alarm_set(profile, RETRY_MS, on_retry, archive);
	return true;
}

void
archive_wait(struct profile *profile)
{
	struct archive *archive = archive_of(profile);
	archive->failures = 0;
	log_info("archive", "no help now profile=%s", profile_name(profile));
	progress_end(profile);
	if (!archive->alarm)
		archive->alarm = alarm_set(profile, LATER_MS, on_retry, archive);
}

void
archive_ready(struct profile *profile)
{
	struct archive *archive = archive_of(profile);
	archive->is_ready = true;
	set_fact(profile, FACT_READY, true);
	presence_begin(profile, PRESENCE_ARCHIVE);
}

static void
release(struct profile *profile)
{
	struct archive *archive = archive_of(profile);
	if (archive->is_released)
		return;
	archive->is_released = true;
	outbox_release(profile);
}

void
archive_go_on(struct profile *profile)
{
	struct archive *archive = archive_of(profile);
	if (archive->is_asking || !archive->is_known)
		return;
	if (!archive->is_ready && archive->has_archive) {
		archive_ask_newest(profile);
		return;
	}
	if (!archive->is_ready)
		archive_ready(profile);
	if (!archive->is_released && archive_settle_next(profile))
		return;
	release(profile);
	if (archive->has_archive) {
		if (archive_ask_gap(profile))
			return;
	} else {
		archive_close_gaps(profile);
	}
	progress_end(profile);
}

/* ---- what the server has ---- */

static void ask_disco(struct profile *profile);

static void
on_ask_again(struct profile *profile, void *data)
{
	struct archive *archive = data;
	archive->alarm = NULL;
	if (profile_is_online(profile))
		ask_disco(profile);
}

/* No answer says nothing of the server: the session is over, and the next one asks for
 * itself, or it is slow. False when it had its chances. */
static bool
ask_again(struct profile *profile)
{
	struct archive *archive = archive_of(profile);
	if (!profile_is_online(profile))
		return true;
	if (++archive->failures > RETRIES)
		return false;
	if (!archive->alarm)
		archive->alarm = alarm_set(profile, RETRY_MS, on_ask_again, archive);
	return true;
}

static void
on_disco(struct profile *profile, const struct stanza *answer, bool is_last, void *data)
{
	struct archive *archive = archive_of(profile);
	(void)is_last, (void)data;
	if (!profile_store(profile) || !store_is_in_job(profile_store(profile)))
		return;
	if (!answer && ask_again(profile))
		return;
	archive->failures = 0;
	archive->is_known = true;
	const struct stanza *query =
		stanza_has_type(answer, "result")
			? stanza_child(answer, "query", NS_DISCO_INFO)
			: NULL;
	archive->has_archive = info_has_feature(query, NS_MAM);
	archive->has_ids = archive->has_archive || info_has_feature(query, NS_STANZA_ID);
	set_fact(profile, FACT_HAS, archive->has_archive);
	set_fact(profile, FACT_IDS, archive->has_ids);
	log_info("archive", "profile=%s has_archive=%d has_ids=%d", profile_name(profile),
		 archive->has_archive, archive->has_ids);
	archive_go_on(profile);
	read_positions_look(profile, query);
	bookmarks_look(profile, query);
	presence_follow(profile);
}

static const struct module_ask asks[] = {
	{"archive.disco", 0, on_disco},
	{0},
};

static void
ask_disco(struct profile *profile)
{
	struct stanza *iq = stanza_iq(profile_stanzas(profile), "get",
				      profile_account(profile)->bare, NULL);
	(void)stanza_add(iq, "query", NS_DISCO_INFO);
	profile_ask_lasting(profile, iq, &asks[0], NULL);
}

/* ---- hooks ---- */

/* Being seen and heard waits for an archive only so long. */
static void
on_late(struct profile *profile, void *data)
{
	struct archive *archive = data;
	archive->late = NULL;
	if (archive->is_ready || !profile_is_online(profile))
		return;
	log_info("archive", "slow profile=%s", profile_name(profile));
	presence_begin(profile, PRESENCE_ARCHIVE);
	if (!archive_has_open_lines(profile))
		release(profile);
	archive_go_on(profile);
}

/* Nothing of the session before counts any more. */
static void
reset(struct profile *profile)
{
	struct archive *archive = archive_of(profile);
	alarm_stop(archive->alarm);
	alarm_stop(archive->late);
	archive->alarm = archive->late = NULL;
	archive->is_known = archive->has_archive = archive->has_ids = false;
	archive->is_ready = archive->is_asking = archive->is_released = false;
	archive->has_carbons = false;
	archive->failures = 0;
	archive->page_max = ARCHIVE_PAGE_MAX;
	archive_walk_reset(archive->walk);
	archive_settle_forget(archive);
	archive_older_forget(profile);
	progress_end(profile);
}

static void
begin(struct profile *profile)
{
	struct archive *archive = archive_of(profile);
	reset(profile);
	outbox_hold(profile);
	archive_open_gap(profile);
	archive->late = alarm_set(profile, PRESENCE_WAIT_MS, on_late, archive);
	ask_disco(profile);
}

/* What another process knew of the session. */
static void
recall(struct profile *profile)
{
	struct archive *archive = archive_of(profile);
	struct arena arena = {0};
	archive->is_known =
		session_fact(profile_store(profile), FACT_HAS, &arena) != NULL;
	archive->has_archive = fact_is_yes(profile, FACT_HAS);
	archive->has_ids = fact_is_yes(profile, FACT_IDS);
	archive->is_ready = fact_is_yes(profile, FACT_READY);
	arena_done(&arena);
}

static void
on_connect(struct profile *profile, bool is_resumed)
{
	struct archive *archive = archive_of(profile);
	if (!is_resumed) {
		begin(profile);
		return;
	}
	if (!archive->is_known) {
		recall(profile);
		if (!archive->is_ready || archive_has_open_lines(profile))
			outbox_hold(profile);
	}
	if (!archive->is_ready && !archive->late)
		archive->late = alarm_set(profile, PRESENCE_WAIT_MS, on_late, archive);
	archive->failures = 0;
	archive_go_on(profile);
}

/* Keeps what a live message says of its place in our archive (XEP-0359 section 5): only
 * our own server's word counts, and only once. */
static void
annotate(struct profile *profile, struct inbound *inbound)
{
	struct archive *archive = archive_of(profile);
	const char *own = profile_account(profile)->bare;
	const struct stanza *child =
		stanza_child(inbound->stanza, "stanza-id", NS_STANZA_ID);
	const char *id = NULL;
	size_t count = 0;
	for (; child; child = stanza_next(child, "stanza-id", NS_STANZA_ID)) {
		const char *by = stanza_get(child, "by");
		if (!by || !jid_is_same(by, own))
			continue;
		id = stanza_get(child, "id");
		count++;
	}
	if (!archive->has_ids || count != 1 || !id || !*id)
		return;
	inbound->archive_id = id;
	inbound->archive_by = own;
	/* What was kept for us is older than what is live. And without carbons, what our
	 * other clients said before it is in the archive only. */
	if (!archive->has_carbons)
		archive->has_carbons = carbons_are_on(profile);
	if (archive->has_archive && archive->has_carbons && !inbound->is_delayed)
		(void)profile_check(profile, archives_move(profile_store(profile), own,
							   id, profile_now_ms()));
}

static bool
is_from_our_archive(const struct profile *profile, const struct inbound *inbound)
{
	return inbound->archive_by &&
	       strcmp(inbound->archive_by, profile_account(profile)->bare) == 0;
}

void
archive_ask(struct profile *profile, const struct archive_request *request,
	    archive_paged *fn, void *data)
{
	archive_query_ask(profile, &archive_of(profile)->queries, request, fn, data);
}

static enum module_verdict
on_message(struct profile *profile, struct inbound *inbound)
{
	/* What others say to others is no business of ours. */
	if (inbound->origin == INBOUND_ARCHIVE)
		return inbound->is_own || !is_from_our_archive(profile, inbound) ||
				       strcmp(inbound->to.bare,
					      profile_account(profile)->bare) == 0
			       ? MODULE_PASS
			       : MODULE_TAKEN;
	if (inbound->origin == INBOUND_LIVE &&
	    archive_query_take(profile, archive_of(profile)->queries, inbound->stanza))
		return MODULE_TAKEN;
	if (!stanza_has_type(inbound->stanza, "error"))
		annotate(profile, inbound);
	return MODULE_PASS;
}

static void
on_disconnect(struct profile *profile)
{
	reset(profile);
}

static void
start(struct profile *profile)
{
	struct archive *archive = mem_alloc(sizeof *archive);
	archive->page_max = ARCHIVE_PAGE_MAX;
	archive->walk = archive_walk_new(NULL);
	profile_state_set(profile, MODULE_archive, archive);
}

static void
stop(struct profile *profile)
{
	struct archive *archive = archive_of(profile);
	reset(profile);
	archive_query_forget(&archive->queries);
	archive_walk_free(archive->walk);
	free(archive);
}

const struct module module_archive = {
	.name = "xep-0313",
	.asks = asks,
	.start = start,
	.stop = stop,
	.on_connect = on_connect,
	.on_disconnect = on_disconnect,
	.on_message = on_message,
};
