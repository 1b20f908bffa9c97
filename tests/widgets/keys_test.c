/*
 * The key parser: bytes in, events out, written as one line of text for each case.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/base/buf.h"
#include "widgets/keys.h"

/* All events as text: 'text' <Key> {paste} +focus -focus. */
static void
describe(struct keys *keys, struct buf *out)
{
	struct keys_event event;
	char name[KEYS_NAME_MAX];
	while (keys_next(keys, &event)) {
		switch (event.type) {
		case KEYS_TEXT:
			buf_printf(out, "'%s'", event.text);
			break;
		case KEYS_KEY:
			buf_printf(out, "<%s>", keys_name(event.key, name));
			break;
		case KEYS_PASTE:
			buf_printf(out, "{%s}", event.text);
			break;
		case KEYS_FOCUS_IN:
			buf_add_text(out, "+focus");
			break;
		case KEYS_FOCUS_OUT:
			buf_add_text(out, "-focus");
			break;
		}
	}
}

/* The reads of a case are separated by "|", a timeout is "@". */
static char *
run(struct keys *keys, const char *bytes, size_t len)
{
	struct buf out = {0};
	uint64_t now = 1000;
	for (size_t at = 0; at <= len;) {
		size_t end = at;
		while (end < len && bytes[end] != '|' && bytes[end] != '@')
			end++;
		now += 1000;
		keys_feed(keys, bytes + at, end - at, now);
		describe(keys, &out);
		if (end < len && bytes[end] == '@' && keys_wait_ms(keys)) {
			keys_timeout(keys);
			describe(keys, &out);
		}
		at = end + 1;
	}
	return buf_take_text(&out);
}

struct keys_case {
	const char *bytes, *events;
};

static void
check(const struct keys_case *cases, size_t count, enum keys_escape escape)
{
	for (size_t i = 0; i < count; i++) {
		struct keys *keys = keys_new();
		keys_set_escape(keys, escape);
		char *events = run(keys, cases[i].bytes, strlen(cases[i].bytes));
		if (strcmp(events, cases[i].events) != 0)
			print_error("case %zu\n", i);
		assert_string_equal(events, cases[i].events);
		free(events);
		keys_free(keys);
	}
}

#define CHECK(cases, escape) check(cases, sizeof(cases) / sizeof *(cases), escape)

static void
sequences_become_keys(void **state)
{
	(void)state;
	static const struct keys_case cases[] = {
		{"hello", "'hello'"},
		{"gr\303\274n", "'gr\303\274n'"},
		{"gr\303|\274n", "'gr''\303\274n'"},
		{"a\003b\r\t\177\010", "'a'<C-c>'b'<Enter><Tab><BS><BS>"},
		{"\001\037\035\034", "<C-a><C-_><C-]><C-\\>"},
		{"\033[A\033OA\033[D\033OD", "<Up><Up><Left><Left>"},
		{"\033[H\033OH\033[1~\033[7~", "<Home><Home><Home><Home>"},
		{"\033[F\033[4~\033[8~", "<End><End><End>"},
		{"\033[5~\033[6~\033[2~\033[3~", "<PgUp><PgDn><Ins><Del>"},
		{"\033[1;5C\033[1;3D\033[1;2A", "<C-Right><M-Left><S-Up>"},
		{"\033Oc\033Od\033[3^\033[3$", "<C-Right><C-Left><C-Del><S-Del>"},
		{"\033OP\033[11~\033[[A\033[1;2P\033[15~\033[24~",
		 "<F1><F1><F1><S-F1><F5><F12>"},
		{"\033[Z", "<S-Tab>"},
		{"\033a\0331\033\r\033\177", "<M-a><M-1><M-Enter><M-BS>"},
		{"\033\303\274", "<M-\303\274>"},
		{"\033\033[A", "<M-Up>"},
		{"\033[27;5;105~\033[97;5u\033[13;3u", "<C-i><C-a><M-Enter>"},
		{"\033Oj\033Op", "'*0'"},
		{"\033[I\033[O", "+focus-focus"},
	};
	CHECK(cases, KEYS_ESCAPE_PREFIX);
}

static void
torn_sequences_are_put_together(void **state)
{
	(void)state;
	static const struct keys_case cases[] = {
		{"\033|[|A", "<Up>"}, {"\033[1|;5|C", "<C-Right>"},
		{"\033@[A", "<Up>"}, /* a slow link: the ESC had timed out already */
		{"\033@[@", "<M-[>"}, {"\033O@", "<M-O>"},
		{"\033[1;@x", "'x'"},
	};
	CHECK(cases, KEYS_ESCAPE_PREFIX);
}

static void
unknown_sequences_are_swallowed(void **state)
{
	(void)state;
	static const struct keys_case cases[] = {
		{"a\033[?62;1;6cb", "'ab'"},
		{"a\033[24;80Rb", "'ab'"},
		{"a\033]11;rgb:0000/0000/0000\007b", "'ab'"},
		{"a\033]11;rgb:0000/0000/0000\033\\b", "'ab'"},
		{"a\033P1+r544e=78\033\\b", "'ab'"},
		{"a\033[<0;10;10Mb", "'ab'"},
		{"a\033[M !!b", "'ab'"},
		{"a\033[99;99;99;99zb", "'ab'"},
		{"a\033[200;b", "'a'"},
		{"a\033[\0301", "'a1'"},
		{"\377\376a\300\257\355\240\200",
		 "'\357\277\275\357\277\275a\357\277\275\357\277\275'"},
	};
	CHECK(cases, KEYS_ESCAPE_PREFIX);
}

static void
lone_escape_is_a_prefix_or_a_key(void **state)
{
	(void)state;
	static const struct keys_case prefix[] = {
		{"\033@a", "<M-a>"},
		{"\033@|\033@b", "<Esc>'b'"},
		{"\033@\033\033x", "<Esc>'x'"},
		{"\033@\033[A", "<M-Up>"},
		{"\033@\r", "<M-Enter>"},
		{"\033\033@", "<Esc>"},
	};
	static const struct keys_case key[] = {
		{"\033@a", "<Esc>'a'"},
		{"\033a", "<M-a>"},
		{"\033@\033@", "<Esc><Esc>"},
	};
	CHECK(prefix, KEYS_ESCAPE_PREFIX);
	CHECK(key, KEYS_ESCAPE_KEY);
	struct keys *keys = keys_new();
	keys_feed(keys, "\033", 1, 1);
	assert_int_equal(keys_wait_ms(keys), 50);
	assert_false(keys_has_prefix(keys));
	keys_timeout(keys);
	assert_true(keys_has_prefix(keys));
	assert_int_equal(keys_wait_ms(keys), 0);
	keys_set_escape(keys, KEYS_ESCAPE_KEY);
	assert_false(keys_has_prefix(keys));
	keys_free(keys);
}

static void
pastes_are_one_event(void **state)
{
	(void)state;
	static const struct keys_case cases[] = {
		{"\033[200~one\rtwo\r\nthree\n\033[201~x", "{one\ntwo\nthree\n}'x'"},
		{"\033[200~a\033[20|1~", "{a}"},
		{"\033[200~a\033[31mb\033[201~", "{a[31mb}"},
		{"\033[200~gr\303|\274n\033[201~", "{gr\303\274n}"},
		{"\033[200~never ends@x", "{never ends}'x'"},
		{"\033[200~\033[201~", "{}"},
		{"1\r2\r3\r4\r5\r", "{1\n2\n3\n4\n5\n}"},
		{"1\r2\r3\r4\r", "'1'<Enter>'2'<Enter>'3'<Enter>'4'<Enter>"},
		{"\r\r\r\r\r", "<Enter><Enter><Enter><Enter><Enter>"},
	};
	CHECK(cases, KEYS_ESCAPE_PREFIX);
}

static void
raw_paste_goes_on_with_the_next_read(void **state)
{
	(void)state;
	struct keys *keys = keys_new();
	struct buf out = {0};
	keys_feed(keys, "1\r2\r3\r4\r5\r6", 11, 1000);
	keys_feed(keys, "7\r/quit\r", 8, 1020);
	keys_feed(keys, "x\r", 2, 5000);
	describe(keys, &out);
	assert_string_equal((char *)out.data, "{1\n2\n3\n4\n5\n6}{7\n/quit\n}'x'<Enter>");
	buf_done(&out);
	keys_free(keys);
}

static void
paste_over_the_limit_is_cut(void **state)
{
	(void)state;
	struct keys *keys = keys_new();
	char block[4096];
	memset(block, 'a', sizeof block);
	keys_feed(keys, "\033[200~", 6, 1);
	for (int i = 0; i < 300; i++)
		keys_feed(keys, block, sizeof block, 1);
	keys_feed(keys, "\033[201~", 6, 1);
	struct keys_event event;
	assert_true(keys_next(keys, &event));
	assert_int_equal(event.type, KEYS_PASTE);
	assert_int_equal(event.len, KEYS_PASTE_MAX);
	assert_true(event.is_cut);
	keys_free(keys);
}

static void
names_and_keys_go_both_ways(void **state)
{
	(void)state;
	static const char *const names[] = {
		"M-a",	 "C-n",	   "F1",    "F12",     "PgUp",	   "S-Tab", "M-Enter",
		"C-M-x", "C-Left", "Space", "C-Space", "\303\274", "M-1"};
	char name[KEYS_NAME_MAX];
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		uint32_t key = keys_named(names[i]);
		assert_int_not_equal(key, 0);
		assert_string_equal(keys_name(key, name), names[i]);
	}
	assert_int_equal(keys_named("alt-a"), keys_named("M-a"));
	assert_int_equal(keys_named("^N"), keys_named("C-n"));
	assert_int_equal(keys_named("ctrl-pageup"), keys_named("C-PgUp"));
	static const char *const bad[] = {"",	   "M-",      "F13", "F0x",
					  "nokey", "C-nokey", "\377"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(keys_named(bad[i]), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sequences_become_keys),
		cmocka_unit_test(torn_sequences_are_put_together),
		cmocka_unit_test(unknown_sequences_are_swallowed),
		cmocka_unit_test(lone_escape_is_a_prefix_or_a_key),
		cmocka_unit_test(pastes_are_one_event),
		cmocka_unit_test(raw_paste_goes_on_with_the_next_read),
		cmocka_unit_test(paste_over_the_limit_is_cut),
		cmocka_unit_test(names_and_keys_go_both_ways),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
