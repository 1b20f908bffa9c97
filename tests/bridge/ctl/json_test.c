/*
 * Values in JSON: what is read, and that whatever else comes is told with its place.
 */
#include "bridge/ctl/json.h"

#include <stdio.h>
#include <stdlib.h>

#include "bridge/base/mem.h"
#include "tests/bridge/cases.h"

/* The members as text: name=value|value; */
static char *
flat(const struct json_member *members, size_t count)
{
	char *text = mem_strdup("");
	for (size_t i = 0; i < count; i++) {
		char *next = mem_printf("%s%s=", text, members[i].name);
		free(text);
		text = next;
		for (size_t j = 0; j < members[i].count; j++) {
			next = mem_printf("%s%s|", text, members[i].values[j]);
			free(text);
			text = next;
		}
	}
	return text;
}

static void
values_of_every_kind_are_read(void **state)
{
	static const struct {
		const char *text, *flat;
	} cases[] = {
		{"{}", ""},
		{" \n{ } \t", ""},
		{"{\"a\":\"x\"}", "a=x|"},
		{"{\"a\": \"\", \"b\": null, \"c\": []}", "a=|b=c="},
		{"{\"a\": true, \"b\": false, \"c\": 20, \"d\": -1.5e+3}",
		 "a=true|b=false|c=20|d=-1.5e+3|"},
		{"{\"a\": [\"x\", 1, true]}", "a=x|1|true|"},
		{"{\"a\": \"\\\"\\\\\\/\\n\\t\"}", "a=\"\\/\n\t|"},
		{"{\"a\": \"\\u00e9\\u20AC\\ud83d\\ude00é\"}", "a=é€😀é|"},
		{"{\"m#c_n\":\"]}\"}", "m#c_n=]}|"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct arena arena = {0};
		struct json_member *members;
		size_t count;
		const char *problem = json_read(cases[i].text, strlen(cases[i].text),
						&arena, &members, &count);
		if (problem)
			fail_msg("%s: %s", cases[i].text, problem);
		char *said = flat(members, count);
		assert_string_equal(said, cases[i].flat);
		free(said);
		arena_done(&arena);
	}
}

static void
what_is_wrong_is_told_with_its_place(void **state)
{
	static const struct {
		const char *text, *problem;
	} cases[] = {
		{"", "line 1, column 1: an object"},
		{"[]", "line 1, column 1: an object"},
		{"{", "line 1, column 2: a field's name"},
		{"{a:1}", "column 2: a field's name"},
		{"{\"a\"}", "column 5: a colon"},
		{"{\"a\":}", "column 6: a value is"},
		{"{\"a\":yes}", "column 6: a value is"},
		{"{\"a\":-}", "column 6: a value is"},
		{"{\"a\":1,}", "column 8: a field's name"},
		{"{\"a\":1 \"b\":2}", "column 8: a comma"},
		{"{\"a\":1", "a comma or }"},
		{"{\"a\":1}x", "column 8: there is something behind"},
		{"{\"a\":1}{}", "something behind"},
		{"{\n  \"é\": {}}", "line 2, column 8: a value is"},
		{"{\"a\":[[1]]}", "column 7: a value is"},
		{"{\"a\":[1,null]}", "null is nothing"},
		{"{\"a\":[1,]}", "a value is"},
		{"{\"a\":[1 2]}", "a comma or ]"},
		{"{\"a\":[", "a value is"},
		{"{\"a\":\"x", "the text has no end"},
		{"{\"a\":\"x\ny\"}", "a text is one line"},
		{"{\"a\":\"\\x\"}", "no such escape"},
		{"{\"a\":\"\\", "no such escape"},
		{"{\"a\":\"\\u12\"}", "four hexadecimal"},
		{"{\"a\":\"\\u0000\"}", "cannot hold"},
		{"{\"a\":\"\\ud83d\"}", "half a character"},
		{"{\"a\":\"\\ud83d\\u0041\"}", "half a character"},
		{"{\"a\":\"\\ude00\"}", "half a character"},
		{"{\"a\":1,\"a\":2}", "was there already"},
		{"{\"a\":\"\xff\"}", "no UTF-8"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct arena arena = {0};
		struct json_member *members;
		size_t count, len = strlen(cases[i].text);
		/* On the heap, so that a step over the end is seen. */
		char *text = mem_alloc(len + (len == 0));
		memcpy(text, cases[i].text, len);
		const char *problem = json_read(text, len, &arena, &members, &count);
		if (!problem || !strstr(problem, cases[i].problem))
			fail_msg("%s: %s", cases[i].text, problem ? problem : "read");
		free(text);
		arena_done(&arena);
	}
}

/* PREFIX, then UNIT COUNT times with its number in it, is read or refused as too much. */
static const char *
read_many(const char *prefix, const char *unit, int times, struct arena *arena)
{
	struct json_member *members;
	size_t count;
	char *text = mem_strdup(prefix);
	for (int i = 0; i < times; i++) {
		char *next = mem_printf("%s%s\"%d\"%s", text, i ? "," : "", i, unit);
		free(text);
		text = next;
	}
	const char *problem = json_read(text, strlen(text), arena, &members, &count);
	free(text);
	return problem;
}

static void
too_much_is_refused(void **state)
{
	struct arena arena = {0};
	(void)state;
	const char *problem = read_many("{", ":1", JSON_MEMBERS_MAX + 1, &arena);
	assert_non_null(strstr(problem, "too many fields"));
	problem = read_many("{\"a\":[", "", JSON_VALUES_MAX + 1, &arena);
	assert_non_null(strstr(problem, "too long"));
	arena_done(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_of_every_kind_are_read),
		cmocka_unit_test(what_is_wrong_is_told_with_its_place),
		cmocka_unit_test(too_much_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
