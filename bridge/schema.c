/*
 * The tables of schema.h, made by walking schema.def once for each kind of row, and the
 * hash over them. Nothing here names a single record: a new row needs no change.
 */
#include "bridge/schema.h"

#include <stdio.h>
#include <string.h>

/* clang-format off: rows of tables, not statements */

/* ---- choices --------------------------------------------------------------------- */

#define CHOICE(name, since, doc) static const struct bridge_value_row values_##name[] = {
#define VALUE(choice, NAME, text, doc) {text, doc},
#define CHOICE_END(name)                                                                 \
	}                                                                                \
	;
#include "bridge/schema_rows.h"

#define CHOICE(name, since, doc)                                                         \
	const struct bridge_choice_row choice_##name = {#name, values_##name,            \
							name##_COUNT, since, doc};
#include "bridge/schema_rows.h"

const struct bridge_choice_row *const bridge_choices[] = {
#define CHOICE(name, since, doc) &choice_##name,
#include "bridge/schema_rows.h"
	NULL,
};

/* ---- records --------------------------------------------------------------------- */

#define FIELD(record, field, type, need, rec, of, since, doc)                            \
	{                                                                                \
		#field,                                                                  \
		type,                                                                    \
		BRIDGE_##need,                                                           \
		offsetof(struct bridge_##record, field),                                 \
		0,                                                                       \
		rec,                                                                     \
		of,                                                                      \
		since,                                                                   \
		doc},
#define COUNTED(record, field, type, need, rec, since, doc)                              \
	{#field,                                                                         \
	 type,                                                                           \
	 BRIDGE_##need,                                                                  \
	 offsetof(struct bridge_##record, field),                                        \
	 offsetof(struct bridge_##record, field##_count),                                \
	 rec,                                                                            \
	 NULL,                                                                           \
	 since,                                                                          \
	 doc},

/* Behind the last field: a record may have none, and an array may not. */
#define END_OF_FIELDS {NULL, BRIDGE_BOOL, BRIDGE_OPTIONAL, 0, 0, NULL, NULL, 0, NULL},

#define RECORD(name, since, doc) static const struct bridge_field_row fields_##name[] = {
#define RECORD_END(name)                                                                 \
	END_OF_FIELDS                                                                    \
	}                                                                                \
	;
#define BOOL(r, f, need, since, doc)                                                     \
	FIELD(r, f, BRIDGE_BOOL, need, NULL, NULL, since, doc)
#define INT(r, f, need, since, doc) FIELD(r, f, BRIDGE_INT, need, NULL, NULL, since, doc)
#define STR(r, f, need, since, doc) FIELD(r, f, BRIDGE_STR, need, NULL, NULL, since, doc)
#define SECRET(r, f, need, since, doc)                                                   \
	FIELD(r, f, BRIDGE_SECRET, need, NULL, NULL, since, doc)
#define BIN(r, f, need, since, doc) FIELD(r, f, BRIDGE_BIN, need, NULL, NULL, since, doc)
#define SECRET_BIN(r, f, need, since, doc)                                               \
	FIELD(r, f, BRIDGE_SECRET_BIN, need, NULL, NULL, since, doc)
#define ENUM(r, f, need, of, since, doc)                                                 \
	FIELD(r, f, BRIDGE_ENUM, need, NULL, &choice_##of, since, doc)
#define REC(r, f, need, of, since, doc)                                                  \
	FIELD(r, f, BRIDGE_REC, need, &record_##of, NULL, since, doc)
#define LIST(r, f, need, of, since, doc)                                                 \
	COUNTED(r, f, BRIDGE_LIST, need, &record_##of, since, doc)
#define STRS(r, f, need, since, doc) COUNTED(r, f, BRIDGE_STRS, need, NULL, since, doc)
#include "bridge/schema_rows.h"

#define RECORD(name, since, doc)                                                         \
	const struct bridge_record_row record_##name = {                                 \
		#name,	       sizeof(struct bridge_##name),                             \
		fields_##name, (int)(sizeof fields_##name / sizeof *fields_##name) - 1,  \
		since,	       doc};
#include "bridge/schema_rows.h"

const struct bridge_record_row *const bridge_records[] = {
#define RECORD(name, since, doc) &record_##name,
#include "bridge/schema_rows.h"
	NULL,
};

/* ---- methods, events, errors ----------------------------------------------------- */

const struct bridge_method_row bridge_methods[METHOD_COUNT] = {
#define METHOD(name, wire, scope, params, result, since, doc)                            \
	{wire, BRIDGE_##scope, &record_##params, &record_##result, since, doc},
#include "bridge/schema_rows.h"
};

const struct bridge_event_row bridge_events[EVENT_COUNT] = {
#define EVENT(name, wire, record, since, doc) {wire, &record_##record, since, doc},
#include "bridge/schema_rows.h"
};

const struct bridge_error_row bridge_errors[ERROR_COUNT] = {
#define ERROR(NAME, since, doc) {#NAME, since, doc},
#include "bridge/schema_rows.h"
};

/* clang-format on */

/* ---- the hash -------------------------------------------------------------------- */

/* 64-bit FNV-1a over a text, its NUL included so that neighbours cannot run together. */
static uint64_t
hash_text(uint64_t hash, const char *text)
{
	const unsigned char *byte = (const unsigned char *)text;
	do {
		hash = (hash ^ *byte) * 0x100000001b3u;
	} while (*byte++);
	return hash;
}

static uint64_t
hash_number(uint64_t hash, int number)
{
	char text[16];
	(void)snprintf(text, sizeof text, "%d", number);
	return hash_text(hash, text);
}

static uint64_t
hash_records(uint64_t hash)
{
	for (int i = 0; bridge_records[i]; i++) {
		const struct bridge_record_row *row = bridge_records[i];
		hash = hash_text(hash, row->name);
		for (int j = 0; j < row->field_count; j++) {
			const struct bridge_field_row *field = &row->fields[j];
			hash = hash_text(hash, field->name);
			hash = hash_number(hash, (int)field->type);
			hash = hash_number(hash, (int)field->need);
			hash = hash_text(hash, field->record ? field->record->name : "");
			hash = hash_text(hash, field->choice ? field->choice->name : "");
		}
	}
	return hash;
}

static uint64_t
hash_calls(uint64_t hash)
{
	for (int i = 0; i < METHOD_COUNT; i++) {
		hash = hash_text(hash, bridge_methods[i].wire);
		hash = hash_number(hash, (int)bridge_methods[i].scope);
		hash = hash_text(hash, bridge_methods[i].params->name);
		hash = hash_text(hash, bridge_methods[i].result->name);
	}
	for (int i = 0; i < EVENT_COUNT; i++) {
		hash = hash_text(hash, bridge_events[i].wire);
		hash = hash_text(hash, bridge_events[i].record->name);
	}
	for (int i = 0; i < ERROR_COUNT; i++)
		hash = hash_text(hash, bridge_errors[i].name);
	return hash;
}

const char *
bridge_schema_hash(void)
{
	/* A cache of a constant: whoever fills it, fills in the same. */
	static char text[17];
	if (text[0])
		return text;
	uint64_t hash = 0xcbf29ce484222325u;
	for (int i = 0; bridge_choices[i]; i++) {
		hash = hash_text(hash, bridge_choices[i]->name);
		for (int j = 0; j < bridge_choices[i]->count; j++)
			hash = hash_text(hash, bridge_choices[i]->values[j].text);
	}
	hash = hash_calls(hash_records(hash));
	(void)snprintf(text, sizeof text, "%016llx", (unsigned long long)hash);
	return text;
}

/* ---- look-ups -------------------------------------------------------------------- */

int
bridge_method_named(const char *wire)
{
	for (int i = 0; i < METHOD_COUNT; i++) {
		if (strcmp(bridge_methods[i].wire, wire) == 0)
			return i;
	}
	return -1;
}

int
bridge_event_named(const char *wire)
{
	for (int i = 0; i < EVENT_COUNT; i++) {
		if (strcmp(bridge_events[i].wire, wire) == 0)
			return i;
	}
	return -1;
}

int
bridge_error_named(const char *name)
{
	for (int i = 0; i < ERROR_COUNT; i++) {
		if (strcmp(bridge_errors[i].name, name) == 0)
			return i;
	}
	return -1;
}

const char *
bridge_value_text(const struct bridge_choice_row *choice, int value)
{
	return value >= 0 && value < choice->count ? choice->values[value].text
						   : "unknown";
}

#define CHOICE(name, since, doc)                                                         \
	const char *bridge_##name##_text(enum bridge_##name value)                       \
	{                                                                                \
		return bridge_value_text(&choice_##name, (int)value);                    \
	}
#include "bridge/schema_rows.h"
