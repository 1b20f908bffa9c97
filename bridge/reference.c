/*
 * Prints the reference page tern-bridge(7) from the schema: a tool of the build. The
 * committed page is what it printed; a test compares the two.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/buf.h"
#include "bridge/describe.h"

static const char page_head[] =
	".\\\" Printed by bridge/reference.c from bridge/schema.def; do not edit.\n"
	".TH TERN\\-BRIDGE 7 2026-11-21 tern \"tern manual\"\n"
	".SH NAME\n"
	"tern\\-bridge \\- how programs speak to tern's daemon\n"
	".SH DESCRIPTION\n"
	"Frontends such as\n"
	".BR tern (1)\n"
	"and\n"
	".BR ternctl (1)\n"
	"speak to\n"
	".BR ternd (8)\n"
	"over a Unix socket in MessagePack\\-RPC. Any program of the same user may do "
	"so: it needs MessagePack and this page, which\n"
	".B ternctl schema\n"
	"prints as plain rows.\n"
	".SS Finding the daemon\n"
	"The file\n"
	".I $XDG_DATA_HOME/tern/daemon\n"
	"(by default\n"
	".IR ~/.local/share/tern/daemon )\n"
	"holds the lines\n"
	".B pid = NUMBER\n"
	"and\n"
	".BR \"socket = PATH\" .\n"
	"Running\n"
	".B ternd\n"
	"starts the daemon if there is none, and ends as soon as it accepts "
	"connections.\n"
	".SS Messages\n"
	"A request is [0, id, method, params], its response [1, id, error, result], an "
	"event\n"
	"[2, event, params]. Params and results are maps with named fields; keys that "
	"are not\n"
	"known are ignored. Of error and result one is nil. An error is a map with the "
	"fields\n"
	".B code\n"
	"(a row of ERRORS) and\n"
	".B message\n"
	"(a sentence). Answers may come in another order than their requests.\n"
	".PP\n"
	"A message is at most 4 MiB long and 16 levels deep. One that is over a limit, "
	"or no MessagePack, ends the connection after an error with id 0.\n"
	".SS Order of calls\n"
	"The first call is\n"
	".BR bridge.hello .\n"
	"The field\n"
	".B schema\n"
	"may be left out by programs that do not follow this page to the letter.\n"
	".B profile.attach\n"
	"returns the state of a profile and subscribes to its events; no event comes "
	"before its answer and none is missed after. Its\n"
	".B epoch\n"
	"and\n"
	".B seq\n"
	"are a cursor: given back at the next attach, only what changed since is "
	"returned, unless\n"
	".B is_full\n"
	"says that this is everything. Events carry their seq. After the event\n"
	".B profile.resync\n"
	"attach again.\n"
	".SS Tokens\n"
	"A call that must not happen twice carries a token of 16 random bytes. When its "
	"answer was lost, call again with the same token: the first result is returned.\n"
	".SS Types\n"
	"bool, int (64 bits, signed), str (UTF\\-8 without NUL), secret (a str that is "
	"never\n"
	"logged or printed), bin (bytes), secret\\-bin, strs (a list of str), "
	"enum(CHOICE) (one\n"
	"of the texts of that choice), rec(RECORD) (a map), list(RECORD) (a list of "
	"maps). A field that is optional and absent reads as nothing, 0, false or\n"
	"empty.\n";

static const char page_tail[] = ".SH SEE ALSO\n"
				".BR tern (1),\n"
				".BR ternctl (1),\n"
				".BR ternd (8)\n";

/* TEXT with what roff would understand escaped. */
static void
add_roff(struct buf *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		buf_add_text(out, "\\&");
	for (; *text; text++) {
		if (*text == '\\')
			buf_add_text(out, "\\e");
		else if (*text == '-')
			buf_add_text(out, "\\-");
		else
			buf_add_byte(out, (uint8_t)*text);
	}
}

static void
add_since(struct buf *out, int since)
{
	if (since > 1)
		buf_printf(out, " Since %d.", since);
	buf_add_byte(out, '\n');
}

/* A row: its name in bold, facts beside it, its text below. */
static void
add_row(struct buf *out, const char *name, const char *facts, const char *doc, int since)
{
	buf_add_text(out, ".TP\n\\fB");
	add_roff(out, name);
	buf_add_text(out, *facts ? "\\fR " : "\\fR");
	add_roff(out, facts);
	buf_add_byte(out, '\n');
	add_roff(out, doc);
	add_since(out, since);
}

static void
add_methods(struct buf *out, enum bridge_scope scope)
{
	for (int i = 0; i < METHOD_COUNT; i++) {
		const struct bridge_method_row *row = &bridge_methods[i];
		struct buf facts = {0};
		if (row->scope != scope)
			continue;
		buf_printf(&facts, "(%s) = %s", row->params->name, row->result->name);
		add_row(out, row->wire, (const char *)facts.data, row->doc, row->since);
		buf_done(&facts);
	}
}

static void
add_all_methods(struct buf *out)
{
	buf_add_text(out, ".SH METHODS\nEach with the record of its params and of its "
			  "result.\n.SS Of the daemon\n");
	add_methods(out, BRIDGE_ROUTER);
	buf_add_text(out,
		     ".SS Of a profile\nThey go to the session process that holds the "
		     "profile.\n");
	add_methods(out, BRIDGE_PROFILE);
	buf_add_text(out,
		     ".SS Between the daemon and its session processes\nRefused from "
		     "frontends.\n");
	add_methods(out, BRIDGE_SESSION);
	add_methods(out, BRIDGE_SUPERVISOR);
}

static void
add_records(struct buf *out)
{
	buf_add_text(out, ".SH RECORDS\n");
	for (int i = 0; bridge_records[i]; i++) {
		const struct bridge_record_row *row = bridge_records[i];
		buf_printf(out, ".SS %s\n", row->name);
		add_roff(out, row->doc);
		add_since(out, row->since);
		for (int j = 0; j < row->field_count; j++) {
			const struct bridge_field_row *field = &row->fields[j];
			struct buf facts = {0};
			bridge_describe_type(&facts, field);
			if (field->need == BRIDGE_OPTIONAL)
				buf_add_text(&facts, ", optional");
			add_row(out, field->name, (const char *)facts.data, field->doc,
				field->since);
			buf_done(&facts);
		}
	}
}

static void
add_choices(struct buf *out)
{
	buf_add_text(out, ".SH CHOICES\n");
	for (int i = 0; bridge_choices[i]; i++) {
		const struct bridge_choice_row *row = bridge_choices[i];
		buf_printf(out, ".SS %s\n", row->name);
		add_roff(out, row->doc);
		add_since(out, row->since);
		for (int j = 0; j < row->count; j++)
			add_row(out, row->values[j].text, "", row->values[j].doc, 1);
	}
}

int
main(void)
{
	struct buf out = {0};
	buf_add_text(&out, page_head);
	add_all_methods(&out);
	buf_add_text(&out, ".SH EVENTS\nEach with its record.\n");
	for (int i = 0; i < EVENT_COUNT; i++)
		add_row(&out, bridge_events[i].wire, bridge_events[i].record->name,
			bridge_events[i].doc, bridge_events[i].since);
	buf_add_text(&out, ".SH ERRORS\n");
	for (int i = 0; i < ERROR_COUNT; i++)
		add_row(&out, bridge_errors[i].name, "", bridge_errors[i].doc,
			bridge_errors[i].since);
	add_records(&out);
	add_choices(&out);
	buf_add_text(&out, page_tail);
	bool is_written =
		fwrite(out.data, 1, out.len, stdout) == out.len && fflush(stdout) == 0;
	buf_done(&out);
	return is_written ? 0 : 1;
}
