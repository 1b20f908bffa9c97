/*
 * Disks that are full or read-only, on a small tmpfs in a mount namespace of its own.
 * Needs root or user namespaces, else it is skipped.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mount.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "backend/store/profile_dir.h"
#include "backend/store/settings.h"
#include "bridge/base/mem.h"
#include "tests/backend/store/bed.h"

static bool
write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool is_good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	if (fd >= 0)
		(void)close(fd);
	return is_good;
}

static bool
enter_namespace(void)
{
	char users[64], groups[64];
	(void)snprintf(users, sizeof users, "0 %d 1", (int)getuid());
	(void)snprintf(groups, sizeof groups, "0 %d 1", (int)getgid());
	if (unshare(CLONE_NEWNS) < 0) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
			return false;
		if (!write_file("/proc/self/setgroups", "deny") ||
		    !write_file("/proc/self/gid_map", groups) ||
		    !write_file("/proc/self/uid_map", users))
			return false;
	}
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

static int
setup(void **state)
{
	struct bed *bed = mem_alloc(sizeof *bed);
	bed_make(bed);
	assert_int_equal(mount("tmpfs", bed->folder, "tmpfs", 0, "size=512k,mode=0700"),
			 0);
	*state = bed;
	return 0;
}

static int
teardown(void **state)
{
	struct bed *bed = *state;
	bed_close(bed);
	assert_int_equal(umount2(bed->folder, MNT_DETACH), 0);
	bed_done(bed);
	free(bed);
	return 0;
}

static void
remount(struct bed *bed, const char *data, unsigned long flags)
{
	assert_int_equal(mount("tmpfs", bed->folder, "tmpfs", MS_REMOUNT | flags, data),
			 0);
}

struct item {
	int number;
	char text[20000];
};

static int
write_item(struct store *store, void *data)
{
	struct item *item = data;
	char key[32];
	(void)snprintf(key, sizeof key, "item.%d", item->number);
	return settings_set(store, key, item->text);
}

static void
assert_items(struct bed *bed, size_t expected)
{
	struct arena arena = {0};
	struct setting_list list;
	assert_int_equal(settings_list(bed->store, "item.", &arena, &list), 0);
	assert_int_equal(list.count, expected);
	arena_done(&arena);
}

static void
a_full_disk_keeps_what_was_accepted_and_goes_on_with_room(void **state)
{
	struct bed *bed = *state;
	bed_open(bed);
	struct item *item = mem_alloc(sizeof *item);
	memset(item->text, 'x', sizeof item->text - 1);
	int error = 0;
	size_t kept = 0;
	for (; !error && item->number < 50; item->number++) {
		error = bed_run(bed, write_item, item);
		kept += !error;
	}
	assert_int_equal(error, -ENOSPC);
	assert_items(bed, kept);
	assert_int_equal(bed_run(bed, write_item, item), -ENOSPC);
	remount(bed, "size=2m", 0);
	assert_int_equal(bed_run(bed, write_item, item), 0);
	bed_close(bed);
	bed_open(bed);
	assert_items(bed, kept + 1);
	free(item);
}

static void
no_room_for_a_new_profile_is_said(void **state)
{
	struct bed *bed = *state;
	struct store_report report;
	remount(bed, "size=32k", 0);
	assert_int_equal(store_prepare(bed->folder, NULL, &report), -ENOSPC);
	assert_non_null(strstr(report.sentence, "disk is full"));
	store_report_done(&report);
	remount(bed, "size=2m", 0);
	assert_int_equal(store_prepare(bed->folder, NULL, &report), 0);
	assert_null(report.set_aside);
	store_report_done(&report);
}

static void
a_read_only_disk_refuses_and_loses_nothing(void **state)
{
	struct bed *bed = *state;
	struct store_report report;
	struct item *item = mem_alloc(sizeof *item);
	strcpy(item->text, "x");
	bed_open(bed);
	assert_int_equal(bed_run(bed, write_item, item), 0);
	bed_close(bed);
	remount(bed, "size=512k", MS_RDONLY);
	int error = store_prepare(bed->folder, NULL, &report);
	assert_true(error == -EROFS || error == -EACCES);
	assert_non_null(report.sentence);
	assert_null(report.set_aside);
	store_report_done(&report);
	char *root = mem_printf("%s/profiles", bed->folder);
	struct profile_dir dir;
	char *sentence = NULL;
	assert_int_equal(profile_dir_create(root, "a", &dir, &sentence), -EROFS);
	assert_non_null(strstr(sentence, "Read-only"));
	free(sentence);
	free(root);
	remount(bed, "size=512k", 0);
	bed_open(bed);
	assert_items(bed, 1);
	free(item);
}

int
main(void)
{
	if (!enter_namespace()) {
		(void)printf("SKIPPED: needs root or user namespaces\n");
		return 77;
	}
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(a_full_disk_keeps_what_was_accepted_and_goes_on_with_room),
		CASE(no_room_for_a_new_profile_is_said),
		CASE(a_read_only_disk_refuses_and_loses_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
