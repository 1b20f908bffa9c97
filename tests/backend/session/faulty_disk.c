/*
 * The session process on a disk that fails: linked into a program of its own with the
 * session's main, it puts the shim under SQLite before that runs. The test says in the
 * file $TERN_TEST_DISK what fails.
 */
#include <stdlib.h>

#include "tests/backend/store/shim.h"

__attribute__((constructor)) static void
put_shim_under(void)
{
	const char *path = getenv("TERN_TEST_DISK");
	if (!path)
		return;
	shim_install();
	shim_follow(path);
}
