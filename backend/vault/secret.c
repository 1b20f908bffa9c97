/*
 * Secrets in sodium_malloc's memory: locked as far as the limit allows, left out of core
 * dumps, between guard pages, wiped by sodium_free. One byte more than asked for keeps a
 * NUL behind the bytes.
 */
#include "backend/vault/secret.h"

#include <stdalign.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

uint8_t *
secret_room(struct secret *secret, size_t len)
{
	if (sodium_init() < 0 || len >= SIZE_MAX / 2)
		abort();
	/* sodium puts the end at a page's end: only a rounded size begins aligned. */
	size_t align = alignof(max_align_t);
	size_t room = (len + 1 + align - 1) / align * align;
	uint8_t *data = sodium_malloc(room);
	if (!data)
		abort();
	memset(data, 0, room);
	secret_done(secret);
	secret->data = data;
	secret->len = len;
	return data;
}

void
secret_set(struct secret *secret, const void *data, size_t len)
{
	struct secret copy = {0};
	uint8_t *room = secret_room(&copy, len);
	if (len)
		memcpy(room, data, len);
	secret_move(secret, &copy);
}

void
secret_set_text(struct secret *secret, const char *text)
{
	secret_set(secret, text, strlen(text));
}

void
secret_move(struct secret *to, struct secret *from)
{
	if (to == from)
		return;
	secret_done(to);
	*to = *from;
	*from = (struct secret){0};
}

const char *
secret_text(const struct secret *secret)
{
	return secret->data ? (const char *)secret->data : "";
}

bool
secret_is_equal(const struct secret *one, const struct secret *other)
{
	return one->len == other->len &&
	       (one->len == 0 || sodium_memcmp(one->data, other->data, one->len) == 0);
}

void
secret_done(struct secret *secret)
{
	if (!secret)
		return;
	sodium_free(secret->data);
	*secret = (struct secret){0};
}
