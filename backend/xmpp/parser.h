/*
 * The XML stream parser, and the only place that knows expat: bytes in, stanzas out. All
 * limits on what a server may send are here. The same bytes give the same calls however
 * they are cut into pieces, and the work is linear in their number. No I/O: the stream
 * pushes what it decrypted in a loop turn with one parser_feed.
 */
#ifndef TERN_XMPP_PARSER_H
#define TERN_XMPP_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct parser;
struct stanza;
struct stanza_ctx;

/* The stream header of the other side; strings are borrowed for the call, NULL if
 * missing. */
struct parser_open {
	const char *from;
	const char *to;
	const char *id;
	const char *version;	/* "1.0" */
	const char *lang;	/* xml:lang */
	const char *default_ns; /* "" if none was declared; else jabber:client … */
};

/* Why a well-formed stanza was not handed over. */
enum parser_cap {
	PARSER_CAP_SIZE,       /* bytes of the stanza, of one tag, or of a batch's row */
	PARSER_CAP_DEPTH,      /* elements in elements */
	PARSER_CAP_ATTRIBUTES, /* attributes of one element */
	PARSER_CAP_CHILDREN,   /* children of one element, or elements in all */
};

/* A stanza over a cap, told when its end tag came; strings are borrowed for the call and
 * NULL if missing. It counts for stream management like any other. */
struct parser_skipped {
	const char *name; /* "message", "presence", "iq" … */
	const char *ns;
	const char *from;
	const char *id;
	const char *type;
	enum parser_cap cap;
	uint64_t size; /* bytes on the wire */
};

/* One part of a large result. Each part is a whole tree: the iq with its attributes, the
 * payload with its, and up to 100 of the rows; the parts together are the result. */
struct parser_batch {
	struct stanza *stanza; /* taken over by the handler; with is_cut the bare iq */
	bool is_first;
	bool is_last;	  /* the end tag came: apply what was gathered */
	bool is_cut;	  /* with is_last: over a cap, the rest was skipped: drop what was
			   * gathered */
	uint32_t dropped; /* with is_last: rows over a cap that were left out */
};

/* Calls made inside parser_feed. Any of them may call parser_restart, parser_stop and
 * parser_free. take_batch and batch_level may be NULL, the others not. */
struct parser_hooks {
	/* <stream:stream>. */
	void (*on_open)(void *data, const struct parser_open *open);
	/* A whole child of the stream, also features, error, proceed … The handler owns
	 * it and frees it with stanza_free. */
	void (*take_stanza)(void *data, struct stanza *stanza);
	/* A stanza over a cap; the stream is fine. If it is the answer to an open iq of
	 * ours, that iq is over. */
	void (*on_skipped)(void *data, const struct parser_skipped *skipped);
	/* </stream:stream>; bytes after it are ignored. */
	void (*on_close)(void *data);
	/* Asked at the start tag of an iq of type "result": is ID (from FROM, NULL if
	 * missing) an open iq of ours whose answer is taken in batches? 0: no; 1: the
	 * children of the payload are the rows (roster, disco items); 2: the children of
	 * the payload's children are (<pubsub><items>). */
	int (*batch_level)(void *data, const char *id, const char *from);
	/* A part of a result that batch_level took: at least one call, the last one with
	 * is_last. If the stream ends before that, drop what was gathered. */
	void (*take_batch)(void *data, const struct parser_batch *batch);
};

/* Limits; a field of 0 takes the default. */
struct parser_limits {
	size_t stanza;	     /* bytes of a stanza: 1 MiB */
	size_t tag;	     /* bytes of one tag: 64 KiB */
	unsigned depth;	     /* 64, the stanza itself counted */
	unsigned attributes; /* of one element: 64 */
	unsigned children;   /* of one element: 1,000 */
	unsigned elements;   /* of one stanza: 10,000 */
	uint64_t batch;	     /* bytes of a batched result: 64 MiB */
	size_t batch_row;    /* bytes of one row of it: 64 KiB */
	unsigned batch_size; /* rows a part: 100 */
};

/* A parser that waits for a stream header. HOOKS and LIMITS (may be NULL) are copied;
 * trees are made in CTX, which must outlive the parser and all of them. */
struct parser *parser_new(struct stanza_ctx *ctx, const struct parser_hooks *hooks,
			  const struct parser_limits *limits, void *data);

/* Frees the parser; NULL is fine. Inside a hook it takes effect when the hook returns,
 * and no other hook is called. */
void parser_free(struct parser *parser);

/* Reads LEN bytes and calls the hooks. Returns 0;
 * -EPROTO: the stream is broken and must be ended (parser_condition, parser_reason);
 * -ECANCELED: a hook called parser_stop or parser_free (after the latter the parser is
 * gone). After either only parser_restart and parser_free make sense. */
int parser_feed(struct parser *parser, const void *bytes, size_t len);

/* Waits for a new stream header: after <proceed/>, <success/> or on a new connection.
 * Inside a hook the current element must be the last byte of all that was fed, as nothing
 * behind it can be trusted; anything more makes parser_feed return -EPROTO. */
void parser_restart(struct parser *parser);

/* Inside a hook: call no more hooks; parser_feed returns -ECANCELED. */
void parser_stop(struct parser *parser);

/* After -EPROTO: the stream error condition of RFC 6120 §4.9.3 to send
 * ("not-well-formed", "restricted-xml", "policy-violation", "bad-format",
 * "invalid-namespace"), and a plain sentence. Constants; NULL before. */
const char *parser_condition(const struct parser *parser);
const char *parser_reason(const struct parser *parser);

#endif
