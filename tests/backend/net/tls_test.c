/*
 * Channel bindings: what our side computes must be what an OpenSSL server computes, on
 * TLS 1.3 (exporter) and 1.2 (exporter, unique). Servers of Debian 12 cannot show the
 * first. And which sessions are resumed.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "backend/net/tls.h"
#include "bridge/base/buf.h"
#include "bridge/base/mem.h"

struct pair {
	struct tls_shared *shared;
	struct tls *client;
	SSL_CTX *ctx;
	SSL *server;
	BIO *in;
	BIO *out;
	char ca_file[64];
};

/* A certificate for example.org signed by itself, also written to PATH. */
static X509 *
make_certificate(EVP_PKEY *key, const char *path)
{
	X509 *cert = X509_new();
	(void)X509_set_version(cert, 2);
	(void)ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	(void)X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	(void)X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_NAME *name = X509_get_subject_name(cert);
	(void)X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
					 (const unsigned char *)"test", -1, -1, 0);
	(void)X509_set_issuer_name(cert, name);
	(void)X509_set_pubkey(cert, key);
	X509_EXTENSION *names =
		X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:example.org");
	(void)X509_add_ext(cert, names, -1);
	X509_EXTENSION_free(names);
	assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(PEM_write_X509(file, cert), 1);
	assert_int_equal(fclose(file), 0);
	return cert;
}

static void
serve(struct pair *pair)
{
	pair->server = SSL_new(pair->ctx);
	pair->in = BIO_new(BIO_s_mem());
	pair->out = BIO_new(BIO_s_mem());
	SSL_set_bio(pair->server, pair->in, pair->out);
	SSL_set_accept_state(pair->server);
}

static void
pair_init(struct pair *pair, int version)
{
	(void)snprintf(pair->ca_file, sizeof(pair->ca_file), "/tmp/tern-tls-XXXXXX");
	int fd = mkstemp(pair->ca_file);
	assert_true(fd >= 0);
	(void)close(fd);
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = make_certificate(key, pair->ca_file);
	pair->ctx = SSL_CTX_new(TLS_server_method());
	(void)SSL_CTX_set_max_proto_version(pair->ctx, version);
	(void)SSL_CTX_use_certificate(pair->ctx, cert);
	(void)SSL_CTX_use_PrivateKey(pair->ctx, key);
	serve(pair);
	X509_free(cert);
	EVP_PKEY_free(key);
	pair->shared = tls_shared_new(NULL);
	assert_non_null(pair->shared);
}

static void
pair_done(struct pair *pair)
{
	tls_free(pair->client);
	tls_shared_free(pair->shared);
	SSL_free(pair->server);
	SSL_CTX_free(pair->ctx);
	(void)unlink(pair->ca_file);
}

/* Carries bytes both ways until the client is done or failed. */
static int
shake_hands(struct pair *pair)
{
	int rc = 0;
	for (int turn = 0; turn < 10 && rc == 0; turn++) {
		struct buf wire = {0};
		uint8_t back[16384];
		rc = tls_handshake(pair->client);
		tls_take(pair->client, &wire);
		if (wire.len > 0)
			(void)BIO_write(pair->in, wire.data, (int)wire.len);
		buf_done(&wire);
		(void)SSL_do_handshake(pair->server);
		int len = BIO_read(pair->out, back, sizeof(back));
		if (len > 0)
			tls_feed(pair->client, back, (size_t)len);
	}
	return rc;
}

static void
expect_exporter(struct pair *pair)
{
	uint8_t theirs[32];
	struct buf ours = {0};
	static const char label[] = "EXPORTER-Channel-Binding";
	assert_int_equal(SSL_export_keying_material(pair->server, theirs, 32, label,
						    strlen(label), NULL, 0, 0),
			 1);
	assert_int_equal(tls_bind(pair->client, TLS_BINDING_EXPORTER, &ours), 0);
	assert_int_equal(ours.len, 32);
	assert_memory_equal(ours.data, theirs, 32);
	buf_done(&ours);
}

static void
exporter_is_the_same_on_both_sides_of_tls_1_3(void **state)
{
	struct pair pair = {0};
	struct buf out = {0};
	(void)state;
	pair_init(&pair, TLS1_3_VERSION);
	assert_int_equal(
		tls_new(pair.shared, "example.org", pair.ca_file, false, &pair.client),
		0);
	assert_int_equal(shake_hands(&pair), 1);
	assert_string_equal(tls_version(pair.client), "TLSv1.3");
	expect_exporter(&pair);
	assert_false(tls_can_bind(pair.client, TLS_BINDING_UNIQUE));
	assert_int_equal(tls_bind(pair.client, TLS_BINDING_UNIQUE, &out), -ENOTSUP);
	pair_done(&pair);
}

static void
tls_1_2_binds_by_the_first_finished(void **state)
{
	struct pair pair = {0};
	struct buf ours = {0};
	uint8_t theirs[64];
	(void)state;
	pair_init(&pair, TLS1_2_VERSION);
	assert_int_equal(
		tls_new(pair.shared, "example.org", pair.ca_file, false, &pair.client),
		0);
	assert_int_equal(shake_hands(&pair), 1);
	expect_exporter(&pair);
	size_t len = SSL_get_peer_finished(pair.server, theirs, sizeof(theirs));
	assert_int_equal(tls_bind(pair.client, TLS_BINDING_UNIQUE, &ours), 0);
	assert_int_equal(ours.len, len);
	assert_memory_equal(ours.data, theirs, len);
	buf_clear(&ours);
	assert_int_equal(tls_bind(pair.client, TLS_BINDING_END_POINT, &ours), 0);
	assert_int_equal(ours.len, 32);
	buf_done(&ours);
	pair_done(&pair);
}

/* The length of the session id in the client's first message. */
static int
length_of_session_id(struct pair *pair, bool with_alpn)
{
	struct buf wire = {0};
	struct tls *client = NULL;
	assert_int_equal(
		tls_new(pair->shared, "example.org", pair->ca_file, with_alpn, &client),
		0);
	assert_int_equal(tls_handshake(client), 0);
	tls_take(client, &wire);
	assert_true(wire.len > 43);
	int len = wire.data[43]; /* record 5, message 4, version 2, random 32 */
	buf_done(&wire);
	tls_free(client);
	return len;
}

static void
only_tls_from_the_first_byte_is_dressed_up_as_an_older_one(void **state)
{
	struct pair pair = {0};
	(void)state;
	pair_init(&pair, TLS1_3_VERSION);
	assert_int_equal(length_of_session_id(&pair, true), 32);
	assert_int_equal(length_of_session_id(&pair, false), 0);
	pair_done(&pair);
}

static void
old_tls_and_other_names_are_refused(void **state)
{
	static const struct {
		int version;
		const char *domain;
		int rc;
		const char *reason;
	} rows[] = {
		{TLS1_3_VERSION, "example.com", -EKEYREJECTED, "wrong-name"},
		{TLS1_3_VERSION, "test", -EKEYREJECTED, "wrong-name"}, /* the CN */
		{TLS1_3_VERSION, "127.0.0.1", -EKEYREJECTED, "wrong-name"},
		{TLS1_1_VERSION, "example.org", -EPROTO, ""},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pair pair = {0};
		pair_init(&pair, rows[i].version);
		assert_int_equal(tls_new(pair.shared, rows[i].domain, pair.ca_file, false,
					 &pair.client),
				 0);
		assert_int_equal(shake_hands(&pair), rows[i].rc);
		assert_string_equal(tls_reason(pair.client), rows[i].reason);
		pair_done(&pair);
	}
}

/* Connects anew under KEY; whether a session was resumed. */
static bool
again(struct pair *pair, const char *key)
{
	struct buf text = {0};
	tls_free(pair->client);
	SSL_free(pair->server);
	serve(pair);
	assert_int_equal(
		tls_new(pair->shared, "example.org", pair->ca_file, false, &pair->client),
		0);
	if (key != NULL)
		tls_resume(pair->client, key);
	assert_int_equal(shake_hands(pair), 1);
	bool is_resumed = tls_is_resumed(pair->client);
	assert_int_equal(SSL_session_reused(pair->server), is_resumed);
	/* The tickets come with the first bytes that are read. */
	assert_int_equal(tls_read(pair->client, &text), 0);
	buf_done(&text);
	return is_resumed;
}

static void
a_session_is_resumed_by_who_had_it(void **state)
{
	struct pair pair = {0};
	(void)state;
	pair_init(&pair, TLS1_3_VERSION);
	assert_false(again(&pair, "alice"));
	assert_true(again(&pair, "alice"));
	assert_true(again(&pair, "alice")); /* by the ticket of the one before */
	expect_exporter(&pair);
	assert_false(again(&pair, "bob"));
	assert_false(again(&pair, NULL));
	assert_true(again(&pair, "bob"));
	pair_done(&pair);
}

static void
a_ticket_is_used_once(void **state)
{
	struct pair pair = {0};
	struct tls *lost = NULL;
	(void)state;
	pair_init(&pair, TLS1_3_VERSION);
	assert_false(again(&pair, "alice"));
	assert_int_equal(tls_new(pair.shared, "example.org", pair.ca_file, false, &lost),
			 0);
	tls_resume(lost, "alice");
	tls_free(lost); /* the link broke */
	assert_false(again(&pair, "alice"));
	pair_done(&pair);
}

static void
a_server_that_forgot_is_proven_anew(void **state)
{
	struct pair pair = {0};
	uint8_t keys[80] = {1};
	(void)state;
	pair_init(&pair, TLS1_3_VERSION);
	assert_false(again(&pair, "alice"));
	assert_int_equal(SSL_CTX_set_tlsext_ticket_keys(pair.ctx, keys, sizeof keys), 1);
	assert_false(again(&pair, "alice"));
	assert_true(again(&pair, "alice"));
	pair_done(&pair);
}

static void
tls_1_2_is_not_resumed(void **state)
{
	struct pair pair = {0};
	(void)state;
	pair_init(&pair, TLS1_2_VERSION);
	assert_false(again(&pair, "alice"));
	assert_false(again(&pair, "alice"));
	pair_done(&pair);
}

/* Both ways, since what is empty again after it is made anew. */
static void
a_burst_is_followed_by_more(void **state)
{
	enum { BURST = 300 * 1000 };
	struct pair pair = {0};
	struct buf sent = {0};
	struct buf wire = {0};
	struct buf got = {0};
	(void)state;
	pair_init(&pair, TLS1_3_VERSION);
	assert_false(again(&pair, "alice"));
	memset(buf_room(&sent, BURST), 'x', BURST);
	sent.len = BURST;
	for (int i = 0; i < 3; i++) {
		char *room = mem_alloc(2 * BURST);
		assert_int_equal(SSL_write(pair.server, sent.data, BURST), BURST);
		int len = BIO_read(pair.out, room, 2 * BURST);
		tls_feed(pair.client, room, (size_t)len / 2);
		assert_int_equal(tls_read(pair.client, &got), 0);
		tls_feed(pair.client, room + len / 2, (size_t)(len - len / 2));
		assert_int_equal(tls_read(pair.client, &got), 0);
		assert_int_equal(got.len, BURST);
		assert_memory_equal(got.data, sent.data, BURST);
		buf_clear(&got);

		assert_int_equal(tls_write(pair.client, sent.data, BURST), 0);
		tls_take(pair.client, &wire);
		assert_true(BIO_write(pair.in, wire.data, (int)wire.len) > BURST);
		buf_clear(&wire);
		for (int left = BURST; left > 0; left -= len) {
			len = SSL_read(pair.server, room, 2 * BURST);
			assert_true(len > 0);
		}
		free(room);
	}
	buf_done(&sent);
	buf_done(&wire);
	buf_done(&got);
	pair_done(&pair);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exporter_is_the_same_on_both_sides_of_tls_1_3),
		cmocka_unit_test(tls_1_2_binds_by_the_first_finished),
		cmocka_unit_test(
			only_tls_from_the_first_byte_is_dressed_up_as_an_older_one),
		cmocka_unit_test(old_tls_and_other_names_are_refused),
		cmocka_unit_test(a_session_is_resumed_by_who_had_it),
		cmocka_unit_test(a_ticket_is_used_once),
		cmocka_unit_test(a_server_that_forgot_is_proven_anew),
		cmocka_unit_test(tls_1_2_is_not_resumed),
		cmocka_unit_test(a_burst_is_followed_by_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
