/*
 * Reading and rewriting of config_file.h. A file is read whole: it is small, and a
 * rewrite needs all of it anyway.
 */
#include "bridge/base/config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bridge/base/buf.h"
#include "bridge/base/mem.h"

enum { FILE_MAX = 1024 * 1024 };

/* ---- reading --------------------------------------------------------------------- */

static int
read_all(int fd, struct buf *text)
{
	for (;;) {
		ssize_t count = read(fd, buf_room(text, 4096), 4096);
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return -errno;
		if (count == 0)
			break;
		text->len += (size_t)count;
		if (text->len > FILE_MAX)
			return -EFBIG;
	}
	buf_add(text, NULL, 0);
	return 0;
}

static int
read_file(const char *path, struct buf *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	struct stat status;
	int result = fstat(fd, &status) < 0    ? -errno
		     : S_ISREG(status.st_mode) ? read_all(fd, text)
		     : S_ISDIR(status.st_mode) ? -EISDIR
					       : -EINVAL;
	(void)close(fd);
	return result;
}

static char *
trim(char *text)
{
	text += strspn(text, " \t\r");
	size_t len = strlen(text);
	while (len > 0 && strchr(" \t\r", text[len - 1]))
		len--;
	text[len] = 0;
	return text;
}

/* Takes a line apart in place. False for an empty one and a comment. */
static bool
split_line(char *text, struct config_line *line)
{
	text = trim(text);
	line->name = NULL;
	line->value = NULL;
	line->problem = NULL;
	if (!*text || *text == '#')
		return false;
	char *equals = strchr(text, '=');
	if (!equals || equals == text) {
		line->problem = "A line is name = value.";
		return true;
	}
	*equals = 0;
	line->name = trim(text);
	char *value = trim(equals + 1);
	size_t len = strlen(value);
	if (*value == '"') {
		if (len < 2 || value[len - 1] != '"') {
			line->name = NULL;
			line->problem = "The closing quote is missing.";
			return true;
		}
		value[len - 1] = 0;
		value++;
	}
	line->value = value;
	return true;
}

int
config_file_walk(const char *path,
		 void (*on_line)(void *data, const struct config_line *line), void *data)
{
	struct buf text = {0};
	int status = read_file(path, &text);
	if (status == 0 && text.len && memchr(text.data, 0, text.len))
		status = -EINVAL;
	char *rest = status == 0 ? (char *)text.data : NULL;
	struct config_line line = {0};
	while (rest) {
		char *one = strsep(&rest, "\n");
		line.number++;
		if (split_line(one, &line))
			on_line(data, &line);
	}
	buf_done(&text);
	return status;
}

/* ---- writing --------------------------------------------------------------------- */

static bool
sets_name(const char *start, size_t len, const char *name)
{
	char *copy = mem_strndup(start, len);
	struct config_line line;
	bool is_it = split_line(copy, &line) && line.name && strcmp(line.name, name) == 0;
	free(copy);
	return is_it;
}

static void
add_line(struct buf *out, const char *name, const char *value)
{
	size_t len = strlen(value);
	bool is_quoted =
		len == 0 || *value == '"' || *value == ' ' || value[len - 1] == ' ';
	const char *quote = is_quoted ? "\"" : "";
	buf_printf(out, "%s = %s%s%s\n", name, quote, value, quote);
}

/* TEXT with the last line that sets NAME replaced, or a new one behind. */
static void
replace_line(const struct buf *text, const char *name, const char *value, struct buf *out)
{
	const char *start = text->len ? (const char *)text->data : "";
	const char *end = start + text->len;
	const char *found = NULL;
	for (const char *at = start; at < end;) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t len = stop ? (size_t)(stop - at) : (size_t)(end - at);
		if (sets_name(at, len, name))
			found = at;
		at += len + 1;
	}
	if (!found) {
		buf_add(out, start, text->len);
		if (text->len && end[-1] != '\n')
			buf_add_byte(out, '\n');
		add_line(out, name, value);
		return;
	}
	const char *stop = memchr(found, '\n', (size_t)(end - found));
	buf_add(out, start, (size_t)(found - start));
	add_line(out, name, value);
	if (stop)
		buf_add(out, stop + 1, (size_t)(end - stop - 1));
}

static int
write_all(int fd, const struct buf *text)
{
	for (size_t at = 0; at < text->len;) {
		ssize_t count = write(fd, text->data + at, text->len - at);
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return -errno;
		at += (size_t)count;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

static void
sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder =
		slash ? mem_strndup(path, (size_t)(slash - path) + 1) : mem_strdup(".");
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(folder);
	if (fd < 0)
		return;
	(void)fsync(fd);
	(void)close(fd);
}

static int
write_file(const char *path, const struct buf *text)
{
	struct stat old;
	mode_t mode = stat(path, &old) == 0 ? old.st_mode & 0777 : 0600;
	char *beside = mem_printf("%s.XXXXXX", path);
	int fd = mkostemp(beside, O_CLOEXEC);
	int status = fd < 0 ? -errno : 0;
	if (fd >= 0) {
		status = write_all(fd, text);
		if (status == 0 && fchmod(fd, mode) < 0)
			status = -errno;
		if (close(fd) < 0 && status == 0)
			status = -errno;
		if (status == 0 && rename(beside, path) < 0)
			status = -errno;
		if (status < 0)
			(void)unlink(beside);
		else
			sync_folder(path);
	}
	free(beside);
	return status;
}

int
config_file_put(const char *path, const char *name, const char *value)
{
	char *target = realpath(path, NULL);
	if (!target && errno != ENOENT)
		return -errno;
	const char *place = target ? target : path;
	struct buf text = {0};
	struct buf out = {0};
	int status = read_file(place, &text);
	if (status == 0 || status == -ENOENT) {
		replace_line(&text, name, value, &out);
		status = write_file(place, &out);
	}
	buf_done(&text);
	buf_done(&out);
	free(target);
	return status;
}
