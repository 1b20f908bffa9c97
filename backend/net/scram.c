/*
 * SCRAM on OpenSSL. The order of checks is the point: nothing of a challenge is used
 * before its nonce, salt and iteration count passed, and success is a comparison in
 * constant time.
 */
#include "backend/net/scram.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <utf8proc.h>

#include "backend/net/b64.h"
#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"

#define NONCE_BYTES 18
#define PASSWORD_MAX 4096

static const EVP_MD *
digest(enum scram_hash hash)
{
	static const EVP_MD *(*const digests[])(void) = {
		[SCRAM_SHA1] = EVP_sha1,
		[SCRAM_SHA256] = EVP_sha256,
		[SCRAM_SHA512] = EVP_sha512,
	};
	return digests[hash]();
}

size_t
scram_hash_len(enum scram_hash hash)
{
	static const size_t lengths[] = {
		[SCRAM_SHA1] = 20,
		[SCRAM_SHA256] = 32,
		[SCRAM_SHA512] = 64,
	};
	return lengths[hash];
}

/* RFC 5802 §5.1 saslname: "," and "=" are written as "=2C" and "=3D". */
static void
add_saslname(struct buf *out, const char *name)
{
	for (const char *p = name; *p != '\0'; p++) {
		if (*p == ',')
			buf_add_text(out, "=2C");
		else if (*p == '=')
			buf_add_text(out, "=3D");
		else
			buf_add_byte(out, (uint8_t)*p);
	}
}

static char *
random_nonce(void)
{
	uint8_t bytes[NONCE_BYTES];
	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		abort();
	struct buf text = {0};
	b64_encode(&text, bytes, sizeof(bytes));
	return buf_take_text(&text);
}

void
scram_begin(struct scram *scram, const struct scram_start *start, struct buf *out)
{
	*scram = (struct scram){
		.hash = start->hash,
		.max_iterations = start->max_iterations != 0 ? start->max_iterations
							     : SCRAM_MAX_ITERATIONS,
		.nonce = start->nonce != NULL ? mem_strdup(start->nonce) : random_nonce(),
	};
	if (start->flag == 'p')
		buf_printf(&scram->gs2, "p=%s,,", start->binding);
	else
		buf_printf(&scram->gs2, "%c,,", start->flag);
	buf_add_text(&scram->first_bare, "n=");
	add_saslname(&scram->first_bare, start->user);
	buf_printf(&scram->first_bare, ",r=%s", scram->nonce);

	buf_add(out, scram->gs2.data, scram->gs2.len);
	buf_add(out, scram->first_bare.data, scram->first_bare.len);
	if (start->flag == 'p')
		buf_add(&scram->gs2, start->bound->data, start->bound->len);
}

/* One "k=value" at the front of *TEXT, up to a comma or the end; moves on behind it. */
static bool
take_attribute(const char **text, const char *end, char key, const char **ret_value,
	       size_t *ret_len)
{
	const char *p = *text;
	if (end - p < 2 || p[0] != key || p[1] != '=')
		return false;
	p += 2;
	const char *comma = memchr(p, ',', (size_t)(end - p));
	*ret_value = p;
	*ret_len = (size_t)((comma != NULL ? comma : end) - p);
	*text = comma != NULL ? comma + 1 : end;
	return true;
}

/* RFC 5802 §5.1: the server's nonce begins with ours and adds to it. */
static bool
nonce_is_ours(const char *ours, const char *nonce, size_t len)
{
	size_t mine = strlen(ours);
	if (len <= mine || len > SCRAM_NONCE_MAX || memcmp(nonce, ours, mine) != 0)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (nonce[i] < 0x21 || nonce[i] > 0x7e)
			return false;
	}
	return true;
}

static int
read_iterations(const struct scram *scram, const char *text, size_t len,
		uint32_t *ret_count)
{
	if (len == 0 || text[0] == '0')
		return -EPROTO;
	uint64_t count = 0;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '-' && i == 0)
			return -ERANGE;
		if (text[i] < '0' || text[i] > '9')
			return -EPROTO;
		count = count * 10 + (uint64_t)(text[i] - '0');
		if (count > scram->max_iterations)
			return -ERANGE;
	}
	if (count < SCRAM_MIN_ITERATIONS)
		return -ERANGE;
	*ret_count = (uint32_t)count;
	return 0;
}

static int
read_salt(struct scram *scram, const char *text, size_t len)
{
	if (len > (SCRAM_SALT_MAX + 2) / 3 * 4)
		return -ERANGE;
	struct buf salt = {0};
	int rc = b64_decode(&salt, text, len) < 0 || salt.len == 0 ? -EPROTO : 0;
	if (rc == 0 && salt.len > SCRAM_SALT_MAX)
		rc = -ERANGE;
	if (rc == 0) {
		memcpy(scram->salt, salt.data, salt.len);
		scram->salt_len = salt.len;
	}
	buf_done(&salt);
	return rc;
}

int
scram_challenge(struct scram *scram, const char *text, size_t len)
{
	const char *p = text;
	const char *end = text + len;
	const char *nonce, *salt, *count;
	size_t nonce_len, salt_len, count_len;
	/* "m=" (a mandatory extension) stands first and fails here, as RFC 5802 wants. */
	if (scram->server_first.len > 0 || memchr(text, '\0', len) != NULL ||
	    !take_attribute(&p, end, 'r', &nonce, &nonce_len) ||
	    !take_attribute(&p, end, 's', &salt, &salt_len) ||
	    !take_attribute(&p, end, 'i', &count, &count_len) ||
	    !nonce_is_ours(scram->nonce, nonce, nonce_len))
		return -EPROTO;
	int rc = read_iterations(scram, count, count_len, &scram->iterations);
	if (rc == 0)
		rc = read_salt(scram, salt, salt_len);
	if (rc < 0)
		return rc;
	char *whole = mem_strndup(nonce, nonce_len);
	free(scram->nonce);
	scram->nonce = whole;
	buf_add(&scram->server_first, text, len);
	return 0;
}

int
scram_salt(enum scram_hash hash, const struct buf *password, const uint8_t *salt,
	   size_t salt_len, uint32_t iterations, uint8_t ret_salted[SCRAM_HASH_MAX])
{
	const char *text = password->len > 0 ? (const char *)password->data : "";
	int ok = PKCS5_PBKDF2_HMAC(text, (int)password->len, salt, (int)salt_len,
				   (int)iterations, digest(hash),
				   (int)scram_hash_len(hash), ret_salted);
	return ok == 1 ? 0 : -EIO;
}

static bool
hmac(enum scram_hash hash, const uint8_t *key, const void *data, size_t len, uint8_t *out)
{
	unsigned got = 0;
	return HMAC(digest(hash), key, (int)scram_hash_len(hash), data, len, out, &got) !=
		       NULL &&
	       got == scram_hash_len(hash);
}

/* ClientProof and ServerSignature of RFC 5802 §3 over MESSAGE. */
static bool
sign(struct scram *scram, const uint8_t *salted, const struct buf *message,
     uint8_t *ret_proof)
{
	uint8_t client_key[SCRAM_HASH_MAX], stored_key[SCRAM_HASH_MAX];
	uint8_t server_key[SCRAM_HASH_MAX], client_signature[SCRAM_HASH_MAX];
	enum scram_hash hash = scram->hash;
	size_t len = scram_hash_len(hash);
	bool ok =
		hmac(hash, salted, "Client Key", 10, client_key) &&
		EVP_Digest(client_key, len, stored_key, NULL, digest(hash), NULL) == 1 &&
		hmac(hash, stored_key, message->data, message->len, client_signature) &&
		hmac(hash, salted, "Server Key", 10, server_key) &&
		hmac(hash, server_key, message->data, message->len, scram->signature);
	for (size_t i = 0; ok && i < len; i++)
		ret_proof[i] = client_key[i] ^ client_signature[i];
	mem_wipe(client_key, sizeof(client_key));
	mem_wipe(stored_key, sizeof(stored_key));
	mem_wipe(server_key, sizeof(server_key));
	return ok;
}

int
scram_finish(struct scram *scram, const uint8_t salted[SCRAM_HASH_MAX], struct buf *out)
{
	struct buf final = {0};
	buf_add_text(&final, "c=");
	b64_encode(&final, scram->gs2.data, scram->gs2.len);
	buf_printf(&final, ",r=%s", scram->nonce);

	struct buf message = {0};
	buf_add(&message, scram->first_bare.data, scram->first_bare.len);
	buf_add_byte(&message, ',');
	buf_add(&message, scram->server_first.data, scram->server_first.len);
	buf_add_byte(&message, ',');
	buf_add(&message, final.data, final.len);

	uint8_t proof[SCRAM_HASH_MAX] = {0};
	scram->has_signature = sign(scram, salted, &message, proof);
	if (scram->has_signature) {
		buf_add(out, final.data, final.len);
		buf_add_text(out, ",p=");
		b64_encode(out, proof, scram_hash_len(scram->hash));
	}
	mem_wipe(proof, sizeof(proof));
	buf_done(&message);
	buf_done(&final);
	return scram->has_signature ? 0 : -EIO;
}

bool
scram_verify(const struct scram *scram, const char *text, size_t len)
{
	const char *p = text;
	const char *value;
	size_t value_len;
	if (!scram->has_signature ||
	    !take_attribute(&p, text + len, 'v', &value, &value_len))
		return false;
	struct buf got = {0};
	size_t want = scram_hash_len(scram->hash);
	bool ok = b64_decode(&got, value, value_len) == 0 && got.len == want &&
		  CRYPTO_memcmp(got.data, scram->signature, want) == 0;
	buf_done(&got);
	return ok;
}

void
scram_done(struct scram *scram)
{
	buf_done(&scram->gs2);
	buf_done(&scram->first_bare);
	buf_done(&scram->server_first);
	free(scram->nonce);
	mem_wipe(scram, sizeof(*scram));
}

/* RFC 3454 tables C.1.2 and B.1, which RFC 4013 maps before NFKC. */
static utf8proc_int32_t
map_point(utf8proc_int32_t point, void *data)
{
	(void)data;
	switch (point) {
	case 0x00a0:
	case 0x1680:
	case 0x202f:
	case 0x205f:
	case 0x3000:
		return ' ';
	default:
		return point >= 0x2000 && point <= 0x200b ? ' ' : point;
	}
}

int
scram_prepare(struct buf *password)
{
	const char *text = password->len > 0 ? (const char *)password->data : "";
	if (password->len > PASSWORD_MAX || !utf8_is_valid(text, password->len))
		return -EINVAL;
	bool is_ascii = true;
	for (size_t i = 0; i < password->len; i++) {
		uint8_t byte = password->data[i];
		if (byte < 0x20 || byte == 0x7f)
			return -EINVAL;
		is_ascii = is_ascii && byte < 0x80;
	}
	if (is_ascii)
		return 0;
	utf8proc_uint8_t *out = NULL;
	utf8proc_ssize_t len = utf8proc_map_custom(
		password->data, (utf8proc_ssize_t)password->len, &out,
		UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_STABLE | UTF8PROC_IGNORE,
		map_point, NULL);
	if (len < 0)
		return -EINVAL;
	buf_clear(password);
	buf_add(password, out, (size_t)len);
	mem_wipe(out, (size_t)len);
	free(out);
	return 0;
}
