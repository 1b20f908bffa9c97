/*
 * Entity capabilities (XEP-0115): a hash of what we are, on every presence of ours, so
 * that others need not ask.
 */
#ifndef TERN_XEP_CAPS_H
#define TERN_XEP_CAPS_H

#include <stddef.h>

struct profile;

/* The disco node that our presence announces: NODE#VER. Borrowed. */
const char *caps_node(const struct profile *profile);

/* The verification string of XEP-0115 section 5.1 for one identity, written as
 * category/type/lang/name, and COUNT sorted features; the caller frees. */
char *caps_hash(const char *identity, const char *const *features, size_t count);

#endif
