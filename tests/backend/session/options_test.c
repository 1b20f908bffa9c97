/*
 * The options of a profile: what each type takes, what it is kept as, what is said of a
 * wrong value, and that the manual tells every one of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/session/options.h"
#include "backend/store/settings.h"
#include "bridge/base/mem.h"
#include "tests/backend/store/bed.h"

/* A change in a job of its own. */
struct change {
	struct options *options;
	int id;
	const char *value;
};

static int
change_job(struct store *store, void *data)
{
	const struct change *change = data;
	return options_set(change->options, store, change->id, change->value);
}

static void
values_are_kept_plain_and_read_again(void **state)
{
	struct bed *bed = *state;
	static const struct {
		const char *name, *said, *kept;
	} cases[] = {
		{"typing", "OFF", "no"},      {"typing", "true", "yes"},
		{"auto_away", "0", "0"},      {"auto_away", "0015", "15"},
		{"dead_link", "600", "600"},  {"dead_link", "default", "30"},
		{"typing", "Default", "yes"}, {"mentions", "tea, coffee", "tea, coffee"},
		{"mentions", "", ""},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct options options = {0}, again = {0};
		int id = options_find(cases[i].name);
		struct change change = {&options, id, cases[i].said};
		assert_int_equal(bed_run(bed, change_job, &change), 0);
		assert_string_equal(options_value(&options, id), cases[i].kept);
		options_load(&again, bed->store);
		assert_string_equal(options_value(&again, id), cases[i].kept);
		options_done(&options);
		options_done(&again);
	}
}

static void
wrong_values_are_refused_with_a_sentence(void **state)
{
	(void)state;
	static const struct {
		const char *name, *value, *sentence;
	} cases[] = {
		{"typing", "maybe", "That option takes on or off."},
		{"typing", "", "That option takes on or off."},
		{"dead_link", "1", "That option takes a number from 2 to 600."},
		{"dead_link", "601", "That option takes a number from 2 to 600."},
		{"dead_link", "-5", "That option takes a number from 2 to 600."},
		{"dead_link", " 5", "That option takes a number from 2 to 600."},
		{"dead_link", "5s", "That option takes a number from 2 to 600."},
		{"dead_link", "", "That option takes a number from 2 to 600."},
		{"mentions", "two\nlines",
		 "That option takes a line of at most 500 bytes."},
		{"auto_away", "99999999999999999999",
		 "That option takes a number from 0 to 1440."},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *sentence = NULL;
		int id = options_find(cases[i].name);
		assert_false(options_check(id, cases[i].value, &sentence));
		assert_string_equal(sentence, cases[i].sentence);
		free(sentence);
	}
}

/* Every word of a list is taken, a part of one or two at once is not. */
static void
lists_take_their_words(void **state)
{
	(void)state;
	for (int id = 0; id < OPTION_COUNT; id++) {
		const char *type = options_type(id);
		if (!strchr(type, '|'))
			continue;
		char *copy = mem_strdup(type), *rest = NULL, *sentence = NULL;
		for (char *word = strtok_r(copy, "|", &rest); word;
		     word = strtok_r(NULL, "|", &rest))
			assert_true(options_check(id, word, &sentence));
		assert_false(options_check(id, type, &sentence));
		assert_non_null(strstr(sentence, " or "));
		mem_replace(&sentence, NULL);
		assert_false(options_check(id, "", &sentence));
		free(sentence);
		free(copy);
	}
}

static void
defaults_fit_their_options(void **state)
{
	(void)state;
	struct options options = {0};
	for (int id = 0; id < OPTION_COUNT; id++) {
		char *sentence = NULL;
		assert_true(options_check(id, options_fallback(id), &sentence));
		assert_string_equal(options_value(&options, id), options_fallback(id));
	}
	assert_int_equal(options_number(&options, options_find("dead_link")), 30);
}

/* What another version kept is outside of this one's range. */
static void
a_number_out_of_range_reads_as_the_default(void **state)
{
	(void)state;
	struct options options = {0};
	int id = options_find("dead_link");
	mem_replace(&options.values[id], "100000");
	assert_int_equal(options_number(&options, id), 30);
	options_done(&options);
}

static void
the_manual_tells_every_option(void **state)
{
	(void)state;
	char *path = mem_printf("%s/tui/tern.1", getenv("TERN_SOURCE"));
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	char *text = mem_alloc(1 << 20);
	text[fread(text, 1, (1 << 20) - 1, file)] = 0;
	(void)fclose(file);
	for (int id = 0; id < OPTION_COUNT; id++) {
		struct bridge_setting row;
		options_fill(&(struct options){0}, id, &row);
		const char *value = row.value;
		if (strcmp(row.type, "bool") == 0)
			value = strcmp(value, "yes") == 0 ? "on" : "off";
		if (!value[0])
			value = "none";
		char *entry = mem_printf(".TP\n.B %s\n.RB ( %s )\n%s\n", row.name, value,
					 row.help);
		if (!strstr(text, entry))
			fail_msg("tui/tern.1 lacks:\n%s", entry);
		free(entry);
	}
	free(text);
	free(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(values_are_kept_plain_and_read_again,
						bed_setup, bed_teardown),
		cmocka_unit_test(wrong_values_are_refused_with_a_sentence),
		cmocka_unit_test(lists_take_their_words),
		cmocka_unit_test(defaults_fit_their_options),
		cmocka_unit_test(a_number_out_of_range_reads_as_the_default),
		cmocka_unit_test(the_manual_tells_every_option),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
