/*
 * What the user does to bookmarks: says it outright, joins and leaves rooms, or chooses
 * what to be told of. Everything ends in bookmarks_commit(), which keeps it and tells the
 * server.
 */
#include <string.h>

#include "backend/muc/muc.h"
#include "backend/store/store.h"
#include "backend/xep/bookmark_xml.h"
#include "backend/xep/bookmarks_inner.h"
#include "bridge/base/mem.h"

/* NEW for what was OLD: as it was, or none. */
static const char *
changed(const char *old, const char *new)
{
	return !new ? old : *new ? new : NULL;
}

static bool
switched(bool old, enum bridge_change change)
{
	return change == change_KEEP ? old : change == change_YES;
}

void
bookmarks_set(struct profile *profile, const struct bookmark_change *change)
{
	struct arena arena = {0};
	struct bookmark was = {0};
	bool is_known =
		bookmarks_get(profile_store(profile), change->jid, &arena, &was) == 0 &&
		!was.is_removed;
	const struct room *room = muc_find(profile, change->jid);
	if (!is_known)
		was = (struct bookmark){0};
	struct bookmark row = was;
	if (!is_known && room && room->notify != notify_DEFAULT)
		row.extensions = bookmark_with_notify(profile_stanzas(profile), NULL,
						      room->notify, &arena);
	row.jid = change->jid;
	row.name = changed(was.name, change->name);
	row.nick = changed(was.nick, change->nick);
	if (!is_known && !change->nick && room)
		row.nick = room->nick ? room->nick : room->wish;
	row.is_autojoin = switched(was.is_autojoin, change->autojoin);
	row.is_not_here = !switched(!was.is_not_here, change->here);
	if (change->password) {
		bookmarks_set_password(profile, change->jid, change->password);
		row.has_password = *change->password;
	}
	if (!is_known || change->password || !bookmarks_is_same(&row, &was) ||
	    row.is_not_here != was.is_not_here)
		bookmarks_commit(profile, &row);
	arena_done(&arena);
}

void
bookmarks_set_notify(struct profile *profile, struct room *room, enum bridge_notify rule)
{
	struct arena arena = {0};
	struct bookmark row = {0};
	muc_set_notify(profile, room, rule);
	/* While it is not known where they are kept, it is due like any change. */
	if (!bookmarks_is_fact(profile, FACT_MODE, MODE_OLD) &&
	    !bookmarks_is_fact(profile, FACT_MODE, MODE_NONE) &&
	    bookmarks_get(profile_store(profile), room->jid, &arena, &row) == 0 &&
	    !row.is_removed) {
		row.extensions = bookmark_with_notify(profile_stanzas(profile),
						      row.extensions, rule, &arena);
		bookmarks_commit(profile, &row);
	}
	arena_done(&arena);
}

bool
bookmarks_remove(struct profile *profile, const char *jid)
{
	struct arena arena = {0};
	struct bookmark row = {0};
	bool is_known = bookmarks_get(profile_store(profile), jid, &arena, &row) == 0 &&
			!row.is_removed;
	if (is_known) {
		row.is_removed = true;
		bookmarks_set_password(profile, jid, NULL);
		bookmarks_commit(profile, &row);
	}
	arena_done(&arena);
	return is_known;
}

void
bookmarks_joined(struct profile *profile, struct room *room)
{
	struct bookmark_change joined = {
		.jid = room->jid,
		.name = room->name,
		.nick = room->nick,
		.password = room->password,
		.autojoin = change_YES,
		.here = change_YES,
	};
	struct arena arena = {0};
	struct bookmark row = {0};
	bool is_to_be_kept = room->is_to_be_kept;
	room->is_to_be_kept = false;
	if (!profile_state(profile, MODULE_bookmarks))
		return;
	bool is_known =
		bookmarks_get(profile_store(profile), room->jid, &arena, &row) == 0 &&
		!row.is_removed;
	if (is_known)
		bookmarks_follow_rule(profile, &row, NULL);
	if (!is_to_be_kept || !profile_option_is_on(profile, "bookmark_joins")) {
		arena_done(&arena);
		return;
	}
	/* A name that the user gave stays. */
	if (is_known && row.name)
		joined.name = NULL;
	const char *known = bookmarks_password(profile, room->jid);
	if (joined.password && known && strcmp(joined.password, known) == 0)
		joined.password = NULL;
	bookmarks_set(profile, &joined);
	arena_done(&arena);
}

void
bookmarks_left(struct profile *profile, const char *jid)
{
	struct arena arena = {0};
	struct bookmark row = {0};
	if (profile_state(profile, MODULE_bookmarks) &&
	    bookmarks_get(profile_store(profile), jid, &arena, &row) == 0 &&
	    row.is_autojoin && !row.is_removed)
		bookmarks_set(profile, &(struct bookmark_change){.jid = jid,
								 .autojoin = change_NO});
	arena_done(&arena);
}
