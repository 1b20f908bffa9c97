/*
 * A parser whose hooks write down what they are told, a line a call, so that tests
 * compare texts. For the tests of the stream parser.
 */
#ifndef TERN_TESTS_PARSER_RECORD_H
#define TERN_TESTS_PARSER_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/xmpp/parser.h"
#include "bridge/base/buf.h"

struct record {
	struct stanza_ctx *ctx;
	struct parser *parser;
	struct buf lines;
	int batch_level;	  /* what the hook answers for id "open" */
	const char *restart_name; /* an element of this name restarts */
	const char *stop_name;	  /* one of this name stops */
	const char *free_name;	  /* one of this name frees the parser */
	size_t stanzas;
	bool is_terse; /* count stanzas only */
};

/* The stream header that most tests begin with. */
extern const char record_header[];

/* Makes the parser with LIMITS (may be NULL). */
void record_init(struct record *record, const struct parser_limits *limits);

/* Frees all of it. */
void record_done(struct record *record);

/* Feeds LEN bytes in pieces of PIECE and writes down how it ended. */
int record_feed(struct record *record, const char *bytes, size_t len, size_t piece);

/* The lines so far. */
const char *record_lines(const struct record *record);

#endif
