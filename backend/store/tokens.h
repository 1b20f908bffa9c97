/*
 * Tokens: what a call that must not be done twice answered the first time, kept in the
 * transaction of its effect for 7 days.
 */
#ifndef TERN_STORE_TOKENS_H
#define TERN_STORE_TOKENS_H

#include <stddef.h>
#include <stdint.h>

#include "bridge/base/arena.h"

struct store;

enum { TOKEN_LEN = 16, TOKEN_RESULT_MAX = 65536 };

/* A call as it came: the same call has the same method and the same bytes of params
 * (without the token). Borrowed. */
struct token_call {
	const uint8_t *token; /* TOKEN_LEN bytes */
	const char *method;
	const void *params;
	size_t params_len;
};

/* What CALL answered before: 0 and its result in ARENA; -ENOENT if the token is new;
 * -EEXIST if it was used for another call (TOKEN_REUSED). Inside the job that does the
 * effect: only there can no twin slip between. */
int tokens_find(struct store *store, const struct token_call *call, struct arena *arena,
		const void **ret_result, size_t *ret_len);

/* Keeps the result (LEN <= TOKEN_RESULT_MAX) of CALL. Inside the same job. */
int tokens_put(struct store *store, const struct token_call *call, const void *result,
	       size_t len, int64_t now_ms);

/* Drops tokens kept before TIME_MS. Inside a job; see store_expire. */
int tokens_expire(struct store *store, int64_t time_ms);

#endif
