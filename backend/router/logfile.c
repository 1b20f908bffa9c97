/*
 * The log file. Many processes append to it, so it is emptied in place, never renamed.
 */
#include "backend/router/logfile.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bridge/base/mem.h"
#include "bridge/base/paths.h"

enum {
	SIZE_MAX_BYTES = 1024 * 1024,
	KEPT_BYTES = 256 * 1024,
};

/* The path of the log; the caller frees. NULL when there is no folder for it. */
static char *
log_path(const char *suffix)
{
	char *folder = paths_state();
	char *path = folder && paths_make(folder) == 0
			     ? mem_printf("%s/ternd.log%s", folder, suffix)
			     : NULL;
	free(folder);
	return path;
}

int
logfile_open(void)
{
	char *path = log_path("");
	int flags = O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	int fd = path ? open(path, flags, 0600) : -1;
	free(path);
	if (fd >= 0)
		logfile_trim(fd);
	return fd;
}

void
logfile_trim(int fd)
{
	struct stat facts;
	if (fd < 0 || fstat(fd, &facts) || !S_ISREG(facts.st_mode) ||
	    facts.st_size <= SIZE_MAX_BYTES)
		return;
	char *path = log_path(".1");
	int old = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
			      0600)
		       : -1;
	free(path);
	char *text = mem_alloc(KEPT_BYTES);
	ssize_t got = pread(fd, text, KEPT_BYTES, facts.st_size - KEPT_BYTES);
	if (old >= 0) {
		if (got > 0)
			(void)!write(old, text, (size_t)got);
		close(old);
	}
	free(text);
	(void)!ftruncate(fd, 0);
}
