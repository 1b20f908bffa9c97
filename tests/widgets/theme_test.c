/*
 * Themes: what files may say, what errors tell, and that the built-in one can be read on
 * black and on white.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "widgets/nick_hue.h"
#include "widgets/theme.h"

static void
styles_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int result;
		struct theme_style style;
	} cases[] = {
		{"default", 0, {-1, -1, 0}},
		{"red", 0, {1, -1, 0}},
		{"bright-red on black bold", 0, {9, 0, THEME_BOLD}},
		{"31 on 255 underline reverse",
		 0,
		 {31, 255, THEME_UNDERLINE | THEME_REVERSE}},
		{"bold", 0, {-1, -1, THEME_BOLD}},
		{"on blue", 0, {-1, 4, 0}},
		{"DIM Italic", 0, {-1, -1, THEME_DIM | THEME_ITALIC}},
		{"", -EINVAL, {0, 0, 0}},
		{"256", -EINVAL, {0, 0, 0}},
		{"-1", -EINVAL, {0, 0, 0}},
		{"red blue", -EINVAL, {0, 0, 0}},
		{"red on", -EINVAL, {0, 0, 0}},
		{"on red on blue", -EINVAL, {0, 0, 0}},
		{"sparkling", -EINVAL, {0, 0, 0}},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct theme_style style = {0, 0, 0};
		assert_int_equal(theme_parse_style(cases[i].text, &style),
				 cases[i].result);
		assert_int_equal(style.foreground, cases[i].style.foreground);
		assert_int_equal(style.background, cases[i].style.background);
		assert_int_equal(style.attributes, cases[i].style.attributes);
	}
}

static void
errors_name_file_and_line(void **state)
{
	(void)state;
	static const struct {
		const char *text, *error;
	} cases[] = {
		{"[roles]\ntext = red\nnosuch = blue\n",
		 "t:3: there is no role 'nosuch'"},
		{"[roles]\n\n; comment\ntime = sparkling",
		 "t:4: 'sparkling' is no style"},
		{"[rolls]\ntime = red", "t:2: there is no section [rolls]"},
		{"time = red", "t:1: there is no section []"},
		{"[theme]\nauthor = me", "t:2: [theme] has name and about"},
		{"[nicks]\npalette =\n", "t:2: '' is no list"},
		{"[nicks]\ncolours = 1", "t:2: [nicks] has palette"},
		{"[roles]\nwhat is this\nnosuch = red", "t:2: this is neither"},
		{"[roles]\ntext = red\n\xff\xfe\n", "t:3: the line is not UTF-8"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct theme *theme = NULL;
		char *error = NULL;
		assert_int_equal(theme_parse("t", cases[i].text, strlen(cases[i].text),
					     &theme, &error),
				 -EINVAL);
		assert_null(theme);
		if (strncmp(error, cases[i].error, strlen(cases[i].error)) != 0)
			fail_msg("%s", error);
		free(error);
	}
	char line[400] = "[roles]\ntext = ";
	memset(line + 15, 'x', sizeof line - 16);
	struct theme *theme = NULL;
	char *error = NULL;
	assert_int_equal(theme_parse("t", line, sizeof line - 1, &theme, &error),
			 -EINVAL);
	assert_non_null(strstr(error, "t:2: the line is too long"));
	free(error);
	assert_int_equal(theme_load("/nonexistent/x.theme", &theme, &error), -ENOENT);
	free(error);
}

static void
roles_for_8_colours_follow(void **state)
{
	(void)state;
	const char *text = "[theme]\nname = x\nabout = y\n"
			   "[roles]\ntime = 196\nnick = 244\nerror = 21 on 255\n"
			   "[roles-8]\nerror = magenta\n[nicks]\npalette = 196 46";
	struct theme *theme;
	char *error;
	assert_int_equal(theme_parse("t", text, strlen(text), &theme, &error), 0);
	assert_string_equal(theme_name(theme), "x");
	assert_string_equal(theme_about(theme), "y");
	assert_int_equal(theme_style(theme, ROLE_TIME, 256).foreground, 196);
	assert_int_equal(theme_style(theme, ROLE_TIME, 8).foreground, 1);
	assert_int_equal(theme_style(theme, ROLE_TIME, 0).foreground, -1);
	assert_int_equal(theme_style(theme, ROLE_NICK, 8).foreground, -1);
	assert_int_equal(theme_style(theme, ROLE_NICK, 8).attributes, THEME_DIM);
	assert_int_equal(theme_style(theme, ROLE_ERROR, 8).foreground, 5);
	/* Of red and green, green is nearer to yellow-green. */
	assert_int_equal(theme_style(theme, ROLE_NICK_FIRST + 1, 8).foreground, 1);
	assert_int_equal(theme_style(theme, ROLE_NICK_FIRST + 7, 8).foreground, 2);
	assert_int_equal(theme_nick_role(theme, "a@b"), theme_nick_role(theme, "a@b"));
	assert_int_equal(theme_style(theme, 9999, 256).foreground, -1);
	theme_free(theme);
}

static void
names_have_the_hues_of_the_standard(void **state)
{
	(void)state;
	/* XEP-0392, section 13.1. */
	static const struct {
		const char *name;
		double hue;
	} names[] = {
		{"Romeo", 327.255249},
		{"juliet@capulet.lit", 209.410400},
		{"\U0001f63a", 331.199341},
		{"council", 359.994507},
	};
	static const struct {
		int colour;
		double hue;
	} colours[] = {{196, 12.2}, {46, 127.7}, {21, 265.9}, {51, 192.2}, {201, 307.7},
		       {1, 12.2},   {6, 192.2},	 {231, -1},   {244, -1},   {-1, -1}};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_true(fabs(nick_hue(names[i].name) - names[i].hue) < 1e-4);
	for (size_t i = 0; i < sizeof colours / sizeof *colours; i++) {
		double hue = nick_hue_of_colour(colours[i].colour);
		if (fabs(hue - colours[i].hue) > 0.2)
			fail_msg("%d: %f", colours[i].colour, hue);
	}
	/* Long enough for two blocks. */
	assert_true(
		nick_hue("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			 "aaaaaaaaaaaa") < 360);
}

/* Relative luminance (WCAG 2) of one of xterm's 256 colours from 16 on. */
static double
luminance(int colour)
{
	static const int steps[] = {0, 95, 135, 175, 215, 255};
	int parts[3];
	double sum = 0;
	static const double weights[] = {0.2126, 0.7152, 0.0722};
	for (int i = 0; i < 3; i++) {
		int divisor = i == 0 ? 36 : i == 1 ? 6 : 1;
		parts[i] = colour >= 232 ? 8 + (colour - 232) * 10
					 : steps[(colour - 16) / divisor % 6];
		double value = parts[i] / 255.0;
		sum += weights[i] * value * value * (1 + value) / 2; /* near enough */
	}
	return sum;
}

static void
default_theme_reads_on_black_and_white(void **state)
{
	(void)state;
	struct theme *theme = theme_new_default();
	for (int role = 0; role < THEME_ROLES_MAX; role++) {
		struct theme_style style = theme_style(theme, role, 256);
		assert_int_equal(style.background, THEME_DEFAULT_COLOUR);
		if (style.foreground >= 16) {
			double light = luminance(style.foreground);
			assert_true((light + 0.05) / 0.05 > 2.5);
			assert_true(1.05 / (light + 0.05) > 2.2);
		}
		style = theme_style(theme, role, 8);
		assert_int_equal(style.background, THEME_DEFAULT_COLOUR);
		/* Neither black nor white, nor yellow (pale), nor blue (dark). */
		assert_true(style.foreground != 0 && style.foreground != 3 &&
			    style.foreground != 4 && style.foreground != 7);
	}
	theme_free(theme);
}

static void
files_of_the_project_load(void **state)
{
	(void)state;
	static const char *const names[] = {"default", "ember"};
	for (size_t i = 0; i < 2; i++) {
		char path[512];
		struct theme *theme = NULL;
		char *error = NULL;
		(void)snprintf(path, sizeof path, "%s/themes/%s.theme",
			       getenv("TERN_SOURCE"), names[i]);
		if (theme_load(path, &theme, &error) < 0)
			fail_msg("%s", error);
		assert_string_equal(theme_name(theme), names[i]);
		struct theme *built_in = theme_new_default();
		for (int role = 0; i == 0 && role < THEME_ROLES_MAX; role++) {
			struct theme_style a = theme_style(theme, role, 256);
			struct theme_style b = theme_style(built_in, role, 256);
			assert_memory_equal(&a, &b, sizeof a);
			a = theme_style(theme, role, 8);
			b = theme_style(built_in, role, 8);
			assert_memory_equal(&a, &b, sizeof a);
		}
		theme_free(built_in);
		theme_free(theme);
	}
}

/* The page is written by hand but for this list; a new role must be in it. */
static void
manual_page_lists_every_role(void **state)
{
	(void)state;
	char path[512];
	static char page[65536];
	(void)snprintf(path, sizeof path, "%s/themes/tern-theme.5",
		       getenv("TERN_SOURCE"));
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	page[fread(page, 1, sizeof page - 1, file)] = '\0';
	(void)fclose(file);
	const char *at = strstr(page, "roles begin");
	assert_non_null(at);
	for (int role = 0; role < ROLE_COUNT; role++) {
		const struct theme_role_row *row = theme_role_row(role);
		char entry[512] = "\n.It Li ";
		size_t len = strlen(entry);
		for (const char *s = row->name; *s; s++) {
			if (*s == '-')
				entry[len++] = '\\';
			entry[len++] = *s;
		}
		(void)snprintf(entry + len, sizeof entry - len, "\n%s\n", row->help);
		at = strstr(at, entry);
		if (!at)
			fail_msg("tern-theme.5 lacks or misplaces the role %s",
				 row->name);
		at += strlen(entry) - 1;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_have_the_hues_of_the_standard),
		cmocka_unit_test(styles_are_read),
		cmocka_unit_test(errors_name_file_and_line),
		cmocka_unit_test(roles_for_8_colours_follow),
		cmocka_unit_test(default_theme_reads_on_black_and_white),
		cmocka_unit_test(files_of_the_project_load),
		cmocka_unit_test(manual_page_lists_every_role),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
