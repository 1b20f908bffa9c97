/*
 * The writer: order, batches, what a failure undoes, and what a kill leaves.
 */
#include "backend/store/store.h"

#include <errno.h>
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
#include <sys/wait.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "backend/store/settings.h"
#include "bridge/base/mem.h"
#include "tests/backend/store/bed.h"

/* What the store takes for the time, in place of libuv's: a batch ends after so much of
 * it, and how busy the machine is must not decide what shares a commit. It stands still,
 * or goes on by a tick each time it is asked. */
static struct {
	uint64_t now;
	uint64_t tick;
} clock_of_batches;

uint64_t
uv_hrtime(void)
{
	return clock_of_batches.now += clock_of_batches.tick;
}

struct script {
	struct bed *bed;
	char told[256]; /* what was told, in order */
	int commits;
	int fail_commit; /* which commit fails, from 1 */
	int fail_step;	 /* which step fails, from 1 */
	int steps;
	int fail_error;
};

struct line {
	struct script *script;
	const char *name;
	int result;
};

static void
tell(struct script *script, const char *name, int status)
{
	size_t len = strlen(script->told);
	(void)snprintf(script->told + len, sizeof script->told - len, "%s%s%s",
		       len ? " " : "", name, status ? "!" : "");
}

static void
note_effect(void *data, int status)
{
	struct line *line = data;
	char name[32];
	(void)snprintf(name, sizeof name, "%s.effect", line->name);
	tell(line->script, name, status);
}

static void
note_done(void *data, int status)
{
	struct line *line = data;
	tell(line->script, line->name, status);
}

static int
write_line(struct store *store, void *data)
{
	struct line *line = data;
	store_on_commit(store, note_effect, line);
	assert_true(store_is_in_job(store));
	int error = settings_set(store, line->name, "1");
	return error ? error : line->result;
}

static int
fault(void *data, const char *step)
{
	struct script *script = data;
	if (!strcmp(step, "commit"))
		return ++script->commits == script->fail_commit ? script->fail_error : 0;
	if (!strcmp(step, "step"))
		return ++script->steps == script->fail_step ? script->fail_error : 0;
	return 0;
}

static void
use_faults(struct script *script)
{
	bed_close(script->bed);
	script->bed->options =
		(struct store_options){.fault = fault, .fault_data = script};
	bed_open(script->bed);
	script->steps = 0;
}

static bool
is_kept(struct bed *bed, const char *name)
{
	return settings_get_int(bed->store, name, 0) == 1;
}

static void
run_loop(struct bed *bed)
{
	(void)uv_run(&bed->loop, UV_RUN_DEFAULT);
}

static void
jobs_of_one_turn_share_a_commit_and_are_told_in_order(void **state)
{
	struct script script = {.bed = *state};
	use_faults(&script);
	struct line lines[] = {{&script, "a", 0}, {&script, "b", 0}, {&script, "c", 0}};
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(
			store_submit(script.bed->store, write_line, note_done, &lines[i]),
			0);
	assert_string_equal(script.told, "");
	run_loop(script.bed);
	assert_string_equal(script.told, "a.effect a b.effect b c.effect c");
	assert_int_equal(script.commits, 1);
	assert_true(is_kept(script.bed, "c"));
}

static void
jobs_that_take_long_do_not_share_a_commit(void **state)
{
	struct script script = {.bed = *state};
	use_faults(&script);
	struct line lines[] = {{&script, "a", 0}, {&script, "b", 0}, {&script, "c", 0}};
	clock_of_batches.tick = UINT64_C(9000000);
	for (size_t i = 0; i < 3; i++)
		(void)store_submit(script.bed->store, write_line, note_done, &lines[i]);
	run_loop(script.bed);
	clock_of_batches.tick = 0;
	assert_string_equal(script.told, "a.effect a b.effect b c.effect c");
	assert_int_equal(script.commits, 3);
}

static void
a_failing_job_is_undone_alone(void **state)
{
	struct script script = {.bed = *state};
	struct line lines[] = {
		{&script, "a", 0}, {&script, "b", -EINVAL}, {&script, "c", 0}};
	for (size_t i = 0; i < 3; i++)
		(void)store_submit(script.bed->store, write_line, note_done, &lines[i]);
	run_loop(script.bed);
	assert_string_equal(script.told, "a.effect a b.effect! b! c.effect c");
	assert_true(is_kept(script.bed, "a"));
	assert_false(is_kept(script.bed, "b"));
	assert_true(is_kept(script.bed, "c"));
}

static void
a_failing_commit_undoes_the_batch_and_the_next_one_works(void **state)
{
	struct script script = {.bed = *state, .fail_commit = 1, .fail_error = -ENOSPC};
	use_faults(&script);
	struct line lines[] = {{&script, "a", 0}, {&script, "b", 0}, {&script, "c", 0}};
	(void)store_submit(script.bed->store, write_line, note_done, &lines[0]);
	(void)store_submit(script.bed->store, write_line, note_done, &lines[1]);
	run_loop(script.bed);
	assert_string_equal(script.told, "a.effect! a! b.effect! b!");
	assert_false(is_kept(script.bed, "a"));
	(void)store_submit(script.bed->store, write_line, note_done, &lines[2]);
	run_loop(script.bed);
	assert_true(is_kept(script.bed, "c"));
	assert_false(is_kept(script.bed, "b"));
}

static int
take_number(struct store *store, void *data)
{
	*(int64_t *)data = store_next_seq(store);
	return 0;
}

/* Every step of a batch fails once: whatever was told as done is there, the rest is not.
 */
static void
each_failing_step_is_told_and_leaves_a_usable_store(void **state)
{
	struct bed *bed = *state;
	for (int n = 1; n < 40; n++) {
		struct script script = {.bed = bed, .fail_step = n, .fail_error = -EIO};
		use_faults(&script);
		char names[3][32];
		struct line lines[3];
		for (int i = 0; i < 3; i++) {
			(void)snprintf(names[i], sizeof names[i], "%d.%d", n, i);
			lines[i] = (struct line){&script, names[i], 0};
			(void)store_submit(bed->store, write_line, note_done, &lines[i]);
		}
		run_loop(bed);
		int steps = script.steps;
		script.fail_step = 0;
		for (int i = 0; i < 3; i++) {
			char told[128];
			(void)snprintf(told, sizeof told, "%s!", names[i]);
			assert_int_equal(is_kept(bed, names[i]),
					 !strstr(script.told, told));
		}
		int64_t number = 0;
		assert_int_equal(bed_run(bed, take_number, &number), 0);
		if (steps < n)
			return;
	}
	fail();
}

struct chain {
	struct script *script;
	struct line next;
};

static int
submit_more(struct store *store, void *data)
{
	struct chain *chain = data;
	return store_submit(store, write_line, note_done, &chain->next);
}

static void
a_job_submitted_by_a_job_joins_its_batch(void **state)
{
	struct script script = {.bed = *state};
	use_faults(&script);
	struct chain chain = {.script = &script, .next = {&script, "late", 0}};
	assert_int_equal(bed_run(script.bed, submit_more, &chain), 0);
	run_loop(script.bed);
	assert_string_equal(script.told, "late.effect late");
	assert_int_equal(script.commits, 1);
}

static void
submit_from_effect(void *data, int status)
{
	struct chain *chain = data;
	assert_int_equal(status, 0);
	(void)store_submit(chain->script->bed->store, write_line, note_done,
			   &chain->next);
}

static int
promise_more(struct store *store, void *data)
{
	store_on_commit(store, submit_from_effect, data);
	return settings_set(store, "first", "1");
}

static void
an_effect_may_submit_and_close_drains_what_waits(void **state)
{
	struct script script = {.bed = *state};
	struct chain chain = {.script = &script, .next = {&script, "late", 0}};
	assert_int_equal(bed_run(script.bed, promise_more, &chain), 0);
	bed_close(script.bed);
	assert_string_equal(script.told, "late.effect late");
	bed_open(script.bed);
	assert_true(is_kept(script.bed, "late"));
}

static void
after_close_nothing_is_queued(void **state)
{
	struct script script = {.bed = *state};
	struct line line = {&script, "a", 0};
	store_close(script.bed->store, NULL, NULL);
	assert_int_equal(store_submit(script.bed->store, write_line, note_done, &line),
			 -ESHUTDOWN);
	run_loop(script.bed);
	script.bed->store = NULL;
	assert_string_equal(script.told, "");
}

static void
numbers_rise_over_restarts_and_over_undone_jobs(void **state)
{
	struct bed *bed = *state;
	int64_t last = 0;
	for (int i = 0; i < 5; i++) {
		int64_t number = 0;
		assert_int_equal(bed_run(bed, take_number, &number), 0);
		assert_true(number > last);
		assert_int_equal(store_position(bed->store).seq, number);
		last = number;
		struct script script = {.bed = bed};
		struct line line = {&script, "undone", -EINVAL};
		assert_int_equal(bed_run(bed, write_line, &line), -EINVAL);
		if (i % 2) {
			bed_close(bed);
			bed_open(bed);
			assert_true(store_position(bed->store).seq >= last);
		}
	}
}

static int
new_epoch(struct store *store, void *data)
{
	return store_new_epoch(store, data);
}

static void
the_epoch_lasts_until_a_new_one_is_made(void **state)
{
	struct bed *bed = *state;
	uint64_t first = store_position(bed->store).epoch;
	assert_int_not_equal(first, 0);
	bed_close(bed);
	bed_open(bed);
	assert_true(store_position(bed->store).epoch == first);
	uint64_t second = 0;
	assert_int_equal(bed_run(bed, new_epoch, &second), 0);
	assert_true(second != first);
	bed_close(bed);
	bed_open(bed);
	assert_true(store_position(bed->store).epoch == second);
}

static int
look_inside(struct store *store, void *data)
{
	struct bed *bed = data;
	assert_int_equal(settings_set(store, "x", "1"), 0);
	assert_int_equal(settings_get_int(bed->store, "x", 0), 1);
	return -ECANCELED;
}

static void
reads_see_the_batch_inside_and_only_the_committed_outside(void **state)
{
	struct bed *bed = *state;
	assert_int_equal(bed_run(bed, look_inside, bed), -ECANCELED);
	assert_int_equal(settings_get_int(bed->store, "x", 0), 0);
}

struct big {
	int64_t number;
	char text[60000];
};

static int
write_big(struct store *store, void *data)
{
	struct big *big = data;
	char key[32];
	(void)snprintf(key, sizeof key, "big.%d", (int)big->number);
	return settings_set(store, key, big->text);
}

static void
a_rest_frees_memory_and_changes_nothing(void **state)
{
	struct bed *bed = *state;
	struct big *big = mem_alloc(sizeof *big);
	memset(big->text, 'x', sizeof big->text - 1);
	for (big->number = 0; big->number < 10; big->number++)
		assert_int_equal(bed_run(bed, write_big, big), 0);
	int64_t before = sqlite3_memory_used();
	store_rest(bed->store);
	assert_true(before - sqlite3_memory_used() > 10 * (int64_t)sizeof big->text);
	assert_int_equal(bed_run(bed, look_inside, bed), -ECANCELED);
	assert_int_equal(bed_run(bed, write_big, big), 0);
	free(big);
}

static void
a_full_disk_refuses_and_goes_on_when_there_is_room(void **state)
{
	struct bed *bed = *state;
	(void)signal(SIGXFSZ, SIG_IGN);
	struct rlimit limit;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	struct rlimit small = {.rlim_cur = 300000, .rlim_max = limit.rlim_max};
	struct big *big = mem_alloc(sizeof *big);
	memset(big->text, 'x', sizeof big->text - 1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	int error = 0;
	int64_t kept = 0;
	/* The first time it is the log that fills the disk: it is emptied. */
	for (int before = 0; !(error && before) && big->number < 100; big->number++) {
		before = error;
		error = bed_run(bed, write_big, big);
		kept += !error;
	}
	assert_int_equal(error, -ENOSPC);
	assert_string_equal(store_sentence(error),
			    "the disk is full; make room and try again");
	assert_int_equal(bed_run(bed, write_big, big), -ENOSPC);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	big->number = 1000;
	assert_int_equal(bed_run(bed, write_big, big), 0);
	bed_close(bed);
	bed_open(bed);
	struct arena arena = {0};
	struct setting_list list;
	assert_int_equal(settings_list(bed->store, "big.", &arena, &list), 0);
	assert_int_equal(list.count, kept + 1);
	arena_done(&arena);
	free(big);
}

static void
a_disk_full_of_our_own_log_goes_on_by_itself(void **state)
{
	struct bed *bed = *state;
	(void)signal(SIGXFSZ, SIG_IGN);
	struct rlimit limit;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	struct rlimit small = {.rlim_cur = 1000000, .rlim_max = limit.rlim_max};
	struct big *big = mem_alloc(sizeof *big);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	int errors = 0, before = 0;
	/* The same row again and again: the log grows, the database does not. */
	for (int round = 0; round < 100; round++) {
		memset(big->text, 'a' + round % 26, sizeof big->text - 1);
		int error = bed_run(bed, write_big, big);
		assert_true(error == 0 || (error == -ENOSPC && before == 0));
		errors += error != 0;
		before = error;
	}
	assert_true(errors > 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	free(big);
}

static void
say_number(void *data, int status)
{
	int64_t number = *(int64_t *)data;
	if (status == 0)
		assert_int_equal(write(7, &number, sizeof number), sizeof number);
}

struct counter {
	int64_t number;
	struct store *store;
};

static int
count_up(struct store *store, void *data)
{
	struct counter *counter = data;
	counter->number++;
	store_on_commit(store, say_number, &counter->number);
	return settings_set_int(store, "number", counter->number);
}

static void
count_again(void *data, int status)
{
	struct counter *counter = data;
	(void)status;
	(void)store_submit(counter->store, count_up, count_again, counter);
}

/* The child of the kill test: counts as fast as it can and says every committed number.
 */
static void
count_for_ever(struct bed *bed, int fd)
{
	(void)dup2(fd, 7);
	bed_open(bed);
	struct counter counter = {.store = bed->store,
				  .number = settings_get_int(bed->store, "number", 0)};
	count_again(&counter, 0);
	(void)uv_run(&bed->loop, UV_RUN_DEFAULT);
	_exit(0);
}

static void
what_was_said_before_a_kill_is_there_after_it(void **state)
{
	(void)state;
	struct bed bed = {0};
	bed_make(&bed);
	for (int round = 0; round < 10; round++) {
		int ends[2];
		assert_int_equal(pipe(ends), 0);
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			count_for_ever(&bed, ends[1]);
		(void)close(ends[1]);
		int64_t said = 0;
		for (int i = 0; i < 5 + round * 7; i++)
			assert_int_equal(read(ends[0], &said, sizeof said), sizeof said);
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
		while (read(ends[0], &said, sizeof said) == sizeof said)
			continue;
		(void)close(ends[0]);
		bed_open(&bed);
		assert_true(settings_get_int(bed.store, "number", 0) >= said);
		bed_close(&bed);
	}
	bed_done(&bed);
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
	const struct CMUnitTest tests[] = {
		CASE(jobs_of_one_turn_share_a_commit_and_are_told_in_order),
		CASE(jobs_that_take_long_do_not_share_a_commit),
		CASE(a_failing_job_is_undone_alone),
		CASE(a_failing_commit_undoes_the_batch_and_the_next_one_works),
		CASE(each_failing_step_is_told_and_leaves_a_usable_store),
		CASE(a_job_submitted_by_a_job_joins_its_batch),
		CASE(an_effect_may_submit_and_close_drains_what_waits),
		CASE(after_close_nothing_is_queued),
		CASE(numbers_rise_over_restarts_and_over_undone_jobs),
		CASE(the_epoch_lasts_until_a_new_one_is_made),
		CASE(reads_see_the_batch_inside_and_only_the_committed_outside),
		CASE(a_full_disk_refuses_and_goes_on_when_there_is_room),
		CASE(a_disk_full_of_our_own_log_goes_on_by_itself),
		CASE(a_rest_frees_memory_and_changes_nothing),
		cmocka_unit_test(what_was_said_before_a_kill_is_there_after_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
