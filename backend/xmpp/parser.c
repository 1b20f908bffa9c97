/*
 * The stream parser: between the reader (bytes to tags) and the assembly (tags to
 * stanzas). Here are the stream's own header and end, namespaces, restarts and what ends
 * a stream. Once a parser is halted (broken, stopped, restarting, closed) no hook is
 * called.
 */
#include "backend/xmpp/parser.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend/xmpp/assembly.h"
#include "backend/xmpp/ns.h"
#include "backend/xmpp/reader.h"
#include "backend/xmpp/stanza.h"
#include "bridge/base/buf.h"
#include "bridge/base/mem.h"

/* Levels that a skipped stanza may have: each costs memory while it is open. */
#define SKIPPED_DEPTH_MAX 200000

enum halt {
	HALT_NONE,
	HALT_BROKEN,  /* condition and reason say why */
	HALT_STOPPED, /* by parser_stop or parser_free */
	HALT_RESTART, /* in a hook; ends with the feed */
	HALT_CLOSED,  /* the other side's end tag came */
};

struct parser {
	struct reader *reader;
	struct parser_hooks hooks;
	void *data;
	struct assembly assembly;
	struct buf ns;	     /* scratch: the namespace of the current tag */
	struct buf pairs;    /* scratch: its attributes as const char * */
	char *default_ns;    /* what the stream header declared */
	uint64_t restart_at; /* offset behind the element that asked for a restart */
	enum halt halt;
	bool is_open; /* the stream header came */
	bool is_feeding;
	bool is_freed;
	bool is_batch_begun;
	const char *condition;
	const char *reason;
};

static void
halt(struct parser *parser, enum halt how)
{
	parser->halt = how;
	if (parser->is_feeding)
		reader_stop(parser->reader);
}

static void
fail(struct parser *parser, const char *condition, const char *reason)
{
	if (parser->halt != HALT_NONE)
		return;
	parser->condition = condition;
	parser->reason = reason;
	halt(parser, HALT_BROKEN);
}

/* ------------------------------------------------------------------ tags */

/* NAME without its namespace, which goes to parser->ns. */
static const char *
split_name(struct parser *parser, const char *name)
{
	const char *separator = strchr(name, READER_SEPARATOR);
	buf_clear(&parser->ns);
	buf_add(&parser->ns, name, separator ? (size_t)(separator - name) : 0);
	return separator ? separator + 1 : name;
}

/* The name under which an attribute is kept, or NULL: one in a namespace is never taken
 * for its namesake in none. */
static const char *
attribute_name(const char *name)
{
	if (!strchr(name, READER_SEPARATOR))
		return name;
	return strcmp(name, NS_XML "\1lang") ? NULL : "xml:lang";
}

static void
read_tag(struct parser *parser, const char *name, const char **attributes,
	 struct assembly_tag *ret_tag)
{
	const char *local = split_name(parser, name);
	const char *end = NULL;
	size_t count = 0;
	buf_clear(&parser->pairs);
	for (; *attributes; attributes += 2) {
		const char *pair[2] = {attribute_name(attributes[0]), attributes[1]};
		count++;
		if (pair[0] && count <= parser->assembly.limits.attributes)
			buf_add(&parser->pairs, pair, sizeof pair);
	}
	buf_add(&parser->pairs, &end, sizeof end);
	*ret_tag = (struct assembly_tag){
		.name = local,
		.ns = (const char *)parser->ns.data,
		.attributes = (const char *const *)(const void *)parser->pairs.data,
		.count = count,
		.begin = reader_begin(parser->reader),
		.end = reader_end(parser->reader),
	};
}

static const char *
tag_attribute(const struct assembly_tag *tag, const char *name)
{
	for (const char *const *pair = tag->attributes; *pair; pair += 2) {
		if (!strcmp(pair[0], name))
			return pair[1];
	}
	return NULL;
}

static void
open_stream(struct parser *parser, const struct assembly_tag *tag)
{
	const struct parser_limits *limits = &parser->assembly.limits;
	if (strcmp(tag->name, "stream") != 0) {
		fail(parser, "bad-format", "The server does not speak XMPP.");
		return;
	}
	if (strcmp(tag->ns, NS_STREAM) != 0) {
		fail(parser, "invalid-namespace", "The server does not speak XMPP.");
		return;
	}
	if (tag->end - tag->begin > limits->tag || tag->count > limits->attributes) {
		fail(parser, "policy-violation", "The stream's header is too large.");
		return;
	}
	parser->is_open = true;
	reader_mark_root(parser->reader);
	struct parser_open open = {
		.from = tag_attribute(tag, "from"),
		.to = tag_attribute(tag, "to"),
		.id = tag_attribute(tag, "id"),
		.version = tag_attribute(tag, "version"),
		.lang = tag_attribute(tag, "xml:lang"),
		.default_ns = parser->default_ns ? parser->default_ns : "",
	};
	parser->hooks.on_open(parser->data, &open);
}

static int
ask_batch_level(const struct parser *parser, const struct assembly_tag *tag)
{
	const char *id = tag_attribute(tag, "id");
	const char *type = tag_attribute(tag, "type");
	if (!parser->hooks.batch_level || !parser->hooks.take_batch || !id || !type ||
	    strcmp(tag->name, "iq") != 0 || strcmp(tag->ns, NS_CLIENT) != 0 ||
	    strcmp(type, "result") != 0)
		return 0;
	return parser->hooks.batch_level(parser->data, id, tag_attribute(tag, "from"));
}

static void
on_start(void *data, const char *name, const char **attributes)
{
	struct parser *parser = data;
	struct assembly_tag tag;
	read_tag(parser, name, attributes, &tag);
	if (!parser->is_open) {
		open_stream(parser, &tag);
		return;
	}
	if (parser->assembly.depth > 0) {
		assembly_start(&parser->assembly, &tag);
		if (parser->assembly.depth > SKIPPED_DEPTH_MAX)
			fail(parser, "policy-violation",
			     "The server sent elements without end.");
		return;
	}
	int batch_level = ask_batch_level(parser, &tag);
	if (parser->halt != HALT_NONE)
		return;
	parser->is_batch_begun = false;
	assembly_begin(&parser->assembly, &tag, batch_level);
}

static void
report_skipped(struct parser *parser, struct stanza *bare)
{
	struct parser_skipped skipped = {
		.name = stanza_name(bare),
		.ns = stanza_ns(bare),
		.from = stanza_from(bare),
		.id = stanza_id(bare),
		.type = stanza_type(bare),
		.cap = parser->assembly.cap,
		.size = reader_end(parser->reader) - parser->assembly.begin,
	};
	parser->hooks.on_skipped(parser->data, &skipped);
	stanza_free(bare);
}

static void
hand_over_batch(struct parser *parser, struct stanza *stanza, enum assembly_result result)
{
	struct parser_batch batch = {
		.stanza = stanza,
		.is_first = !parser->is_batch_begun,
		.is_last = result != ASSEMBLY_PART,
		.is_cut = result == ASSEMBLY_CUT,
		.dropped = result == ASSEMBLY_PART ? 0 : parser->assembly.dropped,
	};
	parser->is_batch_begun = true;
	parser->hooks.take_batch(parser->data, &batch);
}

static void
on_end(void *data)
{
	struct parser *parser = data;
	if (parser->assembly.depth == 0) {
		halt(parser, HALT_CLOSED);
		parser->hooks.on_close(parser->data);
		return;
	}
	struct stanza *stanza = NULL;
	enum assembly_result result =
		assembly_finish(&parser->assembly, reader_end(parser->reader), &stanza);
	switch (result) {
	case ASSEMBLY_OPEN:
		break;
	case ASSEMBLY_STANZA:
		parser->hooks.take_stanza(parser->data, stanza);
		break;
	case ASSEMBLY_SKIPPED:
		report_skipped(parser, stanza);
		break;
	case ASSEMBLY_PART:
	case ASSEMBLY_LAST:
	case ASSEMBLY_CUT:
		hand_over_batch(parser, stanza, result);
		break;
	}
	if (parser->assembly.depth == 0 && parser->halt == HALT_NONE)
		reader_may_renew(parser->reader);
}

static void
on_text(void *data, const char *text, size_t len)
{
	struct parser *parser = data;
	if (parser->assembly.depth > 0) {
		assembly_add_text(&parser->assembly, text, len,
				  reader_end(parser->reader));
		return;
	}
	for (size_t i = 0; i < len; i++) {
		if (!memchr(" \t\r\n", text[i], 4)) {
			fail(parser, "bad-format",
			     "The server sent text between stanzas.");
			return;
		}
	}
}

static void
on_default_ns(void *data, const char *ns)
{
	struct parser *parser = data;
	if (!parser->is_open)
		mem_replace(&parser->default_ns, ns);
}

/* ------------------------------------------------------------------ life */

struct parser *
parser_new(struct stanza_ctx *ctx, const struct parser_hooks *hooks,
	   const struct parser_limits *limits, void *data)
{
	static const struct reader_hooks own = {
		.on_start = on_start,
		.on_end = on_end,
		.on_text = on_text,
		.on_default_ns = on_default_ns,
	};
	struct parser *parser = mem_alloc(sizeof *parser);
	parser->hooks = *hooks;
	parser->data = data;
	assembly_init(&parser->assembly, ctx, limits);
	/* No tag of a stanza within the limit is longer than the stanza. */
	parser->reader = reader_new(&own, parser->assembly.limits.stanza, parser);
	return parser;
}

static void
destroy(struct parser *parser)
{
	reader_free(parser->reader);
	assembly_done(&parser->assembly);
	buf_done(&parser->ns);
	buf_done(&parser->pairs);
	free(parser->default_ns);
	free(parser);
}

void
parser_free(struct parser *parser)
{
	if (!parser)
		return;
	if (parser->is_feeding) {
		parser->is_freed = true;
		halt(parser, HALT_STOPPED);
		return;
	}
	destroy(parser);
}

static void
reset(struct parser *parser)
{
	assembly_reset(&parser->assembly);
	reader_reset(parser->reader);
	mem_replace(&parser->default_ns, NULL);
	parser->halt = HALT_NONE;
	parser->is_open = false;
	parser->condition = NULL;
	parser->reason = NULL;
}

void
parser_restart(struct parser *parser)
{
	if (!parser->is_feeding) {
		reset(parser);
		return;
	}
	parser->restart_at = reader_end(parser->reader);
	halt(parser, HALT_RESTART);
}

void
parser_stop(struct parser *parser)
{
	halt(parser, HALT_STOPPED);
}

const char *
parser_condition(const struct parser *parser)
{
	return parser->condition;
}

const char *
parser_reason(const struct parser *parser)
{
	return parser->reason;
}

/* ------------------------------------------------------------------ bytes */

static void
fail_by(struct parser *parser, enum reader_fault fault)
{
	switch (fault) {
	case READER_FINE:
		break;
	case READER_ILL_FORMED:
		fail(parser, "not-well-formed",
		     "The server sent something that is not XML.");
		break;
	case READER_RESTRICTED:
		fail(parser, "restricted-xml", "The server sent XML that XMPP forbids.");
		break;
	case READER_TAG_TOO_LONG:
		fail(parser, "policy-violation", "The server sent a tag without end.");
		break;
	case READER_START_TOO_LONG:
		fail(parser, "policy-violation", "The stream's header is too large.");
		break;
	}
}

/* After a feed in which a hook asked for a restart. */
static void
finish_restart(struct parser *parser)
{
	if (parser->restart_at == reader_received(parser->reader)) {
		reset(parser);
		return;
	}
	parser->halt = HALT_NONE;
	fail(parser, "policy-violation",
	     "The server sent data where only a new stream may follow.");
}

int
parser_feed(struct parser *parser, const void *bytes, size_t len)
{
	assert(!parser->is_feeding);
	if (parser->halt == HALT_NONE && len > 0) {
		parser->is_feeding = true;
		enum reader_fault fault = reader_feed(parser->reader, bytes, len);
		parser->is_feeding = false;
		fail_by(parser, fault);
	}
	if (parser->is_freed) {
		destroy(parser);
		return -ECANCELED;
	}
	if (parser->halt == HALT_RESTART)
		finish_restart(parser);
	switch (parser->halt) {
	case HALT_BROKEN:
		return -EPROTO;
	case HALT_STOPPED:
		return -ECANCELED;
	case HALT_NONE:
	case HALT_CLOSED:
	case HALT_RESTART:
		break;
	}
	return 0;
}
