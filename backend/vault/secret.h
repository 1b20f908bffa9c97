/*
 * Bytes that nobody else may see: kept in locked memory that no core dump shows, between
 * guard pages, and wiped at the end. The only way in which passwords and keys travel
 * inside a session process. Zero-initialise to begin; copying the struct does not copy
 * the bytes.
 */
#ifndef TERN_VAULT_SECRET_H
#define TERN_VAULT_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct secret {
	uint8_t *data; /* LEN bytes and a NUL behind them; NULL while empty */
	size_t len;
};

/* Replaces what SECRET holds by a copy of LEN bytes; DATA stays the caller's to wipe. */
void secret_set(struct secret *secret, const void *data, size_t len);

/* The same with the bytes of a string. */
void secret_set_text(struct secret *secret, const char *text);

/* Replaces it by LEN zero bytes to be filled in, aligned for any type. */
uint8_t *secret_room(struct secret *secret, size_t len);

/* Gives what FROM holds to TO (whose own is wiped); FROM is empty afterwards. */
void secret_move(struct secret *to, struct secret *from);

/* The bytes as a string, "" while empty; borrowed. */
const char *secret_text(const struct secret *secret);

/* Whether both hold the same bytes, in constant time. */
bool secret_is_equal(const struct secret *one, const struct secret *other);

/* Wipes and frees; SECRET is empty afterwards. NULL is fine. */
void secret_done(struct secret *secret);

#endif
