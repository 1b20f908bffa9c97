/*
 * SCRAM: the exchanges printed in RFC 5802 and RFC 7677, and a table of hostile
 * challenges and final messages, none of which may get further than its check.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/net/scram.h"
#include "bridge/base/mem.h"

struct vector {
	enum scram_hash hash;
	const char *nonce;
	const char *server_first;
	const char *client_final;
	const char *server_final;
};

#define NONCE_256 "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"

static const struct vector vectors[] = {
	{SCRAM_SHA1, "fyko+d2lbbFgONRv9qkxdawL",
	 "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
	 "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,"
	 "p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
	 "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="},
	{SCRAM_SHA256, "rOprNGfwEbeRWgbNEkqO",
	 "r=" NONCE_256 ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
	 "c=biws,r=" NONCE_256 ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
	 "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="},
	{SCRAM_SHA512, "rOprNGfwEbeRWgbNEkqO",
	 "r=" NONCE_256 ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
	 "c=biws,r=" NONCE_256 ",p=gMGXRcevScNtxZ6/8lQYpGtnsNAc3mGcmNomv+xnoOMw"
	 "+3R2xNJdMNnzMlTN8PPC6wdp6dybEmDYXYTxwnYPJQ==",
	 "v=ZQnYEgWQMFmmsM8aQMF0nDDCy/AgCzkwk8CmMZYcMg0v"
	 "SVlKDanekLtifDSeVGT4+5ZxXnJq199RVG2rR7N7Zw=="},
};

static void
begin(struct scram *scram, const struct vector *vector, struct buf *first)
{
	scram_begin(scram,
		    &(struct scram_start){.hash = vector->hash,
					  .user = "user",
					  .flag = 'n',
					  .nonce = vector->nonce},
		    first);
}

/* Runs VECTOR up to the final message of the client. */
static void
run(struct scram *scram, const struct vector *vector, struct buf *final)
{
	struct buf first = {0};
	struct buf password = {0};
	uint8_t salted[SCRAM_HASH_MAX];
	begin(scram, vector, &first);
	char *want = mem_printf("n,,n=user,r=%s", vector->nonce);
	assert_string_equal((char *)first.data, want);
	assert_int_equal(scram_challenge(scram, vector->server_first,
					 strlen(vector->server_first)),
			 0);
	buf_add_text(&password, "pencil");
	assert_int_equal(scram_salt(vector->hash, &password, scram->salt, scram->salt_len,
				    scram->iterations, salted),
			 0);
	assert_int_equal(scram_finish(scram, salted, final), 0);
	free(want);
	buf_done(&first);
	buf_done(&password);
}

static void
printed_exchanges_come_out_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct scram scram;
		struct buf final = {0};
		run(&scram, &vectors[i], &final);
		assert_string_equal((char *) final.data, vectors[i].client_final);
		assert_true(scram_verify(&scram, vectors[i].server_final,
					 strlen(vectors[i].server_final)));
		buf_done(&final);
		scram_done(&scram);
	}
}

static void
hostile_challenges_are_refused(void **state)
{
#define N "r=fyko+d2lbbFgONRv9qkxdawL3rfc"
	static const struct {
		const char *text;
		int rc;
	} rows[] = {
		{"", -EPROTO},
		{"garbage", -EPROTO},
		{"e=other-error", -EPROTO},
		{N, -EPROTO},
		{N ",s=QSXCR+Q6sek8bf92", -EPROTO},
		{"s=QSXCR+Q6sek8bf92,i=4096," N, -EPROTO},
		{"m=ext," N ",s=QSXCR+Q6sek8bf92,i=4096", -EPROTO},
		{"r=somethingelse,s=QSXCR+Q6sek8bf92,i=4096", -EPROTO},
		{"r=,s=QSXCR+Q6sek8bf92,i=4096", -EPROTO},
		{"r=fyko,s=QSXCR+Q6sek8bf92,i=4096", -EPROTO},
		{"r=fyko+d2lbbFgONRv9qkxdawL,s=QSXCR+Q6sek8bf92,i=4096", -EPROTO},
		{N "\x01,s=QSXCR+Q6sek8bf92,i=4096", -EPROTO},
		{N ",s=,i=4096", -EPROTO},
		{N ",s=!!!!,i=4096", -EPROTO},
		{N ",s=QSXCR+Q6sek8bf9,i=4096", -EPROTO},
		{N ",s=QSXCR+Q6sek8bf92,i=", -EPROTO},
		{N ",s=QSXCR+Q6sek8bf92,i=1", -ERANGE},
		{N ",s=QSXCR+Q6sek8bf92,i=4095", -ERANGE},
		{N ",s=QSXCR+Q6sek8bf92,i=-1", -ERANGE},
		{N ",s=QSXCR+Q6sek8bf92,i=0", -EPROTO},
		{N ",s=QSXCR+Q6sek8bf92,i=0x1000", -EPROTO},
		{N ",s=QSXCR+Q6sek8bf92,i=4096x", -EPROTO},
		{N ",s=QSXCR+Q6sek8bf92,i=1000001", -ERANGE},
		{N ",s=QSXCR+Q6sek8bf92,i=5000000", -ERANGE},
		{N ",s=QSXCR+Q6sek8bf92,i=99999999999999999999999999", -ERANGE},
	};
#undef N
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scram scram;
		struct buf first = {0};
		begin(&scram, &vectors[0], &first);
		int rc = scram_challenge(&scram, rows[i].text, strlen(rows[i].text));
		if (rc != rows[i].rc)
			fail_msg("%s: %d instead of %d", rows[i].text, rc, rows[i].rc);
		buf_done(&first);
		scram_done(&scram);
	}
}

/* Challenges made to measure: a salt of SALT_LEN bytes, a nonce of NONCE_LEN. */
static int
challenge_with(size_t salt_len, size_t nonce_len)
{
	struct scram scram;
	struct buf first = {0};
	struct buf text = {0};
	begin(&scram, &vectors[0], &first);
	buf_printf(&text, "r=%s", vectors[0].nonce);
	for (size_t i = strlen(vectors[0].nonce); i < nonce_len; i++)
		buf_add_byte(&text, 'x');
	buf_add_text(&text, ",s=");
	for (size_t i = 0; i + 3 <= salt_len; i += 3)
		buf_add_text(&text, "AAAA");
	buf_add_text(&text, salt_len % 3 == 1 ? "AA==" : salt_len % 3 == 2 ? "AAA=" : "");
	buf_add_text(&text, ",i=4096");
	int rc = scram_challenge(&scram, (char *)text.data, text.len);
	if (rc == 0)
		assert_int_equal(scram.salt_len, salt_len);
	buf_done(&text);
	buf_done(&first);
	scram_done(&scram);
	return rc;
}

static void
salt_and_nonce_have_a_largest_size(void **state)
{
	(void)state;
	assert_int_equal(challenge_with(1, 40), 0);
	assert_int_equal(challenge_with(128, 40), 0);
	assert_int_equal(challenge_with(129, 40), -ERANGE);
	assert_int_equal(challenge_with(200, 40), -ERANGE);
	assert_int_equal(challenge_with(1000000, 40), -ERANGE);
	assert_int_equal(challenge_with(16, SCRAM_NONCE_MAX), 0);
	assert_int_equal(challenge_with(16, SCRAM_NONCE_MAX + 1), -EPROTO);
}

static void
second_challenge_is_refused(void **state)
{
	struct scram scram;
	struct buf final = {0};
	(void)state;
	run(&scram, &vectors[0], &final);
	assert_int_equal(scram_challenge(&scram, vectors[0].server_first,
					 strlen(vectors[0].server_first)),
			 -EPROTO);
	buf_done(&final);
	scram_done(&scram);
}

static void
only_the_owed_signature_is_success(void **state)
{
	static const char *const rows[] = {
		"",
		"v=",
		"v",
		"v=====",
		"e=invalid-proof",
		"v=rmF9pqV8S7suAoZWja4dJRkFsK==",
		"v=AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"v=rmF9pqV8S7suAoZWja4dJRkFsKU=",
		"v=rmF9pqV8S7suAoZWja4dJRkFsKQArmF9",
		"x=1,v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
		" v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
	};
	struct scram scram;
	struct buf final = {0};
	(void)state;
	run(&scram, &vectors[0], &final);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (scram_verify(&scram, rows[i], strlen(rows[i])))
			fail_msg("taken: %s", rows[i]);
	}
	assert_true(scram_verify(&scram, "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=,x=1", 34));
	buf_done(&final);
	scram_done(&scram);
}

static void
nothing_verifies_before_our_proof(void **state)
{
	struct scram scram;
	struct buf first = {0};
	(void)state;
	begin(&scram, &vectors[0], &first);
	/* The signature of a zeroed key would be twenty zero bytes. */
	assert_false(scram_verify(&scram, "v=AAAAAAAAAAAAAAAAAAAAAAAAAAA=", 30));
	assert_false(scram_verify(&scram, vectors[0].server_final,
				  strlen(vectors[0].server_final)));
	buf_done(&first);
	scram_done(&scram);
}

static void
names_are_escaped_and_bindings_said(void **state)
{
	struct scram scram;
	struct buf first = {0}, bound = {0};
	(void)state;
	buf_add(&bound, "\x01\x02", 2);
	scram_begin(&scram,
		    &(struct scram_start){.hash = SCRAM_SHA256,
					  .user = "a=b,c",
					  .flag = 'p',
					  .binding = "tls-exporter",
					  .bound = &bound,
					  .nonce = "n"},
		    &first);
	assert_string_equal((char *)first.data, "p=tls-exporter,,n=a=3Db=2Cc,r=n");
	assert_int_equal(scram.gs2.len, strlen("p=tls-exporter,,") + 2);
	buf_done(&first);
	buf_done(&bound);
	scram_done(&scram);
}

static void
nonces_are_never_the_same(void **state)
{
	struct scram a, b;
	struct buf first = {0};
	struct scram_start start = {.hash = SCRAM_SHA1, .user = "u", .flag = 'n'};
	(void)state;
	scram_begin(&a, &start, &first);
	scram_begin(&b, &start, &first);
	assert_int_equal(strlen(a.nonce), 24);
	assert_string_not_equal(a.nonce, b.nonce);
	buf_done(&first);
	scram_done(&a);
	scram_done(&b);
}

static void
passwords_are_prepared(void **state)
{
	static const struct {
		const char *password;
		const char *prepared; /* NULL: refused */
	} rows[] = {
		{"pencil", "pencil"},
		{" sp ace ", " sp ace "},
		{"I\xc2\xadX", "IX"},	   /* soft hyphen: RFC 4013 §3, example 1 */
		{"\xc2\xaa", "a"},	   /* example 4 */
		{"\xe2\x85\xa8", "IX"},	   /* example 5 */
		{"a\xc2\xa0z", "a z"},	   /* no-break space */
		{"u\xcc\x88", "\xc3\xbc"}, /* composed */
		{"\xf0\x9f\x90\x95", "\xf0\x9f\x90\x95"},
		{"a\x07", NULL},
		{"\x7f", NULL},
		{"\xff", NULL},
		{"\xc3", NULL},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf text = {.is_secret = true};
		buf_add_text(&text, rows[i].password);
		int rc = scram_prepare(&text);
		assert_int_equal(rc, rows[i].prepared != NULL ? 0 : -EINVAL);
		if (rc == 0)
			assert_string_equal((char *)text.data, rows[i].prepared);
		buf_done(&text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(printed_exchanges_come_out_the_same),
		cmocka_unit_test(hostile_challenges_are_refused),
		cmocka_unit_test(salt_and_nonce_have_a_largest_size),
		cmocka_unit_test(second_challenge_is_refused),
		cmocka_unit_test(only_the_owed_signature_is_success),
		cmocka_unit_test(nothing_verifies_before_our_proof),
		cmocka_unit_test(names_are_escaped_and_bindings_said),
		cmocka_unit_test(nonces_are_never_the_same),
		cmocka_unit_test(passwords_are_prepared),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
