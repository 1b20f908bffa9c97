/*
 * A room's form as rows: every type of field, what was changed and nothing else, and
 * forms that nobody should send.
 */
#include "tui/room_form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/base/buf.h"
#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"
#include "widgets/form.h"
#include "widgets/keys.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static const char *const on[] = {"1"}, *const den[] = {"Den"}, *const all[] = {"all"},
			 *const lines[] = {"one", "two"}, *const shown[] = {"v", "gone"},
			 *const jid[] = {"a@b.c"};

static const struct bridge_form_option whois[] = {
	{.value = "all", .label = "Everybody"},
	{.value = "mods"},
};
static const struct bridge_form_option roles[] = {
	{.value = "v", .label = "Visitors"},
	{.value = "p"},
	{.value = ""},
};

static const struct bridge_form_field fields[] = {
	{.var = "FORM_TYPE", .type = form_type_HIDDEN, .values = den, .values_count = 1},
	{.var = "", .type = form_type_FIXED, .values = lines, .values_count = 2},
	{.var = "m#c_open", .type = form_type_BOOLEAN, .values = on, .values_count = 1},
	{.var = "m#c_name",
	 .type = form_type_TEXT_SINGLE,
	 .label = "Name",
	 .help = "What it is called.",
	 .is_required = true,
	 .values = den,
	 .values_count = 1},
	{.var = "m#c_words",
	 .type = form_type_TEXT_MULTI,
	 .values = lines,
	 .values_count = 2},
	{.var = "m#c_secret", .type = form_type_TEXT_PRIVATE},
	{.var = "m#c_whois",
	 .type = form_type_LIST_SINGLE,
	 .values = all,
	 .values_count = 1,
	 .options = whois,
	 .options_count = 2},
	{.var = "m#c_roles",
	 .type = form_type_LIST_MULTI,
	 .values = shown,
	 .values_count = 2,
	 .options = roles,
	 .options_count = 3},
	{.var = "m#c_free", .type = form_type_LIST_SINGLE},
	{.var = "m#c_owner",
	 .type = form_type_JID_SINGLE,
	 .values = jid,
	 .values_count = 1},
	{.var = "m#c_admins",
	 .type = form_type_JID_MULTI,
	 .values = jid,
	 .values_count = 1},
};
static const struct bridge_form record = {
	.title = "The den", .fields = fields, .fields_count = COUNT_OF(fields)};

/* The rows that can have the focus, by their order. */
enum {
	OPEN,
	NAME,
	WORDS,
	SECRET,
	WHOIS,
	ROLE_V,
	ROLE_P,
	ROLE_EMPTY,
	FREE,
	OWNER,
	ADMINS,
	SEND,
	CANCEL,
	ROW_COUNT
};

struct rig {
	struct room_form *made;
	struct form *form;
	struct arena arena;
};

static void
open_rig(struct rig *rig, const struct bridge_form *from)
{
	*rig = (struct rig){.made = room_form_new("den@rooms.org", from)};
	rig->form = room_form_widget(rig->made);
}

static void
close_rig(struct rig *rig)
{
	form_free(rig->form);
	room_form_free(rig->made);
	arena_done(&rig->arena);
}

static void
press(struct rig *rig, const char *name)
{
	(void)form_event(rig->form,
			 &(struct keys_event){.type = KEYS_KEY, .key = keys_named(name)});
}

static void
type(struct rig *rig, const char *text)
{
	(void)form_event(rig->form, &(struct keys_event){.type = KEYS_TEXT,
							 .text = text,
							 .len = strlen(text)});
}

/* Puts the focus on a row, from the first on. */
static void
focus(struct rig *rig, int row)
{
	form_set_focus(rig->form, "cancel");
	for (int i = 0; i <= row; i++)
		form_focus_next(rig->form);
}

/* What changed, as text: key=value|value; */
static const char *
changes(struct rig *rig)
{
	size_t count;
	const struct bridge_form_value *rows =
		room_form_changes(rig->made, rig->form, &rig->arena, &count);
	const char *text = "";

	assert_int_equal(room_form_is_changed(rig->made, rig->form), count > 0);
	for (size_t i = 0; i < count; i++) {
		text = arena_printf(&rig->arena, "%s%s=", text,
				    room_form_key(rows[i].var));
		for (size_t j = 0; j < rows[i].values_count; j++)
			text = arena_printf(&rig->arena, "%s%s|", text,
					    rows[i].values[j]);
		text = arena_printf(&rig->arena, "%s;", text);
	}
	return text;
}

static void
every_type_has_its_rows_and_values(void **state)
{
	struct rig rig;

	(void)state;
	open_rig(&rig, &record);
	static const char *const values[] = {
		[OPEN] = "1",  [NAME] = "Den",	  [WORDS] = "one\ntwo", [SECRET] = "",
		[WHOIS] = "",  [ROLE_V] = "1",	  [ROLE_P] = "",	[ROLE_EMPTY] = "",
		[FREE] = "",   [OWNER] = "a@b.c", [ADMINS] = "a@b.c",	[SEND] = "",
		[CANCEL] = "",
	};
	for (int i = 0; i < ROW_COUNT; i++) {
		focus(&rig, i);
		assert_string_equal(form_value(rig.form, form_focus(rig.form)),
				    values[i]);
		if (i == WHOIS)
			assert_int_equal(form_choice(rig.form, form_focus(rig.form)), 0);
	}
	assert_string_equal(form_focus(rig.form), "cancel");
	assert_string_equal(changes(&rig), "");
	close_rig(&rig);
}

static void
nothing_but_changes_is_sent(void **state)
{
	static const struct {
		int row;
		const char *key, *text, *changes;
	} cases[] = {
		{OPEN, NULL, " ", "open=0|;"},
		{NAME, NULL, "!", "name=Den!|;"},
		{NAME, "C-c", NULL, "name=;"},
		{WORDS, NULL, "!", "words=one|two!|;"},
		{WORDS, "Enter", NULL, "words=one|two|;"},
		{WORDS, "C-c", NULL, "words=;"},
		{SECRET, NULL, "pst", "secret=pst|;"},
		{WHOIS, NULL, " ", "whois=mods|;"},
		{WHOIS, NULL, "m", "whois=mods|;"},
		/* What is no option is left out, as it would be refused. */
		{ROLE_V, NULL, " ", "roles=;"},
		{ROLE_P, NULL, " ", "roles=v|p|;"},
		{FREE, NULL, "x", "free=x|;"},
		{OWNER, NULL, "d", "owner=a@b.cd|;"},
		{ADMINS, "Enter", "d@e.f", "admins=a@b.c|d@e.f|;"},
		{SEND, NULL, "x", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct rig rig;

		open_rig(&rig, &record);
		focus(&rig, cases[i].row);
		if (cases[i].key)
			press(&rig, cases[i].key);
		if (cases[i].text)
			type(&rig, cases[i].text);
		assert_string_equal(changes(&rig), cases[i].changes);
		close_rig(&rig);
	}
}

static void
empty_lines_count_in_texts_alone(void **state)
{
	struct rig rig;

	(void)state;
	open_rig(&rig, &record);
	for (int row = WORDS; row <= ADMINS; row += ADMINS - WORDS) {
		focus(&rig, row);
		press(&rig, "Enter");
		press(&rig, "Enter");
		type(&rig, "x@y");
	}
	assert_string_equal(changes(&rig), "words=one|two||x@y|;admins=a@b.c|x@y|;");
	close_rig(&rig);
}

static void
a_field_is_called_by_the_end_of_its_name(void **state)
{
	static const struct {
		const char *var, *key;
	} cases[] = {
		{"muc#roomconfig_roomname", "roomname"},
		{"muc#roomconfig_room_name", "room_name"},
		{"{http://x.org/muc_2#a}roomconfig_invites", "invites"},
		{"{http://x.org/muc_2}roomconfig_invites", "invites"},
		{"{http://x.org/muc}invites", "{http://x.org/muc}invites"},
		{"{http://x.org/muc_invites", "{http://x.org/muc_invites"},
		{"muc#roomconfig_", "muc#roomconfig_"},
		{"room_name", "room_name"},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_string_equal(room_form_key(cases[i].var), cases[i].key);
}

static void
a_refusal_leads_to_its_field(void **state)
{
	struct rig rig;

	(void)state;
	open_rig(&rig, &record);
	focus(&rig, OWNER);
	const char *owner = form_focus(rig.form);
	focus(&rig, SEND);
	room_form_blame(rig.made, rig.form, "The room does not take that.");
	room_form_blame(rig.made, rig.form, "m#c_owners is no address.");
	room_form_blame(rig.made, rig.form, "");
	assert_string_equal(form_focus(rig.form), "send");
	room_form_blame(rig.made, rig.form, "m#c_owner: x is no address.");
	assert_string_equal(form_focus(rig.form), owner);
	close_rig(&rig);
}

static void
what_a_room_sends_is_cleaned(void **state)
{
	static const char *const raw[] = {"a\x1b[2J\xe2\x80\xae"
					  "b\nc"};
	static const struct bridge_form_field bad[] = {
		{.var = "x\x1b",
		 .type = form_type_TEXT_SINGLE,
		 .label = "  ",
		 .values = raw,
		 .values_count = 1},
		{.var = "y",
		 .type = form_type_TEXT_MULTI,
		 .label = "\xe2\x80\xae",
		 .help = "\x1b]0;t\a",
		 .values = raw,
		 .values_count = 1},
		{.var = "z", .type = form_type_LIST_SINGLE},
	};
	static const struct bridge_form from = {
		.title = "\n", .instructions = "\x1b", .fields = bad, .fields_count = 3};
	struct rig rig;

	(void)state;
	open_rig(&rig, &from);
	for (int i = 0; i < 2; i++) {
		focus(&rig, i);
		const char *value = form_value(rig.form, form_focus(rig.form));
		for (const char *at = value; *at;) {
			uint32_t point;

			at += utf8_decode(at, strlen(at), &point);
			assert_false(point != '\n' && utf8_is_unsafe(point));
		}
		assert_non_null(strstr(value, "b"));
	}
	type(&rig, "!");
	size_t count;
	const struct bridge_form_value *rows =
		room_form_changes(rig.made, rig.form, &rig.arena, &count);
	assert_int_equal(count, 1);
	assert_string_equal(rows[0].var, "y");
	close_rig(&rig);
}

/* What of FROM's only field is sent after "!" was typed in it, or "" where that cannot be
 * edited. The caller frees. */
static char *
edited(const struct bridge_form_field *from)
{
	struct bridge_form form = {.fields = from, .fields_count = 1};
	struct buf out = {0};
	struct rig rig;
	size_t count;

	open_rig(&rig, &form);
	focus(&rig, 0);
	if (strcmp(form_focus(rig.form), "send") != 0)
		type(&rig, "!");
	const struct bridge_form_value *rows =
		room_form_changes(rig.made, rig.form, &rig.arena, &count);
	for (size_t i = 0; count > 0 && i < rows[0].values_count; i++)
		buf_printf(&out, "%s|", rows[0].values[i]);
	close_rig(&rig);
	return buf_take_text(&out);
}

static void
long_values_are_edited_whole_or_not_at_all(void **state)
{
	enum { KIB = 1024, MOST = 2000 };
	static const struct {
		enum bridge_form_type type;
		size_t values, size;
		bool is_edited;
	} cases[] = {
		{form_type_TEXT_SINGLE, 1, 16 * KIB, true},
		{form_type_TEXT_SINGLE, 1, 16 * KIB + 1, false},
		{form_type_TEXT_SINGLE, 1, 900 * KIB, false},
		{form_type_TEXT_SINGLE, 2, 10, false},
		{form_type_TEXT_PRIVATE, 1, 16 * KIB, true},
		{form_type_TEXT_PRIVATE, 1, 16 * KIB + 1, false},
		{form_type_LIST_SINGLE, 1, 17 * KIB, false},
		{form_type_JID_SINGLE, 1, 17 * KIB, false},
		{form_type_TEXT_MULTI, 1, 17 * KIB, false},
		{form_type_TEXT_MULTI, 4, 15 * KIB, true},
		{form_type_TEXT_MULTI, 40, 15 * KIB, false},
		{form_type_TEXT_MULTI, 1000, 20, true},
		{form_type_TEXT_MULTI, 1001, 20, false},
		{form_type_JID_MULTI, 1000, 40, true},
		{form_type_JID_MULTI, 1001, 40, false},
		{form_type_LIST_MULTI, 1001, 40, false},
	};
	static const char *values[MOST];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct bridge_form_field field = {.var = "x",
						  .type = cases[i].type,
						  .values = values,
						  .values_count = cases[i].values};
		char *value = mem_alloc(cases[i].size + 1);

		memset(value, 'v', cases[i].size);
		for (size_t j = 0; j < cases[i].values; j++)
			values[j] = value;
		char *sent = edited(&field);
		size_t whole = cases[i].values * (cases[i].size + 1) + 1;
		if (strlen(sent) != (cases[i].is_edited ? whole : 0))
			fail_msg("case %zu: %zu bytes are sent", i, strlen(sent));
		free(sent);
		free(value);
	}
}

static void
what_is_not_edited_goes_back_as_it_came(void **state)
{
	static const struct {
		enum bridge_form_type type;
		const char *values[4];
		const char *sent;
	} cases[] = {
		{form_type_TEXT_MULTI,
		 {"a\tb", "\xe2\x80\xaaq\xe2\x80\xac", "c"},
		 "a\tb|\xe2\x80\xaaq\xe2\x80\xac|c!|"},
		{form_type_TEXT_MULTI, {"a\nb\tc", "d"}, "a|b\tc|d!|"},
		{form_type_TEXT_MULTI, {"a\r\nb\tc", "d"}, "a|b\tc|d!|"},
		{form_type_TEXT_MULTI, {"a\tb", "a\xc2\x80"}, "a\tb|a\xef\xbf\xbd!|"},
		{form_type_TEXT_MULTI, {"a", "", "b"}, "a||b!|"},
		/* One line, as long as the room itself says nothing else. */
		{form_type_TEXT_SINGLE, {"a\nb\tc\nd"}, "a\nb\tc\nd!|"},
		{form_type_LIST_SINGLE, {"a\nb"}, "a\nb!|"},
		/* What is not seen cannot be repaired. */
		{form_type_TEXT_PRIVATE, {"a\nb"}, ""},
		{form_type_TEXT_PRIVATE, {"a\tb"}, ""},
		{form_type_TEXT_PRIVATE, {"a b"}, "a b!|"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct bridge_form_field field = {
			.var = "x", .type = cases[i].type, .values = cases[i].values};

		while (cases[i].values[field.values_count])
			field.values_count++;
		char *sent = edited(&field);
		assert_string_equal(sent, cases[i].sent);
		free(sent);
	}
}

static void
empty_lines_at_the_end_stay(void **state)
{
	static const char *const ended[] = {"a", "", ""};
	static const struct bridge_form_field field = {.var = "x",
						       .type = form_type_TEXT_MULTI,
						       .values = ended,
						       .values_count = 3};
	static const struct bridge_form from = {.fields = &field, .fields_count = 1};
	struct rig rig;

	(void)state;
	open_rig(&rig, &from);
	focus(&rig, 0);
	press(&rig, "Up");
	press(&rig, "Up");
	type(&rig, "!");
	assert_string_equal(changes(&rig), "x=!a|||;");
	close_rig(&rig);
}

static void
thousands_of_fields_and_options_are_cut(void **state)
{
	enum { MANY = 1000 };
	struct bridge_form_field *many = mem_array(MANY, sizeof *many);
	struct bridge_form_option *options = mem_array(MANY, sizeof *options);
	const char **values = mem_array(MANY, sizeof *values);
	char(*names)[16] = mem_array(MANY, sizeof *names);
	struct rig rig;

	(void)state;
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(names[i], sizeof names[i], "n%d", i);
		options[i].value = values[i] = names[i];
		many[i] = (struct bridge_form_field){
			.var = names[i],
			.type = form_type_LIST_MULTI,
			.options = options,
			.options_count = MANY,
			.values = values,
			.values_count = MANY,
		};
	}
	struct bridge_form from = {.fields = many, .fields_count = 3};
	open_rig(&rig, &from);
	/* Of the second field the last boxes are not shown: they stay on. */
	focus(&rig, MANY + 5);
	type(&rig, " ");
	size_t count;
	const struct bridge_form_value *rows =
		room_form_changes(rig.made, rig.form, &rig.arena, &count);
	assert_int_equal(count, 1);
	assert_string_equal(rows[0].var, "n1");
	assert_int_equal(rows[0].values_count, MANY - 1);
	close_rig(&rig);
	from.fields_count = MANY;
	open_rig(&rig, &from);
	press(&rig, "S-Tab");
	assert_string_equal(form_focus(rig.form), "cancel");
	close_rig(&rig);
	free(names);
	free(values);
	free(options);
	free(many);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_has_its_rows_and_values),
		cmocka_unit_test(nothing_but_changes_is_sent),
		cmocka_unit_test(empty_lines_count_in_texts_alone),
		cmocka_unit_test(a_field_is_called_by_the_end_of_its_name),
		cmocka_unit_test(a_refusal_leads_to_its_field),
		cmocka_unit_test(what_a_room_sends_is_cleaned),
		cmocka_unit_test(long_values_are_edited_whole_or_not_at_all),
		cmocka_unit_test(what_is_not_edited_goes_back_as_it_came),
		cmocka_unit_test(empty_lines_at_the_end_stay),
		cmocka_unit_test(thousands_of_fields_and_options_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
