/*
 * The vault of one profile in memory: the content of its file and, while unlocked, the
 * master key. Every change is made on the content, written, and taken back if the writing
 * failed, so memory and file are always the same.
 */
#include "backend/vault/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/vault/seal.h"
#include "backend/vault/vault_file.h"
#include "bridge/base/mem.h"

_Static_assert((int)VAULT_KEY_LEN == (int)SEAL_KEY, "one length of keys");

static const char check_name[] = "tern check";
static const char entry_prefix[] = "tern entry ";

struct vault {
	int dir_fd;
	const struct vault_options *options; /* or NULL */
	struct secret master;		     /* empty while locked */
	struct vault_content content;
};

/* NULL with errno set if the descriptor can't be kept. */
static struct vault *
new_vault(int dir_fd, const struct vault_options *options)
{
	int fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return NULL;
	struct vault *vault = mem_alloc(sizeof *vault);
	vault->dir_fd = fd;
	vault->options = options;
	return vault;
}

int
vault_create(int dir_fd, const struct secret *profile_password,
	     const struct vault_options *options, struct vault **ret_vault)
{
	if (vault_file_exists(dir_fd))
		return -EEXIST;
	struct vault *vault = new_vault(dir_fd, options);
	if (!vault)
		return -errno;
	seal_random(secret_room(&vault->master, SEAL_KEY), SEAL_KEY);
	vault->content.slot_count = 1;
	int error = seal_slot_make(&vault->content.slots[0], &vault->master,
				   profile_password);
	if (!error) {
		seal_close(&vault->master, check_name, "", 0, vault->content.check);
		error = vault_file_write(vault->dir_fd, &vault->content, vault->options);
	}
	if (error)
		vault_free(vault);
	else
		*ret_vault = vault;
	return error;
}

int
vault_open(int dir_fd, const struct vault_options *options, struct vault **ret_vault)
{
	struct vault *vault = new_vault(dir_fd, options);
	if (!vault)
		return -errno;
	vault_file_clean(dir_fd);
	int error = vault_file_read(dir_fd, &vault->content);
	if (!error && !vault_is_protected(vault)) {
		struct secret key = {0};
		secret_set(&key, vault->content.slots[0].key, SEAL_KEY);
		error = vault_unlock_key(vault, &key) ? -EBADMSG : 0;
		secret_done(&key);
	}
	if (error)
		vault_free(vault);
	else
		*ret_vault = vault;
	return error;
}

bool
vault_is_locked(const struct vault *vault)
{
	return !vault->master.data;
}

bool
vault_is_protected(const struct vault *vault)
{
	return vault->content.slots[0].kind != SEAL_OPEN;
}

int
vault_derive(const struct vault *vault, const struct secret *profile_password,
	     struct secret *ret_master_key)
{
	if (!vault_is_protected(vault))
		return -ENODATA;
	int error = -EACCES;
	for (size_t i = 0; i < vault->content.slot_count && error == -EACCES; i++)
		error = seal_slot_open(&vault->content.slots[i], profile_password,
				       ret_master_key);
	return error;
}

int
vault_unlock_key(struct vault *vault, const struct secret *master_key)
{
	struct secret empty = {0};
	int error = seal_open(master_key, check_name, vault->content.check,
			      sizeof vault->content.check, &empty);
	secret_done(&empty);
	if (error)
		return -EACCES;
	secret_set(&vault->master, master_key->data, master_key->len);
	return 0;
}

int
vault_unlock_password(struct vault *vault, const struct secret *profile_password)
{
	struct secret key = {0};
	int error = vault_derive(vault, profile_password, &key);
	/* a slot that opens to a key that is not the vault's was not made by us */
	if (!error && vault_unlock_key(vault, &key))
		error = -EBADMSG;
	secret_done(&key);
	return error;
}

int
vault_master_key(const struct vault *vault, struct secret *ret_key)
{
	if (vault_is_locked(vault))
		return -ENOKEY;
	secret_set(ret_key, vault->master.data, vault->master.len);
	return 0;
}

/* The index of the entry NAME, or entry_count. */
static size_t
find(const struct vault *vault, const char *name)
{
	size_t i = 0;
	while (i < vault->content.entry_count &&
	       strcmp(vault->content.entries[i].name, name) != 0)
		i++;
	return i;
}

int
vault_get(const struct vault *vault, const char *name, struct secret *ret_secret)
{
	if (vault_is_locked(vault))
		return -ENOKEY;
	size_t i = find(vault, name);
	if (i == vault->content.entry_count)
		return -ENOENT;
	const struct vault_entry *entry = &vault->content.entries[i];
	char *bound = mem_printf("%s%s", entry_prefix, name);
	int error = seal_open(&vault->master, bound, entry->box, entry->len, ret_secret);
	free(bound);
	return error;
}

int
vault_put(struct vault *vault, const char *name, const struct secret *secret)
{
	if (vault_is_locked(vault))
		return -ENOKEY;
	size_t i = find(vault, name);
	size_t count = vault->content.entry_count;
	if (!*name || strlen(name) > VAULT_FILE_NAME ||
	    secret->len > VAULT_FILE_CONTENT ||
	    (i == count && count == VAULT_FILE_ENTRIES))
		return -E2BIG;
	struct vault_entry fresh = {.name = mem_strdup(name),
				    .len = secret->len + SEAL_EXTRA};
	fresh.box = mem_alloc(fresh.len);
	char *bound = mem_printf("%s%s", entry_prefix, name);
	seal_close(&vault->master, bound, secret_text(secret), secret->len, fresh.box);
	free(bound);
	struct vault_entry old = vault->content.entries[i];
	vault->content.entries[i] = fresh;
	vault->content.entry_count = i == count ? count + 1 : count;
	int error = vault_file_write(vault->dir_fd, &vault->content, vault->options);
	struct vault_entry unused = error ? fresh : old;
	if (error) {
		vault->content.entries[i] = old;
		vault->content.entry_count = count;
	}
	free(unused.name);
	free(unused.box);
	return error;
}

int
vault_remove(struct vault *vault, const char *name)
{
	if (vault_is_locked(vault))
		return -ENOKEY;
	size_t i = find(vault, name);
	struct vault_content *content = &vault->content;
	if (i == content->entry_count)
		return -ENOENT;
	size_t last = content->entry_count - 1;
	struct vault_entry gone = content->entries[i];
	content->entries[i] = content->entries[last];
	content->entries[last] = (struct vault_entry){0};
	content->entry_count = last;
	int error = vault_file_write(vault->dir_fd, content, vault->options);
	if (error) {
		content->entries[last] = content->entries[i];
		content->entries[i] = gone;
		content->entry_count = last + 1;
		return error;
	}
	free(gone.name);
	free(gone.box);
	return 0;
}

int
vault_change_password(struct vault *vault, const struct secret *profile_password)
{
	if (vault_is_locked(vault))
		return -ENOKEY;
	struct seal_slot fresh;
	int error = seal_slot_make(&fresh, &vault->master, profile_password);
	if (error)
		return error;
	struct seal_slot old[VAULT_FILE_SLOTS];
	size_t count = vault->content.slot_count;
	memcpy(old, vault->content.slots, sizeof old);
	memset(vault->content.slots, 0, sizeof vault->content.slots);
	vault->content.slots[0] = fresh;
	vault->content.slot_count = 1;
	error = vault_file_write(vault->dir_fd, &vault->content, vault->options);
	if (error) {
		memcpy(vault->content.slots, old, sizeof old);
		vault->content.slot_count = count;
	}
	mem_wipe(&fresh, sizeof fresh);
	mem_wipe(old, sizeof old);
	return error;
}

void
vault_lock(struct vault *vault)
{
	if (vault_is_protected(vault))
		secret_done(&vault->master);
}

const char *
vault_sentence(int error)
{
	static const struct {
		int error;
		const char *sentence;
	} rows[] = {
		{-EACCES, "the profile password is wrong"},
		{-ENOKEY, "the profile is locked: its profile password is needed"},
		{-EBADMSG,
		 "the vault file is damaged: put it back from a backup, or make the "
		 "profile anew"},
		{-EPROTONOSUPPORT,
		 "the vault was written by a newer tern; install that one"},
		{-EPERM, "the vault is not a plain file of yours in a folder of yours"},
		{-ENOENT, "the vault file is missing: put it back from a backup, or "
			  "delete the profile and make it anew"},
		{-EEXIST, "there is a vault already"},
		{-ENOSPC, "the disk is full; make room and try again"},
		{-EROFS, "the file system is read-only"},
		{-ENOMEM, "there is no memory for the profile password's key (64 MiB)"},
		{-E2BIG, "that is too large for the vault"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].error == error)
			return rows[i].sentence;
	return "the vault file can't be read or written";
}

void
vault_free(struct vault *vault)
{
	if (!vault)
		return;
	secret_done(&vault->master);
	vault_content_done(&vault->content);
	(void)close(vault->dir_fd);
	free(vault);
}
