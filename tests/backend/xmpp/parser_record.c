/*
 * The recording hooks of parser_record.h.
 */
#include "tests/backend/xmpp/parser_record.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "backend/xmpp/stanza.h"

const char record_header[] =
	"<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
	"xmlns:stream='http://etherx.jabber.org/streams' from='h' id='i' version='1.0'>";

static const char *
or_dash(const char *text)
{
	return text ? text : "-";
}

static void
on_open(void *data, const struct parser_open *open)
{
	struct record *record = data;
	if (!record->is_terse)
		buf_printf(&record->lines, "open %s %s %s %s %s\n", or_dash(open->from),
			   or_dash(open->id), or_dash(open->version), or_dash(open->lang),
			   open->default_ns);
}

static void
react(struct record *record, const char *name)
{
	if (record->restart_name && !strcmp(name, record->restart_name))
		parser_restart(record->parser);
	if (record->stop_name && !strcmp(name, record->stop_name))
		parser_stop(record->parser);
	if (record->free_name && !strcmp(name, record->free_name)) {
		parser_free(record->parser);
		record->parser = NULL;
	}
}

static void
take_stanza(void *data, struct stanza *stanza)
{
	struct record *record = data;
	record->stanzas++;
	if (!record->is_terse) {
		buf_add_text(&record->lines, "stanza ");
		(void)stanza_write(stanza, &record->lines, SIZE_MAX);
		buf_add_byte(&record->lines, '\n');
	}
	react(record, stanza_name(stanza));
	stanza_free(stanza);
}

static void
on_skipped(void *data, const struct parser_skipped *skipped)
{
	struct record *record = data;
	static const char *const caps[] = {"size", "depth", "attributes", "children"};
	buf_printf(&record->lines, "skipped %s from=%s id=%s type=%s %s %" PRIu64 "\n",
		   skipped->name, or_dash(skipped->from), or_dash(skipped->id),
		   or_dash(skipped->type), caps[skipped->cap], skipped->size);
}

static void
on_close(void *data)
{
	buf_add_text(&((struct record *)data)->lines, "close\n");
}

static int
batch_level(void *data, const char *id, const char *from)
{
	(void)from;
	return strcmp(id, "open") ? 0 : ((struct record *)data)->batch_level;
}

static void
take_batch(void *data, const struct parser_batch *batch)
{
	struct record *record = data;
	const struct stanza *payload = stanza_payload(batch->stanza);
	const struct stanza *items =
		record->batch_level == 2 ? stanza_child(payload, "items", NULL) : payload;
	buf_printf(&record->lines, "batch id=%s %s rows=%zu%s%s%s dropped=%u\n",
		   or_dash(stanza_id(batch->stanza)), or_dash(stanza_name(payload)),
		   stanza_count(items, "item", NULL), batch->is_first ? " first" : "",
		   batch->is_last ? " last" : "", batch->is_cut ? " cut" : "",
		   batch->dropped);
	stanza_free(batch->stanza);
}

void
record_init(struct record *record, const struct parser_limits *limits)
{
	static const struct parser_hooks hooks = {
		.on_open = on_open,
		.take_stanza = take_stanza,
		.on_skipped = on_skipped,
		.on_close = on_close,
		.batch_level = batch_level,
		.take_batch = take_batch,
	};
	record->ctx = stanza_ctx_new();
	record->parser = parser_new(record->ctx, &hooks, limits, record);
}

void
record_done(struct record *record)
{
	parser_free(record->parser);
	stanza_ctx_free(record->ctx);
	buf_done(&record->lines);
}

int
record_feed(struct record *record, const char *bytes, size_t len, size_t piece)
{
	int status = 0;
	for (size_t at = 0; at < len && status == 0; at += piece) {
		size_t size = len - at < piece ? len - at : piece;
		status = parser_feed(record->parser, bytes + at, size);
	}
	if (status == -EPROTO)
		buf_printf(&record->lines, "broken %s\n",
			   parser_condition(record->parser));
	else if (status == -ECANCELED)
		buf_add_text(&record->lines, "canceled\n");
	return status;
}

const char *
record_lines(const struct record *record)
{
	return record->lines.data ? (const char *)record->lines.data : "";
}
