/*
 * Text as XML 1.0 can carry it: the check, the cleaning and the escaping that everything
 * passes on its way into a stanza or onto the wire. Pure functions; the stanza file calls
 * them, and whoever writes XML by hand (the stream header).
 */
#ifndef TERN_XMPP_XMLTEXT_H
#define TERN_XMPP_XMLTEXT_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

/* Whether the LEN bytes are well-formed UTF-8 and only characters of XML 1.0 §2.2. */
bool xmltext_is_fit(const char *text, size_t len);

/* The LEN bytes with U+FFFD for each that is not fit; the caller frees. */
char *xmltext_clean(const char *text, size_t len);

/* Appends fit TEXT escaped for element content: a CR is kept by a reference. */
void xmltext_escape(struct buf *out, const char *text);

/* Appends fit TEXT escaped for an attribute in either kind of quote: white space is kept
 * by references. */
void xmltext_escape_attribute(struct buf *out, const char *text);

#endif
