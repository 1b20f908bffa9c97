/*
 * SCRAM (RFC 5802, RFC 7677, and with SHA-512) as a pure computation: messages in,
 * messages out, no I/O. The slow part (PBKDF2) is a function of its own so that the
 * caller can run it on a thread. Everything from the server is hostile: nonce, salt and
 * iterations are checked before any hashing, and without the server's signature there is
 * no success.
 */
#ifndef TERN_NET_SCRAM_H
#define TERN_NET_SCRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge/base/buf.h"

#define SCRAM_HASH_MAX 64
#define SCRAM_SALT_MAX 128
#define SCRAM_NONCE_MAX 512
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

/* How an exchange begins. */
struct scram_start {
	enum scram_hash hash;
	const char *user;	 /* the local part, UTF-8 */
	char flag;		 /* 'n', 'y', or 'p' with the two below (RFC 5802 §6) */
	const char *binding;	 /* "tls-exporter" …; only with 'p' */
	const struct buf *bound; /* channel binding data; only with 'p' */
	const char *nonce;	 /* printable, no comma; NULL: 18 random bytes */
	uint32_t max_iterations; /* 0: SCRAM_MAX_ITERATIONS */
};

/* One exchange. The fields are read by the caller, written by scram.c alone. */
struct scram {
	enum scram_hash hash;
	uint32_t max_iterations;
	struct buf gs2;	       /* "n,,", "y,," or "p=…,,", then the binding data */
	struct buf first_bare; /* client-first-message-bare */
	struct buf server_first;
	char *nonce;	 /* ours, then the whole one */
	size_t salt_len; /* from scram_challenge on: what to salt with */
	uint8_t salt[SCRAM_SALT_MAX];
	uint32_t iterations;
	uint8_t signature[SCRAM_HASH_MAX]; /* what the server must answer */
	bool has_signature;
};

/* Begins an exchange and appends the client's first message to OUT. */
void scram_begin(struct scram *scram, const struct scram_start *start, struct buf *out);

/* Reads the server's first message. 0; -EPROTO if it is malformed or the nonce is not an
 * extension of ours; -ERANGE if salt or iterations are outside the limits. */
int scram_challenge(struct scram *scram, const char *text, size_t len);

/* Hi() of RFC 5802 §2.2: the salted password of PASSWORD (normalised, LEN bytes). Slow;
 * touches nothing shared, so any thread may run it. 0 or -EIO. */
int scram_salt(enum scram_hash hash, const struct buf *password, const uint8_t *salt,
	       size_t salt_len, uint32_t iterations, uint8_t ret_salted[SCRAM_HASH_MAX]);

/* Appends the client's final message to OUT and remembers the signature that the server
 * owes. 0, or -EIO from the crypto library. */
int scram_finish(struct scram *scram, const uint8_t salted[SCRAM_HASH_MAX],
		 struct buf *out);

/* Whether the server's final message carries the signature that is owed. False as well
 * for an empty or malformed one, and before scram_finish. */
bool scram_verify(const struct scram *scram, const char *text, size_t len);

/* Wipes and frees what the exchange holds. */
void scram_done(struct scram *scram);

/* Length of HASH in bytes. */
size_t scram_hash_len(enum scram_hash hash);

/* SASLprep (RFC 4013) in place, near enough: NFKC, other spaces to SPACE, invisible ones
 * dropped. ASCII stays as it is. 0, or -EINVAL for bad UTF-8 or control characters. */
int scram_prepare(struct buf *password);

#endif
