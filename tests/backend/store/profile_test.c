/*
 * Names and folders of profiles: hostile names, twins, locks, deletion.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "backend/store/profile_dir.h"
#include "backend/store/profile_name.h"
#include "backend/store/store.h"
#include "bridge/base/mem.h"

#define TEN "1234567890"
#define SIXTY TEN TEN TEN TEN TEN TEN
#define UMLAUTS_10 "ääääääääää"

static void
names_become_folders_and_back(void **state)
{
	(void)state;
	static const struct {
		const char *typed;
		const char *folder; /* NULL: refused */
	} cases[] = {
		{"home", "home"},
		{"Home-2_b", "Home-2_b"},
		{"a.b", "a.b"},
		{".", "%2E"},
		{"..", "%2E."},
		{".hidden", "%2Ehidden"},
		{"../x", "%2E.%2Fx"},
		{"a/b", "a%2Fb"},
		{"a b", "a%20b"},
		{"[x] (y)", "%5Bx%5D%20%28y%29"},
		{"100%", "100%25"},
		{"%41", "%2541"},
		{"\xc3\xa9", "%C3%A9"},
		{"e\xcc\x81", "%C3%A9"}, /* NFD twin */
		{"日本", "%E6%97%A5%E6%9C%AC"},
		{"a@b", "a%40b"},
		{SIXTY "1234", SIXTY "1234"},
		{UMLAUTS_10 UMLAUTS_10 UMLAUTS_10 UMLAUTS_10 "ää",
		 NULL /* 252 bytes; filled in below */},
		{"", NULL},
		{"@x", NULL},
		{"@DEFAULT@", NULL},
		{" x", NULL},
		{"x ", NULL},
		{"\xc2\xa0x", NULL},
		{"a\nb", NULL},
		{"a\tb", NULL},
		{"\x7f", NULL},
		{"a\xe2\x80\xae"
		 "b",
		 NULL},		  /* bidi override */
		{"\u200b", NULL}, /* nothing of it can be seen */
		{"\u200b\u200d\ufeff\u0301", NULL},
		{"\u2060", NULL},
		{"\u3164\u2800", NULL},
		{"\U0001f469\u200d\U0001f4bb",
		 "%F0%9F%91%A9%E2%80%8D%F0%9F%92%BB"}, /* a cluster of emoji */
		{"\xff", NULL},
		{"\xc0\x80", NULL},
		{"\xed\xa0\x80", NULL}, /* surrogate */
		{SIXTY "12345", NULL},
		{SIXTY SIXTY SIXTY SIXTY SIXTY, NULL},
		{UMLAUTS_10 UMLAUTS_10 UMLAUTS_10 UMLAUTS_10 UMLAUTS_10, NULL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *name = NULL;
		const char *sentence = NULL;
		int error = profile_name_check(cases[i].typed, &name, &sentence);
		if (error) {
			assert_int_equal(error, -EINVAL);
			assert_non_null(sentence);
			assert_null(name);
			assert_null(cases[i].folder);
			continue;
		}
		char *folder = profile_name_folder(name);
		if (cases[i].folder)
			assert_string_equal(folder, cases[i].folder);
		else
			assert_int_equal(strlen(folder), 252);
		char *back = profile_name_of_folder(folder);
		assert_string_equal(back, name);
		free(back);
		free(folder);
		free(name);
	}
}

static void
only_the_one_spelling_of_a_folder_is_a_profile(void **state)
{
	(void)state;
	static const char *const folders[] = {
		"",	   ".",	    "..",   ".gone-0123456789abcdef",
		"%41",	   "a%2fb", "a%2",  "a%",
		"a b",	   "%00",   "%zz",  "%40x",
		"e%CC%81", "%FF",   "%20x", "lost+found",
	};
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		assert_null(profile_name_of_folder(folders[i]));
}

struct bed {
	char top[64];
	char root[96];
	struct profile_dir dir;
	char *sentence;
};

static int
setup(void **state)
{
	struct bed *bed = mem_alloc(sizeof *bed);
	(void)snprintf(bed->top, sizeof bed->top, "/tmp/tern-profile-XXXXXX");
	assert_non_null(mkdtemp(bed->top));
	(void)snprintf(bed->root, sizeof bed->root, "%s/tern/profiles", bed->top);
	*state = bed;
	return 0;
}

static int
teardown(void **state)
{
	struct bed *bed = *state;
	char command[128];
	(void)snprintf(command, sizeof command, "rm -rf '%s'", bed->top);
	assert_int_equal(system(command), 0);
	free(bed->sentence);
	free(bed);
	return 0;
}

static void
assert_said(struct bed *bed, const char *part)
{
	assert_non_null(bed->sentence);
	assert_non_null(strstr(bed->sentence, part));
	free(bed->sentence);
	bed->sentence = NULL;
}

static void
assert_listed(struct bed *bed, const char *expected)
{
	char **names = NULL;
	size_t count = 0;
	char text[256] = "";
	size_t len = 0;
	assert_int_equal(profile_dir_list(bed->root, &names, &count), 0);
	for (size_t i = 0; i < count; i++) {
		len += (size_t)snprintf(text + len, sizeof text - len, "%s|", names[i]);
		free(names[i]);
	}
	free(names);
	assert_string_equal(text, expected);
}

static void
a_profile_is_made_private_listed_and_deleted(void **state)
{
	struct bed *bed = *state;
	struct stat info;
	assert_listed(bed, "");
	assert_int_equal(profile_dir_open(bed->root, "home", &bed->dir, &bed->sentence),
			 -ENOENT);
	assert_said(bed, "no profile \"home\"");
	assert_int_equal(profile_dir_create(bed->root, "../x", &bed->dir, &bed->sentence),
			 0);
	assert_int_equal(stat(bed->dir.path, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0700);
	assert_int_equal(stat(bed->root, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0700);
	struct store_report report;
	assert_int_equal(store_prepare(bed->dir.path, NULL, &report), 0);
	store_report_done(&report);
	assert_listed(bed, "../x|");
	assert_int_equal(profile_dir_delete(&bed->dir, &bed->sentence), 0);
	assert_null(bed->sentence);
	assert_listed(bed, "");
	assert_int_equal(rmdir(bed->root), 0);
}

static void
twins_are_one_profile(void **state)
{
	struct bed *bed = *state;
	struct profile_dir twin;
	assert_int_equal(
		profile_dir_create(bed->root, "caf\xc3\xa9", &bed->dir, &bed->sentence),
		0);
	assert_int_equal(
		profile_dir_create(bed->root, "cafe\xcc\x81", &twin, &bed->sentence),
		-EEXIST);
	assert_said(bed, "already");
	profile_dir_done(&bed->dir);
	assert_int_equal(
		profile_dir_open(bed->root, "cafe\xcc\x81", &twin, &bed->sentence), 0);
	assert_string_equal(twin.name, "caf\xc3\xa9");
	profile_dir_done(&twin);
	assert_int_equal(profile_dir_create(bed->root, "@x", &twin, &bed->sentence),
			 -EINVAL);
	assert_said(bed, "@");
}

static void
the_lock_names_its_holder_and_ends_with_it(void **state)
{
	struct bed *bed = *state;
	struct profile_dir other;
	char part[32];
	assert_int_equal(profile_dir_create(bed->root, "a", &bed->dir, &bed->sentence),
			 0);
	assert_int_equal(profile_dir_open(bed->root, "a", &other, &bed->sentence),
			 -EBUSY);
	(void)snprintf(part, sizeof part, "in use by pid %d", (int)getpid());
	assert_said(bed, part);
	assert_int_equal(profile_dir_holder(bed->root, "a"), getpid());
	profile_dir_done(&bed->dir);
	assert_int_equal(profile_dir_holder(bed->root, "a"), 0);
	assert_int_equal(profile_dir_holder(bed->root, "nobody"), 0);
	pid_t pid = fork();
	if (pid == 0)
		_exit(profile_dir_open(bed->root, "a", &other, &bed->sentence) ? 1 : 0);
	int status = 1;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(profile_dir_open(bed->root, "a", &other, &bed->sentence), 0);
	profile_dir_done(&other);
}

static void
deletion_refuses_what_is_not_its_own(void **state)
{
	struct bed *bed = *state;
	static const struct {
		const char *name;
		const char *target; /* a link to this; NULL: a plain file */
	} cases[] = {
		{"notes.txt", NULL},
		{"store.db-old", NULL},
		{"vault", "/etc/passwd"},
		{"store.db", "/etc/passwd"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(
			profile_dir_create(bed->root, "a", &bed->dir, &bed->sentence), 0);
		int dir = dup(bed->dir.fd);
		if (cases[i].target)
			assert_int_equal(symlinkat(cases[i].target, dir, cases[i].name),
					 0);
		else
			(void)close(openat(dir, cases[i].name, O_CREAT | O_WRONLY, 0600));
		assert_int_equal(profile_dir_delete(&bed->dir, &bed->sentence),
				 -ENOTEMPTY);
		assert_said(bed, cases[i].name);
		assert_int_equal(unlinkat(dir, cases[i].name, 0), 0);
		(void)close(dir);
		assert_int_equal(
			profile_dir_open(bed->root, "a", &bed->dir, &bed->sentence), 0);
		assert_int_equal(profile_dir_delete(&bed->dir, &bed->sentence), 0);
	}
	assert_int_equal(access("/etc/passwd", F_OK), 0);
}

static void
a_deletion_that_a_death_cut_short_is_ended_by_the_next_one(void **state)
{
	struct bed *bed = *state;
	char path[160];
	assert_int_equal(profile_dir_create(bed->root, "a", &bed->dir, &bed->sentence),
			 0);
	(void)close(openat(bed->dir.fd, "vault", O_CREAT | O_WRONLY, 0600));
	(void)snprintf(path, sizeof path, "%s/.gone-0123456789abcdef", bed->root);
	assert_int_equal(rename(bed->dir.path, path), 0);
	profile_dir_done(&bed->dir);
	assert_listed(bed, "");
	assert_int_equal(profile_dir_create(bed->root, "b", &bed->dir, &bed->sentence),
			 0);
	profile_dir_done(&bed->dir);
	assert_int_equal(access(path, F_OK), -1);
	assert_listed(bed, "b|");
}

static void
a_link_or_a_file_in_the_place_of_a_folder_is_refused(void **state)
{
	struct bed *bed = *state;
	char path[128];
	assert_int_equal(profile_dir_create(bed->root, "a", &bed->dir, &bed->sentence),
			 0);
	profile_dir_done(&bed->dir);
	(void)snprintf(path, sizeof path, "%s/link", bed->root);
	assert_int_equal(symlink("a", path), 0);
	assert_true(profile_dir_open(bed->root, "link", &bed->dir, &bed->sentence) < 0);
	assert_said(bed, "not a folder");
	(void)snprintf(path, sizeof path, "%s/file", bed->root);
	(void)close(open(path, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(profile_dir_open(bed->root, "file", &bed->dir, &bed->sentence),
			 -ENOTDIR);
	assert_said(bed, "not a folder");
	assert_listed(bed, "a|");
	(void)snprintf(path, sizeof path, "%s/a/lock", bed->root);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_true(profile_dir_open(bed->root, "a", &bed->dir, &bed->sentence) < 0);
	assert_said(bed, "lock");
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_become_folders_and_back),
		cmocka_unit_test(only_the_one_spelling_of_a_folder_is_a_profile),
		CASE(a_profile_is_made_private_listed_and_deleted),
		CASE(twins_are_one_profile),
		CASE(the_lock_names_its_holder_and_ends_with_it),
		CASE(deletion_refuses_what_is_not_its_own),
		CASE(a_deletion_that_a_death_cut_short_is_ended_by_the_next_one),
		CASE(a_link_or_a_file_in_the_place_of_a_folder_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
