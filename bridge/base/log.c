/*
 * The log sink of log.h: a descriptor, a level and a name. A line is one write(2), so
 * lines of several processes on one file do not mix.
 */
#include "bridge/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LOG_LINE = 1024 };

static struct {
	int fd;
	enum log_level level;
	char program[32];
} sink = {.fd = 2, .level = LOG_WARN, .program = "tern"};

static const char *const names[] = {
	[LOG_DEBUG] = "debug", [LOG_INFO] = "info",	  [LOG_WARN] = "warn",
	[LOG_ERROR] = "error", [LOG_NOTHING] = "nothing",
};

void
log_open(const char *program, int fd, enum log_level level)
{
	sink.fd = fd;
	sink.level = level;
	snprintf(sink.program, sizeof sink.program, "%s", program);
}

enum log_level
log_level_named(const char *text, enum log_level fallback)
{
	for (enum log_level level = LOG_DEBUG; text && level <= LOG_NOTHING; level++) {
		if (strcmp(names[level], text) == 0)
			return level;
	}
	return fallback;
}

static void
write_line(enum log_level level, const char *area, const char *format, va_list args)
{
	if (level < sink.level)
		return;
	char line[LOG_LINE + 2];
	struct timespec now;
	struct tm utc;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	int used = (int)strftime(line, LOG_LINE, "%Y-%m-%dT%H:%M:%S", &utc);
	used += snprintf(line + used, (size_t)(LOG_LINE - used),
			 ".%03ldZ %s %s[%d] %s: ", now.tv_nsec / 1000000, names[level],
			 sink.program, (int)getpid(), area);
	if (used < LOG_LINE) {
		int more =
			vsnprintf(line + used, (size_t)(LOG_LINE - used), format, args);
		used += more < 0 ? 0 : more;
	}
	if (used > LOG_LINE - 1)
		used = LOG_LINE - 1;
	for (int i = 0; i < used; i++) {
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	}
	line[used++] = '\n';
	(void)!write(sink.fd, line, (size_t)used);
}

#define LOG_AT(name, level)                                                              \
	void log_##name(const char *area, const char *format, ...)                       \
	{                                                                                \
		va_list args;                                                            \
		va_start(args, format);                                                  \
		write_line(level, area, format, args);                                   \
		va_end(args);                                                            \
	}

LOG_AT(debug, LOG_DEBUG)
LOG_AT(info, LOG_INFO)
LOG_AT(warn, LOG_WARN)
LOG_AT(error, LOG_ERROR)
