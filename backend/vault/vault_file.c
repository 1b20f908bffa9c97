/*
 * Reading takes the file for hostile: sizes are bounded before anything is allocated, and
 * every length is held against the bytes that are there. What an unprotected vault's file
 * holds is a key in the clear, so all buffers are wiped.
 */
#include "backend/vault/vault_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "backend/vault/vault.h"
#include "bridge/base/buf.h"
#include "bridge/base/mem.h"

#define VAULT_FILE_TEMPORARY "vault.new"

enum { FORMAT = 1, SUM = 32 };

static const char magic[8] = "TERNVLT1";

/* What is left to read; is_bad once something was missing. */
struct reader {
	const uint8_t *at;
	size_t left;
	bool is_bad;
};

static void
read_bytes(struct reader *reader, void *out, size_t len)
{
	if (reader->is_bad || len > reader->left) {
		reader->is_bad = true;
		memset(out, 0, len);
		return;
	}
	memcpy(out, reader->at, len);
	reader->at += len;
	reader->left -= len;
}

static uint32_t
read_number(struct reader *reader, size_t size)
{
	uint8_t bytes[4] = {0};
	read_bytes(reader, bytes, size);
	return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

static void
add_number(struct buf *buf, uint32_t number, size_t size)
{
	for (size_t i = 0; i < size; i++)
		buf_add_byte(buf, (uint8_t)(number >> (8 * i)));
}

static void
read_slot(struct reader *reader, struct seal_slot *slot)
{
	slot->kind = read_number(reader, 4);
	slot->ops = read_number(reader, 4);
	slot->mem_kib = read_number(reader, 4);
	read_bytes(reader, slot->salt, sizeof slot->salt);
	read_bytes(reader, slot->key, sizeof slot->key);
	if (!seal_slot_is_sane(slot))
		reader->is_bad = true;
}

static void
read_entry(struct reader *reader, struct vault_entry *entry)
{
	size_t name_len = read_number(reader, 2);
	size_t len = read_number(reader, 4);
	if (name_len < 1 || name_len > VAULT_FILE_NAME || len < SEAL_EXTRA ||
	    len > VAULT_FILE_CONTENT + SEAL_EXTRA || name_len + len > reader->left)
		reader->is_bad = true;
	if (reader->is_bad)
		return;
	entry->name = mem_alloc(name_len + 1);
	entry->box = mem_alloc(len);
	entry->len = len;
	read_bytes(reader, entry->name, name_len);
	read_bytes(reader, entry->box, len);
	if (strlen(entry->name) != name_len)
		reader->is_bad = true;
}

/* Also what one master key and a mix of slots must fulfil. */
static bool
is_consistent(const struct vault_content *content)
{
	if (content->slot_count == 0)
		return false;
	for (size_t i = 0; i < content->slot_count; i++)
		if (content->slots[i].kind == SEAL_OPEN && content->slot_count != 1)
			return false;
	return true;
}

static int
parse(const uint8_t *bytes, size_t len, struct vault_content *content)
{
	uint8_t sum[SUM];
	struct reader reader = {.at = bytes, .left = len};
	char head[sizeof magic];
	read_bytes(&reader, head, sizeof head);
	uint32_t version = read_number(&reader, 4);
	if (reader.is_bad || memcmp(head, magic, sizeof magic) != 0 || reader.left < SUM)
		return -EBADMSG;
	seal_sum(bytes, len - SUM, sum);
	if (memcmp(sum, bytes + len - SUM, SUM) != 0)
		return -EBADMSG;
	if (version > FORMAT)
		return -EPROTONOSUPPORT;
	reader.left -= SUM;
	size_t slots = read_number(&reader, 4);
	size_t entries = read_number(&reader, 4);
	if (version != FORMAT || slots > VAULT_FILE_SLOTS || entries > VAULT_FILE_ENTRIES)
		return -EBADMSG;
	for (content->slot_count = 0; content->slot_count < slots; content->slot_count++)
		read_slot(&reader, &content->slots[content->slot_count]);
	read_bytes(&reader, content->check, sizeof content->check);
	while (content->entry_count < entries && !reader.is_bad)
		read_entry(&reader, &content->entries[content->entry_count++]);
	if (reader.is_bad || reader.left || !is_consistent(content))
		return -EBADMSG;
	return 0;
}

static int
error_now(void)
{
	if (errno == EDQUOT || errno == EFBIG)
		return -ENOSPC;
	/* EACCES is kept for a wrong password */
	return errno == EACCES ? -EPERM : -errno;
}

static int
read_whole(int fd, size_t size, struct buf *buf)
{
	uint8_t *room = buf_room(buf, size);
	while (buf->len < size) {
		ssize_t got = read(fd, room + buf->len, size - buf->len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_now();
		if (got == 0)
			return -EBADMSG;
		buf->len += (size_t)got;
	}
	return 0;
}

int
vault_file_read(int dir_fd, struct vault_content *ret_content)
{
	/* O_NONBLOCK: a fifo in its place must not hang us */
	int fd = openat(dir_fd, VAULT_FILE,
			O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return errno == ELOOP ? -EPERM : error_now();
	struct stat info;
	struct buf buf = {.is_secret = true};
	int error = fstat(fd, &info) < 0 ? error_now() : 0;
	if (!error && (!S_ISREG(info.st_mode) || info.st_uid != geteuid()))
		error = -EPERM;
	if (!error && info.st_size > VAULT_FILE_BYTES)
		error = -EBADMSG;
	if (!error)
		error = read_whole(fd, (size_t)info.st_size, &buf);
	(void)close(fd);
	struct vault_content content = {0};
	if (!error)
		error = parse(buf.data, buf.len, &content);
	buf_done(&buf);
	if (error)
		vault_content_done(&content);
	else
		*ret_content = content;
	mem_wipe(content.slots, sizeof content.slots);
	return error;
}

static void
write_content(struct buf *buf, const struct vault_content *content)
{
	buf_add(buf, magic, sizeof magic);
	add_number(buf, FORMAT, 4);
	add_number(buf, (uint32_t)content->slot_count, 4);
	add_number(buf, (uint32_t)content->entry_count, 4);
	for (size_t i = 0; i < content->slot_count; i++) {
		const struct seal_slot *slot = &content->slots[i];
		add_number(buf, slot->kind, 4);
		add_number(buf, slot->ops, 4);
		add_number(buf, slot->mem_kib, 4);
		buf_add(buf, slot->salt, sizeof slot->salt);
		buf_add(buf, slot->key, sizeof slot->key);
	}
	buf_add(buf, content->check, sizeof content->check);
	for (size_t i = 0; i < content->entry_count; i++) {
		const struct vault_entry *entry = &content->entries[i];
		add_number(buf, (uint32_t)strlen(entry->name), 2);
		add_number(buf, (uint32_t)entry->len, 4);
		buf_add_text(buf, entry->name);
		buf_add(buf, entry->box, entry->len);
	}
	uint8_t sum[SUM];
	seal_sum(buf->data, buf->len, sum);
	buf_add(buf, sum, sizeof sum);
}

/* For tests; see vault_options. */
static int
fault(const struct vault_options *options, const char *step)
{
	return options && options->fault ? options->fault(options->fault_data, step) : 0;
}

static int
write_whole(int fd, const struct buf *buf, const struct vault_options *options)
{
	int error = fault(options, "write");
	for (size_t done = 0; !error && done < buf->len;) {
		ssize_t put = write(fd, buf->data + done, buf->len - done);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			error = error_now();
		else
			done += (size_t)put;
	}
	if (!error)
		error = fault(options, "sync");
	if (!error && fsync(fd) < 0)
		error = error_now();
	return error;
}

static int
write_temporary(int dir_fd, const struct vault_content *content,
		const struct vault_options *options)
{
	(void)unlinkat(dir_fd, VAULT_FILE_TEMPORARY, 0);
	int error = fault(options, "open");
	if (error)
		return error;
	int fd = openat(dir_fd, VAULT_FILE_TEMPORARY,
			O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return error_now();
	struct buf buf = {.is_secret = true};
	write_content(&buf, content);
	error = buf.len > VAULT_FILE_BYTES ? -E2BIG : write_whole(fd, &buf, options);
	buf_done(&buf);
	if (close(fd) < 0 && !error)
		error = error_now();
	return error;
}

/* Exchanges the two files, or where there is but one (or the file system can't) moves the
 * new one into place. *RET_HAS_OLD: the old one is now the temporary. */
static int
move_into_place(int dir_fd, const struct vault_options *options, bool *ret_has_old)
{
	int error = fault(options, "rename");
	if (error)
		return error;
	*ret_has_old = renameat2(dir_fd, VAULT_FILE_TEMPORARY, dir_fd, VAULT_FILE,
				 RENAME_EXCHANGE) == 0;
	if (!*ret_has_old &&
	    renameat(dir_fd, VAULT_FILE_TEMPORARY, dir_fd, VAULT_FILE) < 0)
		return error_now();
	return 0;
}

static int
sync_folder(int dir_fd, const struct vault_options *options)
{
	int error = fault(options, "sync folder");
	/* some file systems have no fsync of folders, and no need of it */
	if (!error && fsync(dir_fd) < 0 && errno != EINVAL)
		error = error_now();
	return error;
}

int
vault_file_write(int dir_fd, const struct vault_content *content,
		 const struct vault_options *options)
{
	bool had_one = vault_file_exists(dir_fd);
	bool has_old = false;
	int error = write_temporary(dir_fd, content, options);
	if (!error)
		error = move_into_place(dir_fd, options, &has_old);
	if (!error) {
		error = sync_folder(dir_fd, options);
		/* Whoever asked believes in the old one from here on. */
		if (error && has_old)
			(void)renameat(dir_fd, VAULT_FILE_TEMPORARY, dir_fd, VAULT_FILE);
		else if (error && !had_one)
			(void)unlinkat(dir_fd, VAULT_FILE, 0);
	}
	vault_file_clean(dir_fd);
	return error;
}

void
vault_file_clean(int dir_fd)
{
	(void)unlinkat(dir_fd, VAULT_FILE_TEMPORARY, 0);
}

int
vault_file_exists(int dir_fd)
{
	struct stat info;
	return fstatat(dir_fd, VAULT_FILE, &info, AT_SYMLINK_NOFOLLOW) == 0;
}

void
vault_content_done(struct vault_content *content)
{
	for (size_t i = 0; i < VAULT_FILE_ENTRIES; i++) {
		free(content->entries[i].name);
		free(content->entries[i].box);
	}
	mem_wipe(content, sizeof *content);
}
