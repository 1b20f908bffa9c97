/*
 * SCRAM (RFC 5802, 7677, and -SHA-512) as a pure computation: messages in, messages out,
 * no I/O. The slow part (PBKDF2) is a step of its own so that the caller can run it on a
 * thread. Everything from the server is hostile: nonce, salt and iterations are checked
 * before any hashing, and without the server's signature there is no success.
 */
#ifndef TERN_NET_SCRAM_H
#define TERN_NET_SCRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCRAM_HASH_MAX 64
#define SCRAM_SALT_MAX 128
#define SCRAM_MIN_ITERATIONS 4096
#define SCRAM_MAX_ITERATIONS 1000000

enum scram_hash { SCRAM_SHA1, SCRAM_SHA256, SCRAM_SHA512 };

/* The salted password of one account, as secret as the password itself: keep it in locked
 * memory, wipe it when the password changes. Zero means empty. The stream fills and reads
 * it, and wipes it when the server refuses the login. */
struct scram_cache {
	bool is_set;
	enum scram_hash hash;
	uint32_t iterations;
	size_t salt_len;
	uint8_t salt[SCRAM_SALT_MAX];
	uint8_t salted[SCRAM_HASH_MAX];
};

#endif
