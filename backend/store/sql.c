/*
 * SQLite behind errno and a cache. The cache is a small hash table by the address of the
 * SQL text: every text of this folder is a literal, so an address is a name. Statements
 * are reset as soon as they end, so that no read holds up a checkpoint.
 */
#include "backend/store/sql.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "bridge/base/log.h"

static int
error_of_system(int number)
{
	switch (number) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return -ENOSPC;
	case EROFS:
		return -EROFS;
	case EACCES:
	case EPERM:
		return -EACCES;
	default:
		return -EIO;
	}
}

/* The errno under a failed read or write; SQLite keeps it with the file that failed. */
static int
system_error(sqlite3 *handle)
{
	int number = sqlite3_system_errno(handle);
	if (!number)
		(void)sqlite3_file_control(handle, "main", SQLITE_FCNTL_LAST_ERRNO,
					   &number);
	sqlite3_file *journal = NULL;
	if (!number)
		(void)sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER,
					   &journal);
	if (journal && journal->pMethods)
		(void)journal->pMethods->xFileControl(journal, SQLITE_FCNTL_LAST_ERRNO,
						      &number);
	return number;
}

static int
error_of(struct sql_db *db, int code)
{
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		db->is_damaged = true;
		return -EBADMSG;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_CONSTRAINT:
		return -EEXIST;
	case SQLITE_TOOBIG:
		return -E2BIG;
	case SQLITE_NOMEM:
		abort();
	case SQLITE_PERM:
		return -EACCES;
	case SQLITE_CANTOPEN:
	case SQLITE_IOERR:
		if (code == SQLITE_IOERR_NOMEM)
			abort();
		return error_of_system(db->handle ? system_error(db->handle) : 0);
	default:
		log_debug("store", "sqlite=%d message=%s", code,
			  db->handle ? sqlite3_errmsg(db->handle) : "");
		return -EIO;
	}
}

int
sql_fault(struct sql_db *db, const char *step)
{
	return db->fault ? db->fault(db->fault_data, step) : 0;
}

int
sql_exec(struct sql_db *db, const char *text)
{
	return error_of(db, sqlite3_exec(db->handle, text, NULL, NULL, NULL));
}

void
sql_begin(void)
{
	/* To count what it holds, SQLite takes a lock at each allocation. If it runs
	 * already it goes on counting, which harms nobody. */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

int
sql_open(struct sql_db *db, const char *path, enum sql_mode mode)
{
	/* A small cache: the newest pages are what is read, and the kernel has the rest.
	 * A small log: it takes room on the disk that lines could have. */
	static const char *const settings[] = {
		[SQL_READ] = "PRAGMA query_only=1; PRAGMA cache_size=-512;",
		[SQL_WRITE] =
			"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
			"PRAGMA cache_size=-1024; PRAGMA journal_size_limit=2097152;"
			"PRAGMA wal_autocheckpoint=512; PRAGMA foreign_keys=0;",
		[SQL_RESCUE] = "PRAGMA query_only=1; PRAGMA cell_size_check=1;",
	};
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE;
	int code = sqlite3_open_v2(path, &db->handle, flags, NULL);
	int error = error_of(db, code);
	if (!error) {
		(void)sqlite3_extended_result_codes(db->handle, 1);
		(void)sqlite3_busy_timeout(db->handle, 200);
		(void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0,
					NULL);
		(void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
		error = sql_exec(db, "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0;");
	}
	if (!error && mode == SQL_RESCUE)
		(void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1,
					NULL);
	if (!error)
		error = sql_exec(db, settings[mode]);
	if (error)
		sql_close(db);
	return error;
}

void
sql_close(struct sql_db *db)
{
	for (int i = 0; i < SQL_CACHE; i++) {
		(void)sqlite3_finalize(db->cache[i].statement);
		db->cache[i] = (struct sql_cached){0};
	}
	int code = sqlite3_close(db->handle);
	assert(code == SQLITE_OK);
	db->handle = NULL;
}

void
sql_rest(struct sql_db *db)
{
	(void)sqlite3_db_release_memory(db->handle);
}

int
sql_empty_log(struct sql_db *db)
{
	return sql_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)");
}

struct sql
sql_start(struct sql_db *db, const char *text)
{
	struct sql sql = {.db = db};
	assert(db->handle);
	size_t slot = ((uintptr_t)text >> 3) % SQL_CACHE;
	for (int tries = 0; db->cache[slot].text && db->cache[slot].text != text;
	     tries++) {
		assert(tries < SQL_CACHE - 1);
		slot = (slot + 1) % SQL_CACHE;
	}
	struct sql_cached *cached = &db->cache[slot];
	if (!cached->text) {
		sqlite3_stmt *statement = NULL;
		int code =
			sqlite3_prepare_v3(db->handle, text, -1,
					   SQLITE_PREPARE_PERSISTENT, &statement, NULL);
		sql.error = error_of(db, code);
		if (sql.error) {
			if (sql.error == -EIO)
				log_error("store", "statement=\"%s\" message=\"%s\"",
					  text, sqlite3_errmsg(db->handle));
			return sql;
		}
		*cached = (struct sql_cached){.text = text, .statement = statement};
	}
	assert(!sqlite3_stmt_busy(cached->statement));
	sql.statement = cached->statement;
	return sql;
}

static void
note(struct sql *sql, int code)
{
	if (!sql->error)
		sql->error = error_of(sql->db, code);
}

void
sql_text(struct sql *sql, const char *text)
{
	sql->bound++;
	if (sql->statement)
		note(sql, sqlite3_bind_text(sql->statement, sql->bound, text, -1,
					    SQLITE_STATIC));
}

void
sql_int(struct sql *sql, int64_t number)
{
	sql->bound++;
	if (sql->statement)
		note(sql, sqlite3_bind_int64(sql->statement, sql->bound, number));
}

void
sql_blob(struct sql *sql, const void *data, size_t len)
{
	sql->bound++;
	if (sql->statement)
		note(sql, sqlite3_bind_blob64(sql->statement, sql->bound, data, len,
					      SQLITE_STATIC));
}

int
sql_step(struct sql *sql)
{
	if (!sql->error)
		sql->error = sql_fault(sql->db, "step");
	if (sql->error)
		return sql->error;
	int code = sqlite3_step(sql->statement);
	note(sql, code);
	return sql->error ? sql->error : code == SQLITE_ROW;
}

const char *
sql_get_text(struct sql *sql, int column, struct arena *arena)
{
	const unsigned char *text = sqlite3_column_text(sql->statement, column);
	if (!text)
		return NULL;
	size_t len = (size_t)sqlite3_column_bytes(sql->statement, column);
	return arena_strndup(arena, (const char *)text, len);
}

int64_t
sql_get_int(struct sql *sql, int column)
{
	return sqlite3_column_int64(sql->statement, column);
}

const void *
sql_get_blob(struct sql *sql, int column, struct arena *arena, size_t *ret_len)
{
	const void *data = sqlite3_column_blob(sql->statement, column);
	size_t len = (size_t)sqlite3_column_bytes(sql->statement, column);
	*ret_len = len;
	return arena_strndup(arena, data, data ? len : 0);
}

void
sql_copy_row(struct sql *to, struct sql *from)
{
	int count = sqlite3_column_count(from->statement);
	for (int i = 0; i < count && to->statement; i++)
		note(to, sqlite3_bind_value(to->statement, ++to->bound,
					    sqlite3_column_value(from->statement, i)));
}

int
sql_end(struct sql *sql)
{
	if (sql->statement) {
		/* reset repeats the error of the step, which is known already */
		(void)sqlite3_reset(sql->statement);
		(void)sqlite3_clear_bindings(sql->statement);
	}
	return sql->error;
}

int
sql_run(struct sql *sql)
{
	while (sql_step(sql) > 0)
		continue;
	return sql_end(sql);
}

int
sql_run_int(struct sql *sql, int64_t *ret_number)
{
	int result = sql_step(sql);
	if (result > 0)
		*ret_number = sql_get_int(sql, 0);
	int error = sql_end(sql);
	return error ? error : result;
}

int
sql_changed(struct sql_db *db)
{
	return sqlite3_changes(db->handle);
}

bool
sql_is_open_transaction(struct sql_db *db)
{
	return !sqlite3_get_autocommit(db->handle);
}

bool
sql_has_written(struct sql_db *db)
{
	return sqlite3_txn_state(db->handle, "main") == SQLITE_TXN_WRITE;
}
