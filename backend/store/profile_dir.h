/*
 * The folders of the profiles, under ROOT (`$XDG_DATA_HOME/tern/profiles`): made, listed,
 * locked and deleted here. Whoever holds a struct profile_dir holds the lock of that
 * folder; nobody opens the database or the vault without it.
 */
#ifndef TERN_STORE_PROFILE_DIR_H
#define TERN_STORE_PROFILE_DIR_H

#include <stddef.h>
#include <sys/types.h>

struct profile_dir {
	char *name;  /* NFC */
	char *path;  /* absolute path of the folder, for store_prepare and store_open */
	int fd;	     /* of the folder, for the vault */
	int lock_fd; /* the flock lives as long as this */
};

/* Checks and normalises NAME, makes its folder 0700 (and ROOT where missing) and locks
 * it. -EINVAL (not a name), -EEXIST (also by its NFD twin), -EACCES, -EROFS, -ENOSPC,
 * -EOPNOTSUPP (no flock there); always with a sentence (caller frees). */
int profile_dir_create(const char *root, const char *name, struct profile_dir *ret_dir,
		       char **ret_sentence);

/* Opens and locks the folder of NAME. -ENOENT, -EINVAL, -EBUSY ("in use by pid N": try
 * again for 5 s), -ENOTDIR / -ELOOP (not a folder of ours), -EPERM (of another user);
 * always with a sentence (caller frees). */
int profile_dir_open(const char *root, const char *name, struct profile_dir *ret_dir,
		     char **ret_sentence);

/* Deletes the folder that DIR holds, whatever is ours in it, and gives the lock back; DIR
 * is done afterwards, also on failure. Refused untouched with -ENOTEMPTY and a sentence
 * naming what is in the way if anything but a plain file of ours is in it. The store and
 * the vault must be closed. */
int profile_dir_delete(struct profile_dir *dir, char **ret_sentence);

/* The names of all profiles under ROOT by byte order, *RET_COUNT of them; the caller
 * frees each and the array. A missing ROOT holds none. Takes no lock. */
int profile_dir_list(const char *root, char ***ret_names, size_t *ret_count);

/* The pid that holds the folder of NAME; 0 if nobody does; negative errno. */
pid_t profile_dir_holder(const char *root, const char *name);

/* Gives the lock back and frees; the folder stays. */
void profile_dir_done(struct profile_dir *dir);

#endif
