/*
 * Whether a text names somebody.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "backend/muc/mention.h"

static void
a_nick_is_found_as_a_word_of_its_own(void **state)
{
	static const struct {
		const char *text, *nick;
		bool is_there;
	} cases[] = {
		{"alice: hello", "alice", true},
		{"hello ALICE!", "alice", true},
		{"hello alice", "Alice", true},
		{"malice", "alice", false},
		{"alices", "alice", false},
		{"malice and alice", "alice", true},
		{"@alice", "alice", true},
		{"", "alice", false},
		{"alice", "", false},
		{"straße ist lang", "STRASSE", true},
		{"ÉMILE, écoute", "émile", true},
		{"hi [bot]", "[bot]", true},
		{"well... it is", "...", true},
		{"/me", "/me", true},
		{"a b c", "b c", true},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		if (mention_has(cases[i].text, cases[i].nick, "") != cases[i].is_there)
			fail_msg("\"%s\" in \"%s\"", cases[i].nick, cases[i].text);
	}
}

static void
any_of_several_words_is_found(void **state)
{
	static const struct {
		const char *text, *words;
		bool is_there;
	} cases[] = {
		{"more Coffee please", "tea, coffee", true},
		{"more coffee please", "tea,coffee ,milk", true},
		{"coffeehouse", "tea, coffee", false},
		{"a cup of hot chocolate", "hot chocolate", true},
		{"anything", "", false},
		{"anything", " , ,", false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		if (mention_has(cases[i].text, NULL, cases[i].words) != cases[i].is_there)
			fail_msg("\"%s\" in \"%s\"", cases[i].words, cases[i].text);
	}
}

static void
what_is_no_text_names_nobody(void **state)
{
	(void)state;
	assert_false(mention_has("\xff\xfe alice", "alice", ""));
	assert_false(mention_has("alice", "\xc3", ""));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_nick_is_found_as_a_word_of_its_own),
		cmocka_unit_test(any_of_several_words_is_found),
		cmocka_unit_test(what_is_no_text_names_nobody),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
