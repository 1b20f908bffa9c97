/*
 * A theme file of any bytes: parsed, or refused with a sentence.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "widgets/theme.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct theme *theme = NULL;
	char *error = NULL;
	if (theme_parse("fuzz", (const char *)data, size, &theme, &error) < 0) {
		assert(error && strncmp(error, "fuzz:", 5) == 0);
		free(error);
		return 0;
	}
	for (int role = 0; role < THEME_ROLES_MAX; role++)
		(void)theme_style(theme, role, role % 2 ? 8 : 256);
	theme_free(theme);
	return 0;
}
