/*
 * Elements on libstrophe's stanza type, used as a bare tree: no connection, no parser and
 * none of its helpers that trust their input. A struct stanza is an xmpp_stanza_t under
 * the rules of stanza.h; the casts are here and nowhere else. Its memory comes from
 * pool.h, so no call can fail for want of it. Called by all of the backend; built by the
 * stream parser.
 */
#include "backend/xmpp/stanza.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <strophe.h>

#include "backend/xmpp/ns.h"
#include "backend/xmpp/pool.h"
#include "backend/xmpp/xmltext.h"
#include "bridge/base/buf.h"
#include "bridge/base/mem.h"

/* Attributes of one element that are written without the heap. */
#define ATTRIBUTES_INLINE 64

/* ------------------------------------------------------------------ the door */

static xmpp_stanza_t *
inner(const struct stanza *stanza)
{
	/* libstrophe's getters are not const, though they change nothing. */
	return (xmpp_stanza_t *)(uintptr_t)stanza;
}

static struct stanza *
outer(xmpp_stanza_t *stanza)
{
	return (struct stanza *)stanza;
}

static xmpp_ctx_t *
inner_ctx(const struct stanza *stanza)
{
	return xmpp_stanza_get_context(inner(stanza));
}

/* Where a context and all that is made in it have their memory from. */
struct memory {
	xmpp_mem_t calls;
	struct pool pool;
	void *ctx;
};

static void *
ctx_alloc(const size_t size, void *data)
{
	struct memory *memory = data;
	return pool_alloc(&memory->pool, size);
}

static void *
ctx_resize(void *pointer, const size_t size, void *data)
{
	struct memory *memory = data;
	return pool_resize(&memory->pool, pointer, size);
}

/* The context is what is freed last. */
static void
ctx_release(void *pointer, void *data)
{
	struct memory *memory = data;
	bool is_last = pointer == memory->ctx;
	pool_free(&memory->pool, pointer);
	if (!is_last)
		return;
	pool_done(&memory->pool);
	free(memory);
}

/* ------------------------------------------------------------------ life */

struct stanza_ctx *
stanza_ctx_new(void)
{
	static const xmpp_log_t silence = {0};
	struct memory *memory = mem_alloc(sizeof *memory);
	memory->calls = (xmpp_mem_t){.alloc = ctx_alloc,
				     .free = ctx_release,
				     .realloc = ctx_resize,
				     .userdata = memory};
#ifdef __SANITIZE_ADDRESS__
	memory->pool.is_apart = true;
#endif
	xmpp_ctx_t *ctx = xmpp_ctx_new(&memory->calls, &silence);
	if (!ctx)
		abort();
	memory->ctx = ctx;
	/* It lives longer than anything that would share its chunk. */
	pool_done(&memory->pool);
	return (struct stanza_ctx *)ctx;
}

void
stanza_ctx_free(struct stanza_ctx *ctx)
{
	if (ctx)
		xmpp_ctx_free((xmpp_ctx_t *)ctx);
}

static struct stanza *
new_element(xmpp_ctx_t *ctx, const char *name, const char *ns)
{
	xmpp_stanza_t *stanza = xmpp_stanza_new(ctx);
	xmpp_stanza_set_name(stanza, name);
	xmpp_stanza_set_ns(stanza, ns);
	return outer(stanza);
}

struct stanza *
stanza_new(struct stanza_ctx *ctx, const char *name, const char *ns)
{
	return new_element((xmpp_ctx_t *)ctx, name, ns);
}

struct stanza *
stanza_copy(const struct stanza *stanza)
{
	return stanza ? outer(xmpp_stanza_copy(inner(stanza))) : NULL;
}

struct stanza *
stanza_share(const struct stanza *stanza)
{
	return stanza ? outer(xmpp_stanza_clone(inner(stanza))) : NULL;
}

/* The attributes as pairs of name and value in FEW (of ATTRIBUTES_INLINE pairs) or, where
 * there are more, in memory that the caller frees through *RET_MANY. */
static const char **
list_attributes(const struct stanza *stanza, const char **few, const char ***ret_many,
		size_t *ret_count)
{
	int count = xmpp_stanza_get_attribute_count(inner(stanza));
	const char **pairs = few;
	*ret_many = NULL;
	if (count > ATTRIBUTES_INLINE)
		pairs = *ret_many = mem_array(2 * (size_t)count, sizeof *pairs);
	*ret_count = 0;
	if (count > 0) {
		(void)xmpp_stanza_get_attributes(inner(stanza), pairs, 2 * count);
		*ret_count = (size_t)count;
	}
	return pairs;
}

struct stanza *
stanza_shell(const struct stanza *stanza)
{
	if (!stanza)
		return NULL;
	const char *few[2 * ATTRIBUTES_INLINE];
	const char **many;
	size_t count;
	const char **pairs = list_attributes(stanza, few, &many, &count);
	struct stanza *shell =
		new_element(inner_ctx(stanza), stanza_name(stanza), stanza_ns(stanza));
	for (size_t i = 0; i < count; i++)
		xmpp_stanza_set_attribute(inner(shell), pairs[2 * i], pairs[2 * i + 1]);
	free(many);
	return shell;
}

void
stanza_free(struct stanza *stanza)
{
	if (stanza)
		xmpp_stanza_release(inner(stanza));
}

struct stanza_ctx *
stanza_context(const struct stanza *stanza)
{
	return (struct stanza_ctx *)inner_ctx(stanza);
}

/* ------------------------------------------------------------------ reading */

const char *
stanza_name(const struct stanza *stanza)
{
	return stanza ? xmpp_stanza_get_name(inner(stanza)) : NULL;
}

const char *
stanza_ns(const struct stanza *stanza)
{
	return stanza ? xmpp_stanza_get_ns(inner(stanza)) : NULL;
}

bool
stanza_is(const struct stanza *stanza, const char *name, const char *ns)
{
	return stanza && xmpp_stanza_is_tag(inner(stanza)) &&
	       (!name || !strcmp(stanza_name(stanza), name)) &&
	       (!ns || !strcmp(stanza_ns(stanza), ns));
}

const char *
stanza_get(const struct stanza *stanza, const char *attribute)
{
	return stanza ? xmpp_stanza_get_attribute(inner(stanza), attribute) : NULL;
}

const char *
stanza_from(const struct stanza *stanza)
{
	return stanza_get(stanza, "from");
}

const char *
stanza_to(const struct stanza *stanza)
{
	return stanza_get(stanza, "to");
}

const char *
stanza_id(const struct stanza *stanza)
{
	return stanza_get(stanza, "id");
}

const char *
stanza_type(const struct stanza *stanza)
{
	return stanza_get(stanza, "type");
}

bool
stanza_has_type(const struct stanza *stanza, const char *type)
{
	const char *own = stanza_type(stanza);
	return own && !strcmp(own, type);
}

static struct stanza *
find_from(xmpp_stanza_t *node, const char *name, const char *ns)
{
	while (node && !stanza_is(outer(node), name, ns))
		node = xmpp_stanza_get_next(node);
	return outer(node);
}

struct stanza *
stanza_child(const struct stanza *stanza, const char *name, const char *ns)
{
	if (!stanza)
		return NULL;
	return find_from(xmpp_stanza_get_children(inner(stanza)), name, ns);
}

struct stanza *
stanza_next(const struct stanza *child, const char *name, const char *ns)
{
	return child ? find_from(xmpp_stanza_get_next(inner(child)), name, ns) : NULL;
}

const char *
stanza_text(const struct stanza *stanza)
{
	if (!stanza)
		return NULL;
	xmpp_stanza_t *node = xmpp_stanza_get_children(inner(stanza));
	while (node && !xmpp_stanza_is_text(node))
		node = xmpp_stanza_get_next(node);
	const char *text = node ? xmpp_stanza_get_text_ptr(node) : NULL;
	return text ? text : "";
}

const char *
stanza_child_text(const struct stanza *stanza, const char *name, const char *ns)
{
	return stanza_text(stanza_child(stanza, name, ns));
}

size_t
stanza_count(const struct stanza *stanza, const char *name, const char *ns)
{
	size_t count = 0;
	const struct stanza *child = stanza_child(stanza, name, ns);
	for (; child; child = stanza_next(child, name, ns))
		count++;
	return count;
}

struct stanza *
stanza_payload(const struct stanza *iq)
{
	struct stanza *child = stanza_child(iq, NULL, NULL);
	while (stanza_is(child, "error", NS_CLIENT))
		child = stanza_next(child, NULL, NULL);
	return child;
}

/* ------------------------------------------------------------------ building */

struct stanza *
stanza_message(struct stanza_ctx *ctx, const char *type, const char *to, const char *id)
{
	struct stanza *message = stanza_new(ctx, "message", NS_CLIENT);
	stanza_set(message, "type", type);
	stanza_set(message, "to", to);
	stanza_set(message, "id", id);
	return message;
}

struct stanza *
stanza_presence(struct stanza_ctx *ctx, const char *type, const char *to)
{
	struct stanza *presence = stanza_new(ctx, "presence", NS_CLIENT);
	stanza_set(presence, "type", type);
	stanza_set(presence, "to", to);
	return presence;
}

struct stanza *
stanza_iq(struct stanza_ctx *ctx, const char *type, const char *to, const char *id)
{
	struct stanza *iq = stanza_new(ctx, "iq", NS_CLIENT);
	char random[STANZA_ID_SIZE];
	if (!id)
		stanza_random_id(random);
	stanza_set(iq, "type", type);
	stanza_set(iq, "to", to);
	stanza_set(iq, "id", id ? id : random);
	return iq;
}

struct stanza *
stanza_add(struct stanza *parent, const char *name, const char *ns)
{
	struct stanza *child =
		new_element(inner_ctx(parent), name, ns ? ns : stanza_ns(parent));
	stanza_take_child(parent, child);
	return child;
}

struct stanza *
stanza_add_with_text(struct stanza *parent, const char *name, const char *ns,
		     const char *text)
{
	struct stanza *child = stanza_add(parent, name, ns);
	stanza_add_text(child, text);
	return child;
}

void
stanza_take_child(struct stanza *parent, struct stanza *child)
{
	(void)xmpp_stanza_add_child_ex(inner(parent), inner(child), 0);
}

void
stanza_set(struct stanza *stanza, const char *attribute, const char *value)
{
	if (!value) {
		(void)xmpp_stanza_del_attribute(inner(stanza), attribute);
		return;
	}
	size_t len = strlen(value);
	char *clean = xmltext_is_fit(value, len) ? NULL : xmltext_clean(value, len);
	(void)xmpp_stanza_set_attribute(inner(stanza), attribute, clean ? clean : value);
	free(clean);
}

void
stanza_set_number(struct stanza *stanza, const char *attribute, int64_t value)
{
	char text[24];
	(void)snprintf(text, sizeof text, "%" PRId64, value);
	stanza_set(stanza, attribute, text);
}

/* The last child if it is text, so that a run of text stays one node. */
static xmpp_stanza_t *
last_text(const struct stanza *stanza)
{
	xmpp_stanza_t *node = xmpp_stanza_get_children(inner(stanza));
	xmpp_stanza_t *last = node;
	for (; node; node = xmpp_stanza_get_next(node))
		last = node;
	return last && xmpp_stanza_is_text(last) ? last : NULL;
}

void
stanza_add_text(struct stanza *stanza, const char *text)
{
	if (text)
		stanza_add_text_n(stanza, text, strlen(text));
}

void
stanza_add_text_n(struct stanza *stanza, const char *text, size_t len)
{
	if (len == 0)
		return;
	char *clean = xmltext_is_fit(text, len) ? NULL : xmltext_clean(text, len);
	if (clean) {
		text = clean;
		len = strlen(clean);
	}
	xmpp_stanza_t *node = last_text(stanza);
	if (node) {
		struct buf joined = {0};
		buf_add_text(&joined, xmpp_stanza_get_text_ptr(node));
		buf_add(&joined, text, len);
		(void)xmpp_stanza_set_text_with_size(node, (char *)joined.data,
						     joined.len);
		buf_done(&joined);
	} else {
		node = xmpp_stanza_new(inner_ctx(stanza));
		(void)xmpp_stanza_set_text_with_size(node, text, len);
		(void)xmpp_stanza_add_child_ex(inner(stanza), node, 0);
	}
	free(clean);
}

void
stanza_random_id(char ret_id[STANZA_ID_SIZE])
{
	uint64_t bits = 0;
	/* Eight bytes are never short once the pool is up, and interrupted only before.
	 */
	while (getrandom(&bits, sizeof bits, 0) != (ssize_t)sizeof bits) {
		if (errno != EINTR)
			abort();
	}
	(void)snprintf(ret_id, STANZA_ID_SIZE, "%016" PRIx64, bits);
}

/* ------------------------------------------------------------------ the wire */

static void
write_start(const struct stanza *stanza, const char *outer_ns, struct buf *out)
{
	const char *few[2 * ATTRIBUTES_INLINE];
	const char **many;
	size_t count;
	const char **pairs = list_attributes(stanza, few, &many, &count);
	buf_add_byte(out, '<');
	buf_add_text(out, stanza_name(stanza));
	for (size_t i = 0; i < count; i++) {
		const char *name = pairs[2 * i];
		const char *value = pairs[2 * i + 1];
		if (!strcmp(name, "xmlns") && !strcmp(value, outer_ns))
			continue;
		buf_add_byte(out, ' ');
		buf_add_text(out, name);
		buf_add_text(out, "=\"");
		xmltext_escape_attribute(out, value);
		buf_add_byte(out, '"');
	}
	free(many);
}

/* Appends NODE below an element in OUTER_NS; stops early, with false, past END bytes. */
static bool
write_node(xmpp_stanza_t *node, const char *outer_ns, struct buf *out, size_t end)
{
	if (xmpp_stanza_is_text(node)) {
		xmltext_escape(out, xmpp_stanza_get_text_ptr(node));
		return out->len <= end;
	}
	write_start(outer(node), outer_ns, out);
	xmpp_stanza_t *child = xmpp_stanza_get_children(node);
	if (!child) {
		buf_add_text(out, "/>");
		return out->len <= end;
	}
	buf_add_byte(out, '>');
	const char *ns = xmpp_stanza_get_ns(node);
	for (; child; child = xmpp_stanza_get_next(child)) {
		if (!write_node(child, ns, out, end))
			return false;
	}
	buf_add_text(out, "</");
	buf_add_text(out, xmpp_stanza_get_name(node));
	buf_add_byte(out, '>');
	return out->len <= end;
}

int
stanza_write(const struct stanza *stanza, struct buf *out, size_t max)
{
	size_t start = out->len;
	size_t end = max > SIZE_MAX - start ? SIZE_MAX : start + max;
	if (write_node(inner(stanza), NS_CLIENT, out, end))
		return 0;
	out->len = start;
	out->data[start] = 0;
	return -EMSGSIZE;
}

char *
stanza_print(const struct stanza *stanza)
{
	struct buf out = {0};
	if (stanza)
		(void)stanza_write(stanza, &out, SIZE_MAX);
	return buf_take_text(&out);
}

bool
stanza_text_check(const char *text)
{
	return !text || xmltext_is_fit(text, strlen(text));
}

char *
stanza_text_clean(const char *text)
{
	return text ? xmltext_clean(text, strlen(text)) : NULL;
}
