/*
 * Where things are: the folders of the XDG base directory specification with tern's own
 * sub-folder, and making them private. libc only; reads the environment, keeps nothing.
 */
#ifndef TERN_BASE_PATHS_H
#define TERN_BASE_PATHS_H

/* tern's folder under $XDG_DATA_HOME, $XDG_CONFIG_HOME, $XDG_STATE_HOME; the caller
 * frees. A variable that is unset, empty or not absolute counts as absent, and the
 * default under the home folder ($HOME, else the one of the password database) is taken.
 * NULL when there is none of that either. Nothing is made. */
char *paths_data(void);
char *paths_config(void);
char *paths_state(void);

/* tern's folder under $XDG_RUNTIME_DIR; NULL when that is absent or not absolute. */
char *paths_runtime(void);

/* FOLDER/NAME; the caller frees. */
char *paths_join(const char *folder, const char *name);

/* Makes FOLDER, with all above it, mode 0700. 0, also when it was there; else -errno,
 * -ENOTDIR when something else has its name. */
int paths_make(const char *folder);

/* The folder of the running program (of /proc/self/exe); the caller frees. NULL when it
 * cannot be read. */
char *paths_program(void);

#endif
