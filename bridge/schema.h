/*
 * The schema as C: one struct a record, one enum a choice, and tables that describe both,
 * all of it made by re-including schema.def. Everything that knows the wire (codec,
 * calls, dispatch, introspection, ternctl) walks these tables.
 */
#ifndef TERN_BRIDGE_SCHEMA_H
#define TERN_BRIDGE_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a BIN or SECRET_BIN field, borrowed. */
struct bridge_bin {
	const uint8_t *data;
	size_t len;
};

/* enum bridge_show { SHOW_OFFLINE, … }: each choice begins at 0. */
#define CHOICE(name, since, doc)                                                         \
	enum bridge_##name                                                               \
	{
#define VALUE(choice, NAME, text, doc) choice##_##NAME,
#define CHOICE_END(name)                                                                 \
	name##_COUNT                                                                     \
	}                                                                                \
	;
#define RECORD(name, since, doc)
#define RECORD_END(name)
#include "bridge/schema_rows.h"

/* struct bridge_contact { const char *jid; … }: strings, lists and nested records are
 * borrowed; who fills a record keeps them alive until the call that takes it returns, and
 * a decoded record lives as long as its arena. */
#define RECORD(name, since, doc) struct bridge_##name {
#define RECORD_END(name)                                                                 \
	char end_of_record;                                                              \
	}                                                                                \
	;
#define BOOL(record, field, need, since, doc) bool field;
#define INT(record, field, need, since, doc) int64_t field;
#define STR(record, field, need, since, doc) const char *field;
#define SECRET(record, field, need, since, doc) const char *field;
#define BIN(record, field, need, since, doc) struct bridge_bin field;
#define SECRET_BIN(record, field, need, since, doc) struct bridge_bin field;
#define ENUM(record, field, need, of, since, doc) enum bridge_##of field;
#define REC(record, field, need, of, since, doc) const struct bridge_##of *field;
#define LIST(record, field, need, of, since, doc)                                        \
	const struct bridge_##of *field;                                                 \
	size_t field##_count;
#define STRS(record, field, need, since, doc)                                            \
	const char *const *field;                                                        \
	size_t field##_count;
#include "bridge/schema_rows.h"

enum bridge_type {
	BRIDGE_BOOL,
	BRIDGE_INT,
	BRIDGE_STR,
	BRIDGE_SECRET,
	BRIDGE_BIN,
	BRIDGE_SECRET_BIN,
	BRIDGE_ENUM,
	BRIDGE_REC,
	BRIDGE_LIST,
	BRIDGE_STRS,
};

enum bridge_need { BRIDGE_OPTIONAL, BRIDGE_REQUIRED };

/* One text of a choice; the row's index is the enum's value. */
struct bridge_value_row {
	const char *text;
	const char *doc;
};

struct bridge_choice_row {
	const char *name;
	const struct bridge_value_row *values;
	int count;
	int since;
	const char *doc;
};

struct bridge_record_row;

struct bridge_field_row {
	const char *name;
	enum bridge_type type;
	enum bridge_need need;
	size_t offset;				/* of the field in its struct */
	size_t count_offset;			/* of its count; LIST and STRS only */
	const struct bridge_record_row *record; /* REC and LIST only */
	const struct bridge_choice_row *choice; /* ENUM only */
	int since;
	const char *doc;
};

struct bridge_record_row {
	const char *name;
	size_t size; /* of its struct, in bytes */
	const struct bridge_field_row *fields;
	int field_count;
	int since;
	const char *doc;
};

enum bridge_scope { BRIDGE_ROUTER, BRIDGE_PROFILE, BRIDGE_SESSION, BRIDGE_SUPERVISOR };

struct bridge_method_row {
	const char *wire; /* "message.send" */
	enum bridge_scope scope;
	const struct bridge_record_row *params;
	const struct bridge_record_row *result;
	int since;
	const char *doc;
};

struct bridge_event_row {
	const char *wire;
	const struct bridge_record_row *record;
	int since;
	const char *doc;
};

struct bridge_error_row {
	const char *name;
	int since;
	const char *doc;
};

/* enum bridge_method { METHOD_hello, … }, enum bridge_event { EVENT_notice, … },
 * enum bridge_error { ERROR_BAD_FRAME, … } */
enum bridge_method {
#define METHOD(name, wire, scope, params, result, since, doc) METHOD_##name,
#include "bridge/schema_rows.h"
	METHOD_COUNT
};

enum bridge_event {
#define EVENT(name, wire, record, since, doc) EVENT_##name,
#include "bridge/schema_rows.h"
	EVENT_COUNT
};

enum bridge_error {
#define ERROR(NAME, since, doc) ERROR_##NAME,
#include "bridge/schema_rows.h"
	ERROR_COUNT
};

/* record_contact, …: the row of each record. */
#define RECORD(name, since, doc) extern const struct bridge_record_row record_##name;
#include "bridge/schema_rows.h"

/* The tables, by the enums above. */
extern const struct bridge_method_row bridge_methods[METHOD_COUNT];
extern const struct bridge_event_row bridge_events[EVENT_COUNT];
extern const struct bridge_error_row bridge_errors[ERROR_COUNT];

/* choice_show, …: the row of each choice. */
#define CHOICE(name, since, doc) extern const struct bridge_choice_row choice_##name;
#include "bridge/schema_rows.h"

/* All records and choices in the order of the file, NULL-terminated. */
extern const struct bridge_record_row *const bridge_records[];
extern const struct bridge_choice_row *const bridge_choices[];

/* The method, event or error of that name on the wire; -1 if there is none. */
int bridge_method_named(const char *wire);
int bridge_event_named(const char *wire);
int bridge_error_named(const char *name);

/* The text of VALUE of a choice ("dnd"); "unknown" out of range. */
const char *bridge_value_text(const struct bridge_choice_row *choice, int value);

/* The text of one value, by choice: bridge_show_text(show_DND) is "dnd". */
#define CHOICE(name, since, doc)                                                         \
	const char *bridge_##name##_text(enum bridge_##name value);
#include "bridge/schema_rows.h"

/* The hash of the whole schema: 16 hexadecimal digits, the same for the same schema. */
const char *bridge_schema_hash(void);

#endif
