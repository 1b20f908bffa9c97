/*
 * The files of the daemon's folder. Each is written anew under another name, synced and
 * renamed, so that a reader sees the old or the new text whole. The daemon file is
 * touched only while the lock is held.
 */
#include "backend/router/home.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "backend/router/names.h"
#include "bridge/base/buf.h"
#include "bridge/base/mem.h"
#include "bridge/base/paths.h"
#include "bridge/daemon.h"

enum {
	LOCK_TRIES = 500, /* 10 s: as long as another daemon may take to end */
	LOCK_PAUSE_MS = 20,
	TEXT_MAX = 4096, /* of the files read here */
};

int
home_init(struct home *home, char **ret_problem)
{
	*home = (struct home){.lock_fd = -1};
	struct daemon_place place = {0};
	home->folder = daemon_folder(&place);
	if (!home->folder) {
		*ret_problem = mem_strdup(place.problem);
		return -ENOENT;
	}
	int status = paths_make(home->folder);
	if (status)
		*ret_problem = mem_printf("the folder %s cannot be made: %s",
					  home->folder, strerror(-status));
	return status;
}

/* Gets the lock on FD. Clients that look hold it for an instant; a daemon that holds it
 * without saying where it is starts or ends. */
static int
lock_patiently(int fd, struct daemon_place *place)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		daemon_look(place);
		if (place->state == DAEMON_RUNNING)
			return -EALREADY;
		nanosleep(&(struct timespec){.tv_nsec = LOCK_PAUSE_MS * 1000000L}, NULL);
	}
	return -EWOULDBLOCK;
}

/* The sentence for STATUS of taking the lock at PATH. */
static char *
lock_problem(const char *path, int status, const struct daemon_place *place)
{
	switch (status) {
	case -EALREADY:
		return mem_printf("ternd is already running, process %d",
				  (int)place->pid);
	case -EWOULDBLOCK:
		return mem_printf("another process holds %s and does not say which it is",
				  path);
	case -ENOLCK:
	case -EOPNOTSUPP:
	case -ENOSYS:
	case -EINVAL:
		return mem_printf("the file system of %s knows no locks (%s): set "
				  "XDG_DATA_HOME to a folder on a local disk",
				  path, strerror(-status));
	default:
		return mem_printf("%s cannot be locked: %s", path, strerror(-status));
	}
}

int
home_lock(struct home *home, char **ret_problem)
{
	if (home->lock_fd >= 0)
		return 0;
	struct daemon_place place = {0};
	char *path = mem_printf("%s/" DAEMON_LOCK, home->folder);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int status = fd < 0 ? -errno : lock_patiently(fd, &place);
	if (status == 0) {
		home->lock_fd = fd;
		/* A dead daemon's file would send clients to its socket. */
		home->has_file = true;
		home_unpublish(home);
	} else {
		*ret_problem = lock_problem(path, status, &place);
		if (fd >= 0)
			close(fd);
	}
	free(path);
	return status;
}

void
home_unpublish(struct home *home)
{
	if (!home->has_file)
		return;
	char *path = mem_printf("%s/" DAEMON_FILE, home->folder);
	(void)unlink(path);
	free(path);
	home->has_file = false;
}

/* Replaces the file NAME in the folder by TEXT. */
static int
write_file(const struct home *home, const char *name, const char *text)
{
	char *path = mem_printf("%s/%s", home->folder, name);
	char *fresh = mem_printf("%s.%d", path, (int)getpid());
	size_t len = strlen(text);
	int status = 0;
	int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || write(fd, text, len) != (ssize_t)len || fsync(fd))
		status = errno ? -errno : -EIO;
	if (fd >= 0)
		close(fd);
	if (status == 0 && rename(fresh, path))
		status = -errno;
	if (status)
		(void)unlink(fresh);
	free(fresh);
	free(path);
	return status;
}

int
home_publish(struct home *home, const char *socket)
{
	char *text = daemon_file_format(getpid(), socket);
	int status = write_file(home, DAEMON_FILE, text);
	free(text);
	if (status == 0)
		home->has_file = true;
	return status;
}

char *
home_default(const struct home *home)
{
	char *path = mem_printf("%s/default", home->folder);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	free(path);
	if (fd < 0)
		return NULL;
	char text[TEXT_MAX];
	ssize_t got = read(fd, text, sizeof text - 1);
	close(fd);
	if (got <= 0)
		return NULL;
	text[got] = 0;
	text[strcspn(text, "\n")] = 0;
	return text[0] ? mem_strdup(text) : NULL;
}

int
home_set_default(const struct home *home, const char *name)
{
	if (!name) {
		char *path = mem_printf("%s/default", home->folder);
		int status = unlink(path) && errno != ENOENT ? -errno : 0;
		free(path);
		return status;
	}
	char *text = mem_printf("%s\n", name);
	int status = write_file(home, "default", text);
	free(text);
	return status;
}

/* When the folder NAME in FOLDER_FD was made: its birth, else its last change. -1 when it
 * is no folder. */
static long long
folder_born(int folder_fd, const char *name)
{
	struct statx facts;
	if (statx(folder_fd, name, AT_SYMLINK_NOFOLLOW,
		  STATX_TYPE | STATX_BTIME | STATX_MTIME, &facts) ||
	    !S_ISDIR(facts.stx_mode))
		return -1;
	struct statx_timestamp at =
		facts.stx_mask & STATX_BTIME ? facts.stx_btime : facts.stx_mtime;
	return at.tv_sec * 1000000000LL + at.tv_nsec;
}

struct home_profile *
home_profiles(const struct home *home, size_t *ret_count)
{
	struct home_profile *found = NULL;
	size_t count = 0;
	char *path = mem_printf("%s/profiles", home->folder);
	DIR *folder = opendir(path);
	free(path);
	for (struct dirent *entry; folder && (entry = readdir(folder));) {
		long long born = folder_born(dirfd(folder), entry->d_name);
		char *name = born < 0 ? NULL : names_profile(entry->d_name);
		if (!name)
			continue;
		found = mem_resize(found, count + 1, sizeof *found);
		found[count++] = (struct home_profile){.name = name, .born_ns = born};
	}
	if (folder)
		closedir(folder);
	*ret_count = count;
	return found;
}

void
home_free_profiles(struct home_profile *profiles, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(profiles[i].name);
	free(profiles);
}

bool
home_has_profile(const struct home *home, const char *name)
{
	char *folder = names_folder(name);
	char *path = mem_printf("%s/profiles/%s", home->folder, folder);
	struct stat facts;
	bool is_there = *folder && lstat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
	free(path);
	free(folder);
	return is_there;
}

void
home_done(struct home *home)
{
	home_unpublish(home);
	if (home->lock_fd >= 0)
		close(home->lock_fd);
	free(home->folder);
	*home = (struct home){.lock_fd = -1};
}
