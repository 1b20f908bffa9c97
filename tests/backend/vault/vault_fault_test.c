/*
 * A vault on a disk that fails: every step of every write goes wrong in turn. Afterwards
 * memory and file tell the same, which is what the caller was told: the change, or what
 * was before it.
 */
#include "backend/vault/vault.h"

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

#include <cmocka.h>

#include "bridge/base/mem.h"

#define TEMPORARY "vault.new"

struct bed {
	char folder[64];
	int fd;
	struct secret password;
	struct secret value;
	struct vault_options options;
	int left; /* steps until the one that fails; 0: none */
	bool has_failed;
};

static int
fail_at_zero(void *data, const char *step)
{
	struct bed *bed = data;
	(void)step;
	if (bed->left == 0 || --bed->left > 0)
		return 0;
	bed->has_failed = true;
	return -ENOSPC;
}

static int
setup(void **state)
{
	struct bed *bed = mem_alloc(sizeof *bed);
	(void)snprintf(bed->folder, sizeof bed->folder, "/tmp/tern-vault-XXXXXX");
	assert_non_null(mkdtemp(bed->folder));
	bed->fd = open(bed->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(bed->fd >= 0);
	secret_set_text(&bed->password, "correct horse");
	bed->options = (struct vault_options){fail_at_zero, bed};
	*state = bed;
	return 0;
}

static int
teardown(void **state)
{
	struct bed *bed = *state;
	secret_done(&bed->password);
	secret_done(&bed->value);
	(void)unlinkat(bed->fd, VAULT_FILE, 0);
	(void)close(bed->fd);
	assert_int_equal(rmdir(bed->folder), 0); /* so nothing else was left */
	free(bed);
	return 0;
}

/* The entry NAME in *VAULT, or "none". */
static const char *
entry(struct bed *bed, struct vault *vault, const char *name)
{
	int error = vault_get(vault, name, &bed->value);
	assert_true(error == 0 || error == -ENOENT);
	return error ? "none" : secret_text(&bed->value);
}

/* Closes and opens; what is in the file must be what is in memory. */
static struct vault *
reopen(struct bed *bed, struct vault *vault)
{
	bool is_protected = vault_is_protected(vault);
	struct vault *again = NULL;
	assert_int_equal(faccessat(bed->fd, TEMPORARY, F_OK, 0), -1);
	vault_free(vault);
	assert_int_equal(vault_open(bed->fd, &bed->options, &again), 0);
	assert_int_equal(vault_is_protected(again), is_protected);
	if (is_protected)
		assert_int_equal(vault_unlock_password(again, &bed->password), 0);
	return again;
}

static int
put_new(struct bed *bed, struct vault *vault)
{
	secret_set_text(&bed->value, "3");
	return vault_put(vault, "c", &bed->value);
}

static int
put_over(struct bed *bed, struct vault *vault)
{
	secret_set_text(&bed->value, "3");
	return vault_put(vault, "a", &bed->value);
}

static int
take_away(struct bed *bed, struct vault *vault)
{
	(void)bed;
	return vault_remove(vault, "a");
}

static int
protect(struct bed *bed, struct vault *vault)
{
	return vault_change_password(vault, &bed->password);
}

static void
each_step_of_each_change_may_fail(void **state)
{
	struct bed *bed = *state;
	static const struct {
		int (*change)(struct bed *bed, struct vault *vault);
		const char *a, *c;
		bool is_protected;
	} cases[] = {
		{put_new, "1", "3", false},
		{put_over, "3", "none", false},
		{take_away, "none", "none", false},
		{protect, "1", "none", true},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int n = 0;
		do {
			struct vault *vault = NULL;
			(void)unlinkat(bed->fd, VAULT_FILE, 0);
			assert_int_equal(
				vault_create(bed->fd, NULL, &bed->options, &vault), 0);
			secret_set_text(&bed->value, "1");
			assert_int_equal(vault_put(vault, "a", &bed->value), 0);
			bed->has_failed = false;
			bed->left = ++n;
			int error = cases[i].change(bed, vault);
			bed->left = 0;
			assert_int_equal(error, bed->has_failed ? -ENOSPC : 0);
			const char *a = error ? "1" : cases[i].a;
			const char *c = error ? "none" : cases[i].c;
			for (int round = 0; round < 2; round++) {
				assert_string_equal(entry(bed, vault, "a"), a);
				assert_string_equal(entry(bed, vault, "c"), c);
				assert_int_equal(vault_is_protected(vault),
						 !error && cases[i].is_protected);
				vault = reopen(bed, vault);
			}
			assert_int_equal(cases[i].change(bed, vault),
					 !error && cases[i].change == take_away ? -ENOENT
										: 0);
			vault_free(vault);
		} while (bed->has_failed);
		assert_int_equal(n, 6); /* five steps, and the clean run */
	}
}

static void
a_vault_that_could_not_be_made_is_not_there(void **state)
{
	struct bed *bed = *state;
	int n = 0;
	struct vault *vault = NULL;
	do {
		bed->has_failed = false;
		bed->left = ++n;
		int error = vault_create(bed->fd, NULL, &bed->options, &vault);
		bed->left = 0;
		assert_int_equal(error, bed->has_failed ? -ENOSPC : 0);
		assert_int_equal(faccessat(bed->fd, TEMPORARY, F_OK, 0), -1);
		assert_int_equal(faccessat(bed->fd, VAULT_FILE, F_OK, 0), error ? -1 : 0);
	} while (bed->has_failed);
	vault_free(vault);
}

static void
what_a_death_left_is_removed_when_it_is_opened(void **state)
{
	struct bed *bed = *state;
	struct vault *vault = NULL;
	assert_int_equal(vault_create(bed->fd, NULL, NULL, &vault), 0);
	assert_int_equal(linkat(bed->fd, VAULT_FILE, bed->fd, TEMPORARY, 0), 0);
	vault_free(vault);
	assert_int_equal(vault_open(bed->fd, NULL, &vault), 0);
	assert_int_equal(faccessat(bed->fd, TEMPORARY, F_OK, 0), -1);
	vault_free(vault);
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(each_step_of_each_change_may_fail),
		CASE(a_vault_that_could_not_be_made_is_not_there),
		CASE(what_a_death_left_is_removed_when_it_is_opened),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
