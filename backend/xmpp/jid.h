/*
 * XMPP addresses by RFC 7622: split, prepared and compared. Whatever names a person, a
 * server or a room passes jid_parse at the door; behind it addresses are compared as
 * plain strings, since the prepared form is unique.
 */
#ifndef TERN_XMPP_JID_H
#define TERN_XMPP_JID_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes that each of the three parts may have (RFC 7622 §3.2 to 3.4). */
#define JID_PART_MAX 1023
/* Bytes of a whole address: three parts, '@' and '/'. */
#define JID_MAX (3 * JID_PART_MAX + 2)

/* A prepared address; zero-initialise to begin. All strings belong to the jid. */
struct jid {
	char *full;	/* local@domain/resource, as much of it as there is */
	char *bare;	/* local@domain, or domain */
	char *local;	/* NULL without one */
	char *domain;	/* never NULL; a U-label domain, lower case */
	char *resource; /* NULL without one */
};

/* Parses and prepares TEXT (split at the first '/', then the first '@'; domain through
 * IDNA2008, localpart lower case and NFC, resource NFC) into *RET, to be released with
 * jid_done. -EINVAL for NULL or an unfit address; *RET_REASON (may be NULL) is then a
 * sentence for the user, a constant. */
int jid_parse(const char *text, struct jid *ret, const char **ret_reason);

/* Frees the strings and leaves a zeroed jid. */
void jid_done(struct jid *jid);

/* *RET becomes local@domain/RESOURCE of JID; RESOURCE is prepared, NULL gives the bare
 * address. -EINVAL as jid_parse. */
int jid_with_resource(const struct jid *jid, const char *resource, struct jid *ret);

/* The prepared bare form of TEXT, to be freed; NULL if TEXT is unfit (or NULL). */
char *jid_bare(const char *text);

/* The prepared full form of TEXT, to be freed; NULL if TEXT is unfit (or NULL). */
char *jid_full(const char *text);

/* Whether both texts are fit and name the same full address. NULL is never the same. */
bool jid_is_same(const char *a, const char *b);

/* Whether both texts are fit and have the same bare address. NULL is never the same. */
bool jid_is_same_bare(const char *a, const char *b);

/* The domain as A-labels, for DNS, SNI and certificates (xn--…); an IP literal unchanged.
 * The caller frees; NULL if DOMAIN cannot be turned. */
char *jid_domain_ascii(const char *domain);

#endif
