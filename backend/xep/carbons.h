/*
 * Carbons (XEP-0280) for the rest of the house: whether our server gives them.
 */
#ifndef TERN_XEP_CARBONS_H
#define TERN_XEP_CARBONS_H

#include <stdbool.h>

#include "backend/session/profile.h"

/* Whether this session gets copies of what other clients of the account send and
 * receive; false until the server said so. */
bool carbons_are_on(struct profile *profile);

#endif
