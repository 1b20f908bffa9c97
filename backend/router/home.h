/*
 * The daemon's folder ($XDG_DATA_HOME/tern): the lock that makes it the only one, the
 * file that tells clients where it is, the default profile and the list of profile
 * folders. Blocking calls on a few small local files, at start, at end and when profiles
 * change.
 */
#ifndef TERN_ROUTER_HOME_H
#define TERN_ROUTER_HOME_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct home {
	char *folder;  /* absolute path */
	int lock_fd;   /* -1 while not held */
	bool has_file; /* the daemon file is ours */
};

/* A profile folder that was found. */
struct home_profile {
	char *name;
	long long born_ns; /* when its folder was made */
};

/* Finds and makes the folder (0700). 0, or a negative errno with a sentence in
 * *RET_PROBLEM, which the caller frees. */
int home_init(struct home *home, char **ret_problem);

/* Takes the lock, held until home_done, unless lock_fd holds it already; waits for one
 * that is just starting or ending. 0; -EALREADY when a daemon runs; -EWOULDBLOCK when
 * somebody holds the lock and says no more; or another negative errno. With a sentence in
 * *RET_PROBLEM that the caller frees.
 */
int home_lock(struct home *home, char **ret_problem);

/* Writes the daemon file for this process and SOCKET. 0 or a negative errno. */
int home_publish(struct home *home, const char *socket);

/* Removes the daemon file, if it is ours: the daemon is ending. */
void home_unpublish(struct home *home);

/* The name in the file `default`; NULL when there is none. The caller frees. */
char *home_default(const struct home *home);

/* Writes NAME into the file `default`; NULL removes it. 0 or a negative errno. */
int home_set_default(const struct home *home, const char *name);

/* All profile folders, in no order; the caller frees with home_free_profiles. */
struct home_profile *home_profiles(const struct home *home, size_t *ret_count);
void home_free_profiles(struct home_profile *profiles, size_t count);

/* Whether there is a folder of the profile NAME. */
bool home_has_profile(const struct home *home, const char *name);

/* Removes the daemon file, gives the lock back and frees. */
void home_done(struct home *home);

#endif
