/*
 * The looks of damage.h. SQLite notices torn pages where it reads them, but it believes
 * the flags of the header and the text of the schema; a byte that flipped there makes a
 * database that is "read-only", or one without a table, for ever. So those are compared
 * with what we write. Lines may be a million: they are read only if damage was met.
 */
#include "backend/store/damage.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/store/schema.h"
#include "backend/store/sql.h"
#include "bridge/base/buf.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"

enum { HEADER_SIZE = 100 };

int
damage_look_at_header(int dir, const char *name)
{
	/* SQLite's file format, section 1.3; what is 0 stays so in our files. */
	static const struct {
		size_t at, len;
		const char *bytes;
	} rows[] = {
		{0, 16, "SQLite format 3"}, {18, 2, "\2\2"},   {20, 4, "\0\100\40\40"},
		{44, 4, "\0\0\0\4"},	    {52, 4, "\0\0\0"}, {56, 4, "\0\0\0\1"},
		{64, 4, "\0\0\0"},
	};
	char header[HEADER_SIZE];
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	ssize_t len = pread(fd, header, sizeof header, 0);
	int error = len < 0 ? -errno : len < HEADER_SIZE ? -EBADMSG : 0;
	(void)close(fd);
	for (size_t i = 0; !error && i < sizeof rows / sizeof *rows; i++) {
		if (memcmp(header + rows[i].at, rows[i].bytes, rows[i].len) != 0)
			error = -EBADMSG;
	}
	if (error)
		log_warn("store", "header=\"%s\"", strerror(-error));
	return error;
}

/* ---- tables ---- */

/* Adds the rows of TEXT, of texts and numbers, to OUT. */
static int
add_rows(struct sql_db *db, const char *text, int columns, struct buf *out)
{
	struct arena arena = {0};
	struct sql sql = sql_start(db, text);
	while (sql_step(&sql) > 0) {
		for (int i = 0; i < columns; i++) {
			const char *cell = sql_get_text(&sql, i, &arena);
			buf_add_text(out, cell ? cell : "-");
			buf_add_byte(out, '|');
		}
	}
	arena_done(&arena);
	return sql_end(&sql);
}

/* The tables with their columns and the indexes of DB, as text. */
static int
describe(struct sql_db *db, struct buf *out)
{
	int error = add_rows(db,
			     "SELECT m.name, c.cid, c.name, c.type, c.\"notnull\","
			     " c.dflt_value, c.pk FROM sqlite_master m"
			     " JOIN pragma_table_info(m.name) c WHERE m.type='table'"
			     " AND m.name NOT LIKE 'sqlite%' ORDER BY m.name, c.cid",
			     7, out);
	if (error)
		return error;
	return add_rows(db,
			"SELECT name, tbl_name, sql FROM sqlite_master"
			" WHERE type='index' AND sql IS NOT NULL ORDER BY name",
			3, out);
}

static int
compare_tables(struct sql_db *db, int64_t version)
{
	struct buf found = {0};
	struct buf wanted = {0};
	struct sql_db made = {0};
	int error = sql_open(&made, ":memory:", SQL_WRITE);
	if (!error) {
		error = schema_make(&made, version);
		if (!error)
			error = describe(&made, &wanted);
		sql_close(&made);
	}
	if (!error)
		error = describe(db, &found);
	if (!error && (found.len != wanted.len ||
		       memcmp(found.data, wanted.data, wanted.len) != 0)) {
		log_warn("store", "damage=\"other tables than version %d\"",
			 (int)version);
		error = -EBADMSG;
	}
	buf_done(&found);
	buf_done(&wanted);
	return error;
}

/* The numbers that a store can't begin without. */
static int
look_at_numbers(struct sql_db *db, int64_t version)
{
	struct sql sql = sql_start(
		db, "SELECT count(*) FROM meta WHERE typeof(value)='integer' AND"
		    " (key='epoch' OR key IN ('floor', 'seq_ceiling') AND value"
		    " BETWEEN 0 AND 1<<60 OR key='place_floor' AND value"
		    " BETWEEN 1<<40 AND 1<<53)");
	int64_t count = 0;
	int result = sql_run_int(&sql, &count);
	if (result < 0)
		return result;
	if (count == (version > 1 ? 4 : 3))
		return 0;
	log_warn("store", "damage=\"numbers\"");
	return -EBADMSG;
}

/* ---- pages ---- */

/* Runs a statement that says "ok" when all is well. */
static int
run_check(struct sql_db *db, const char *text, char **ret_found)
{
	struct arena arena = {0};
	struct sql sql = sql_start(db, text);
	const char *said = sql_step(&sql) > 0 ? sql_get_text(&sql, 0, &arena) : NULL;
	int error = sql_end(&sql);
	if (!error && (!said || strcmp(said, "ok") != 0)) {
		error = -EBADMSG;
		mem_replace(ret_found, said);
	}
	arena_done(&arena);
	return error;
}

int
damage_look_at_all(struct sql_db *db, char **ret_found)
{
	return run_check(db, "PRAGMA integrity_check(1)", ret_found);
}

/* Every table but the one of the lines. */
static int
look_at_pages(struct sql_db *db, char **ret_found)
{
	struct arena arena = {0};
	struct sql sql =
		sql_start(db, "SELECT q.quick_check FROM sqlite_master m,"
			      " pragma_quick_check(m.name) q WHERE m.type='table'"
			      " AND m.name<>'messages' AND m.name NOT LIKE 'sqlite%'"
			      " AND q.quick_check<>'ok' LIMIT 1");
	bool is_bad = sql_step(&sql) > 0;
	if (is_bad)
		mem_replace(ret_found, sql_get_text(&sql, 0, &arena));
	int error = sql_end(&sql);
	arena_done(&arena);
	return error ? error : is_bad ? -EBADMSG : 0;
}

int
damage_look(struct sql_db *db, int64_t version, bool is_thorough)
{
	char *found = NULL;
	int error = compare_tables(db, version);
	if (!error)
		error = look_at_numbers(db, version);
	if (!error && is_thorough)
		error = damage_look_at_all(db, &found);
	if (!error)
		error = look_at_pages(db, &found);
	if (found)
		log_warn("store", "damage=\"%s\"", found);
	free(found);
	return error;
}
