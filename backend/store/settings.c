/*
 * The table of settings. Values are text, as the one who set them wrote them; what a key
 * means is its user's business.
 */
#include "backend/store/settings.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <sys/random.h>

#include "backend/store/list.h"
#include "backend/store/sql.h"
#include "backend/store/store_rows.h"
#include "bridge/base/mem.h"

const char *
settings_get(struct store *store, const char *key, struct arena *arena)
{
	struct sql sql =
		sql_start(store_reading(store), "SELECT value FROM settings WHERE key=?");
	sql_text(&sql, key);
	const char *value = sql_step(&sql) > 0 ? sql_get_text(&sql, 0, arena) : NULL;
	(void)sql_end(&sql);
	return value;
}

int64_t
settings_get_int(struct store *store, const char *key, int64_t fallback)
{
	struct arena arena = {0};
	const char *value = settings_get(store, key, &arena);
	char *end = NULL;
	errno = 0;
	long long number = value ? strtoll(value, &end, 10) : 0;
	bool is_number = value && *value && !*end && !errno;
	arena_done(&arena);
	return is_number ? number : fallback;
}

int
settings_set(struct store *store, const char *key, const char *value)
{
	struct sql_db *db = store_writing(store);
	if (!value) {
		struct sql sql = sql_start(db, "DELETE FROM settings WHERE key=?");
		sql_text(&sql, key);
		return sql_run(&sql);
	}
	struct sql sql = sql_start(db, "INSERT INTO settings(key, value) VALUES(?, ?)"
				       " ON CONFLICT DO UPDATE SET value=excluded.value"
				       " WHERE value<>excluded.value");
	sql_text(&sql, key);
	sql_text(&sql, value);
	return sql_run(&sql);
}

int
settings_set_int(struct store *store, const char *key, int64_t value)
{
	char text[24];
	(void)snprintf(text, sizeof text, "%" PRId64, value);
	return settings_set(store, key, text);
}

int
settings_list(struct store *store, const char *prefix, struct arena *arena,
	      struct setting_list *ret_list)
{
	struct setting_list list = {0};
	struct sql sql = sql_start(store_reading(store),
				   "SELECT key, value FROM settings"
				   " WHERE substr(key, 1, length(?1))=?1 ORDER BY key");
	sql_text(&sql, prefix);
	while (sql_step(&sql) > 0) {
		list.items = list_room(arena, list.items, list.count, sizeof *list.items);
		struct setting *item = &list.items[list.count++];
		item->key = sql_get_text(&sql, 0, arena);
		item->value = sql_get_text(&sql, 1, arena);
	}
	int error = sql_end(&sql);
	if (!error)
		*ret_list = list;
	return error;
}

int
settings_resource(struct store *store, struct arena *arena, const char **ret_resource)
{
	static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
	_Static_assert(sizeof letters == 33, "a letter is five random bits");
	const char *kept = settings_get(store, SETTING_RESOURCE, arena);
	if (kept) {
		*ret_resource = kept;
		return 0;
	}
	uint8_t random[6];
	if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
		return -EIO;
	char *made = arena_strdup(arena, "tern.??????");
	for (size_t i = 0; i < sizeof random; i++)
		made[5 + i] = letters[random[i] % 32];
	int error = settings_set(store, SETTING_RESOURCE, made);
	if (!error)
		*ret_resource = made;
	return error;
}
