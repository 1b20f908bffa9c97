/*
 * XML elements: the one door to libstrophe, whose stanza type is the tree behind it.
 * Reading is safe on NULL all the way (a missing child has no children, no text, no
 * attributes). Building cleans: what XML 1.0 cannot carry becomes U+FFFD before it is in
 * the tree, so nothing that a server would refuse can ever be sent. Every element carries
 * its namespace, built or received, so the look-ups work on both. A tree belongs to
 * whoever holds its root; children live and die with it. One thread a context.
 */
#ifndef TERN_XMPP_STANZA_H
#define TERN_XMPP_STANZA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct stanza;
struct stanza_ctx;

/* Largest stanza we send where the server announced no other limit. */
#define STANZA_SEND_MAX (200 * 1024)
/* Room for an id with its NUL: 64 random bits as hex digits. */
#define STANZA_ID_SIZE 17

/* ------------------------------------------------------------------ life */

/* What trees are made in; it must outlive all of them. One a process or loop is enough.
 */
struct stanza_ctx *stanza_ctx_new(void);

/* Frees the context; NULL is fine. */
void stanza_ctx_free(struct stanza_ctx *ctx);

/* A new element in namespace NS ("" for none); NAME is a name of ours, never foreign
 * text. The caller owns it. */
struct stanza *stanza_new(struct stanza_ctx *ctx, const char *name, const char *ns);

/* A deep copy that stands alone; the caller owns it. NULL for NULL. */
struct stanza *stanza_copy(const struct stanza *stanza);

/* The same tree for one more holder, each of whom frees it: the root of a tree, which no
 * holder changes any more. NULL for NULL. */
struct stanza *stanza_share(const struct stanza *stanza);

/* A copy of the element and its attributes without children. NULL for NULL. */
struct stanza *stanza_shell(const struct stanza *stanza);

/* Frees a root with all below it; NULL is fine. Never for a child. */
void stanza_free(struct stanza *stanza);

/* The context that STANZA was made in. */
struct stanza_ctx *stanza_context(const struct stanza *stanza);

/* ------------------------------------------------------------------ reading */

/* Local name, or NULL for NULL. Borrowed. */
const char *stanza_name(const struct stanza *stanza);

/* Namespace, "" for none; NULL for NULL. Borrowed. */
const char *stanza_ns(const struct stanza *stanza);

/* Whether it is an element of this name and namespace (NULL matches any). */
bool stanza_is(const struct stanza *stanza, const char *name, const char *ns);

/* An attribute in no namespace (and "xml:lang"), or NULL. Borrowed. */
const char *stanza_get(const struct stanza *stanza, const char *attribute);

/* The four attributes of every stanza; NULL where missing. Borrowed. */
const char *stanza_from(const struct stanza *stanza);
const char *stanza_to(const struct stanza *stanza);
const char *stanza_id(const struct stanza *stanza);
const char *stanza_type(const struct stanza *stanza);

/* Whether stanza_type is TYPE; a missing type never matches. */
bool stanza_has_type(const struct stanza *stanza, const char *type);

/* First child element of NAME in NS (NULL matches any), or NULL. Borrowed. */
struct stanza *stanza_child(const struct stanza *stanza, const char *name,
			    const char *ns);

/* The next sibling element after CHILD of NAME in NS (NULL matches any), or NULL. */
struct stanza *stanza_next(const struct stanza *child, const char *name, const char *ns);

/* The text directly in the element, up to its first child element's end: "" when empty,
 * NULL for NULL. (XMPP has no mixed content.) Borrowed. */
const char *stanza_text(const struct stanza *stanza);

/* stanza_text of stanza_child: NULL when there is no such child. Borrowed. */
const char *stanza_child_text(const struct stanza *stanza, const char *name,
			      const char *ns);

/* Number of child elements of NAME in NS (NULL matches any). */
size_t stanza_count(const struct stanza *stanza, const char *name, const char *ns);

/* The payload of an iq: its first child that is not <error/>, or NULL. Borrowed. */
struct stanza *stanza_payload(const struct stanza *iq);

/* ------------------------------------------------------------------ building */

/* <message/> in jabber:client; TYPE, TO and ID may be NULL. The caller owns it. */
struct stanza *stanza_message(struct stanza_ctx *ctx, const char *type, const char *to,
			      const char *id);

/* <presence/> in jabber:client; TYPE and TO may be NULL. The caller owns it. */
struct stanza *stanza_presence(struct stanza_ctx *ctx, const char *type, const char *to);

/* <iq/> in jabber:client; TO may be NULL, an ID of NULL draws a random one. The caller
 * owns it. */
struct stanza *stanza_iq(struct stanza_ctx *ctx, const char *type, const char *to,
			 const char *id);

/* Adds and returns a child (borrowed: it belongs to PARENT). NS of NULL: its parent's. */
struct stanza *stanza_add(struct stanza *parent, const char *name, const char *ns);

/* The same with text in it; TEXT of NULL adds an empty element. */
struct stanza *stanza_add_with_text(struct stanza *parent, const char *name,
				    const char *ns, const char *text);

/* Hangs the tree CHILD under PARENT, which takes it over. */
void stanza_take_child(struct stanza *parent, struct stanza *child);

/* Sets an attribute (cleaned); VALUE of NULL removes it. ATTRIBUTE is a name of ours. */
void stanza_set(struct stanza *stanza, const char *attribute, const char *value);

/* Sets an attribute to a decimal number. */
void stanza_set_number(struct stanza *stanza, const char *attribute, int64_t value);

/* Appends text (cleaned); NULL and "" do nothing. */
void stanza_add_text(struct stanza *stanza, const char *text);

/* The same for LEN bytes. */
void stanza_add_text_n(struct stanza *stanza, const char *text, size_t len);

/* 64 random bits as 16 hex digits (getrandom). */
void stanza_random_id(char ret_id[STANZA_ID_SIZE]);

/* ------------------------------------------------------------------ the wire */

/* Appends the tree as XML to OUT. A root in jabber:client goes without its xmlns (the
 * stream's default). -EMSGSIZE if it would take more than MAX bytes: OUT is as before. */
int stanza_write(const struct stanza *stanza, struct buf *out, size_t max);

/* The tree as XML for tests and messages; the caller frees. Never NULL. */
char *stanza_print(const struct stanza *stanza);

/* Whether XML 1.0 can carry TEXT: well-formed UTF-8, no control characters but tab, LF
 * and CR, no U+FFFE, U+FFFF. NULL is fine. */
bool stanza_text_check(const char *text);

/* TEXT with U+FFFD for whatever stanza_text_check refuses; the caller frees. */
char *stanza_text_clean(const char *text);

/* ------------------------------------------------------------------ replies and errors
 */

/* What an error stanza says (RFC 6120 §8.3); strings borrowed from the stanza. */
struct stanza_error {
	const char *type; /* "cancel", "wait" …; "cancel" if the sender gave none */
	const char *condition; /* never NULL: "undefined-condition" if none was given */
	const char *text;      /* NULL if none; foreign: clean before it is shown */
	const char *by;	       /* NULL if not given */
};

/* Reads the error of a stanza of type "error". -ENOENT if it is not one. */
int stanza_read_error(const struct stanza *stanza, struct stanza_error *ret_error);

/* Adds <error type><condition/><text/></error> to STANZA (TEXT may be NULL). */
void stanza_add_error(struct stanza *stanza, const char *type, const char *condition,
		      const char *text);

/* <iq type="result"/> for IQ with its id, to its sender; no payload yet. The caller owns
 * it. */
struct stanza *stanza_reply(const struct stanza *iq);

/* An error reply to a message, presence or iq, without its payload. NULL for a stanza
 * that must not be answered so (type error or result). The caller owns it. */
struct stanza *stanza_reply_error(const struct stanza *stanza, const char *type,
				  const char *condition, const char *text);

/* The time of STANZA's <delay/> (XEP-0203) in ms since 1970; its `from` must be BY (bare
 * or full, compared as addresses) or, with BY NULL, may be anything. -ENOENT if none. */
int stanza_delay(const struct stanza *stanza, const char *by, int64_t *ret_ms);

/* Adds <delay/> with STAMP_MS and FROM (may be NULL). */
void stanza_add_delay(struct stanza *stanza, const char *from, int64_t stamp_ms);

#endif
