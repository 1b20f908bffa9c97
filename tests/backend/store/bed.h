/*
 * A bed for tests of the store: a folder of its own, a loop, an open store, and one call
 * to run a job to its end.
 */
#ifndef TERN_TESTS_BACKEND_STORE_BED_H
#define TERN_TESTS_BACKEND_STORE_BED_H

#include <uv.h>

#include "backend/store/store.h"

struct bed {
	char folder[64];
	uv_loop_t loop;
	struct store *store;
	struct store_options options;
};

/* Makes the folder and the loop; opens nothing. */
void bed_make(struct bed *bed);

/* Prepares and opens the store; a failure fails the test. */
void bed_open(struct bed *bed);

/* Closes the store and runs the loop until it is gone. */
void bed_close(struct bed *bed);

/* Removes everything. */
void bed_done(struct bed *bed);

/* cmocka's setup and teardown of an open bed. */
int bed_setup(void **state);
int bed_teardown(void **state);

/* Runs JOB with DATA as a batch of its own; what its DONE was told. */
int bed_run(struct bed *bed, store_job job, void *data);

/* The path of NAME in the folder, good until the next call. */
const char *bed_path(struct bed *bed, const char *name);

#endif
