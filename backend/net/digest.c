/*
 * Digests over OpenSSL's EVP. It fails only if the library was built without the
 * algorithm, which is our own mistake: abort.
 */
#include "backend/net/digest.h"

#include <stdlib.h>

#include <openssl/evp.h>

void
digest_sha1(const void *data, size_t len, uint8_t ret_digest[DIGEST_SHA1_LEN])
{
	if (EVP_Digest(data, len, ret_digest, NULL, EVP_sha1(), NULL) != 1)
		abort();
}
