/*
 * The file of a vault: its bytes, and how they are read and replaced. All numbers are
 * little endian:
 *
 *   "TERNVLT1"  8 bytes          version  u32        slots u32   entries u32
 *   each slot:  kind u32, ops u32, mem_kib u32, salt 16, key 72
 *   check:      40 bytes         an empty box under the master key
 *   each entry: name length u16, box length u32, name, box
 *   sum:        32 bytes         BLAKE2b of all before it
 */
#ifndef TERN_VAULT_VAULT_FILE_H
#define TERN_VAULT_VAULT_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "backend/vault/seal.h"

struct vault_options;

enum {
	VAULT_FILE_SLOTS = 16,
	VAULT_FILE_ENTRIES = 256,
	VAULT_FILE_NAME = 64,
	VAULT_FILE_CONTENT = 65536,
	VAULT_FILE_BYTES = 8 << 20,
};

struct vault_entry {
	char *name;
	uint8_t *box;
	size_t len;
};

struct vault_content {
	struct seal_slot slots[VAULT_FILE_SLOTS];
	size_t slot_count;
	uint8_t check[SEAL_EXTRA];
	struct vault_entry entries[VAULT_FILE_ENTRIES];
	size_t entry_count;
};

/* Reads the file in the folder DIR_FD. Errors as vault_open. */
int vault_file_read(int dir_fd, struct vault_content *ret_content);

/* Puts the file in place at once and durably: temporary file, fsync, exchange, fsync of
 * the folder. On failure the old file is there, or none as before. OPTIONS may be NULL.
 */
int vault_file_write(int dir_fd, const struct vault_content *content,
		     const struct vault_options *options);

/* Removes what a death in vault_file_write left: an old file may hold the key in the
 * clear. */
void vault_file_clean(int dir_fd);

/* Whether there is a file. */
int vault_file_exists(int dir_fd);

/* Wipes and frees what CONTENT holds. */
void vault_content_done(struct vault_content *content);

#endif
