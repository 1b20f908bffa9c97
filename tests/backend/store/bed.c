/*
 * See bed.h. Folders are removed by rm, a child of its own: names are ours alone.
 */
#include "tests/backend/store/bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/base/log.h"
#include "bridge/base/mem.h"

void
bed_make(struct bed *bed)
{
	log_open("test", 2, LOG_NOTHING);
	/* In memory where that can be: no test here is about the disk below the files. */
	(void)snprintf(bed->folder, sizeof bed->folder, "/dev/shm/tern-store-XXXXXX");
	if (!mkdtemp(bed->folder)) {
		(void)snprintf(bed->folder, sizeof bed->folder, "/tmp/tern-store-XXXXXX");
		assert_non_null(mkdtemp(bed->folder));
	}
	assert_int_equal(uv_loop_init(&bed->loop), 0);
}

void
bed_open(struct bed *bed)
{
	struct store_report report;
	char *sentence = NULL;
	assert_int_equal(store_prepare(bed->folder, NULL, &report), 0);
	store_report_done(&report);
	assert_int_equal(store_open(&bed->loop, bed->folder, &bed->options, &bed->store,
				    &sentence),
			 0);
	assert_null(sentence);
}

static void
note_closed(void *data)
{
	*(bool *)data = true;
}

void
bed_close(struct bed *bed)
{
	bool is_closed = false;
	if (!bed->store)
		return;
	store_close(bed->store, note_closed, &is_closed);
	(void)uv_run(&bed->loop, UV_RUN_DEFAULT);
	assert_true(is_closed);
	bed->store = NULL;
}

void
bed_done(struct bed *bed)
{
	bed_close(bed);
	assert_int_equal(uv_loop_close(&bed->loop), 0);
	char command[128];
	(void)snprintf(command, sizeof command, "rm -rf '%s'", bed->folder);
	assert_int_equal(system(command), 0);
}

int
bed_setup(void **state)
{
	struct bed *bed = mem_alloc(sizeof *bed);
	bed_make(bed);
	bed_open(bed);
	*state = bed;
	return 0;
}

int
bed_teardown(void **state)
{
	bed_done(*state);
	free(*state);
	return 0;
}

struct run {
	store_job job;
	void *data;
	int status;
	bool is_told;
};

static int
run_inner(struct store *store, void *data)
{
	struct run *run = data;
	return run->job(store, run->data);
}

static void
note_told(void *data, int status)
{
	struct run *run = data;
	assert_false(run->is_told);
	run->is_told = true;
	run->status = status;
}

int
bed_run(struct bed *bed, store_job job, void *data)
{
	struct run run = {.job = job, .data = data};
	assert_int_equal(store_submit(bed->store, run_inner, note_told, &run), 0);
	while (!run.is_told)
		(void)uv_run(&bed->loop, UV_RUN_ONCE);
	return run.status;
}

const char *
bed_path(struct bed *bed, const char *name)
{
	static char path[256];
	(void)snprintf(path, sizeof path, "%s/%s", bed->folder, name);
	return path;
}
