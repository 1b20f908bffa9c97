/*
 * The schema as text, for bridge.describe, `ternctl schema` and the golden test: one row
 * a line, KIND, name, then tab-separated facts. Pure.
 */
#ifndef TERN_BRIDGE_DESCRIBE_H
#define TERN_BRIDGE_DESCRIBE_H

#include "bridge/base/buf.h"
#include "bridge/schema.h"

/* Appends the whole schema:
 *   SCHEMA  hash
 *   CHOICE  name  since  doc          followed by VALUE   choice  text  doc
 *   RECORD  name  since  doc          followed by FIELD   record  name  type  need  since
 * doc METHOD  wire  scope  params  result  since  doc EVENT   wire  record  since  doc
 *   ERROR   name  since  doc
 * where a type is bool, int, str, secret, bin, secret-bin, strs, enum(CHOICE),
 * rec(RECORD) or list(RECORD), and a need is required or optional. */
void bridge_describe(struct buf *out);

/* "router", "profile", "session" or "supervisor". */
const char *bridge_scope_text(enum bridge_scope scope);

/* The type of FIELD as above, appended to OUT. */
void bridge_describe_type(struct buf *out, const struct bridge_field_row *field);

#endif
