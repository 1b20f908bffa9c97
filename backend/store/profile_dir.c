/*
 * Folders of profiles. Everything goes through descriptors opened with O_NOFOLLOW, so
 * that no link leads out. The lock is an flock on the file "lock" in the folder; its text
 * is the pid of the holder, for the sentence only.
 */
#include "backend/store/profile_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "backend/store/profile_name.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"

#define LOCK_FILE "lock"
#define GONE ".gone-" /* and a number: a folder that is being deleted */

/* What may be in a folder of ours: whole names, or beginnings where marked. */
static const struct {
	const char *name;
	bool is_prefix;
} own_files[] = {
	{LOCK_FILE, false},	     {"vault", false},	      {"vault.new", false},
	{"store.db", false},	     {"store.db-wal", false}, {"store.db-shm", false},
	{"store.db-journal", false}, {"store.db.new", true},  {"store.db.corrupt-", true},
	{"store.suspect", false},
};

static int
fail(int error, char **ret_sentence, char *sentence)
{
	*ret_sentence = sentence;
	return error;
}

static int
fail_errno(int number, char **ret_sentence, const char *what, const char *path)
{
	int error = number == EDQUOT ? -ENOSPC : -number;
	return fail(error, ret_sentence,
		    mem_printf("%s %s: %s", what, path, strerror(number)));
}

static int
make_root(const char *root, char **ret_sentence)
{
	char *path = mem_strdup(root);
	int number = 0;
	for (char *at = path + 1; at && !number;) {
		at = strchr(at, '/');
		if (at)
			*at = '\0';
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			number = errno;
		if (at)
			*at++ = '/';
	}
	free(path);
	return number ? fail_errno(number, ret_sentence, "Can't make the folder", root)
		      : 0;
}

static pid_t
read_pid(int lock_fd)
{
	char text[24] = "";
	ssize_t len = pread(lock_fd, text, sizeof text - 1, 0);
	long pid = len > 0 ? strtol(text, NULL, 10) : 0;
	return pid > 0 && pid < INT32_MAX ? (pid_t)pid : 0;
}

static int
lock_error(const struct profile_dir *dir, int number, char **ret_sentence)
{
	if (number == EWOULDBLOCK)
		return fail(-EBUSY, ret_sentence,
			    mem_printf("Profile \"%s\" is in use by pid %d", dir->name,
				       (int)read_pid(dir->lock_fd)));
	if (number == EOPNOTSUPP || number == ENOLCK || number == ENOSYS ||
	    number == EINVAL)
		return fail(-EOPNOTSUPP, ret_sentence,
			    mem_printf("The file system of %s has no file locks: put "
				       "tern's data "
				       "on a local one ($XDG_DATA_HOME)",
				       dir->path));
	return fail_errno(number, ret_sentence, "Can't lock", dir->path);
}

static int
take_lock(struct profile_dir *dir, char **ret_sentence)
{
	dir->lock_fd = openat(dir->fd, LOCK_FILE,
			      O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (dir->lock_fd < 0)
		return fail_errno(errno, ret_sentence, "Can't lock", dir->path);
	if (flock(dir->lock_fd, LOCK_EX | LOCK_NB) < 0)
		return lock_error(dir, errno, ret_sentence);
	/* Deleted between openat and flock by the one who held it before? */
	struct stat mine;
	struct stat there;
	if (fstat(dir->lock_fd, &mine) < 0 ||
	    fstatat(dir->fd, LOCK_FILE, &there, AT_SYMLINK_NOFOLLOW) < 0 ||
	    mine.st_ino != there.st_ino)
		return fail(-ENOENT, ret_sentence,
			    mem_printf("There is no profile \"%s\"", dir->name));
	char text[24];
	int len = snprintf(text, sizeof text, "%d\n", (int)getpid());
	/* on a full disk the pid stays unknown, the lock holds all the same */
	if (ftruncate(dir->lock_fd, 0) < 0 ||
	    pwrite(dir->lock_fd, text, (size_t)len, 0) != len)
		log_info("profile", "lock=unnamed error=%s", strerror(errno));
	return 0;
}

/* What is wrong with the open folder; 0 if it is ours. */
static int
check_owner(const struct profile_dir *dir, char **ret_sentence)
{
	struct stat info;
	if (fstat(dir->fd, &info) < 0)
		return fail_errno(errno, ret_sentence, "Can't look at", dir->path);
	if (info.st_uid != geteuid())
		return fail(-EPERM, ret_sentence,
			    mem_printf("%s belongs to another user", dir->path));
	if ((info.st_mode & 077) && fchmod(dir->fd, 0700) < 0)
		return fail_errno(errno, ret_sentence, "Can't make private", dir->path);
	return 0;
}

/* Opens and locks the folder named in DIR; the sentence follows from the error. */
static int
open_folder(struct profile_dir *dir, int root_fd, const char *folder, char **ret_sentence)
{
	dir->fd =
		openat(root_fd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (dir->fd < 0 && errno == ENOENT)
		return fail(-ENOENT, ret_sentence,
			    mem_printf("There is no profile \"%s\"", dir->name));
	if (dir->fd < 0 && (errno == ELOOP || errno == ENOTDIR))
		return fail(-errno, ret_sentence,
			    mem_printf("%s is not a folder of tern's", dir->path));
	if (dir->fd < 0)
		return fail_errno(errno, ret_sentence, "Can't open", dir->path);
	int error = check_owner(dir, ret_sentence);
	return error ? error : take_lock(dir, ret_sentence);
}

static int
make_folder(int root_fd, const struct profile_dir *dir, const char *folder,
	    char **ret_sentence)
{
	if (mkdirat(root_fd, folder, 0700) == 0)
		return 0;
	if (errno == EEXIST)
		return fail(-EEXIST, ret_sentence,
			    mem_printf("There is a profile \"%s\" already", dir->name));
	return fail_errno(errno, ret_sentence, "Can't make the folder", dir->path);
}

static bool
is_own_file(int fd, const char *name)
{
	struct stat info;
	if (fstatat(fd, name, &info, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(info.st_mode))
		return false;
	for (size_t i = 0; i < sizeof own_files / sizeof *own_files; i++) {
		const char *own = own_files[i].name;
		if (own_files[i].is_prefix ? !strncmp(name, own, strlen(own))
					   : !strcmp(name, own))
			return true;
	}
	return false;
}

/* Walks the folder: with IS_REMOVING unlinks every file, else stops at the first entry
 * that is not ours and says which. */
static int
walk_entries(const struct profile_dir *dir, bool is_removing, char **ret_sentence)
{
	int fd = openat(dir->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	if (!stream) {
		int number = errno;
		if (fd >= 0)
			(void)close(fd);
		return fail_errno(number, ret_sentence, "Can't read", dir->path);
	}
	int error = 0;
	for (struct dirent *entry; !error && (entry = readdir(stream));) {
		const char *name = entry->d_name;
		if (!strcmp(name, ".") || !strcmp(name, ".."))
			continue;
		/* another process may be ending the same deletion */
		if (is_removing &&
		    faccessat(dir->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0 &&
		    errno == ENOENT)
			continue;
		if (!is_own_file(dir->fd, name))
			error = fail(
				-ENOTEMPTY, ret_sentence,
				mem_printf(
					"%s holds \"%s\", which is not tern's: move it "
					"away first",
					dir->path, name));
		else if (is_removing && unlinkat(dir->fd, name, 0) < 0 && errno != ENOENT)
			error = fail_errno(errno, ret_sentence, "Can't delete from",
					   dir->path);
	}
	(void)closedir(stream);
	return error;
}

/* Ends deletions that a death left half done: there may be a vault in there. */
static void
purge_gone(int root_fd)
{
	int fd = openat(root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	if (!stream && fd >= 0)
		(void)close(fd);
	for (struct dirent *entry; stream && (entry = readdir(stream));) {
		if (strncmp(entry->d_name, GONE, strlen(GONE)) != 0)
			continue;
		struct profile_dir gone = {.path = entry->d_name};
		char *sentence = NULL;
		gone.fd = openat(root_fd, entry->d_name,
				 O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		if (gone.fd < 0)
			continue;
		if (walk_entries(&gone, true, &sentence) < 0)
			log_warn("profile", "purge=failed reason=\"%s\"", sentence);
		free(sentence);
		(void)close(gone.fd);
		(void)unlinkat(root_fd, entry->d_name, AT_REMOVEDIR);
	}
	if (stream)
		(void)closedir(stream);
}

/* Takes back the folder that make_folder made. */
static void
unmake_folder(int root_fd, const struct profile_dir *dir, const char *folder)
{
	if (dir->fd >= 0)
		(void)unlinkat(dir->fd, LOCK_FILE, 0);
	(void)unlinkat(root_fd, folder, AT_REMOVEDIR);
}

static int
reach(const char *root, const char *text, bool is_new, struct profile_dir *ret_dir,
      char **ret_sentence)
{
	struct profile_dir dir = {.fd = -1, .lock_fd = -1};
	const char *fault = NULL;
	int error = profile_name_check(text, &dir.name, &fault);
	if (error)
		return fail(error, ret_sentence,
			    mem_printf("Not a profile name: %s", fault));
	char *folder = profile_name_folder(dir.name);
	dir.path = mem_printf("%s/%s", root, folder);
	if (is_new)
		error = make_root(root, ret_sentence);
	int root_fd = error ? -1 : open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!error && root_fd < 0) {
		error = errno == ENOENT
				? fail(-ENOENT, ret_sentence,
				       mem_printf("There is no profile \"%s\"", dir.name))
				: fail_errno(errno, ret_sentence, "Can't open", root);
	}
	if (!error)
		purge_gone(root_fd);
	bool is_made = false;
	if (!error && is_new) {
		error = make_folder(root_fd, &dir, folder, ret_sentence);
		is_made = !error;
	}
	if (!error)
		error = open_folder(&dir, root_fd, folder, ret_sentence);
	if (error && is_made)
		unmake_folder(root_fd, &dir, folder);
	else if (is_made)
		(void)fsync(root_fd);
	if (root_fd >= 0)
		(void)close(root_fd);
	free(folder);
	if (error)
		profile_dir_done(&dir);
	else
		*ret_dir = dir;
	return error;
}

int
profile_dir_create(const char *root, const char *name, struct profile_dir *ret_dir,
		   char **ret_sentence)
{
	return reach(root, name, true, ret_dir, ret_sentence);
}

int
profile_dir_open(const char *root, const char *name, struct profile_dir *ret_dir,
		 char **ret_sentence)
{
	return reach(root, name, false, ret_dir, ret_sentence);
}

/* The folder goes out of sight in one step, then what is in it. */
static int
remove_folder(const struct profile_dir *dir, char **ret_sentence)
{
	int root_fd = openat(dir->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root_fd < 0)
		return fail_errno(errno, ret_sentence, "Can't open the folder over",
				  dir->path);
	uint64_t random = 0;
	(void)!getrandom(&random, sizeof random, 0);
	char gone[40];
	(void)snprintf(gone, sizeof gone, GONE "%016llx", (unsigned long long)random);
	char *folder = profile_name_folder(dir->name);
	int error = 0;
	if (renameat(root_fd, folder, root_fd, gone) < 0)
		error = fail_errno(errno, ret_sentence, "Can't delete", dir->path);
	if (!error)
		error = walk_entries(dir, true, ret_sentence);
	if (!error && unlinkat(root_fd, gone, AT_REMOVEDIR) < 0 && errno != ENOENT)
		error = fail_errno(errno, ret_sentence, "Can't delete", dir->path);
	(void)fsync(root_fd);
	(void)close(root_fd);
	free(folder);
	return error;
}

int
profile_dir_delete(struct profile_dir *dir, char **ret_sentence)
{
	int error = walk_entries(dir, false, ret_sentence);
	if (!error)
		error = remove_folder(dir, ret_sentence);
	profile_dir_done(dir);
	return error;
}

static int
compare_names(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

int
profile_dir_list(const char *root, char ***ret_names, size_t *ret_count)
{
	char **names = NULL;
	size_t count = 0;
	DIR *stream = opendir(root);
	if (!stream && errno != ENOENT)
		return -errno;
	for (struct dirent *entry; stream && (entry = readdir(stream));) {
		char *name = profile_name_of_folder(entry->d_name);
		struct stat info;
		if (name &&
		    fstatat(dirfd(stream), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) ==
			    0 &&
		    S_ISDIR(info.st_mode)) {
			names = mem_resize(names, count + 1, sizeof *names);
			names[count++] = name;
			name = NULL;
		}
		free(name);
	}
	if (stream)
		(void)closedir(stream);
	if (count)
		qsort(names, count, sizeof *names, compare_names);
	*ret_names = names;
	*ret_count = count;
	return 0;
}

pid_t
profile_dir_holder(const char *root, const char *text)
{
	char *name = NULL;
	const char *fault;
	int error = profile_name_check(text, &name, &fault);
	if (error)
		return error;
	char *folder = profile_name_folder(name);
	char *path = mem_printf("%s/%s/%s", root, folder, LOCK_FILE);
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	pid_t pid = 0;
	if (fd < 0)
		pid = errno == ENOENT ? 0 : -errno;
	else if (flock(fd, LOCK_SH | LOCK_NB) < 0)
		pid = errno == EWOULDBLOCK ? read_pid(fd) : -errno;
	if (fd >= 0)
		(void)close(fd);
	free(path);
	free(folder);
	free(name);
	return pid;
}

void
profile_dir_done(struct profile_dir *dir)
{
	if (dir->lock_fd >= 0)
		(void)close(dir->lock_fd);
	if (dir->fd >= 0)
		(void)close(dir->fd);
	free(dir->name);
	free(dir->path);
	*dir = (struct profile_dir){.fd = -1, .lock_fd = -1};
}
