/*
 * The folders of paths.h. A relative path in an XDG variable is ignored, as the
 * specification demands: it would mean another place after each chdir.
 */
#include "bridge/base/paths.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bridge/base/mem.h"

/* An absolute path in the environment, or NULL; borrowed. */
static const char *
absolute(const char *variable)
{
	const char *path = getenv(variable);
	return path && path[0] == '/' ? path : NULL;
}

static char *
home(void)
{
	const char *path = absolute("HOME");
	if (path)
		return mem_strdup(path);
	struct passwd entry;
	struct passwd *found = NULL;
	char *room = mem_alloc(16384);
	char *copy = NULL;
	if (getpwuid_r(getuid(), &entry, room, 16384, &found) == 0 && found &&
	    found->pw_dir && found->pw_dir[0] == '/')
		copy = mem_strdup(found->pw_dir);
	free(room);
	return copy;
}

static char *
under(const char *variable, const char *fallback)
{
	const char *path = absolute(variable);
	if (path)
		return paths_join(path, "tern");
	char *base = home();
	char *folder = base ? mem_printf("%s/%s/tern", base, fallback) : NULL;
	free(base);
	return folder;
}

static int
make_one(const char *folder)
{
	struct stat status;
	if (mkdir(folder, 0700) == 0)
		return 0;
	int reason = errno;
	if (stat(folder, &status) < 0)
		return -reason;
	return S_ISDIR(status.st_mode) ? 0 : -ENOTDIR;
}

char *
paths_data(void)
{
	return under("XDG_DATA_HOME", ".local/share");
}

char *
paths_config(void)
{
	return under("XDG_CONFIG_HOME", ".config");
}

char *
paths_state(void)
{
	return under("XDG_STATE_HOME", ".local/state");
}

char *
paths_runtime(void)
{
	const char *path = absolute("XDG_RUNTIME_DIR");
	return path ? paths_join(path, "tern") : NULL;
}

char *
paths_join(const char *folder, const char *name)
{
	size_t len = strlen(folder);
	const char *slash = len > 0 && folder[len - 1] == '/' ? "" : "/";
	return mem_printf("%s%s%s", folder, slash, name);
}

int
paths_make(const char *folder)
{
	char *path = mem_strdup(folder);
	int status = 0;
	for (char *slash = strchr(path + 1, '/'); slash && status == 0;
	     slash = strchr(slash + 1, '/')) {
		*slash = 0;
		status = make_one(path);
		*slash = '/';
	}
	if (status == 0)
		status = make_one(path);
	free(path);
	return status;
}

char *
paths_program(void)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
	if (len <= 0)
		return NULL;
	path[len] = 0;
	char *slash = strrchr(path, '/');
	if (!slash)
		return NULL;
	*slash = 0;
	return mem_strdup(path[0] ? path : "/");
}
