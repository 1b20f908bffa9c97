/*
 * What the process gives back while it waits: memory that is free, and nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/session/memory.h"
#include "bridge/base/mem.h"

enum { BLOCKS = 4096, BLOCK = 1000 };

/* Resident KiB of this process. */
static long
resident(void)
{
	char line[128];
	long size = 0;
	FILE *file = fopen("/proc/self/status", "re");
	assert_non_null(file);
	while (fgets(line, sizeof line, file))
		(void)sscanf(line, "VmRSS: %ld", &size);
	(void)fclose(file);
	return size;
}

/* Every second block is freed, and one at the top stays, so no free() shrinks the heap.
 */
static void
free_memory_goes_back_and_used_memory_stays(void **state)
{
	static char *blocks[BLOCKS];
	(void)state;
	mem_begin();
	for (int i = 0; i < BLOCKS; i++) {
		blocks[i] = malloc(BLOCK);
		assert_non_null(blocks[i]);
		memset(blocks[i], i & 0x7f, BLOCK);
	}
	for (int i = 0; i < BLOCKS - 1; i++) {
		if (i % 64)
			free(blocks[i]);
	}
	long before = resident();
	memory_rest();
	long after = resident();
	print_message("resident %ld KiB, after the rest %ld KiB\n", before, after);
	if (!getenv("TERN_SANITIZED"))
		assert_true(before - after > BLOCKS * BLOCK / 1024 / 2);
	for (int i = 0; i < BLOCKS; i += 64) {
		assert_int_equal(blocks[i][BLOCK - 1], i & 0x7f);
		free(blocks[i]);
	}
	free(blocks[BLOCKS - 1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(free_memory_goes_back_and_used_memory_stays),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
