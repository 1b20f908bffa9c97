/*
 * Keys and what they do.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tui/actions.h"
#include "tui/keymap.h"
#include "widgets/keys.h"

static const char *
bound(const struct keymap *keymap, const char *key)
{
	return keymap_action_name(keymap_find(keymap, keys_named(key)));
}

static void
the_defaults_are_as_documented(void **state)
{
	static const struct {
		const char *key, *action;
	} cases[] = {
		{"Enter", "send"},   {"Tab", "complete"},    {"C-c", "clear"},
		{"F1", "help"},	     {"M-a", "next-active"}, {"C-n", "next"},
		{"C-p", "previous"}, {"PgUp", "page-up"},    {"PgDn", "page-down"},
		{"C-l", "redraw"},   {"C-z", "suspend"},     {"M-1", "go-1"},
		{"M-0", "go-10"},    {"C-a", "line-start"},  {"M-Enter", "newline"},
		{"C-y", "yank"},     {"Up", "older"},	     {"M-q", "none"},
	};
	struct keymap *keymap = keymap_new();

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_string_equal(bound(keymap, cases[i].key), cases[i].action);
	keymap_free(keymap);
}

static void
no_two_defaults_take_the_same_key(void **state)
{
	struct keymap *keymap = keymap_new();

	(void)state;
	for (size_t i = 0; keymap_each(i); i++) {
		int action = keymap_named(keymap_each(i));
		char *keys = keymap_keys(keymap, action), *rest = NULL;

		assert_string_not_equal(keys, "");
		for (char *key = strtok_r(keys, " ", &rest); key;
		     key = strtok_r(NULL, " ", &rest))
			assert_int_equal(keymap_find(keymap, keys_named(key)), action);
		free(keys);
	}
	keymap_free(keymap);
}

static void
every_default_is_a_key(void **state)
{
	size_t count;
	const struct action_row *rows = action_rows(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		char keys[64], *rest = NULL;

		(void)snprintf(keys, sizeof keys, "%s", rows[i].keys);
		for (char *key = strtok_r(keys, " ", &rest); key;
		     key = strtok_r(NULL, " ", &rest))
			if (!keys_named(key))
				fail_msg("%s is no key", key);
	}
}

static void
binding_and_taking_back(void **state)
{
	struct keymap *keymap = keymap_new();
	uint32_t key = keys_named("C-t");

	(void)state;
	assert_int_equal(keymap_bind(keymap, key, "contacts"), 0);
	assert_string_equal(bound(keymap, "C-t"), "contacts");
	assert_int_equal(keymap_bind(keymap, key, "none"), 0);
	assert_string_equal(bound(keymap, "C-t"), "none");
	assert_int_equal(keymap_bind(keymap, key, "default"), 0);
	assert_string_equal(bound(keymap, "C-t"), "transpose");
	assert_int_equal(keymap_bind(keymap, key, "dance"), -ENOENT);
	keymap_free(keymap);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_defaults_are_as_documented),
		cmocka_unit_test(no_two_defaults_take_the_same_key),
		cmocka_unit_test(every_default_is_a_key),
		cmocka_unit_test(binding_and_taking_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
