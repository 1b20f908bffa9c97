/*
 * What the tables' files need of the store beyond its public face: the connection to use.
 */
#ifndef TERN_STORE_STORE_ROWS_H
#define TERN_STORE_STORE_ROWS_H

#include <stdint.h>

struct sql_db;
struct store;

/* The connection for reads: the writer's inside a job, else the reader's. */
struct sql_db *store_reading(struct store *store);

/* The connection for writes; asserts that a job is running. */
struct sql_db *store_writing(struct store *store);

/* Inside a job: cursors below SEQ need the full state from now on. */
int store_raise_floor(struct store *store, int64_t seq);

#endif
