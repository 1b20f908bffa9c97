/*
 * The vault of a profile: one file "vault" in its folder with the XMPP password and
 * private keys, each sealed by a random master key that is wrapped by the profile
 * password, or lies there in the clear if there is none ("unprotected"). Used by one
 * thread at a time.
 *
 * SLOW marks what runs a KDF (0.1 s and 64 MiB) or waits for the disk: call it on libuv's
 * pool while nobody else uses that vault.
 */
#ifndef TERN_VAULT_VAULT_H
#define TERN_VAULT_VAULT_H

#include <stdbool.h>

#include "backend/vault/secret.h"

struct vault;

struct vault_options {
	/* For tests of what fails when: called before each "open", "write", "sync",
	 * "rename" and "sync folder" of a write; a negative errno makes that fail. */
	int (*fault)(void *data, const char *step);
	void *fault_data;
};

enum { VAULT_KEY_LEN = 32 };

#define VAULT_FILE "vault"
#define VAULT_XMPP_PASSWORD "xmpp.password" /* names of entries */
#define VAULT_SCRAM_CACHE "xmpp.scram"
#define VAULT_ACCOUNT "xmpp.account" /* a copy of what the database says of it */

/* Writes a new vault into the folder DIR_FD (not kept; duplicated), unlocked.
 * PROFILE_PASSWORD NULL or empty makes it unprotected. OPTIONS (may be NULL) are kept,
 * not copied. SLOW. -EEXIST, -ENOSPC, -EROFS, -EACCES, -EIO, -ENOMEM (no room for the
 * KDF).
 */
int vault_create(int dir_fd, const struct secret *profile_password,
		 const struct vault_options *options, struct vault **ret_vault);

/* Reads the vault in the folder DIR_FD. An unprotected one is unlocked at once, another
 * is locked. -ENOENT, -EBADMSG (damaged: torn, garbage, too large), -EPROTONOSUPPORT (of
 * a newer tern), -EPERM (not a plain file of ours), -EIO. OPTIONS as in vault_create. */
int vault_open(int dir_fd, const struct vault_options *options, struct vault **ret_vault);

/* Whether a profile password (or the master key) is needed now. */
bool vault_is_locked(const struct vault *vault);

/* Whether there is a profile password at all. */
bool vault_is_protected(const struct vault *vault);

/* The master key that PROFILE_PASSWORD unwraps. Changes nothing in the vault, so the loop
 * may go on reading from it meanwhile. SLOW. -EACCES (wrong password), -ENOMEM, -ENODATA
 * (the vault is unprotected). */
int vault_derive(const struct vault *vault, const struct secret *profile_password,
		 struct secret *ret_master_key);

/* Unlocks with the master key (of vault_derive, or handed over by the router). Quick.
 * -EACCES (not the key of this vault). */
int vault_unlock_key(struct vault *vault, const struct secret *master_key);

/* vault_derive and vault_unlock_key in one. SLOW. */
int vault_unlock_password(struct vault *vault, const struct secret *profile_password);

/* A copy of the master key, for the router to keep. -ENOKEY while locked. */
int vault_master_key(const struct vault *vault, struct secret *ret_key);

/* The entry NAME. Quick. -ENOENT, -ENOKEY while locked, -EBADMSG (does not open). */
int vault_get(const struct vault *vault, const char *name, struct secret *ret_secret);

/* Seals and writes the entry NAME (at most 64 bytes), at most 64 KiB of it. SLOW (two
 * fsync). On failure the vault is as it was. -ENOKEY while locked, -E2BIG, -ENOSPC,
 * -EROFS, -EIO. */
int vault_put(struct vault *vault, const char *name, const struct secret *secret);

/* Removes the entry NAME. SLOW. -ENOENT, and as vault_put. */
int vault_remove(struct vault *vault, const char *name);

/* Puts a new profile password (NULL or empty: none) in the place of the old. SLOW. The
 * master key stays. -ENOKEY while locked, -ENOMEM, and as vault_put. */
int vault_change_password(struct vault *vault, const struct secret *profile_password);

/* Wipes the master key. Does nothing to an unprotected vault. */
void vault_lock(struct vault *vault);

/* A plain sentence for a negative errno of this file. Constant. */
const char *vault_sentence(int error);

/* Wipes and frees. NULL is fine. */
void vault_free(struct vault *vault);

#endif
