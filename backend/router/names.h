/*
 * Profile names and their folders. The router knows no Unicode: names are bytes here, and
 * whether they are good names is the session process's to say.
 */
#ifndef TERN_ROUTER_NAMES_H
#define TERN_ROUTER_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* The most bytes that a name can have: 64 characters. */
#define NAMES_MAX 256

/* The folder of the profile NAME: every byte outside [A-Za-z0-9_-], and a dot that leads,
 * as %XX. The caller frees. */
char *names_folder(const char *name);

/* The name of the profile in FOLDER, which the caller frees; NULL when no name gives this
 * folder (other escapes, more than NAMES_MAX bytes, a NUL). */
char *names_profile(const char *folder);

#endif
