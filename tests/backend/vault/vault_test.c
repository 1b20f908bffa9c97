/*
 * The vault: locking, passwords, damage of every byte, and writes that fail.
 */
#include "backend/vault/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "backend/vault/seal.h"
#include "bridge/base/mem.h"

struct bed {
	char folder[64];
	int fd;
	struct secret password;
	struct secret wrong;
	struct secret value;
};

static int
setup(void **state)
{
	struct bed *bed = mem_alloc(sizeof *bed);
	(void)snprintf(bed->folder, sizeof bed->folder, "/tmp/tern-vault-XXXXXX");
	assert_non_null(mkdtemp(bed->folder));
	bed->fd = open(bed->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(bed->fd >= 0);
	secret_set_text(&bed->password, "correct horse");
	secret_set_text(&bed->wrong, "correct house");
	*state = bed;
	return 0;
}

static int
teardown(void **state)
{
	struct bed *bed = *state;
	secret_done(&bed->password);
	secret_done(&bed->wrong);
	secret_done(&bed->value);
	(void)close(bed->fd);
	char command[128];
	(void)snprintf(command, sizeof command, "rm -rf '%s'", bed->folder);
	assert_int_equal(system(command), 0);
	free(bed);
	return 0;
}

static void
assert_entry(struct vault *vault, const char *name, const char *value)
{
	struct secret secret = {0};
	assert_int_equal(vault_get(vault, name, &secret), 0);
	assert_string_equal(secret_text(&secret), value);
	secret_done(&secret);
}

static void
put(struct bed *bed, struct vault *vault, const char *name, const char *value)
{
	secret_set_text(&bed->value, value);
	assert_int_equal(vault_put(vault, name, &bed->value), 0);
}

static struct vault *
reopen(struct bed *bed, struct vault *vault)
{
	vault_free(vault);
	vault = NULL;
	assert_int_equal(vault_open(bed->fd, NULL, &vault), 0);
	return vault;
}

static void
an_unprotected_vault_opens_by_itself(void **state)
{
	struct bed *bed = *state;
	struct vault *vault = NULL;
	assert_int_equal(vault_create(bed->fd, NULL, NULL, &vault), 0);
	assert_false(vault_is_protected(vault));
	put(bed, vault, VAULT_XMPP_PASSWORD, "secret one");
	put(bed, vault, "key", "");
	put(bed, vault, VAULT_XMPP_PASSWORD, "secret two");
	vault = reopen(bed, vault);
	assert_false(vault_is_locked(vault));
	vault_lock(vault);
	assert_entry(vault, VAULT_XMPP_PASSWORD, "secret two");
	assert_entry(vault, "key", "");
	assert_int_equal(vault_get(vault, "other", &bed->value), -ENOENT);
	assert_int_equal(vault_derive(vault, &bed->password, &bed->value), -ENODATA);
	vault_free(vault);
	assert_int_equal(vault_create(bed->fd, NULL, NULL, &vault), -EEXIST);
}

static void
a_protected_vault_opens_with_its_password_or_key_alone(void **state)
{
	struct bed *bed = *state;
	struct vault *vault = NULL;
	struct secret key = {0};
	assert_int_equal(vault_create(bed->fd, &bed->password, NULL, &vault), 0);
	put(bed, vault, VAULT_XMPP_PASSWORD, "secret");
	assert_int_equal(vault_master_key(vault, &key), 0);
	vault = reopen(bed, vault);
	assert_true(vault_is_protected(vault));
	assert_true(vault_is_locked(vault));
	assert_int_equal(vault_get(vault, VAULT_XMPP_PASSWORD, &bed->value), -ENOKEY);
	assert_int_equal(vault_put(vault, "x", &bed->password), -ENOKEY);
	assert_int_equal(vault_master_key(vault, &bed->value), -ENOKEY);
	assert_int_equal(vault_unlock_password(vault, &bed->wrong), -EACCES);
	assert_int_equal(vault_unlock_key(vault, &bed->wrong), -EACCES);
	assert_int_equal(vault_unlock_key(vault, &key), 0);
	assert_entry(vault, VAULT_XMPP_PASSWORD, "secret");
	vault_lock(vault);
	assert_true(vault_is_locked(vault));
	assert_int_equal(vault_unlock_password(vault, &bed->password), 0);
	assert_entry(vault, VAULT_XMPP_PASSWORD, "secret");
	struct secret wrong_key = {0};
	memset(secret_room(&wrong_key, VAULT_KEY_LEN), 7, VAULT_KEY_LEN);
	assert_int_equal(vault_unlock_key(vault, &wrong_key), -EACCES);
	secret_done(&wrong_key);
	secret_done(&key);
	vault_free(vault);
}

static void
the_password_can_be_changed_taken_away_and_set(void **state)
{
	struct bed *bed = *state;
	struct vault *vault = NULL;
	assert_int_equal(vault_create(bed->fd, &bed->password, NULL, &vault), 0);
	put(bed, vault, "a", "1");
	assert_int_equal(vault_change_password(vault, &bed->wrong), 0);
	vault = reopen(bed, vault);
	assert_int_equal(vault_change_password(vault, NULL), -ENOKEY);
	assert_int_equal(vault_unlock_password(vault, &bed->password), -EACCES);
	assert_int_equal(vault_unlock_password(vault, &bed->wrong), 0);
	assert_int_equal(vault_change_password(vault, NULL), 0);
	vault = reopen(bed, vault);
	assert_false(vault_is_protected(vault));
	assert_entry(vault, "a", "1");
	assert_int_equal(vault_change_password(vault, &bed->password), 0);
	vault = reopen(bed, vault);
	assert_true(vault_is_locked(vault));
	vault_free(vault);
}

static void
an_entry_can_be_removed_and_too_large_ones_are_refused(void **state)
{
	struct bed *bed = *state;
	struct vault *vault = NULL;
	assert_int_equal(vault_create(bed->fd, NULL, NULL, &vault), 0);
	put(bed, vault, "a", "1");
	put(bed, vault, "b", "2");
	assert_int_equal(vault_remove(vault, "a"), 0);
	assert_int_equal(vault_remove(vault, "a"), -ENOENT);
	(void)secret_room(&bed->value, 65537);
	assert_int_equal(vault_put(vault, "c", &bed->value), -E2BIG);
	(void)secret_room(&bed->value, 65536);
	assert_int_equal(vault_put(vault, "c", &bed->value), 0);
	char name[70];
	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	assert_int_equal(vault_put(vault, name, &bed->password), -E2BIG);
	assert_int_equal(vault_put(vault, "", &bed->password), -E2BIG);
	vault = reopen(bed, vault);
	assert_entry(vault, "b", "2");
	vault_free(vault);
}

/* The bytes of the file, and how many. */
static size_t
load(struct bed *bed, uint8_t *bytes, size_t room)
{
	int fd = openat(bed->fd, VAULT_FILE, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	ssize_t len = read(fd, bytes, room);
	(void)close(fd);
	assert_true(len > 0 && (size_t)len < room);
	return (size_t)len;
}

static void
save(struct bed *bed, const uint8_t *bytes, size_t len)
{
	int fd = openat(bed->fd, VAULT_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
			0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), (ssize_t)len);
	(void)close(fd);
}

static void
every_changed_byte_and_every_length_is_told_from_a_wrong_password(void **state)
{
	struct bed *bed = *state;
	struct vault *vault = NULL;
	uint8_t bytes[2048];
	uint8_t damaged[2049];
	assert_int_equal(vault_create(bed->fd, &bed->password, NULL, &vault), 0);
	put(bed, vault, "a", "1");
	vault_free(vault);
	size_t len = load(bed, bytes, sizeof bytes);
	for (size_t i = 0; i < len; i++) {
		memcpy(damaged, bytes, len);
		damaged[i] ^= 0x41;
		save(bed, damaged, len);
		assert_int_equal(vault_open(bed->fd, NULL, &vault), -EBADMSG);
		save(bed, bytes, i);
		assert_int_equal(vault_open(bed->fd, NULL, &vault), -EBADMSG);
	}
	memcpy(damaged, bytes, len);
	damaged[len] = 0;
	save(bed, damaged, len + 1);
	assert_int_equal(vault_open(bed->fd, NULL, &vault), -EBADMSG);
	save(bed, bytes, len);
	assert_int_equal(vault_open(bed->fd, NULL, &vault), 0);
	vault_free(vault);
}

/* The offsets of the file's head, see vault_file.h. */
enum {
	AT_VERSION = 8,
	AT_SLOTS = 12,
	AT_ENTRIES = 16,
	AT_KIND = 20,
	AT_OPS = 24,
	AT_MEM = 28,
	AT_NAME_LEN = 20 + 12 + 16 + 72 + 40,
	AT_BOX_LEN = AT_NAME_LEN + 2
};

static void
a_forged_file_with_a_right_sum_is_bounded(void **state)
{
	struct bed *bed = *state;
	static const struct {
		size_t at;
		uint32_t value;
		int error;
	} cases[] = {
		{AT_VERSION, 0, -EBADMSG},
		{AT_VERSION, 2, -EPROTONOSUPPORT},
		{AT_SLOTS, 0, -EBADMSG},
		{AT_SLOTS, 2, -EBADMSG},
		{AT_SLOTS, 0xffffffff, -EBADMSG},
		{AT_ENTRIES, 0, -EBADMSG}, /* bytes are left over */
		{AT_ENTRIES, 2, -EBADMSG},
		{AT_ENTRIES, 0xffffffff, -EBADMSG},
		{AT_KIND, 2, -EBADMSG},
		{AT_OPS, 0, -EBADMSG},
		{AT_OPS, 17, -EBADMSG},
		{AT_MEM, 0, -EBADMSG},
		{AT_MEM, 0x200000, -EBADMSG},
		{AT_NAME_LEN, 0, -EBADMSG},
		{AT_NAME_LEN, 0xffffffff, -EBADMSG},
		{AT_BOX_LEN, 0, -EBADMSG},
		{AT_BOX_LEN, 39, -EBADMSG},
		{AT_BOX_LEN, 0xffffffff, -EBADMSG},
	};
	struct vault *vault = NULL;
	uint8_t bytes[2048];
	assert_int_equal(vault_create(bed->fd, &bed->password, NULL, &vault), 0);
	put(bed, vault, "a", "1");
	vault_free(vault);
	size_t len = load(bed, bytes, sizeof bytes);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint8_t forged[2048];
		memcpy(forged, bytes, len);
		for (size_t k = 0; k < 4; k++)
			forged[cases[i].at + k] = (uint8_t)(cases[i].value >> (8 * k));
		seal_sum(forged, len - 32, forged + len - 32);
		save(bed, forged, len);
		assert_int_equal(vault_open(bed->fd, NULL, &vault), cases[i].error);
	}
	for (size_t i = 0; i < len - 32; i++) {
		uint8_t forged[2048];
		memcpy(forged, bytes, len);
		forged[i] ^= (uint8_t)(i * 37 + 1);
		seal_sum(forged, len - 32, forged + len - 32);
		save(bed, forged, len);
		if (vault_open(bed->fd, NULL, &vault) == 0)
			vault_free(vault);
	}
}

static void
a_box_opens_under_its_own_name_only(void **state)
{
	struct bed *bed = *state;
	struct vault *vault = NULL;
	uint8_t bytes[2048];
	assert_int_equal(vault_create(bed->fd, NULL, NULL, &vault), 0);
	put(bed, vault, "a", "1");
	vault_free(vault);
	size_t len = load(bed, bytes, sizeof bytes);
	bytes[AT_BOX_LEN + 4] = 'b';
	seal_sum(bytes, len - 32, bytes + len - 32);
	save(bed, bytes, len);
	assert_int_equal(vault_open(bed->fd, NULL, &vault), 0);
	assert_int_equal(vault_get(vault, "b", &bed->value), -EBADMSG);
	assert_int_equal(vault_get(vault, "a", &bed->value), -ENOENT);
	vault_free(vault);
}

static void
what_is_no_file_of_ours_is_refused(void **state)
{
	struct bed *bed = *state;
	struct vault *vault = NULL;
	assert_int_equal(vault_open(bed->fd, NULL, &vault), -ENOENT);
	assert_int_equal(symlinkat("/etc/passwd", bed->fd, VAULT_FILE), 0);
	assert_int_equal(vault_open(bed->fd, NULL, &vault), -EPERM);
	assert_int_equal(vault_create(bed->fd, NULL, NULL, &vault), -EEXIST);
	assert_int_equal(unlinkat(bed->fd, VAULT_FILE, 0), 0);
	assert_int_equal(mkdirat(bed->fd, VAULT_FILE, 0700), 0);
	assert_int_equal(vault_open(bed->fd, NULL, &vault), -EPERM);
	assert_int_equal(unlinkat(bed->fd, VAULT_FILE, AT_REMOVEDIR), 0);
	assert_int_equal(mkfifoat(bed->fd, VAULT_FILE, 0600), 0);
	assert_int_equal(vault_open(bed->fd, NULL, &vault), -EPERM);
	assert_int_equal(unlinkat(bed->fd, VAULT_FILE, 0), 0);
	int fd = openat(bed->fd, VAULT_FILE, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(ftruncate(fd, (off_t)1 << 40), 0);
	(void)close(fd);
	assert_int_equal(vault_open(bed->fd, NULL, &vault), -EBADMSG);
	assert_non_null(vault_sentence(-EBADMSG));
}

static void
a_failed_write_leaves_the_old_vault_and_no_copy(void **state)
{
	struct bed *bed = *state;
	struct vault *vault = NULL;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(vault_create(bed->fd, NULL, NULL, &vault), 0);
	put(bed, vault, "a", "1");
	put(bed, vault, "b", "2");
	struct rlimit limit;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	struct rlimit small = {.rlim_cur = 64, .rlim_max = limit.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	secret_set_text(&bed->value, "3");
	int put_error = vault_put(vault, "a", &bed->value);
	int new_error = vault_put(vault, "c", &bed->value);
	int remove_error = vault_remove(vault, "a");
	int change_error = vault_change_password(vault, &bed->password);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(put_error, -ENOSPC);
	assert_int_equal(new_error, -ENOSPC);
	assert_int_equal(remove_error, -ENOSPC);
	assert_int_equal(change_error, -ENOSPC);
	struct stat info;
	assert_int_equal(fstatat(bed->fd, "vault.new", &info, 0), -1);
	for (int i = 0; i < 2; i++) {
		assert_false(vault_is_protected(vault));
		assert_entry(vault, "a", "1");
		assert_entry(vault, "b", "2");
		assert_int_equal(vault_get(vault, "c", &bed->value), -ENOENT);
		vault = reopen(bed, vault);
	}
	assert_int_equal(fstatat(bed->fd, VAULT_FILE, &info, 0), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	vault_free(vault);
}

/* The child of the kill test: puts higher and higher numbers and says what was kept. */
static void
count_for_ever(struct bed *bed, int fd)
{
	struct vault *vault = NULL;
	if (vault_open(bed->fd, NULL, &vault))
		_exit(1);
	for (uint32_t number = 1;; number++) {
		secret_set(&bed->value, &number, sizeof number);
		if (vault_put(vault, "number", &bed->value) ||
		    write(fd, &number, sizeof number) != sizeof number)
			_exit(1);
	}
}

static void
a_kill_leaves_a_whole_vault(void **state)
{
	struct bed *bed = *state;
	struct vault *vault = NULL;
	assert_int_equal(vault_create(bed->fd, NULL, NULL, &vault), 0);
	vault_free(vault);
	for (int round = 0; round < 5; round++) {
		int ends[2];
		assert_int_equal(pipe(ends), 0);
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			count_for_ever(bed, ends[1]);
		(void)close(ends[1]);
		uint32_t said = 0;
		for (int i = 0; i < 3 + round * 5; i++)
			assert_int_equal(read(ends[0], &said, sizeof said), sizeof said);
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
		while (read(ends[0], &said, sizeof said) == sizeof said)
			continue;
		(void)close(ends[0]);
		uint32_t kept;
		assert_int_equal(vault_open(bed->fd, NULL, &vault), 0);
		assert_int_equal(vault_get(vault, "number", &bed->value), 0);
		assert_int_equal(bed->value.len, sizeof kept);
		memcpy(&kept, bed->value.data, sizeof kept);
		assert_true(kept >= said);
		vault_free(vault);
	}
}

static void
no_secret_is_in_the_file_of_a_protected_vault(void **state)
{
	struct bed *bed = *state;
	struct vault *vault = NULL;
	struct secret key = {0};
	uint8_t bytes[2048];
	assert_int_equal(vault_create(bed->fd, &bed->password, NULL, &vault), 0);
	put(bed, vault, "a", "needle in the file");
	assert_int_equal(vault_master_key(vault, &key), 0);
	size_t len = load(bed, bytes, sizeof bytes);
	assert_null(memmem(bytes, len, "needle", 6));
	assert_null(memmem(bytes, len, "correct", 7));
	assert_null(memmem(bytes, len, key.data, key.len));
	secret_done(&key);
	vault_free(vault);
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(an_unprotected_vault_opens_by_itself),
		CASE(a_protected_vault_opens_with_its_password_or_key_alone),
		CASE(the_password_can_be_changed_taken_away_and_set),
		CASE(an_entry_can_be_removed_and_too_large_ones_are_refused),
		CASE(every_changed_byte_and_every_length_is_told_from_a_wrong_password),
		CASE(a_forged_file_with_a_right_sum_is_bounded),
		CASE(a_box_opens_under_its_own_name_only),
		CASE(what_is_no_file_of_ours_is_refused),
		CASE(a_failed_write_leaves_the_old_vault_and_no_copy),
		CASE(a_kill_leaves_a_whole_vault),
		CASE(no_secret_is_in_the_file_of_a_protected_vault),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
