/*
 * The one codec: turns records into MessagePack maps and back by walking the field tables
 * of schema.h. With frame.c the only code that knows msgpack-c.
 */
#ifndef TERN_BRIDGE_CODEC_H
#define TERN_BRIDGE_CODEC_H

#include "bridge/base/arena.h"
#include "bridge/base/buf.h"
#include "bridge/schema.h"

/* Appends RECORD (a struct described by ROW) as a map. Optional fields that are NULL, 0,
 * false or of no elements are left out (a string "" is sent: it may mean "none"); a
 * required string that is NULL is our own mistake and aborts. Ill-formed UTF-8 in a
 * string is replaced by U+FFFD. */
void codec_encode(struct buf *out, const struct bridge_record_row *row,
		  const void *record);

/* Reads the map at DATA (LEN bytes, already scanned; 0 bytes read as an empty map) into
 * RET_RECORD (ROW->size bytes, set by this call); strings, lists and nested records live
 * in ARENA. Unknown keys and nil for an optional field are skipped, an unknown text of a
 * choice reads as its value 0. Returns 0, or -EINVAL for a missing required field, a
 * wrong type, a NUL or ill-formed UTF-8 in a string: then *RET_PROBLEM is a sentence in
 * ARENA that names the field ("field contact.jid is missing"). */
int codec_decode(const uint8_t *data, size_t len, const struct bridge_record_row *row,
		 struct arena *arena, void *ret_record, const char **ret_problem);

/* Whether a record of ROW holds a secret anywhere inside. */
bool codec_has_secret(const struct bridge_record_row *row);

#endif
