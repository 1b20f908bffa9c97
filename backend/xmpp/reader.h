/*
 * One long XML document, read as its bytes come: the only place that knows expat. It
 * keeps unfinished tokens away from expat, refuses what XMPP forbids in XML, and makes
 * expat anew now and then, since expat remembers every name it ever met and a stream may
 * last for months. For the stream parser. Offsets are bytes since the document's start.
 */
#ifndef TERN_XMPP_READER_H
#define TERN_XMPP_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader;

/* Between namespace and name, in the names that hooks get: no character of XML. */
#define READER_SEPARATOR '\1'

enum reader_fault {
	READER_FINE,
	READER_ILL_FORMED,
	READER_RESTRICTED,     /* comment, processing instruction or DTD */
	READER_TAG_TOO_LONG,   /* over max_token */
	READER_START_TOO_LONG, /* no root within 128 KiB */
};

/* Called inside reader_feed; DATA is reader_new's. */
struct reader_hooks {
	/* Names are NAMESPACE, READER_SEPARATOR, NAME, or NAME alone; ATTRIBUTES are
	 * pairs of name and value, then NULL. */
	void (*on_start)(void *data, const char *name, const char **attributes);
	void (*on_end)(void *data);
	void (*on_text)(void *data, const char *text, size_t len);
	/* The default namespace that the next start tag declares; NULL: none. */
	void (*on_default_ns)(void *data, const char *ns);
};

/* A reader that waits for a document, whose tags may have MAX_TOKEN bytes. HOOKS are
 * copied. */
struct reader *reader_new(const struct reader_hooks *hooks, size_t max_token, void *data);

/* Frees it; NULL is fine. Never inside a hook. */
void reader_free(struct reader *reader);

/* Waits for a new document. Never inside a hook. */
void reader_reset(struct reader *reader);

/* Reads LEN bytes and calls the hooks. After a fault, or once a hook has stopped it, only
 * reader_reset and reader_free make sense. */
enum reader_fault reader_feed(struct reader *reader, const uint8_t *bytes, size_t len);

/* Inside a hook: no more hooks are called. */
void reader_stop(struct reader *reader);

/* Inside the hook of the root's start tag, once: it is this document's beginning, which
 * every new expat will be told. */
void reader_mark_root(struct reader *reader);

/* Inside on_end, when only the root is open: this is a place to make expat anew, if it is
 * time. */
void reader_may_renew(struct reader *reader);

/* Inside a hook: where the current token begins and ends. */
uint64_t reader_begin(const struct reader *reader);
uint64_t reader_end(const struct reader *reader);

/* Bytes fed since the document's start. */
uint64_t reader_received(const struct reader *reader);

#endif
