/*
 * The table of tokens. Of the parameters only a fingerprint is kept: it has to tell a
 * repeated call from another one of the same honest client, not to withstand an attack
 * (who holds the token may call anyway), so two FNV-1a sums with different offsets do.
 */
#include "backend/store/tokens.h"

#include <errno.h>
#include <string.h>

#include "backend/store/sql.h"
#include "backend/store/store_rows.h"

struct fingerprint {
	uint64_t sums[2];
	uint64_t len;
};

static struct fingerprint
fingerprint_of(const struct token_call *call)
{
	struct fingerprint print = {
		.sums = {0xcbf29ce484222325u, 0x6c62272e07bb0142u},
		.len = call->params_len,
	};
	const uint8_t *bytes = call->params;
	for (size_t i = 0; i < call->params_len; i++) {
		print.sums[0] = (print.sums[0] ^ bytes[i]) * 0x100000001b3u;
		print.sums[1] = (print.sums[1] ^ bytes[i]) * 0x9e3779b97f4a7c15u;
	}
	return print;
}

int
tokens_find(struct store *store, const struct token_call *call, struct arena *arena,
	    const void **ret_result, size_t *ret_len)
{
	struct fingerprint print = fingerprint_of(call);
	struct sql sql = sql_start(store_reading(store),
				   "SELECT result, method=?2 AND params=?3 FROM tokens"
				   " WHERE token=?1");
	sql_blob(&sql, call->token, TOKEN_LEN);
	sql_text(&sql, call->method);
	sql_blob(&sql, &print, sizeof print);
	int found = sql_step(&sql);
	bool is_same = found > 0 && sql_get_int(&sql, 1);
	const void *result = NULL;
	size_t len = 0;
	if (is_same)
		result = sql_get_blob(&sql, 0, arena, &len);
	int error = sql_end(&sql);
	if (error)
		return error;
	if (!found)
		return -ENOENT;
	if (!is_same)
		return -EEXIST;
	*ret_result = result;
	*ret_len = len;
	return 0;
}

int
tokens_put(struct store *store, const struct token_call *call, const void *result,
	   size_t len, int64_t now_ms)
{
	if (len > TOKEN_RESULT_MAX)
		return -E2BIG;
	struct fingerprint print = fingerprint_of(call);
	struct sql sql =
		sql_start(store_writing(store),
			  "INSERT INTO tokens(token, method, params, result, time_ms)"
			  " VALUES(?, ?, ?, ?, ?)");
	sql_blob(&sql, call->token, TOKEN_LEN);
	sql_text(&sql, call->method);
	sql_blob(&sql, &print, sizeof print);
	sql_blob(&sql, len ? result : "", len);
	sql_int(&sql, now_ms);
	return sql_run(&sql);
}

int
tokens_expire(struct store *store, int64_t time_ms)
{
	struct sql sql =
		sql_start(store_writing(store), "DELETE FROM tokens WHERE time_ms<?");
	sql_int(&sql, time_ms);
	return sql_run(&sql);
}
