/*
 * Walks the tables of schema.h and prints them for bridge_describe. The format is for
 * programs as well as for people: tabs between facts, one row a line.
 */
#include "bridge/describe.h"

static const char *
need_text(enum bridge_need need)
{
	return need == BRIDGE_REQUIRED ? "required" : "optional";
}

const char *
bridge_scope_text(enum bridge_scope scope)
{
	static const char *const texts[] = {"router", "profile", "session", "supervisor"};
	return texts[scope];
}

void
bridge_describe_type(struct buf *out, const struct bridge_field_row *field)
{
	static const char *const texts[] = {
		[BRIDGE_BOOL] = "bool", [BRIDGE_INT] = "int",
		[BRIDGE_STR] = "str",	[BRIDGE_SECRET] = "secret",
		[BRIDGE_BIN] = "bin",	[BRIDGE_SECRET_BIN] = "secret-bin",
		[BRIDGE_ENUM] = "enum", [BRIDGE_REC] = "rec",
		[BRIDGE_LIST] = "list", [BRIDGE_STRS] = "strs",
	};
	buf_add_text(out, texts[field->type]);
	if (field->record)
		buf_printf(out, "(%s)", field->record->name);
	if (field->choice)
		buf_printf(out, "(%s)", field->choice->name);
}

static void
describe_choices(struct buf *out)
{
	for (int i = 0; bridge_choices[i]; i++) {
		const struct bridge_choice_row *row = bridge_choices[i];
		buf_printf(out, "CHOICE\t%s\t%d\t%s\n", row->name, row->since, row->doc);
		for (int j = 0; j < row->count; j++)
			buf_printf(out, "VALUE\t%s\t%s\t%s\n", row->name,
				   row->values[j].text, row->values[j].doc);
	}
}

static void
describe_records(struct buf *out)
{
	for (int i = 0; bridge_records[i]; i++) {
		const struct bridge_record_row *row = bridge_records[i];
		buf_printf(out, "RECORD\t%s\t%d\t%s\n", row->name, row->since, row->doc);
		for (int j = 0; j < row->field_count; j++) {
			const struct bridge_field_row *field = &row->fields[j];
			buf_printf(out, "FIELD\t%s\t%s\t", row->name, field->name);
			bridge_describe_type(out, field);
			buf_printf(out, "\t%s\t%d\t%s\n", need_text(field->need),
				   field->since, field->doc);
		}
	}
}

void
bridge_describe(struct buf *out)
{
	buf_printf(out, "SCHEMA\t%s\n", bridge_schema_hash());
	describe_choices(out);
	describe_records(out);
	for (int i = 0; i < METHOD_COUNT; i++) {
		const struct bridge_method_row *row = &bridge_methods[i];
		buf_printf(out, "METHOD\t%s\t%s\t%s\t%s\t%d\t%s\n", row->wire,
			   bridge_scope_text(row->scope), row->params->name,
			   row->result->name, row->since, row->doc);
	}
	for (int i = 0; i < EVENT_COUNT; i++)
		buf_printf(out, "EVENT\t%s\t%s\t%d\t%s\n", bridge_events[i].wire,
			   bridge_events[i].record->name, bridge_events[i].since,
			   bridge_events[i].doc);
	for (int i = 0; i < ERROR_COUNT; i++)
		buf_printf(out, "ERROR\t%s\t%d\t%s\n", bridge_errors[i].name,
			   bridge_errors[i].since, bridge_errors[i].doc);
}
