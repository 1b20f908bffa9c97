/*
 * Data forms: every type of field is read, takes what fits it, refuses what does not, and
 * goes back as a submission.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/xmpp/form.h"
#include "backend/xmpp/snippet.h"
#include "backend/xmpp/stanza.h"

static const char text[] =
	"<x xmlns='jabber:x:data' type='form'><title>Den</title>"
	"<instructions>Fill it</instructions>"
	"<field type='hidden' var='FORM_TYPE'><value>t</value></field>"
	"<field type='fixed'><value>A word</value></field>"
	"<field type='boolean' var='m#c_open' label='Open?'><value>1</value></field>"
	"<field type='jid-single' var='m#c_owner'/>"
	"<field type='jid-multi' var='m#c_admins'><value>a@b</value></field>"
	"<field type='list-single' var='m#c_whois'><value>all</value>"
	"<option label='Everybody'><value>all</value></option>"
	"<option label='Mods'><value>mods</value></option><option/></field>"
	"<field type='list-multi' var='m#c_roles'><option><value>x</value></option>"
	"<option><value>y</value></option></field>"
	"<field type='text-multi' "
	"var='m#c_words'><value>1</value><value>2</value></field>"
	"<field type='text-private' var='m#c_secret'/>"
	"<field type='text-single' var='m#c_name'><desc>Its "
	"name</desc><required/></field>"
	"<field var='other'/><field type='odd' var='other_name'/></x>";

struct rig {
	struct stanza_ctx *ctx;
	struct arena arena;
	struct form form;
};

static int
set_up(void **state)
{
	struct rig *rig = calloc(1, sizeof *rig);
	struct stanza *x = NULL;
	rig->ctx = stanza_ctx_new();
	assert_int_equal(snippet_read(rig->ctx, text, strlen(text), &x), 0);
	assert_int_equal(form_read(x, &rig->arena, &rig->form), 0);
	/* Nothing of it is borrowed. */
	stanza_free(x);
	*state = rig;
	return 0;
}

static int
tear_down(void **state)
{
	struct rig *rig = *state;
	arena_done(&rig->arena);
	stanza_ctx_free(rig->ctx);
	free(rig);
	return 0;
}

static void
a_form_is_read_whole(void **state)
{
	const struct form *form = &((struct rig *)*state)->form;
	static const enum form_type types[] = {
		FORM_HIDDEN,	   FORM_FIXED,	     FORM_BOOLEAN,     FORM_JID_SINGLE,
		FORM_JID_MULTI,	   FORM_LIST_SINGLE, FORM_LIST_MULTI,  FORM_TEXT_MULTI,
		FORM_TEXT_PRIVATE, FORM_TEXT_SINGLE, FORM_TEXT_SINGLE, FORM_TEXT_SINGLE,
	};
	assert_string_equal(form->title, "Den");
	assert_string_equal(form->instructions, "Fill it");
	assert_int_equal(form->field_count, sizeof types / sizeof *types);
	for (size_t i = 0; i < form->field_count; i++)
		assert_int_equal(form->fields[i].type, types[i]);
	assert_null(form->fields[1].var);
	assert_string_equal(form->fields[2].label, "Open?");
	/* An option without a value is none. */
	assert_int_equal(form->fields[5].option_count, 2);
	assert_string_equal(form->fields[5].options[1].label, "Mods");
	assert_int_equal(form->fields[7].value_count, 2);
	assert_true(form->fields[9].is_required);
	assert_string_equal(form->fields[9].help, "Its name");
}

static void
a_field_is_found_by_its_name_or_the_end_of_it(void **state)
{
	const struct form *form = &((struct rig *)*state)->form;
	assert_ptr_equal(form_find(form, "m#c_open"), &form->fields[2]);
	assert_ptr_equal(form_find(form, "open"), &form->fields[2]);
	assert_ptr_equal(form_find(form, "c_open"), &form->fields[2]);
	assert_ptr_equal(form_find(form, "other"), &form->fields[10]);
	assert_null(form_find(form, "name")); /* two end so */
	assert_null(form_find(form, "pen"));
	assert_null(form_find(form, ""));
}

static void
a_field_takes_what_fits_it(void **state)
{
	struct rig *rig = *state;
	static const struct {
		const char *name, *value;
		const char *kept; /* NULL: refused; "": none */
	} cases[] = {
		{"open", "yes", "1"},	    {"open", "OFF", "0"},
		{"open", "0", "0"},	    {"open", "perhaps", NULL},
		{"open", "", NULL},	    {"owner", "A@B", "a@b"},
		{"owner", "@", NULL},	    {"owner", "", ""},
		{"whois", "mods", "mods"},  {"whois", "EVERYBODY", "all"},
		{"whois", "nobody", NULL},  {"secret", "x y", "x y"},
		{"secret", "x\ny", NULL},   {"secret", "", ""},
		{"m#c_name", "", NULL},	    {"m#c_name", "Lair", "Lair"},
		{"m#c_name", "\001", NULL}, {"FORM_TYPE", "u", NULL},
		{"roles", "y", "y"},	    {"admins", "c@d/e", "c@d/e"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct form_field *field = form_find(&rig->form, cases[i].name);
		const char *problem = NULL;
		assert_non_null(field);
		int status = form_set(field, &cases[i].value, 1, &rig->arena, &problem);
		assert_int_equal(status, cases[i].kept ? 0 : -EINVAL);
		assert_true(!problem == (status == 0));
		if (status < 0)
			continue;
		assert_int_equal(field->value_count, *cases[i].kept ? 1 : 0);
		if (field->value_count)
			assert_string_equal(field->values[0], cases[i].kept);
	}
}

static void
only_some_fields_take_several_values(void **state)
{
	struct rig *rig = *state;
	static const char *const two[] = {"x", "y"};
	static const char *const lines[] = {"one\ntwo", "three"};
	const char *problem = NULL;
	assert_int_equal(
		form_set(form_find(&rig->form, "roles"), two, 2, &rig->arena, &problem),
		0);
	assert_int_equal(
		form_set(form_find(&rig->form, "secret"), two, 2, &rig->arena, &problem),
		-EINVAL);
	struct form_field *words = form_find(&rig->form, "words");
	assert_int_equal(form_set(words, lines, 2, &rig->arena, &problem), 0);
	assert_int_equal(words->value_count, 3);
	assert_string_equal(words->values[1], "two");
}

static void
a_value_of_several_lines_may_stay_so(void **state)
{
	struct rig *rig = *state;
	static const char *const was = "one\ntwo";
	const char *problem, *now = "one\nthree";
	struct form_field *field = form_find(&rig->form, "m#c_name");
	assert_int_equal(form_set(field, &now, 1, &rig->arena, &problem), -EINVAL);
	field->values = &was;
	field->value_count = 1;
	assert_int_equal(form_set(field, &now, 1, &rig->arena, &problem), 0);
	assert_string_equal(field->values[0], now);
}

static void
too_many_values_are_refused_as_such(void **state)
{
	struct rig *rig = *state;
	static const char *many[1001];
	const char *problem;
	for (size_t i = 0; i < sizeof many / sizeof *many; i++)
		many[i] = "a@b";
	struct form_field *admins = form_find(&rig->form, "admins");
	assert_int_equal(form_set(admins, many, 1001, &rig->arena, &problem), -EINVAL);
	assert_string_equal(problem, "m#c_admins takes 1000 values at most.");
	assert_int_equal(form_set(admins, many, 1000, &rig->arena, &problem), 0);
	assert_int_equal(form_set(form_find(&rig->form, "secret"), many, 1001,
				  &rig->arena, &problem),
			 -EINVAL);
	assert_string_equal(problem, "m#c_secret takes one value.");
}

static void
an_answer_that_was_never_given_may_stay_so(void **state)
{
	struct rig *rig = *state;
	const char *problem;
	struct form_field *field = form_find(&rig->form, "open");
	field->value_count = 0;
	assert_int_equal(form_set(field, NULL, 0, &rig->arena, &problem), 0);
	assert_int_equal(field->value_count, 0);
}

static void
a_submission_holds_all_but_what_is_fixed(void **state)
{
	struct rig *rig = *state;
	const char *none = "";
	const char *problem;
	assert_int_equal(form_set(form_find(&rig->form, "admins"), &none, 1, &rig->arena,
				  &problem),
			 0);
	struct stanza *iq = stanza_new(rig->ctx, "query", "q");
	form_submit(&rig->form, iq);
	struct stanza *x = stanza_child(iq, "x", "jabber:x:data");
	assert_true(stanza_has_type(x, "submit"));
	assert_int_equal(stanza_count(x, "field", NULL), 11);
	struct form again;
	assert_int_equal(form_read(x, &rig->arena, &again), 0);
	assert_string_equal(form_find(&again, "FORM_TYPE")->values[0], "t");
	assert_int_equal(form_find(&again, "admins")->value_count, 0);
	assert_int_equal(form_find(&again, "words")->value_count, 2);
	assert_string_equal(form_find(&again, "whois")->values[0], "all");
	stanza_free(iq);
}

static void
what_goes_back_is_never_cut(void **state)
{
	struct rig *rig = *state;
	enum { LONG = 100 * 1000 };
	char *value = calloc(1, LONG + 1);
	struct form form, again;
	memset(value, 'x', LONG);
	struct stanza *x = stanza_new(rig->ctx, "x", "jabber:x:data");
	struct stanza *row = stanza_add(x, "field", NULL);
	stanza_set(row, "var", value);
	stanza_add_with_text(row, "value", NULL, value);
	stanza_add_with_text(stanza_add(row, "option", NULL), "value", NULL, value);
	stanza_add_with_text(row, "desc", NULL, value);
	assert_int_equal(form_read(x, &rig->arena, &form), 0);
	assert_int_equal(strlen(form.fields[0].help), 16 * 1024);
	assert_string_equal(form.fields[0].options[0].value, value);
	struct stanza *query = stanza_new(rig->ctx, "query", "q");
	form_submit(&form, query);
	assert_int_equal(form_read(stanza_child(query, "x", NULL), &rig->arena, &again),
			 0);
	assert_string_equal(again.fields[0].var, value);
	assert_string_equal(again.fields[0].values[0], value);
	stanza_free(query);
	stanza_free(x);
	free(value);
}

static void
something_else_is_no_form(void **state)
{
	struct rig *rig = *state;
	struct stanza *x = stanza_new(rig->ctx, "x", "other");
	struct form form;
	assert_int_equal(form_read(x, &rig->arena, &form), -EINVAL);
	assert_int_equal(form_read(NULL, &rig->arena, &form), -EINVAL);
	stanza_free(x);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_form_is_read_whole),
		TEST(a_field_is_found_by_its_name_or_the_end_of_it),
		TEST(a_field_takes_what_fits_it),
		TEST(only_some_fields_take_several_values),
		TEST(a_submission_holds_all_but_what_is_fixed),
		TEST(a_value_of_several_lines_may_stay_so),
		TEST(too_many_values_are_refused_as_such),
		TEST(an_answer_that_was_never_given_may_stay_so),
		TEST(what_goes_back_is_never_cut),
		TEST(something_else_is_no_form),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
