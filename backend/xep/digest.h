/*
 * Digests that XEPs name, from OpenSSL: the one file of the modules that knows it.
 */
#ifndef TERN_XEP_DIGEST_H
#define TERN_XEP_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_SHA1_SIZE 20

/* SHA-1 of the LEN bytes at DATA. Not for anything that must withstand collisions. */
void digest_sha1(const void *data, size_t len, uint8_t ret_digest[DIGEST_SHA1_SIZE]);

#endif
