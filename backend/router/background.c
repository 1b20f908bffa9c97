/*
 * The double fork with a pipe between: one byte '0' (runs) or '1' (does not), then a
 * sentence. Standard error stays the caller's until the report, then everything of the
 * terminal is let go, so that `ssh host tern` does not hang on leaving.
 */
#include "backend/router/background.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SENTENCE_MAX = 1024 };

/* Waits for the report on FD and ends this process by it. */
static _Noreturn void
end_by_report(int fd, pid_t child)
{
	char text[SENTENCE_MAX + 2];
	size_t len = 0;
	for (;;) {
		ssize_t got = read(fd, text + len, sizeof text - 1 - len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		len += (size_t)got;
	}
	text[len] = 0;
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		continue;
	int code = len && text[0] == '0' ? 0 : 1;
	if (!len)
		fprintf(stderr,
			"ternd: the daemon ended while it started; its log says more\n");
	else if (text[1])
		fprintf(code ? stderr : stdout, "ternd: %s\n", text + 1);
	fflush(stdout);
	_exit(code);
}

int
background_enter(void)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC)) {
		fprintf(stderr, "ternd: no pipe: %s\n", strerror(errno));
		exit(1);
	}
	pid_t child = fork();
	if (child < 0) {
		fprintf(stderr, "ternd: no process can be started: %s\n",
			strerror(errno));
		exit(1);
	}
	if (child > 0) {
		close(ends[1]);
		end_by_report(ends[0], child);
	}
	close(ends[0]);
	(void)setsid();
	child = fork();
	if (child != 0)
		_exit(child < 0);
	(void)!chdir("/");
	return ends[1];
}

void
background_report(int fd, int is_running, const char *sentence)
{
	char text[SENTENCE_MAX + 2];
	int len = snprintf(text, sizeof text, "%c%s", is_running ? '0' : '1',
			   sentence ? sentence : "");
	size_t size = len < (int)sizeof text ? (size_t)len : sizeof text - 1;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int i = 0; null >= 0 && i < 3; i++)
		(void)dup2(null, i);
	if (null > 2)
		close(null);
	(void)!write(fd, text, size);
	close(fd);
}
