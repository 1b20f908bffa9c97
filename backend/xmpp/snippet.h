/*
 * One stanza as text, read back: what was stored, what a test writes, what a user types
 * into an XML console. Under the same rules as a stream, since it may hold foreign text.
 */
#ifndef TERN_XMPP_SNIPPET_H
#define TERN_XMPP_SNIPPET_H

#include <stddef.h>

struct stanza;
struct stanza_ctx;

/* Reads one whole stanza of TEXT (default namespace jabber:client), under the stream
 * parser's default limits. The caller owns *RET_STANZA; -EINVAL if it is ill-formed, over
 * a cap or not exactly one element. */
int snippet_read(struct stanza_ctx *ctx, const char *text, size_t len,
		 struct stanza **ret_stanza);

#endif
