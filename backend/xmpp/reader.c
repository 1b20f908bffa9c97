/*
 * The reader: the scan says where tokens end, whole tokens go to expat, the rest is held.
 * A new expat is told the root's start tag again, in which it learns the namespaces that
 * the stanzas use; nobody hears of that.
 */
#include "backend/xmpp/reader.h"

#include <assert.h>
#include <stdlib.h>

#include <expat.h>

#include "backend/xmpp/scan.h"
#include "bridge/base/buf.h"
#include "bridge/base/mem.h"

/* Bytes after which expat is made anew. */
#define FRESH_FOR ((uint64_t)256 * 1024)
/* Bytes up to the end of the root's start tag. */
#define START_MAX ((size_t)128 * 1024)
/* Bytes given to expat at once: it keeps a buffer that they fit in. */
#define SLICE ((size_t)16 * 1024)

struct reader {
	XML_Parser expat;
	struct reader_hooks hooks;
	void *data;
	size_t max_token;
	struct scan scan;
	struct buf start; /* the document up to the end of the root's start tag */
	struct buf held;  /* the beginning of a token whose end has not come */
	uint64_t received;
	uint64_t base;	   /* offset of expat's first byte */
	uint64_t fresh_at; /* offset at which expat was made anew, or is to be */
	enum reader_fault fault;
	bool is_rooted;	   /* start is whole */
	bool is_stopped;   /* by a hook */
	bool is_stale;	   /* this expat ends at fresh_at */
	bool is_replaying; /* expat is being told the start again */
};

static bool
is_deaf(const struct reader *reader)
{
	return reader->fault != READER_FINE || reader->is_stopped || reader->is_stale ||
	       reader->is_replaying;
}

static void
fail(struct reader *reader, enum reader_fault fault)
{
	if (!is_deaf(reader))
		reader->fault = fault;
}

/* ------------------------------------------------------------------ what expat says */

static void XMLCALL
on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
	struct reader *reader = data;
	if (!is_deaf(reader))
		reader->hooks.on_start(reader->data, name, attributes);
}

static void XMLCALL
on_end(void *data, const XML_Char *name)
{
	struct reader *reader = data;
	(void)name;
	if (!is_deaf(reader))
		reader->hooks.on_end(reader->data);
}

static void XMLCALL
on_text(void *data, const XML_Char *text, int len)
{
	struct reader *reader = data;
	if (!is_deaf(reader))
		reader->hooks.on_text(reader->data, text, (size_t)len);
}

static void XMLCALL
on_namespace(void *data, const XML_Char *prefix, const XML_Char *uri)
{
	struct reader *reader = data;
	if (!is_deaf(reader) && !prefix)
		reader->hooks.on_default_ns(reader->data, uri);
}

/* The scan refuses all three before; this is the second lock. */
static void
refuse(struct reader *reader)
{
	fail(reader, READER_RESTRICTED);
	(void)XML_StopParser(reader->expat, XML_FALSE);
}

static void XMLCALL
on_doctype(void *data, const XML_Char *name, const XML_Char *system_id,
	   const XML_Char *public_id, int has_internal)
{
	(void)name, (void)system_id, (void)public_id, (void)has_internal;
	refuse(data);
}

static void XMLCALL
on_instruction(void *data, const XML_Char *target, const XML_Char *text)
{
	(void)target, (void)text;
	refuse(data);
}

static void XMLCALL
on_comment(void *data, const XML_Char *text)
{
	(void)text;
	refuse(data);
}

/* ------------------------------------------------------------------ life */

static void
make_expat(struct reader *reader)
{
	reader->expat = XML_ParserCreateNS("UTF-8", READER_SEPARATOR);
	if (!reader->expat)
		abort();
	XML_SetUserData(reader->expat, reader);
	XML_SetElementHandler(reader->expat, on_start, on_end);
	XML_SetCharacterDataHandler(reader->expat, on_text);
	XML_SetStartNamespaceDeclHandler(reader->expat, on_namespace);
	XML_SetStartDoctypeDeclHandler(reader->expat, on_doctype);
	XML_SetProcessingInstructionHandler(reader->expat, on_instruction);
	XML_SetCommentHandler(reader->expat, on_comment);
#ifdef TERN_EXPAT_HAS_DEFERRAL
	/* Else a tag that came in two reads waits for the bytes behind it. */
	(void)XML_SetReparseDeferralEnabled(reader->expat, XML_FALSE);
#endif
}

struct reader *
reader_new(const struct reader_hooks *hooks, size_t max_token, void *data)
{
	struct reader *reader = mem_alloc(sizeof *reader);
	reader->hooks = *hooks;
	reader->data = data;
	reader->max_token = max_token;
	scan_init(&reader->scan, max_token);
	make_expat(reader);
	return reader;
}

void
reader_free(struct reader *reader)
{
	if (!reader)
		return;
	XML_ParserFree(reader->expat);
	buf_done(&reader->start);
	buf_done(&reader->held);
	free(reader);
}

void
reader_reset(struct reader *reader)
{
	XML_ParserFree(reader->expat);
	buf_done(&reader->start);
	buf_done(&reader->held);
	*reader = (struct reader){
		.hooks = reader->hooks,
		.data = reader->data,
		.max_token = reader->max_token,
	};
	scan_init(&reader->scan, reader->max_token);
	make_expat(reader);
}

void
reader_stop(struct reader *reader)
{
	reader->is_stopped = true;
	(void)XML_StopParser(reader->expat, XML_FALSE);
}

void
reader_mark_root(struct reader *reader)
{
	reader->is_rooted = true;
	reader->start.len = (size_t)reader_end(reader);
	reader->fresh_at = reader->start.len;
	if (reader->start.len > START_MAX)
		fail(reader, READER_START_TOO_LONG);
}

void
reader_may_renew(struct reader *reader)
{
	uint64_t end = reader_end(reader);
	if (is_deaf(reader) || end - reader->fresh_at <= FRESH_FOR)
		return;
	reader->is_stale = true;
	reader->fresh_at = end;
	(void)XML_StopParser(reader->expat, XML_FALSE);
}

uint64_t
reader_begin(const struct reader *reader)
{
	return reader->base + (uint64_t)XML_GetCurrentByteIndex(reader->expat);
}

uint64_t
reader_end(const struct reader *reader)
{
	return reader_begin(reader) + (uint64_t)XML_GetCurrentByteCount(reader->expat);
}

uint64_t
reader_received(const struct reader *reader)
{
	return reader->received;
}

/* ------------------------------------------------------------------ bytes */

/* A new expat that knows the document's start and nothing else. */
static void
renew(struct reader *reader)
{
	XML_ParserFree(reader->expat);
	make_expat(reader);
	reader->base = reader->fresh_at - reader->start.len;
	reader->is_stale = false;
	reader->is_replaying = true;
	enum XML_Status status = XML_Parse(reader->expat, (char *)reader->start.data,
					   (int)reader->start.len, 0);
	reader->is_replaying = false;
	assert(status == XML_STATUS_OK);
}

/* Gives expat LEN bytes from offset AT; returns how many of them were read. */
static size_t
give_slice(struct reader *reader, const uint8_t *bytes, size_t len, uint64_t at)
{
	if (XML_Parse(reader->expat, (const char *)bytes, (int)len, 0) == XML_STATUS_OK)
		return len;
	if (XML_GetErrorCode(reader->expat) == XML_ERROR_NO_MEMORY)
		abort();
	if (reader->is_stale) {
		renew(reader);
		return (size_t)(reader->fresh_at - at);
	}
	fail(reader, READER_ILL_FORMED);
	return len;
}

static void
give(struct reader *reader, const uint8_t *bytes, size_t len, uint64_t at)
{
	while (len > 0 && !is_deaf(reader)) {
		size_t slice = len < SLICE ? len : SLICE;
		size_t used = give_slice(reader, bytes, slice, at);
		bytes += used;
		len -= used;
		at += used;
	}
}

static enum reader_fault
fault_of(enum scan_fault fault)
{
	switch (fault) {
	case SCAN_FINE:
		break;
	case SCAN_ILL_FORMED:
		return READER_ILL_FORMED;
	case SCAN_RESTRICTED:
		return READER_RESTRICTED;
	case SCAN_TOO_LONG:
		return READER_TAG_TOO_LONG;
	}
	return READER_FINE;
}

enum reader_fault
reader_feed(struct reader *reader, const uint8_t *bytes, size_t len)
{
	size_t safe;
	uint64_t at = reader->received;
	reader->received += len;
	if (!reader->is_rooted)
		buf_add(&reader->start, bytes, len);
	enum scan_fault fault = scan_feed(&reader->scan, bytes, len, &safe);
	if (safe > 0) {
		give(reader, reader->held.data, reader->held.len, at - reader->held.len);
		buf_done(&reader->held);
		give(reader, bytes, safe, at);
	}
	if (is_deaf(reader))
		return reader->fault;
	buf_add(&reader->held, bytes + safe, len - safe);
	reader->fault = fault_of(fault);
	if (!reader->is_rooted && reader->received > START_MAX)
		fail(reader, READER_START_TOO_LONG);
	return reader->fault;
}
