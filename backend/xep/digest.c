/*
 * Digests through OpenSSL's EVP, which cannot fail here but for want of memory.
 */
#include "backend/xep/digest.h"

#include <stdlib.h>

#include <openssl/evp.h>

void
digest_sha1(const void *data, size_t len, uint8_t ret_digest[DIGEST_SHA1_SIZE])
{
	unsigned size = 0;
	if (EVP_Digest(data, len, ret_digest, &size, EVP_sha1(), NULL) != 1 ||
	    size != DIGEST_SHA1_SIZE)
		abort();
}
