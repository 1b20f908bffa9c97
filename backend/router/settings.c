/*
 * The table of the daemon's settings and its reading at the start.
 */
#include "backend/router/settings.h"

#include <stdio.h>
#include <stdlib.h>

#include "bridge/base/buf.h"
#include "bridge/base/config.h"
#include "bridge/base/paths.h"

static const struct config_row rows[] = {
	{.name = "profiles_per_process",
	 .type = CONFIG_INT,
	 .fallback = "1",
	 .least = 1,
	 .most = 1000,
	 .help = "How many profiles share a session process."},
	{0},
};

int
settings_profiles_per_process(void)
{
	struct config *config = config_new(rows);
	struct buf problems = {0};
	char *folder = paths_config();
	char *path = folder ? paths_join(folder, "ternd.conf") : NULL;
	if (path && config_read(config, path, true, &problems) && problems.len)
		fprintf(stderr, "%s", (const char *)problems.data);
	int value = (int)config_int(config, "profiles_per_process");
	free(path);
	free(folder);
	buf_done(&problems);
	config_free(config);
	return value;
}
