/*
 * Values for a form as people write them in JSON: one object, each of whose members is a
 * text, a number, true, false, null, or a list of these. Pure; the text is not trusted.
 */
#ifndef TERN_CTL_JSON_H
#define TERN_CTL_JSON_H

#include <stddef.h>

#include "bridge/base/arena.h"

/* Members of an object and values of a member; what has more is refused. */
#define JSON_MEMBERS_MAX 1000
#define JSON_VALUES_MAX 1000

struct json_member {
	const char *name;
	const char *const *values; /* numbers as they were written; null gives none */
	size_t count;
};

/* Reads the LEN bytes of TEXT into *RET_MEMBERS (in ARENA). NULL, or what is wrong and
 * where: a sentence in ARENA. */
const char *json_read(const char *text, size_t len, struct arena *arena,
		      struct json_member **ret_members, size_t *ret_count);

#endif
