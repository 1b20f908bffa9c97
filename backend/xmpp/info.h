/*
 * What an address says that it is (disco#info, XEP-0030), as it was answered. Pure.
 */
#ifndef TERN_XMPP_INFO_H
#define TERN_XMPP_INFO_H

#include <stdbool.h>

struct stanza;

/* Whether QUERY (may be NULL) announces FEATURE. */
bool info_has_feature(const struct stanza *query, const char *feature);

/* Whether QUERY (may be NULL) has an identity of CATEGORY and TYPE (NULL: any). */
bool info_has_identity(const struct stanza *query, const char *category,
		       const char *type);

#endif
