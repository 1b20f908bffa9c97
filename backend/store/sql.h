/*
 * The one door to SQLite for the files of this folder: a connection with its cache of
 * prepared statements, and a statement that is bound from left to right, stepped and
 * ended. Errors come as negative errno. A connection is used by one thread at a time.
 */
#ifndef TERN_STORE_SQL_H
#define TERN_STORE_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge/base/arena.h"

struct sqlite3;
struct sqlite3_stmt;

enum {
	SQL_CACHE = 128
}; /* rows of the cache: more than there are texts in this folder */

struct sql_cached {
	const char *text;
	struct sqlite3_stmt *statement;
};

struct sql_db {
	struct sqlite3 *handle; /* NULL while closed */
	struct sql_cached cache[SQL_CACHE];
	int (*fault)(void *data, const char *step); /* see store_options */
	void *fault_data;
	bool is_damaged; /* SQLITE_CORRUPT or SQLITE_NOTADB was met */
};

/* A statement on its way: sql_start, binds, steps, sql_end. */
struct sql {
	struct sql_db *db;
	struct sqlite3_stmt *statement; /* NULL if it could not be prepared */
	int bound;
	int error;
};

enum sql_mode {
	SQL_READ,   /* never writes */
	SQL_WRITE,  /* WAL, synchronous=FULL */
	SQL_RESCUE, /* reads a damaged file and leaves it and its WAL as they are */
};

/* Settings of SQLite as a whole: before it is used, and before any thread. */
void sql_begin(void);

/* Opens the existing database PATH. On failure DB is closed. */
int sql_open(struct sql_db *db, const char *path, enum sql_mode mode);

/* Finalizes the statements and closes; checkpoints if it is the last connection. */
void sql_close(struct sql_db *db);

/* Frees the pages of the database that are kept in memory and not in use. */
void sql_rest(struct sql_db *db);

/* Moves what the log (WAL) holds into the database and gives its room back; with a reader
 * that looks at it, as much as can be. Outside of transactions. */
int sql_empty_log(struct sql_db *db);

/* Begins the cached statement TEXT, which must be a literal: it is known by its address.
 */
struct sql sql_start(struct sql_db *db, const char *text);

/* Binds the next parameter; TEXT and DATA (NULL: NULL) are borrowed until sql_end. */
void sql_text(struct sql *sql, const char *text);
void sql_int(struct sql *sql, int64_t number);
void sql_blob(struct sql *sql, const void *data, size_t len);

/* 1: a row; 0: the end; negative errno. */
int sql_step(struct sql *sql);

/* Column COLUMN (from 0) of the row; text is copied to ARENA, NULL stays NULL. */
const char *sql_get_text(struct sql *sql, int column, struct arena *arena);
int64_t sql_get_int(struct sql *sql, int column);
const void *sql_get_blob(struct sql *sql, int column, struct arena *arena,
			 size_t *ret_len);

/* Binds all columns of the row that FROM is on to the parameters of TO, from the first.
 */
void sql_copy_row(struct sql *to, struct sql *from);

/* Gives the statement back; 0 or the first error of its binds and steps. */
int sql_end(struct sql *sql);

/* Steps to the end, and ends: for statements without rows. */
int sql_run(struct sql *sql);

/* Steps once: 1 with the number of column 0 in *RET_NUMBER, 0 without a row, negative
 * errno; and ends. */
int sql_run_int(struct sql *sql, int64_t *ret_number);

/* Rows that the last statement changed. */
int sql_changed(struct sql_db *db);

/* Runs the statements of TEXT, not cached. */
int sql_exec(struct sql_db *db, const char *text);

/* Asks the fault hook; 0 without one. */
int sql_fault(struct sql_db *db, const char *step);

/* Whether a transaction is open, and whether it wrote anything. */
bool sql_is_open_transaction(struct sql_db *db);
bool sql_has_written(struct sql_db *db);

#endif
