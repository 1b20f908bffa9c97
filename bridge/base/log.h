/*
 * The log: one line an event, facts as key=value, to standard error or a file. Its sink
 * is the one mutable global of tern. Never log bodies, keys, passwords or tokens.
 */
#ifndef TERN_BASE_LOG_H
#define TERN_BASE_LOG_H

enum log_level {
	LOG_DEBUG,
	LOG_INFO,
	LOG_WARN,
	LOG_ERROR,
	LOG_NOTHING,
};

/* Sends lines of LEVEL and above to descriptor FD (kept open by the caller), each with
 * the name PROGRAM. Before the first call lines of LOG_WARN and above go to descriptor 2.
 */
void log_open(const char *program, int fd, enum log_level level);

/* The level named by TEXT ("debug" … "error", "nothing"); FALLBACK for NULL or unknown.
 */
enum log_level log_level_named(const char *text, enum log_level fallback);

/* One line: time, level, program, AREA, then the formatted facts; control characters are
 * escaped, 1 KiB at most. */
void log_debug(const char *area, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void log_info(const char *area, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void log_warn(const char *area, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void log_error(const char *area, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
