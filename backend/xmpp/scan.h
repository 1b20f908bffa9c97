/*
 * Where XML tokens end: a scan of each byte, once, that keeps an unfinished tag or
 * reference away from expat (which would read it from its start with each new piece),
 * refuses what XMPP forbids before expat sees it, and bounds the length of one token. For
 * the stream parser.
 */
#ifndef TERN_XMPP_SCAN_H
#define TERN_XMPP_SCAN_H

#include <stddef.h>
#include <stdint.h>

enum scan_fault {
	SCAN_FINE,
	SCAN_ILL_FORMED, /* a '<' in a tag, a reference that is none, not UTF-8 */
	SCAN_RESTRICTED, /* comment, processing instruction or DTD */
	SCAN_TOO_LONG,	 /* a token over the limit */
};

enum scan_state {
	SCAN_TEXT,
	SCAN_LESS,	  /* behind '<' */
	SCAN_TAG,	  /* in a tag, outside of quotes */
	SCAN_DOUBLE,	  /* in "…" of a tag */
	SCAN_SINGLE,	  /* in '…' of a tag */
	SCAN_DECLARATION, /* in <?xml …?> at the very start */
	SCAN_CDATA_START, /* in <![CDATA[ */
	SCAN_CDATA,	  /* behind it */
	SCAN_REFERENCE,	  /* behind '&' in text */
};

struct scan {
	enum scan_state state;
	size_t token;	  /* bytes of the unfinished token so far */
	size_t max_token; /* bytes that a tag may have */
	unsigned run;	  /* bytes matched of "[CDATA[" or "]]>" */
	uint64_t offset;  /* bytes seen since scan_init */
};

/* Begins a document whose tags may have up to MAX_TOKEN bytes. */
void scan_init(struct scan *scan, size_t max_token);

/* Reads LEN more bytes. *RET_SAFE becomes the length of the longest beginning of them
 * that ends outside of any unfinished (or, with a fault, refused) token; 0 while the
 * token that was open goes on. After a fault only scan_init makes sense. */
enum scan_fault scan_feed(struct scan *scan, const uint8_t *bytes, size_t len,
			  size_t *ret_safe);

#endif
