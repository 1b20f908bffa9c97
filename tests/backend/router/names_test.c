/*
 * Profile names and their folders.
 */
#include "backend/router/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct pair {
	const char *name;
	const char *folder;
} pairs[] = {
	{"home", "home"},	  {"a.b", "a.b"},	{".hidden", "%2Ehidden"},
	{"..", "%2E."},		  {"../x", "%2E.%2Fx"}, {"a b", "a%20b"},
	{"a%b", "a%25b"},	  {"[x]", "%5Bx%5D"},	{"M\xc3\xbcller", "M%C3%BCller"},
	{"-_09azAZ", "-_09azAZ"},
};

static void
a_name_has_one_folder_and_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		char *folder = names_folder(pairs[i].name);
		char *name = names_profile(pairs[i].folder);
		assert_string_equal(folder, pairs[i].folder);
		assert_non_null(name);
		assert_string_equal(name, pairs[i].name);
		free(folder);
		free(name);
	}
}

static void
other_folders_are_no_profiles(void **state)
{
	(void)state;
	static const char *const folders[] = {
		"",    ".",   "..",  ".trash", "%",  "%2",    "%zz",
		"a b", "%61", "%2f", "%00",    "a%", "a%00b", "home.tmp~",
	};
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		assert_null(names_profile(folders[i]));
	char long_name[NAMES_MAX + 2];
	memset(long_name, 'x', sizeof long_name);
	long_name[NAMES_MAX + 1] = 0;
	assert_null(names_profile(long_name));
	long_name[NAMES_MAX] = 0;
	char *name = names_profile(long_name);
	assert_non_null(name);
	free(name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_has_one_folder_and_back),
		cmocka_unit_test(other_folders_are_no_profiles),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
