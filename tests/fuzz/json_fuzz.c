/* Values in JSON, as any bytes: what passes is within its bounds, what does not is told
 * in a sentence. */
#include <stdlib.h>
#include <string.h>

#include "bridge/base/utf8.h"
#include "bridge/ctl/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct json_member *members = NULL;
	size_t count = 0;
	const char *problem =
		json_read((const char *)data, size, &arena, &members, &count);
	if (problem && !*problem)
		abort();
	if (!problem && count > JSON_MEMBERS_MAX)
		abort();
	for (size_t i = 0; i < count; i++) {
		const struct json_member *member = &members[i];
		if (member->count > JSON_VALUES_MAX)
			abort();
		for (size_t j = 0; j < member->count; j++) {
			const char *value = member->values[j];
			if (!utf8_is_valid(value, strlen(value)))
				abort();
		}
	}
	arena_done(&arena);
	return 0;
}
