/*
 * The stream parser under any bytes: byte 0 says in what pieces they are fed and what the
 * hooks do. Whatever comes must be read the same in pieces as at once, and every stanza
 * must survive being written and read again.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backend/xmpp/jid.h"
#include "backend/xmpp/parser.h"
#include "backend/xmpp/snippet.h"
#include "backend/xmpp/stanza.h"
#include "bridge/base/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
	struct parser *parser;
	struct buf seen;
	uint8_t how;
};

static void
on_open(void *data, const struct parser_open *open)
{
	struct run *run = data;
	buf_printf(&run->seen, "open %s\n", open->default_ns);
}

static void
take_stanza(void *data, struct stanza *stanza)
{
	struct run *run = data;
	char *text = stanza_print(stanza);
	struct stanza *again = NULL;
	free(jid_full(stanza_from(stanza)));
	if (snippet_read(stanza_context(stanza), text, strlen(text), &again) == 0) {
		char *second = stanza_print(again);
		assert(strcmp(text, second) == 0);
		free(second);
		stanza_free(again);
	}
	buf_add_text(&run->seen, text);
	free(text);
	if ((run->how & 0x10) && stanza_is(stanza, "proceed", NULL))
		parser_restart(run->parser);
	if ((run->how & 0x20) && stanza_is(stanza, "stop", NULL))
		parser_stop(run->parser);
	stanza_free(stanza);
}

static void
on_skipped(void *data, const struct parser_skipped *skipped)
{
	struct run *run = data;
	buf_printf(&run->seen, "skipped %s %d %d\n", skipped->name, skipped->cap,
		   (int)skipped->size);
}

static void
on_close(void *data)
{
	buf_add_text(&((struct run *)data)->seen, "close\n");
}

static int
batch_level(void *data, const char *id, const char *from)
{
	(void)id, (void)from;
	return (((struct run *)data)->how >> 6) & 3;
}

static void
take_batch(void *data, const struct parser_batch *batch)
{
	struct run *run = data;
	char *text = stanza_print(batch->stanza);
	buf_printf(&run->seen, "batch %d%d%d %u %s\n", batch->is_first, batch->is_last,
		   batch->is_cut, batch->dropped, text);
	free(text);
	stanza_free(batch->stanza);
}

static void
feed(const uint8_t *data, size_t size, size_t piece, uint8_t how, struct buf *ret_seen)
{
	static const struct parser_hooks hooks = {
		.on_open = on_open,
		.take_stanza = take_stanza,
		.on_skipped = on_skipped,
		.on_close = on_close,
		.batch_level = batch_level,
		.take_batch = take_batch,
	};
	/* Small caps, so that short inputs reach them. */
	static const struct parser_limits limits = {.stanza = 300,
						    .tag = 100,
						    .depth = 6,
						    .attributes = 4,
						    .children = 5,
						    .elements = 20,
						    .batch = 600,
						    .batch_row = 60,
						    .batch_size = 2};
	struct run run = {.how = how};
	struct stanza_ctx *ctx = stanza_ctx_new();
	run.parser = parser_new(ctx, &hooks, &limits, &run);
	int status = 0;
	for (size_t at = 0; at < size && status == 0; at += piece) {
		size_t len = size - at < piece ? size - at : piece;
		status = parser_feed(run.parser, data + at, len);
	}
	buf_printf(&run.seen, "status %d\n", status);
	parser_free(run.parser);
	stanza_ctx_free(ctx);
	*ret_seen = run.seen;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	uint8_t how = data[0];
	struct buf whole;
	struct buf pieces;
	/* What a restart refuses depends on where a read ends, so there one way only. */
	size_t piece = 1 + (size_t)(how & 0xf);
	feed(data + 1, size - 1, (how & 0x10) ? piece : size, how, &whole);
	feed(data + 1, size - 1, piece, how, &pieces);
	assert(whole.len == pieces.len);
	assert(memcmp(whole.data, pieces.data, whole.len) == 0);
	buf_done(&whole);
	buf_done(&pieces);
	return 0;
}
