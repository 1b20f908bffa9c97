/*
 * The cryptography of the vault: XChaCha20-Poly1305 boxes, and the master key wrapped by
 * argon2id of a profile password.
 */
#ifndef TERN_VAULT_SEAL_H
#define TERN_VAULT_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/vault/secret.h"

enum {
	SEAL_NONCE = 24,
	SEAL_TAG = 16,
	SEAL_EXTRA = SEAL_NONCE + SEAL_TAG, /* what a box is longer than its content */
	SEAL_KEY = 32,
	SEAL_SALT = 16,
};

enum seal_slot_kind {
	SEAL_OPEN = 0,	   /* the master key in the clear */
	SEAL_PASSWORD = 1, /* argon2id */
};

/* How the master key lies in the file. */
struct seal_slot {
	uint32_t kind;
	uint32_t ops;	  /* argon2id's time cost */
	uint32_t mem_kib; /* and memory */
	uint8_t salt[SEAL_SALT];
	uint8_t key[SEAL_KEY + SEAL_EXTRA]; /* a box; SEAL_OPEN: the key, then zeros */
};

/* Seals LEN bytes under KEY (SEAL_KEY bytes), bound to NAME, into OUT of LEN +
 * SEAL_EXTRA. */
void seal_close(const struct secret *key, const char *name, const void *data, size_t len,
		uint8_t *out);

/* Opens a box of LEN bytes. -EBADMSG if it is not whole, not KEY's or not NAME's. */
int seal_open(const struct secret *key, const char *name, const uint8_t *box, size_t len,
	      struct secret *ret_secret);

/* LEN random bytes. */
void seal_random(void *data, size_t len);

/* The sum by which a damaged file is told from a wrong password. */
void seal_sum(const void *data, size_t len, uint8_t out[32]);

/* A slot for MASTER: under PASSWORD, or open if it is NULL or empty. Slow (the KDF).
 * -ENOMEM. */
int seal_slot_make(struct seal_slot *ret_slot, const struct secret *master,
		   const struct secret *password);

/* Whether the numbers of a slot that was read are ones that we would ever use. */
bool seal_slot_is_sane(const struct seal_slot *slot);

/* The master key of a SEAL_PASSWORD slot. Slow (the KDF). -EACCES (wrong password),
 * -ENOMEM. */
int seal_slot_open(const struct seal_slot *slot, const struct secret *password,
		   struct secret *ret_master);

#endif
