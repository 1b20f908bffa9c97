/*
 * Records of the bridge as text and as JSON, by the field tables: what others wrote is
 * cleaned or escaped, and secrets are left out. Pure.
 */
#ifndef TERN_CTL_PRINT_H
#define TERN_CTL_PRINT_H

#include "bridge/base/buf.h"
#include "bridge/schema.h"

/* Appends TEXT as a JSON string: quotes, backslashes and whatever must not reach a
 * terminal are escaped; the result is one line of well-formed UTF-8. */
void print_json_text(struct buf *out, const char *text);

/* Appends RECORD as one JSON object and a line end. KEY and VALUE (may be NULL) come
 * first in it. Absent strings and records are left out. */
void print_json(struct buf *out, const struct bridge_record_row *row, const void *record,
		const char *key, const char *value);

/* Appends RECORD as "name=value" facts with SEPARATOR behind each; nested ones are
 * "link.state=online", "contacts.0.jid=a@b". What is absent is left out. */
void print_flat(struct buf *out, const struct bridge_record_row *row, const void *record,
		const char *separator);

/* Appends BEFORE and TEXT, cleaned and in one row, at most 4096 bytes of it; nothing
 * where TEXT is NULL or empty. */
void print_clean(struct buf *out, const char *before, const char *text);

/* Appends TEXT cleaned, its second and further lines begun with INDENT. */
void print_indented(struct buf *out, const char *text, const char *indent);

#endif
