/*
 * The only file that calls libsodium's ciphers and its KDF. Nonces are random: 24 bytes
 * do not meet twice. The parameters of argon2id stand in the slot and are bounded, or a
 * forged file could ask for all memory there is.
 */
#include "backend/vault/seal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "bridge/base/mem.h"

_Static_assert((int)SEAL_NONCE == (int)crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	       "nonce");
_Static_assert((int)SEAL_TAG == (int)crypto_aead_xchacha20poly1305_ietf_ABYTES, "tag");
_Static_assert((int)SEAL_KEY == (int)crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key");
_Static_assert((int)SEAL_SALT == (int)crypto_pwhash_argon2id_SALTBYTES, "salt");

enum {
	OPS = 2,
	MEM_KIB = 64 * 1024,
	OPS_MAX = 16,
	MEM_KIB_MIN = 8,
	MEM_KIB_MAX = 1024 * 1024,
};

static const char slot_name[] = "tern master key";

static void
start(void)
{
	if (sodium_init() < 0)
		abort();
}

void
seal_random(void *data, size_t len)
{
	start();
	randombytes_buf(data, len);
}

void
seal_sum(const void *data, size_t len, uint8_t out[32])
{
	start();
	(void)crypto_generichash(out, 32, data, len, NULL, 0);
}

void
seal_close(const struct secret *key, const char *name, const void *data, size_t len,
	   uint8_t *out)
{
	seal_random(out, SEAL_NONCE);
	unsigned long long sealed = 0;
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(
		out + SEAL_NONCE, &sealed, data, len, (const unsigned char *)name,
		strlen(name), NULL, out, key->data);
}

int
seal_open(const struct secret *key, const char *name, const uint8_t *box, size_t len,
	  struct secret *ret_secret)
{
	if (len < SEAL_EXTRA || key->len != SEAL_KEY)
		return -EBADMSG;
	start();
	struct secret secret = {0};
	uint8_t *room = secret_room(&secret, len - SEAL_EXTRA);
	unsigned long long opened = 0;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(
		    room, &opened, NULL, box + SEAL_NONCE, len - SEAL_NONCE,
		    (const unsigned char *)name, strlen(name), box, key->data) != 0) {
		secret_done(&secret);
		return -EBADMSG;
	}
	secret_move(ret_secret, &secret);
	return 0;
}

static int
derive(const struct seal_slot *slot, const struct secret *password,
       struct secret *ret_key)
{
	struct secret key = {0};
	uint8_t *room = secret_room(&key, SEAL_KEY);
	if (crypto_pwhash_argon2id(room, SEAL_KEY, secret_text(password), password->len,
				   slot->salt, slot->ops, (size_t)slot->mem_kib * 1024,
				   crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0) {
		secret_done(&key);
		return -ENOMEM;
	}
	secret_move(ret_key, &key);
	return 0;
}

int
seal_slot_make(struct seal_slot *ret_slot, const struct secret *master,
	       const struct secret *password)
{
	struct seal_slot slot = {.kind = SEAL_OPEN};
	if (!password || !password->len) {
		memcpy(slot.key, master->data, SEAL_KEY);
		*ret_slot = slot;
		mem_wipe(&slot, sizeof slot);
		return 0;
	}
	slot.kind = SEAL_PASSWORD;
	slot.ops = OPS;
	slot.mem_kib = MEM_KIB;
	seal_random(slot.salt, sizeof slot.salt);
	struct secret key = {0};
	int error = derive(&slot, password, &key);
	if (error)
		return error;
	seal_close(&key, slot_name, master->data, SEAL_KEY, slot.key);
	secret_done(&key);
	*ret_slot = slot;
	return 0;
}

bool
seal_slot_is_sane(const struct seal_slot *slot)
{
	if (slot->kind == SEAL_OPEN)
		return true;
	return slot->kind == SEAL_PASSWORD && slot->ops >= 1 && slot->ops <= OPS_MAX &&
	       slot->mem_kib >= MEM_KIB_MIN && slot->mem_kib <= MEM_KIB_MAX;
}

int
seal_slot_open(const struct seal_slot *slot, const struct secret *password,
	       struct secret *ret_master)
{
	struct secret key = {0};
	start();
	int error = derive(slot, password, &key);
	if (error)
		return error;
	error = seal_open(&key, slot_name, slot->key, sizeof slot->key, ret_master);
	secret_done(&key);
	return error ? -EACCES : 0;
}
