/*
 * OpenSSL over two memory BIOs. The certificate is checked by OpenSSL itself during the
 * handshake (chain, dates, name); the verify callback only writes down why it failed,
 * since the certificate is gone afterwards.
 */
#include "backend/net/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <utlist.h>

#include "bridge/base/log.h"
#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"

#define SYSTEM_CA_FOLDER "/etc/ssl/certs"
#define DETAIL_MAX 200
#define NAMES_SHOWN 3
#define ROOM_KEPT 32768 /* bytes of an empty BIO, which does not shrink by itself */
#define TICKET_MAX 16384
#define TICKET_SECONDS 3600 /* the certificate is not looked at again for so long */

/* A session that may be resumed once; as bytes, since OpenSSL's form of it holds parsed
 * certificates. */
struct ticket {
	char *key;
	struct buf der;
	struct ticket *next;
};

struct tls_shared {
	SSL_CTX *ctx;
	struct ticket *tickets; /* one a key */
};

struct tls {
	struct tls_shared *shared;
	SSL *ssl;
	BIO *in;   /* owned by ssl */
	BIO *out;  /* owned by ssl */
	char *key; /* of tls_resume, or NULL */
	const char *reason;
	char *detail;
};

static const unsigned char alpn[] = "\x0bxmpp-client";

/* -------------------------------------------------------- why a certificate is refused
 */

static void
add_names(struct buf *out, GENERAL_NAMES *names)
{
	int shown = 0;
	for (int i = 0; i < sk_GENERAL_NAME_num(names) && shown < NAMES_SHOWN; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		if (name->type != GEN_DNS)
			continue;
		const unsigned char *text = ASN1_STRING_get0_data(name->d.dNSName);
		int len = ASN1_STRING_length(name->d.dNSName);
		buf_add_text(out, shown++ == 0 ? "it is for " : ", ");
		buf_add(out, text, len > 80 ? 80 : (size_t)len);
	}
}

/* Whether the certificate has no dNSName at all; else says which it has. */
static bool
names_nothing(X509 *cert, struct buf *out)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	if (names != NULL)
		add_names(out, names);
	GENERAL_NAMES_free(names);
	return out->len == 0;
}

static void
add_date(struct buf *out, const char *word, const ASN1_TIME *time)
{
	struct tm when;
	if (time != NULL && ASN1_TIME_to_tm(time, &when) == 1)
		buf_printf(out, "%s %04d-%02d-%02d", word, when.tm_year + 1900,
			   when.tm_mon + 1, when.tm_mday);
}

static void
add_issuer(struct buf *out, X509 *cert)
{
	char name[128];
	int len = X509_NAME_get_text_by_NID(X509_get_issuer_name(cert), NID_commonName,
					    name, sizeof(name));
	if (len > 0)
		buf_printf(out, "issuer %s", name);
}

static const char *
explain(int error, X509 *cert, struct buf *out)
{
	switch (error) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		add_date(out, "on", X509_get0_notAfter(cert));
		return "expired";
	case X509_V_ERR_CERT_NOT_YET_VALID:
		add_date(out, "from", X509_get0_notBefore(cert));
		return "not-yet-valid";
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		return names_nothing(cert, out) ? "no-name" : "wrong-name";
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		return "self-signed";
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		add_issuer(out, cert);
		return "unknown-issuer";
	case X509_V_ERR_CERT_REVOKED:
		return "revoked";
	default:
		buf_add_text(out, X509_verify_cert_error_string(error));
		return "other";
	}
}

static void
set_detail(struct tls *tls, struct buf *text)
{
	char *raw = buf_take_text(text);
	free(tls->detail);
	tls->detail = clean_text(raw, CLEAN_LINE, DETAIL_MAX);
	free(raw);
}

static int
on_verify(int is_good, X509_STORE_CTX *context)
{
	if (is_good)
		return 1;
	SSL *ssl =
		X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls *tls = SSL_get_app_data(ssl);
	X509 *cert = X509_STORE_CTX_get_current_cert(context);
	struct buf text = {0};
	tls->reason = "other";
	if (cert != NULL)
		tls->reason = explain(X509_STORE_CTX_get_error(context), cert, &text);
	set_detail(tls, &text);
	return 0;
}

/* ------------------------------------------------------------------- sessions to resume
 */

static void
ticket_free(struct ticket *ticket)
{
	free(ticket->key);
	buf_done(&ticket->der);
	free(ticket);
}

/* The ticket for KEY, now the caller's, or NULL. */
static struct ticket *
take_ticket(struct tls_shared *shared, const char *key)
{
	struct ticket *ticket;
	LL_FOREACH (shared->tickets, ticket) {
		if (strcmp(ticket->key, key) == 0) {
			LL_DELETE(shared->tickets, ticket);
			break;
		}
	}
	return ticket;
}

/* A server that was proven gave SESSION, which stays OpenSSL's. */
static int
on_new_session(SSL *ssl, SSL_SESSION *session)
{
	struct tls *tls = SSL_get_app_data(ssl);
	int len = i2d_SSL_SESSION(session, NULL);
	/* TLS 1.2 has no fresh key exchange in a resumption, nor are its bindings safe.
	 */
	if (tls->key == NULL || len <= 0 || len > TICKET_MAX ||
	    SSL_SESSION_get_protocol_version(session) < TLS1_3_VERSION)
		return 0;
	struct ticket *ticket = take_ticket(tls->shared, tls->key);
	if (ticket == NULL) {
		ticket = mem_alloc(sizeof(*ticket));
		ticket->key = mem_strdup(tls->key);
		ticket->der.is_secret = true;
	}
	buf_clear(&ticket->der);
	uint8_t *to = buf_room(&ticket->der, (size_t)len);
	ticket->der.len = (size_t)i2d_SSL_SESSION(session, &to);
	LL_PREPEND(tls->shared->tickets, ticket);
	return 0;
}

/* Whether what was proven when SESSION began may still be taken as proven. */
static bool
is_fresh(SSL_SESSION *session)
{
	X509 *cert = SSL_SESSION_get0_peer(session);
	int64_t age = (int64_t)time(NULL) - SSL_SESSION_get_time(session);
	return age >= 0 && age < TICKET_SECONDS && SSL_SESSION_is_resumable(session) &&
	       cert != NULL && X509_cmp_current_time(X509_get0_notAfter(cert)) > 0;
}

/* -------------------------------------------------------------------------- the context
 */

struct tls_shared *
tls_shared_new(const char *ca_folder)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	if (ctx == NULL ||
	    SSL_CTX_load_verify_dir(ctx, ca_folder != NULL ? ca_folder
							   : SYSTEM_CA_FOLDER) != 1) {
		log_error("tls", "event=init-failed");
		SSL_CTX_free(ctx);
		return NULL;
	}
	(void)SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	(void)SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
					       SSL_OP_NO_TICKET);
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT |
							  SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx, on_new_session);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, on_verify);
	struct tls_shared *shared = mem_alloc(sizeof(*shared));
	shared->ctx = ctx;
	return shared;
}

void
tls_shared_free(struct tls_shared *shared)
{
	struct ticket *ticket, *next;
	if (shared == NULL)
		return;
	LL_FOREACH_SAFE (shared->tickets, ticket, next)
		ticket_free(ticket);
	SSL_CTX_free(shared->ctx);
	free(shared);
}

/* The store of a CA file, which may also hold the server's own certificate. */
static int
use_ca_file(SSL *ssl, const char *ca_file)
{
	X509_STORE *store = X509_STORE_new();
	if (store == NULL)
		return -EIO;
	if (X509_STORE_load_file(store, ca_file) != 1) {
		X509_STORE_free(store);
		return -ENOENT;
	}
	(void)X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
	int ok = SSL_set1_verify_cert_store(ssl, store);
	X509_STORE_free(store);
	return ok == 1 ? 0 : -EIO;
}

/* What the certificate must name; a server name is announced for names only. */
static bool
expect_name(SSL *ssl, const char *domain)
{
	struct in6_addr ignored;
	char bare[INET6_ADDRSTRLEN + 2] = {0};
	size_t len = strlen(domain);
	if (domain[0] == '[' && len > 2 && len < sizeof(bare)) {
		memcpy(bare, domain + 1, len - 2);
		domain = bare;
	}
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
	X509_VERIFY_PARAM_set_hostflags(param,
					X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
						X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (inet_pton(AF_INET, domain, &ignored) == 1 ||
	    inet_pton(AF_INET6, domain, &ignored) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(param, domain) == 1;
	return SSL_set1_host(ssl, domain) == 1 &&
	       SSL_set_tlsext_host_name(ssl, domain) == 1;
}

int
tls_new(struct tls_shared *shared, const char *domain, const char *ca_file,
	bool with_alpn, struct tls **ret_tls)
{
	struct tls *tls = mem_alloc(sizeof(*tls));
	int rc = -EIO;
	ERR_clear_error();
	tls->reason = "";
	tls->shared = shared;
	tls->ssl = SSL_new(shared->ctx);
	tls->in = BIO_new(BIO_s_mem());
	tls->out = BIO_new(BIO_s_mem());
	if (tls->ssl == NULL || tls->in == NULL || tls->out == NULL)
		abort();
	SSL_set_bio(tls->ssl, tls->in, tls->out);
	(void)BIO_set_mem_eof_return(tls->in, -1);
	(void)SSL_set_app_data(tls->ssl, tls);
	SSL_set_connect_state(tls->ssl);
	if (!expect_name(tls->ssl, domain))
		goto fail;
	/* Looking like TLS 1.2 (RFC 8446 appendix D.4) is for boxes that watch ports of
	 * TLS; behind STARTTLS it only costs bytes. */
	if (!with_alpn)
		(void)SSL_clear_options(tls->ssl, SSL_OP_ENABLE_MIDDLEBOX_COMPAT);
	if (with_alpn && SSL_set_alpn_protos(tls->ssl, alpn, sizeof(alpn) - 1) != 0)
		goto fail;
	rc = ca_file != NULL ? use_ca_file(tls->ssl, ca_file) : 0;
	if (rc < 0)
		goto fail;
	*ret_tls = tls;
	return 0;
fail:
	tls_free(tls);
	return rc;
}

void
tls_resume(struct tls *tls, const char *key)
{
	tls->key = mem_strdup(key);
	struct ticket *ticket = take_ticket(tls->shared, key);
	if (ticket == NULL)
		return;
	const unsigned char *from = ticket->der.data;
	SSL_SESSION *session = d2i_SSL_SESSION(NULL, &from, (long)ticket->der.len);
	if (session != NULL && is_fresh(session))
		(void)SSL_set_session(tls->ssl, session);
	SSL_SESSION_free(session);
	ticket_free(ticket);
	ERR_clear_error();
}

bool
tls_is_resumed(const struct tls *tls)
{
	return SSL_session_reused(tls->ssl) == 1;
}

void
tls_free(struct tls *tls)
{
	if (tls == NULL)
		return;
	SSL_free(tls->ssl);
	free(tls->key);
	free(tls->detail);
	free(tls);
}

/* ---------------------------------------------------------------------------- the bytes
 */

void
tls_feed(struct tls *tls, const void *data, size_t len)
{
	if (len > 0 && BIO_write(tls->in, data, (int)len) != (int)len)
		abort(); /* a memory BIO fails only without memory */
}

/* The library's own word for what broke; empties its queue of errors. */
static void
note_error(struct tls *tls)
{
	struct buf text = {0};
	unsigned long error = ERR_peek_last_error();
	const char *why = error != 0 ? ERR_reason_error_string(error) : NULL;
	if (why != NULL && tls->reason[0] == '\0') {
		buf_add_text(&text, why);
		set_detail(tls, &text);
	}
	ERR_clear_error();
}

int
tls_handshake(struct tls *tls)
{
	ERR_clear_error();
	int rc = SSL_do_handshake(tls->ssl);
	if (rc == 1)
		return SSL_get_verify_result(tls->ssl) == X509_V_OK ? 1 : -EKEYREJECTED;
	if (SSL_get_error(tls->ssl, rc) == SSL_ERROR_WANT_READ)
		return 0;
	note_error(tls);
	return tls->reason[0] != '\0' ? -EKEYREJECTED : -EPROTO;
}

/* A fresh BIO in place of BIO if a burst made that large, and all of it was read. */
static BIO *
fresh_bio(BIO *bio)
{
	BUF_MEM *memory = NULL;
	if (BIO_ctrl_pending(bio) > 0 || BIO_get_mem_ptr(bio, &memory) != 1 ||
	    memory->max <= ROOM_KEPT)
		return NULL;
	BIO *fresh = BIO_new(BIO_s_mem());
	if (fresh != NULL)
		(void)BIO_set_mem_eof_return(fresh, -1);
	return fresh;
}

int
tls_read(struct tls *tls, struct buf *out)
{
	for (;;) {
		ERR_clear_error();
		/* One record at most, so that the room is used. */
		size_t room = SSL3_RT_MAX_PLAIN_LENGTH;
		if (BIO_ctrl_pending(tls->in) == 0 && SSL_pending(tls->ssl) == 0) {
			BIO *fresh = fresh_bio(tls->in);
			if (fresh != NULL)
				SSL_set0_rbio(tls->ssl, tls->in = fresh);
			return 0;
		}
		uint8_t *to = buf_room(out, room);
		int rc = SSL_read(tls->ssl, to, (int)room);
		if (rc > 0) {
			out->len += (size_t)rc;
			continue;
		}
		int error = SSL_get_error(tls->ssl, rc);
		if (error == SSL_ERROR_WANT_READ)
			return 0;
		if (error == SSL_ERROR_ZERO_RETURN)
			return -ECONNRESET;
		note_error(tls);
		return -EPROTO;
	}
}

int
tls_write(struct tls *tls, const void *data, size_t len)
{
	ERR_clear_error();
	if (len > 0 && SSL_write(tls->ssl, data, (int)len) != (int)len) {
		note_error(tls);
		return -EPROTO;
	}
	return 0;
}

void
tls_take(struct tls *tls, struct buf *out)
{
	size_t len = BIO_ctrl_pending(tls->out);
	if (len == 0)
		return;
	uint8_t *to = buf_room(out, len);
	int got = BIO_read(tls->out, to, (int)len);
	if (got > 0)
		out->len += (size_t)got;
	BIO *fresh = fresh_bio(tls->out);
	if (fresh != NULL)
		SSL_set0_wbio(tls->ssl, tls->out = fresh);
}

void
tls_goodbye(struct tls *tls)
{
	ERR_clear_error();
	(void)SSL_shutdown(tls->ssl);
	ERR_clear_error();
}

/* ---------------------------------------------------------------------------- its facts
 */

const char *
tls_reason(const struct tls *tls)
{
	return tls->reason;
}

const char *
tls_detail(const struct tls *tls)
{
	return tls->detail != NULL ? tls->detail : "";
}

const char *
tls_version(const struct tls *tls)
{
	return SSL_get_version(tls->ssl);
}

const char *
tls_cipher(const struct tls *tls)
{
	return SSL_get_cipher_name(tls->ssl);
}

bool
tls_can_bind(const struct tls *tls, enum tls_binding kind)
{
	bool is_13 = SSL_version(tls->ssl) >= TLS1_3_VERSION;
	/* RFC 9266 §4: the exporter on 1.2 is safe only with extended master secret. */
	if (kind == TLS_BINDING_EXPORTER)
		return is_13 || SSL_get_extms_support(tls->ssl) == 1;
	return !is_13;
}

static int
bind_end_point(const struct tls *tls, struct buf *out)
{
	X509 *cert = SSL_get0_peer_certificate(tls->ssl);
	int digest_nid = NID_undef;
	uint8_t hash[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	if (cert == NULL ||
	    OBJ_find_sigid_algs(X509_get_signature_nid(cert), &digest_nid, NULL) != 1)
		return -ENOTSUP;
	/* RFC 5929 §4.1: MD5 and SHA-1 are replaced by SHA-256. */
	if (digest_nid == NID_md5 || digest_nid == NID_sha1)
		digest_nid = NID_sha256;
	const EVP_MD *digest = EVP_get_digestbynid(digest_nid);
	if (digest == NULL || X509_digest(cert, digest, hash, &len) != 1)
		return -ENOTSUP;
	buf_add(out, hash, len);
	return 0;
}

int
tls_bind(const struct tls *tls, enum tls_binding kind, struct buf *out)
{
	uint8_t data[EVP_MAX_MD_SIZE];
	static const char label[] = "EXPORTER-Channel-Binding";
	if (!tls_can_bind(tls, kind))
		return -ENOTSUP;
	if (kind == TLS_BINDING_END_POINT)
		return bind_end_point(tls, out);
	if (kind == TLS_BINDING_EXPORTER) {
		if (SSL_export_keying_material(tls->ssl, data, 32, label,
					       sizeof(label) - 1, NULL, 0, 0) != 1)
			return -ENOTSUP;
		buf_add(out, data, 32);
		return 0;
	}
	/* RFC 5929 §3: the first Finished, which in a full handshake is the client's. */
	if (SSL_session_reused(tls->ssl))
		return -ENOTSUP;
	size_t len = SSL_get_finished(tls->ssl, data, sizeof(data));
	if (len == 0 || len > sizeof(data))
		return -ENOTSUP;
	buf_add(out, data, len);
	return 0;
}
