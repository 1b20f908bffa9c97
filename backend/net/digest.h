/*
 * Message digests for XEPs that need one; with tls.c and scram.c the only files that know
 * OpenSSL.
 */
#ifndef TERN_NET_DIGEST_H
#define TERN_NET_DIGEST_H

#include <stddef.h>
#include <stdint.h>

enum { DIGEST_SHA1_LEN = 20 };

/* SHA-1 of LEN bytes, for what a XEP fixes to it (XEP-0115); never for security. */
void digest_sha1(const void *data, size_t len, uint8_t ret_digest[DIGEST_SHA1_LEN]);

#endif
