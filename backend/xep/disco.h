/*
 * What we are (XEP-0030): one identity, and the features of all modules, once each and in
 * the order that the hash of XEP-0115 wants.
 */
#ifndef TERN_XEP_DISCO_H
#define TERN_XEP_DISCO_H

#include <stddef.h>

#define DISCO_CATEGORY "client"
#define DISCO_TYPE "console"
#define DISCO_NAME "tern"

/* The features of all modules, sorted by their bytes, none twice: *RET_COUNT constant
 * strings in an array that the caller frees. */
const char **disco_features(size_t *ret_count);

#endif
