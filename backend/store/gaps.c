/*
 * The tables of archives and gaps. Places are reserved once, when a gap is opened: from
 * the first step above every line of every conversation and every older gap, and the
 * floor of new lines (see messages.c) is raised to the end of that.
 */
#include "backend/store/gaps.h"

#include <errno.h>

#include "backend/store/sql.h"
#include "backend/store/store.h"
#include "backend/store/store_rows.h"

enum {
	/* As new lines are placed: no line of a gap is at such a place. */
	GAP_ALIGN_BITS = 20,
	GAP_RANGE_BITS = 30, /* 60 million lines; a login a minute for 15 years */
	GAP_UPPER_BITS = 24, /* of them for the newest page and what comes behind it */
};

static const int64_t LIVE_MASK = ((int64_t)1 << GAP_ALIGN_BITS) - 1;

#define SELECT_GAP                                                                       \
	"SELECT id, archive, after_id, before_id, next_place, end_place, since_ms,"      \
	" tries FROM gaps "

int
archives_get(struct store *store, const char *jid, struct arena *arena,
	     struct archive_position *ret_position)
{
	struct sql sql =
		sql_start(store_reading(store),
			  "SELECT newest_id, newest_ms FROM archives WHERE jid=?");
	sql_text(&sql, jid);
	struct archive_position position = {0};
	int found = sql_step(&sql);
	if (found > 0)
		position = (struct archive_position){
			.newest_id = sql_get_text(&sql, 0, arena),
			.newest_ms = sql_get_int(&sql, 1),
		};
	int error = sql_end(&sql);
	if (error)
		return error;
	if (!found)
		return -ENOENT;
	*ret_position = position;
	return 0;
}

int
archives_move(struct store *store, const char *jid, const char *id, int64_t ms)
{
	struct sql sql = sql_start(
		store_writing(store),
		"INSERT INTO archives(jid, newest_id, newest_ms) VALUES(?, ?, ?)"
		" ON CONFLICT(jid) DO UPDATE SET newest_id=excluded.newest_id,"
		" newest_ms=excluded.newest_ms");
	sql_text(&sql, jid);
	sql_text(&sql, id);
	sql_int(&sql, ms);
	return sql_run(&sql);
}

/* The highest place that a line has or a gap holds. */
static int
highest_place(struct store *store, int64_t *ret_place)
{
	struct sql sql = sql_start(
		store_reading(store),
		"SELECT max(coalesce((SELECT max((SELECT max(place) FROM messages"
		" WHERE conversation=c.id)) FROM conversations c), 0),"
		" coalesce((SELECT max(end_place) FROM gaps), 0), 1<<40)");
	int result = sql_run_int(&sql, ret_place);
	return result < 0 ? result : 0;
}

/* Older gaps are of what came before the position; those of nothing go, and leave their
 * tries in *TRIES to the one that takes their place. */
static int
end_older(struct store *store, const char *archive, const char *newest_id, int64_t *tries)
{
	struct sql sql = sql_start(store_writing(store),
				   "UPDATE gaps SET before_id=? WHERE archive=?"
				   " AND before_id IS NULL");
	sql_text(&sql, newest_id);
	sql_text(&sql, archive);
	int error = sql_run(&sql);
	if (error)
		return error;
	struct sql empty =
		sql_start(store_writing(store), "DELETE FROM gaps WHERE archive=?1"
						" AND (before_id=after_id"
						" OR (after_id IS NULL AND since_ms=0))"
						" RETURNING tries");
	sql_text(&empty, archive);
	while (sql_step(&empty) > 0) {
		int64_t had = sql_get_int(&empty, 0);
		*tries = had > *tries ? had : *tries;
	}
	return sql_end(&empty);
}

static int
raise_place_floor(struct store *store, int64_t place)
{
	struct sql sql =
		sql_start(store_writing(store), "UPDATE meta SET value=max(value, ?)"
						" WHERE key='place_floor'");
	sql_int(&sql, place);
	return sql_run(&sql);
}

static int
insert(struct store *store, const struct gap *gap, int64_t *ret_id)
{
	struct sql sql = sql_start(store_writing(store),
				   "INSERT INTO gaps(archive, after_id, next_place,"
				   " end_place, since_ms, tries, from_place)"
				   " VALUES(?1, ?2, ?3, ?4, ?5, ?6,"
				   " coalesce((SELECT place FROM messages"
				   " WHERE archive_by=?1 AND archive_id=?2), ?3))"
				   " RETURNING id");
	sql_text(&sql, gap->archive);
	sql_text(&sql, gap->after_id);
	sql_int(&sql, gap->next_place);
	sql_int(&sql, gap->end_place);
	sql_int(&sql, gap->since_ms);
	sql_int(&sql, gap->tries);
	int found = sql_step(&sql);
	int64_t id = found > 0 ? sql_get_int(&sql, 0) : 0;
	int error = sql_run(&sql);
	if (!error)
		*ret_id = id;
	return error;
}

int
gaps_open(struct store *store, const char *archive, int64_t since_ms, int64_t *ret_id)
{
	struct arena arena = {0};
	struct archive_position position = {0};
	int64_t highest = 0;
	int64_t tries = 0;
	int error = archives_get(store, archive, &arena, &position);
	if (error == -ENOENT)
		error = 0;
	if (!error)
		error = end_older(store, archive, position.newest_id, &tries);
	if (!error)
		error = highest_place(store, &highest);
	struct gap gap = {
		.archive = archive,
		.after_id = position.newest_id,
		.next_place = ((highest >> GAP_ALIGN_BITS) + 1) << GAP_ALIGN_BITS,
		.since_ms = position.newest_id ? position.newest_ms : since_ms,
		.tries = tries,
	};
	gap.end_place = gap.next_place + ((int64_t)1 << GAP_RANGE_BITS);
	if (!error)
		error = raise_place_floor(store, gap.end_place);
	if (!error)
		error = insert(store, &gap, ret_id);
	arena_done(&arena);
	return error;
}

static int
read_gap(struct sql *sql, struct arena *arena, struct gap *ret_gap)
{
	struct gap gap = {0};
	int found = sql_step(sql);
	if (found > 0)
		gap = (struct gap){
			.id = sql_get_int(sql, 0),
			.archive = sql_get_text(sql, 1, arena),
			.after_id = sql_get_text(sql, 2, arena),
			.before_id = sql_get_text(sql, 3, arena),
			.next_place = sql_get_int(sql, 4),
			.end_place = sql_get_int(sql, 5),
			.since_ms = sql_get_int(sql, 6),
			.tries = sql_get_int(sql, 7),
		};
	int error = sql_end(sql);
	if (error)
		return error;
	if (!found)
		return -ENOENT;
	*ret_gap = gap;
	return 0;
}

int
gaps_first(struct store *store, const char *archive, struct arena *arena,
	   struct gap *ret_gap)
{
	struct sql sql = sql_start(store_reading(store),
				   SELECT_GAP "WHERE archive=? ORDER BY id LIMIT 1");
	sql_text(&sql, archive);
	return read_gap(&sql, arena, ret_gap);
}

int
gaps_get(struct store *store, int64_t id, struct arena *arena, struct gap *ret_gap)
{
	struct sql sql = sql_start(store_reading(store), SELECT_GAP "WHERE id=?");
	sql_int(&sql, id);
	return read_gap(&sql, arena, ret_gap);
}

/* Moves *PLACE on to where no line of CONVERSATION is and no live one can be. The archive
 * may have forgotten a line that is here, so that the walk did not pass it. */
static int
skip_taken(struct store *store, int64_t conversation, int64_t *place)
{
	int taken = 1;
	while (taken > 0) {
		int64_t one;
		if ((*place & LIVE_MASK) == 0)
			*place += GAP_STEP;
		struct sql sql = sql_start(store_reading(store),
					   "SELECT 1 FROM messages WHERE conversation=?"
					   " AND place=?");
		sql_int(&sql, conversation);
		sql_int(&sql, *place);
		taken = sql_run_int(&sql, &one);
		if (taken > 0)
			*place += GAP_STEP;
	}
	return taken;
}

int
gaps_take_place(struct store *store, int64_t id, int64_t conversation, int64_t *ret_place)
{
	struct arena arena = {0};
	struct gap gap = {0};
	int error = gaps_get(store, id, &arena, &gap);
	arena_done(&arena);
	if (error)
		return error;
	int64_t place = gap.next_place;
	error = skip_taken(store, conversation, &place);
	if (error)
		return error;
	if (place >= gap.end_place)
		return -ENOSPC;
	error = gaps_set_place(store, id, place + GAP_STEP);
	if (!error)
		*ret_place = place;
	return error;
}

int
gaps_pass(struct store *store, int64_t id, int64_t place)
{
	struct sql sql = sql_start(store_writing(store),
				   "UPDATE gaps SET next_place=?1+?2 WHERE id=?3"
				   " AND ?1>=next_place AND ?1<end_place");
	sql_int(&sql, place);
	sql_int(&sql, GAP_STEP);
	sql_int(&sql, id);
	return sql_run(&sql);
}

int
gaps_set_place(struct store *store, int64_t id, int64_t place)
{
	struct sql sql = sql_start(store_writing(store),
				   "UPDATE gaps SET next_place=? WHERE id=?");
	sql_int(&sql, place);
	sql_int(&sql, id);
	return sql_run(&sql);
}

int
gaps_compare(struct store *store, int64_t id, int64_t place, enum gap_side *ret_side)
{
	int64_t side = GAP_FITS;
	struct sql sql = sql_start(
		store_reading(store),
		"SELECT CASE WHEN ?2>=end_place THEN 2 WHEN ?2<end_place-?3 THEN 1"
		" ELSE 0 END FROM gaps WHERE id=?1");
	sql_int(&sql, id);
	sql_int(&sql, place);
	sql_int(&sql, (int64_t)1 << GAP_RANGE_BITS);
	int result = sql_run_int(&sql, &side);
	*ret_side = (enum gap_side)side;
	return result < 0 ? result : 0;
}

int
gaps_overtake(struct store *store, int64_t id, int64_t conversation, int64_t place)
{
	int64_t is_overtaken = 0;
	struct sql sql = sql_start(
		store_reading(store),
		"SELECT next_place>=end_place-?4"
		" OR EXISTS(SELECT 1 FROM gaps o WHERE o.archive=g.archive AND o.id<g.id)"
		" OR EXISTS(SELECT 1 FROM messages WHERE conversation=?2 AND place>?3"
		" AND place<g.next_place AND (place&?5<>0 OR (archive_by=g.archive"
		" AND g.archive=(SELECT jid FROM conversations WHERE id=?2)))"
		" ORDER BY place DESC)"
		" FROM gaps g WHERE id=?1");
	sql_int(&sql, id);
	sql_int(&sql, conversation);
	sql_int(&sql, place);
	sql_int(&sql, (int64_t)1 << GAP_UPPER_BITS);
	sql_int(&sql, LIVE_MASK);
	int result = sql_run_int(&sql, &is_overtaken);
	return result < 0 ? result : is_overtaken != 0;
}

int
gaps_has_brought(struct store *store, int64_t id, int64_t conversation, int64_t place)
{
	int64_t has = 0;
	struct sql sql = sql_start(
		store_reading(store),
		"SELECT from_place<?3 AND EXISTS(SELECT 1 FROM messages"
		" WHERE conversation=?2 AND place>=g.end_place-?4 AND place<g.next_place)"
		" FROM gaps g WHERE id=?1");
	sql_int(&sql, id);
	sql_int(&sql, conversation);
	sql_int(&sql, place);
	sql_int(&sql, (int64_t)1 << GAP_RANGE_BITS);
	int result = sql_run_int(&sql, &has);
	return result < 0 ? result : has != 0;
}

int64_t
gaps_upper_place(int64_t end_place)
{
	return end_place - ((int64_t)1 << GAP_UPPER_BITS);
}

int
gaps_advance(struct store *store, int64_t id, const char *after_id)
{
	struct sql sql = sql_start(store_writing(store),
				   "UPDATE gaps SET after_id=?, tries=0 WHERE id=?");
	sql_text(&sql, after_id);
	sql_int(&sql, id);
	return sql_run(&sql);
}

int
gaps_rewind(struct store *store, int64_t id)
{
	struct sql sql = sql_start(store_writing(store),
				   "UPDATE gaps SET after_id=NULL WHERE id=?");
	sql_int(&sql, id);
	return sql_run(&sql);
}

int
gaps_set_since(struct store *store, int64_t id, int64_t ms)
{
	struct sql sql =
		sql_start(store_writing(store), "UPDATE gaps SET since_ms=? WHERE id=?");
	sql_int(&sql, ms);
	sql_int(&sql, id);
	return sql_run(&sql);
}

int
gaps_set_tries(struct store *store, int64_t id, int64_t tries)
{
	struct sql sql =
		sql_start(store_writing(store), "UPDATE gaps SET tries=? WHERE id=?");
	sql_int(&sql, tries);
	sql_int(&sql, id);
	return sql_run(&sql);
}

int
gaps_close(struct store *store, int64_t id)
{
	struct sql sql = sql_start(store_writing(store), "DELETE FROM gaps WHERE id=?");
	sql_int(&sql, id);
	return sql_run(&sql);
}
