/*
 * Times as XMPP writes them (XEP-0082), to and from milliseconds since 1970 UTC. Pure
 * functions; foreign text is checked in full, a date that does not exist is refused.
 */
#ifndef TERN_XMPP_DATETIME_H
#define TERN_XMPP_DATETIME_H

#include <stdint.h>

/* Room for datetime_format with its NUL. */
#define DATETIME_SIZE 32

/* Reads CCYY-MM-DDThh:mm:ss[.fraction](Z|±hh:mm), or the old CCYYMMDDThh:mm:ss of
 * XEP-0091 (UTC). Years 1970 to 9999. -EINVAL for anything else (NULL too). */
int datetime_parse(const char *text, int64_t *ret_ms);

/* Writes MS (clamped to 1970…9999) as CCYY-MM-DDThh:mm:ss.sssZ; without the fraction
 * where it is zero. */
void datetime_format(int64_t ms, char ret_text[DATETIME_SIZE]);

#endif
