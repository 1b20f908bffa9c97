/*
 * The stanza in the making. levels[] holds the open elements that have a place in a tree,
 * the stanza first; a row of a batch is a tree of its own until its end tag, so that one
 * over a cap can be dropped. Once skipping, only the stanza's first element is kept,
 * bare, for the report. Called by the parser alone.
 */
#include "backend/xmpp/assembly.h"

#include <stdlib.h>
#include <string.h>

#include "backend/xmpp/jid.h"
#include "backend/xmpp/stanza.h"
#include "bridge/base/mem.h"

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)
/* Bytes of the text buffer that stay between stanzas. */
#define TEXT_KEPT 4096

struct assembly_level {
	struct stanza *stanza;
	unsigned children; /* child elements so far */
};

void
assembly_init(struct assembly *assembly, struct stanza_ctx *ctx,
	      const struct parser_limits *limits)
{
	struct parser_limits own = limits ? *limits : (struct parser_limits){0};
	own.stanza = own.stanza ? own.stanza : MIB;
	own.tag = own.tag ? own.tag : 64 * KIB;
	own.depth = own.depth ? own.depth : 64;
	own.attributes = own.attributes ? own.attributes : 64;
	own.children = own.children ? own.children : 1000;
	own.elements = own.elements ? own.elements : 10000;
	own.batch = own.batch ? own.batch : 64 * MIB;
	own.batch_row = own.batch_row ? own.batch_row : 64 * KIB;
	own.batch_size = own.batch_size ? own.batch_size : 100;
	*assembly = (struct assembly){.ctx = ctx, .limits = own};
	assembly->levels = mem_array(own.depth, sizeof *assembly->levels);
}

static bool
is_row_depth(const struct assembly *assembly)
{
	return assembly->row_depth && assembly->depth == assembly->row_depth;
}

static bool
is_in_row(const struct assembly *assembly)
{
	return assembly->row_depth && assembly->depth >= assembly->row_depth;
}

/* The row in the making, which hangs nowhere yet. */
static void
free_row(struct assembly *assembly)
{
	struct assembly_level *row = &assembly->levels[assembly->row_depth - 1];
	stanza_free(row->stanza);
	row->stanza = NULL;
}

/* Back to no stanza at all; a small buffer is kept for the next one. */
static void
start_over(struct assembly *assembly)
{
	if (assembly->text.cap > TEXT_KEPT)
		buf_done(&assembly->text);
	buf_clear(&assembly->text);
	*assembly = (struct assembly){.ctx = assembly->ctx,
				      .limits = assembly->limits,
				      .levels = assembly->levels,
				      .text = assembly->text};
}

void
assembly_reset(struct assembly *assembly)
{
	if (is_in_row(assembly) && !assembly->is_skipping)
		free_row(assembly);
	if (assembly->depth)
		stanza_free(assembly->levels[0].stanza);
	start_over(assembly);
}

void
assembly_done(struct assembly *assembly)
{
	assembly_reset(assembly);
	buf_done(&assembly->text);
	free(assembly->levels);
	*assembly = (struct assembly){0};
}

/* Gives up the tree of the stanza, or of the row where the cap is a row's. */
static void
skip(struct assembly *assembly, enum parser_cap cap, bool is_row)
{
	buf_clear(&assembly->text);
	if (is_row) {
		free_row(assembly);
		assembly->is_skipping_row = true;
		return;
	}
	if (is_in_row(assembly))
		free_row(assembly);
	struct stanza *whole = assembly->levels[0].stanza;
	assembly->levels[0].stanza = stanza_shell(whole);
	stanza_free(whole);
	assembly->is_skipping = true;
	assembly->is_skipping_row = false;
	assembly->cap = cap;
}

static bool
is_space(const struct buf *text)
{
	for (size_t i = 0; i < text->len; i++) {
		if (!memchr(" \t\r\n", text->data[i], 4))
			return false;
	}
	return true;
}

/* Hangs the gathered run of text into the innermost element. White space between elements
 * is layout, not content. */
static void
flush_text(struct assembly *assembly, bool has_elements)
{
	struct buf *text = &assembly->text;
	if (text->len == 0)
		return;
	struct stanza *parent = assembly->levels[assembly->depth - 1].stanza;
	if (!has_elements || !is_space(text))
		stanza_add_text_n(parent, (const char *)text->data, text->len);
	buf_clear(text);
}

/* Follows how much there is of the stanza, up to offset END; false if it is now skipped.
 */
static bool
check_size(struct assembly *assembly, uint64_t end)
{
	if (!assembly->row_depth) {
		if (end - assembly->begin <= assembly->limits.stanza)
			return true;
		skip(assembly, PARSER_CAP_SIZE, false);
		return false;
	}
	if (end - assembly->begin > assembly->limits.batch) {
		skip(assembly, PARSER_CAP_SIZE, false);
		return false;
	}
	if (is_in_row(assembly) && !assembly->is_skipping_row &&
	    end - assembly->row_begin > assembly->limits.batch_row)
		skip(assembly, PARSER_CAP_SIZE, true);
	return !assembly->is_skipping_row;
}

static struct stanza *
make_element(struct assembly *assembly, const struct assembly_tag *tag)
{
	struct stanza *stanza = stanza_new(assembly->ctx, tag->name, tag->ns);
	for (const char *const *pair = tag->attributes; *pair; pair += 2)
		stanza_set(stanza, pair[0], pair[1]);
	return stanza;
}

/* The stanza's first element with what a report needs of it, where it is over a cap. */
static struct stanza *
make_bare(struct assembly *assembly, const struct assembly_tag *tag)
{
	struct stanza *stanza = stanza_new(assembly->ctx, tag->name, tag->ns);
	for (const char *const *pair = tag->attributes; *pair; pair += 2) {
		if (strlen(pair[1]) <= JID_MAX &&
		    (!strcmp(pair[0], "from") || !strcmp(pair[0], "id") ||
		     !strcmp(pair[0], "type")))
			stanza_set(stanza, pair[0], pair[1]);
	}
	return stanza;
}

void
assembly_begin(struct assembly *assembly, const struct assembly_tag *tag, int batch_level)
{
	start_over(assembly);
	assembly->begin = tag->begin;
	assembly->depth = 1;
	assembly->elements = 1;
	assembly->levels[0].children = 0;
	bool is_long = tag->end - tag->begin > assembly->limits.tag;
	if (is_long || tag->count > assembly->limits.attributes) {
		assembly->levels[0].stanza = make_bare(assembly, tag);
		assembly->is_skipping = true;
		assembly->cap = is_long ? PARSER_CAP_SIZE : PARSER_CAP_ATTRIBUTES;
		return;
	}
	assembly->levels[0].stanza = make_element(assembly, tag);
	if (batch_level > 0)
		assembly->row_depth = 2 + (unsigned)batch_level;
	if (assembly->row_depth > assembly->limits.depth)
		assembly->row_depth = 0;
}

/* Whether TAG, to be child number PARENT->children of its parent, is over a cap. */
static bool
is_over_cap(const struct assembly *assembly, const struct assembly_tag *tag,
	    enum parser_cap *ret_cap)
{
	const struct parser_limits *limits = &assembly->limits;
	if (assembly->depth > limits->depth) {
		*ret_cap = PARSER_CAP_DEPTH;
		return true;
	}
	if (tag->end - tag->begin > limits->tag) {
		*ret_cap = PARSER_CAP_SIZE;
		return true;
	}
	if (tag->count > limits->attributes) {
		*ret_cap = PARSER_CAP_ATTRIBUTES;
		return true;
	}
	*ret_cap = PARSER_CAP_CHILDREN;
	if (assembly->elements > limits->elements)
		return true;
	return !is_row_depth(assembly) &&
	       assembly->levels[assembly->depth - 2].children > limits->children;
}

void
assembly_start(struct assembly *assembly, const struct assembly_tag *tag)
{
	if (assembly->is_skipping || assembly->is_skipping_row) {
		assembly->depth++;
		if (assembly->is_skipping_row)
			(void)check_size(assembly, tag->end);
		return;
	}
	flush_text(assembly, true);
	struct assembly_level *parent = &assembly->levels[assembly->depth - 1];
	parent->children++;
	assembly->depth++;
	assembly->elements++;
	bool is_row = is_row_depth(assembly);
	if (is_row) {
		assembly->row_begin = tag->begin;
		assembly->elements = 1;
	}
	enum parser_cap cap;
	if (is_over_cap(assembly, tag, &cap)) {
		if (is_row)
			assembly->levels[assembly->depth - 1].stanza = NULL;
		skip(assembly, cap, is_in_row(assembly));
		return;
	}
	struct stanza *stanza = make_element(assembly, tag);
	assembly->levels[assembly->depth - 1] = (struct assembly_level){stanza, 0};
	if (!is_row)
		stanza_take_child(parent->stanza, stanza);
	(void)check_size(assembly, tag->end);
}

void
assembly_add_text(struct assembly *assembly, const char *text, size_t len, uint64_t end)
{
	if (assembly->is_skipping || !check_size(assembly, end))
		return;
	/* Outside of the rows of a batch nothing else bounds a run of text. */
	if (assembly->row_depth &&
	    assembly->text.len + len > assembly->limits.batch_row) {
		skip(assembly, PARSER_CAP_SIZE, is_in_row(assembly));
		return;
	}
	buf_add(&assembly->text, text, len);
}

/* Hands the tree over as a part and goes on with bare copies of the open elements. */
static struct stanza *
take_part(struct assembly *assembly)
{
	struct stanza *part = assembly->levels[0].stanza;
	for (unsigned i = 0; i + 1 < assembly->row_depth; i++) {
		struct stanza *shell = stanza_shell(assembly->levels[i].stanza);
		if (i > 0)
			stanza_take_child(assembly->levels[i - 1].stanza, shell);
		assembly->levels[i].stanza = shell;
	}
	assembly->rows = 0;
	return part;
}

static enum assembly_result
finish_row(struct assembly *assembly, struct stanza **ret_stanza)
{
	struct assembly_level *row = &assembly->levels[assembly->row_depth - 1];
	if (assembly->is_skipping_row) {
		assembly->is_skipping_row = false;
		assembly->dropped++;
	} else {
		stanza_take_child(row[-1].stanza, row->stanza);
		row->stanza = NULL;
		assembly->rows++;
	}
	assembly->depth--;
	if (assembly->rows < assembly->limits.batch_size)
		return ASSEMBLY_OPEN;
	*ret_stanza = take_part(assembly);
	return ASSEMBLY_PART;
}

enum assembly_result
assembly_finish(struct assembly *assembly, uint64_t end, struct stanza **ret_stanza)
{
	if (!assembly->is_skipping && check_size(assembly, end))
		flush_text(assembly, assembly->levels[assembly->depth - 1].children > 0);
	if (!assembly->is_skipping && is_row_depth(assembly))
		return finish_row(assembly, ret_stanza);
	if (--assembly->depth > 0)
		return ASSEMBLY_OPEN;
	*ret_stanza = assembly->levels[0].stanza;
	assembly->levels[0].stanza = NULL;
	if (assembly->text.cap > TEXT_KEPT)
		buf_done(&assembly->text);
	if (assembly->row_depth)
		return assembly->is_skipping ? ASSEMBLY_CUT : ASSEMBLY_LAST;
	return assembly->is_skipping ? ASSEMBLY_SKIPPED : ASSEMBLY_STANZA;
}
