/*
 * Stanzas in the making: elements, text and end tags become a tree, under the caps of
 * parser.h. What is over a cap is followed to its end without a tree. A result that is
 * taken in batches is cut into parts here. Knows neither expat nor the stream; for the
 * parser. Offsets are bytes since the stream's start.
 */
#ifndef TERN_XMPP_ASSEMBLY_H
#define TERN_XMPP_ASSEMBLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/xmpp/parser.h"
#include "bridge/base/buf.h"

struct assembly_level;

/* One start tag; strings are borrowed for the call. */
struct assembly_tag {
	const char *name;
	const char *ns;
	const char *const *attributes; /* pairs of name and value, then NULL */
	size_t count;		       /* of pairs, also of those left out of the list */
	uint64_t begin;		       /* offset of its '<' */
	uint64_t end;		       /* offset behind its '>' */
};

enum assembly_result {
	ASSEMBLY_OPEN,	  /* the stanza goes on */
	ASSEMBLY_STANZA,  /* it is whole */
	ASSEMBLY_SKIPPED, /* its end came, yet it was over a cap */
	ASSEMBLY_PART,	  /* a part of a batched result; the result goes on */
	ASSEMBLY_LAST,	  /* the last part */
	ASSEMBLY_CUT,	  /* the end of a batched result that was over a cap */
};

struct assembly {
	struct stanza_ctx *ctx;
	struct parser_limits limits;   /* no field is 0 */
	struct assembly_level *levels; /* the open elements that are in a tree */
	unsigned depth;		       /* open elements, the stanza counted */
	unsigned elements;	       /* of the stanza, or of the row in a batch */
	uint64_t begin;		       /* of the stanza */
	uint64_t row_begin;	       /* of the row, in one */
	struct buf text;	       /* the run that is not in the tree yet */
	unsigned row_depth;	       /* depth of the rows; 0: not batched */
	unsigned rows;		       /* in this part */
	bool is_skipping;	       /* to the end of the stanza */
	bool is_skipping_row;	       /* to the end of the row */
	enum parser_cap cap;	       /* why */
	uint32_t dropped;	       /* rows */
};

/* Begins; a field of LIMITS that is 0 (or all, if NULL) takes its default. */
void assembly_init(struct assembly *assembly, struct stanza_ctx *ctx,
		   const struct parser_limits *limits);

/* Forgets the stanza in the making. */
void assembly_reset(struct assembly *assembly);

/* Frees everything. */
void assembly_done(struct assembly *assembly);

/* The start tag of a stanza; BATCH_LEVEL as the hook of parser.h answers. */
void assembly_begin(struct assembly *assembly, const struct assembly_tag *tag,
		    int batch_level);

/* A start tag inside it. */
void assembly_start(struct assembly *assembly, const struct assembly_tag *tag);

/* Text inside it that ends at offset END. */
void assembly_add_text(struct assembly *assembly, const char *text, size_t len,
		       uint64_t end);

/* An end tag that ends at offset END. But for ASSEMBLY_OPEN, *RET_STANZA becomes the
 * tree, which is the caller's: whole, or a part, or (skipped, cut) its first element
 * bare. */
enum assembly_result assembly_finish(struct assembly *assembly, uint64_t end,
				     struct stanza **ret_stanza);

#endif
