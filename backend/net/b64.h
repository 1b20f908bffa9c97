/*
 * Base64 (RFC 4648 §4) for SASL: strict, because what a server sends decides over a
 * login.
 */
#ifndef TERN_NET_B64_H
#define TERN_NET_B64_H

#include <stddef.h>

#include "bridge/base/buf.h"

/* Appends the LEN bytes at DATA as padded base64 to OUT. */
void b64_encode(struct buf *out, const void *data, size_t len);

/* Appends what the LEN characters at TEXT mean to OUT. 0, or -EINVAL (OUT untouched) for
 * a foreign character, a wrong length, missing padding or bits that mean nothing. */
int b64_decode(struct buf *out, const char *text, size_t len);

#endif
