/*
 * TLS as a filter over memory: bytes from the socket in, bytes for the socket out, plain
 * text on the other side. It does no I/O and proves the server against the account's
 * domain. With scram.c the only file that knows OpenSSL.
 */
#ifndef TERN_NET_TLS_H
#define TERN_NET_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "bridge/base/buf.h"

struct tls;
struct tls_shared; /* an SSL_CTX */

enum tls_binding { TLS_BINDING_EXPORTER, TLS_BINDING_UNIQUE, TLS_BINDING_END_POINT };

/* The context of a process: TLS 1.2 or newer, CA certificates from CA_FOLDER (hashed
 * names; NULL: the system's) read as they are needed. NULL on failure (logged). */
struct tls_shared *tls_shared_new(const char *ca_folder);

/* Frees it; NULL is fine. */
void tls_shared_free(struct tls_shared *shared);

/* A client for DOMAIN (A-labels or an IP address), which the certificate must name in its
 * subjectAltName. CA_FILE (NULL: none) replaces the shared CA certificates. WITH_ALPN
 * is for TLS from the first byte (XEP-0368) and offers "xmpp-client". -ENOENT if CA_FILE
 * cannot be used, -EIO otherwise. */
int tls_new(struct tls_shared *shared, const char *domain, const char *ca_file,
	    bool with_alpn, struct tls **ret_tls);

/* Before the handshake: goes on with the TLS 1.3 session that an earlier client under KEY
 * was given by the server, at most once and an hour long, and keeps the next one. KEY
 * names all on which the proof of the server depends, and whose connection it is. A
 * server that will not go on is proven anew by its certificate. */
void tls_resume(struct tls *tls, const char *key);

/* After the handshake: whether the server went on with it, and so sent no certificate. */
bool tls_is_resumed(const struct tls *tls);

/* Frees it; NULL is fine. */
void tls_free(struct tls *tls);

/* Bytes from the socket. */
void tls_feed(struct tls *tls, const void *data, size_t len);

/* Goes on with the handshake. 1: done and the server proven; 0: more bytes are needed;
 * -EKEYREJECTED: the certificate is refused (tls_reason); -EPROTO: it broke. */
int tls_handshake(struct tls *tls);

/* Appends what was decrypted to OUT. 0; -ECONNRESET after the other side's close_notify
 * (what came before it is in OUT); -EPROTO. */
int tls_read(struct tls *tls, struct buf *out);

/* Encrypts LEN bytes. 0 or -EPROTO. */
int tls_write(struct tls *tls, const void *data, size_t len);

/* Moves the bytes for the socket to OUT. */
void tls_take(struct tls *tls, struct buf *out);

/* Says goodbye (close_notify), to be taken by tls_take. */
void tls_goodbye(struct tls *tls);

/* After -EKEYREJECTED the word of fault.c for the reason ("expired" …); else "". */
const char *tls_reason(const struct tls *tls);

/* What is known beyond that, for people: a date, the names in the certificate, the alert
 * of the other side. "" for nothing. */
const char *tls_detail(const struct tls *tls);

/* "TLSv1.3" and the cipher's name. */
const char *tls_version(const struct tls *tls);
const char *tls_cipher(const struct tls *tls);

/* Whether this connection can give a binding of KIND (RFC 5929, RFC 9266). */
bool tls_can_bind(const struct tls *tls, enum tls_binding kind);

/* Appends the channel binding data to OUT. 0 or -ENOTSUP. */
int tls_bind(const struct tls *tls, enum tls_binding kind, struct buf *out);

#endif
