/*
 * The tables, version by version. A version is never changed once released: what is new
 * is a new entry.
 */
#ifndef TERN_STORE_SCHEMA_H
#define TERN_STORE_SCHEMA_H

#include <stdint.h>

struct sql_db;

/* The version that this program knows. */
int schema_version(void);

/* The version of DB in *RET_VERSION (0: empty). */
int schema_read_version(struct sql_db *db, int64_t *ret_version);

/* Brings DB from VERSION to schema_version() in one transaction. */
int schema_migrate(struct sql_db *db, int64_t version);

/* Makes the tables of VERSION (up to schema_version()) in the empty DB, to compare with;
 * no numbers are put in. */
int schema_make(struct sql_db *db, int64_t version);

#endif
