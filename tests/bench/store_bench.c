/*
 * What the store costs: messages a second by the number of them in a commit, and reads
 * from a conversation of a million lines. The folder is in $TMPDIR or /tmp; LINES as the
 * first argument replaces the million.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/resource.h>

#include <uv.h>

#include "backend/store/conversations.h"
#include "backend/store/messages.h"
#include "backend/store/settings.h"
#include "backend/store/store.h"
#include "bridge/base/log.h"

struct bench {
	uv_loop_t loop;
	struct store *store;
	char folder[256];
	int64_t conversation;
	int64_t added;
	int64_t told;
	int per_commit; /* jobs submitted in one turn */
	int lines;	/* of each job */
};

static double
now(void)
{
	return (double)uv_hrtime() / 1e9;
}

static double
cpu_seconds(void)
{
	struct rusage usage;
	(void)getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void
check(int error, const char *what)
{
	if (error >= 0)
		return;
	(void)fprintf(stderr, "store_bench: %s: %s\n", what, strerror(-error));
	exit(1);
}

static int
add_lines(struct store *store, void *data)
{
	struct bench *bench = data;
	for (int i = 0; i < bench->lines; i++) {
		char id[40];
		(void)snprintf(id, sizeof id, "3f1c-%lld", (long long)bench->added);
		struct message message = {
			.conversation = bench->conversation,
			.sender = "friend@example.org",
			.resource = "phone",
			.wire_id = id,
			.body = "A line of about the length that people write in a chat, "
				"no more.",
			.sent_ms = bench->added,
		};
		int error = messages_add(store, &message);
		if (error)
			return error;
		bench->added++;
	}
	return 0;
}

static void
note_told(void *data, int status)
{
	struct bench *bench = data;
	check(status, "commit");
	bench->told++;
}

static void
run_batch(struct bench *bench)
{
	int64_t goal = bench->told + bench->per_commit;
	for (int i = 0; i < bench->per_commit; i++)
		check(store_submit(bench->store, add_lines, note_told, bench), "submit");
	while (bench->told < goal)
		(void)uv_run(&bench->loop, UV_RUN_ONCE);
}

static void
measure_commits(struct bench *bench, int per_commit, int messages)
{
	bench->per_commit = per_commit;
	bench->lines = 1;
	double start = now();
	double cpu = cpu_seconds();
	for (int i = 0; i < messages; i += per_commit)
		run_batch(bench);
	double seconds = now() - start;
	(void)printf("store: %d per FULL commit: %.0f messages/s, %.0f us CPU each\n",
		     per_commit, messages / seconds,
		     (cpu_seconds() - cpu) / messages * 1e6);
}

static void
fill(struct bench *bench, int64_t lines)
{
	bench->per_commit = 1;
	bench->lines = 1000;
	double start = now();
	while (bench->added < lines)
		run_batch(bench);
	(void)printf("store: filled up to %lld lines at %.0f messages/s\n",
		     (long long)lines, (double)lines / (now() - start));
}

static void
measure_page(struct bench *bench, const char *what, struct message_range range,
	     int rounds)
{
	struct arena arena = {0};
	double start = now();
	for (int i = 0; i < rounds; i++) {
		struct message_list list = {0};
		check(messages_page(bench->store, &range, &arena, &list), what);
		arena_done(&arena);
	}
	(void)printf("store: %s of %lld lines: %.3f ms\n", what, (long long)bench->added,
		     (now() - start) / rounds * 1e3);
}

static void
open_store(struct bench *bench)
{
	struct store_report report;
	char *sentence = NULL;
	double start = now();
	check(store_prepare(bench->folder, NULL, &report), "prepare");
	double prepared = now();
	check(store_open(&bench->loop, bench->folder, NULL, &bench->store, &sentence),
	      "open");
	(void)printf("store: prepare %.1f ms, open %.1f ms\n", (prepared - start) * 1e3,
		     (now() - prepared) * 1e3);
	store_report_done(&report);
}

static void
close_store(struct bench *bench)
{
	store_close(bench->store, NULL, NULL);
	(void)uv_run(&bench->loop, UV_RUN_DEFAULT);
}

static int
make_conversation(struct store *store, void *data)
{
	struct bench *bench = data;
	bench->lines = 0;
	return conversations_ensure(store, CONVERSATION_CHAT, "friend@example.org",
				    &bench->conversation);
}

int
main(int argc, char **argv)
{
	struct bench bench = {0};
	int64_t lines = argc > 1 ? atoll(argv[1]) : 1000000;
	const char *top = getenv("TMPDIR");
	log_open("store_bench", 2, LOG_WARN);
	(void)snprintf(bench.folder, sizeof bench.folder, "%s/tern-bench-XXXXXX",
		       top && *top ? top : "/tmp");
	if (!mkdtemp(bench.folder))
		return 1;
	check(uv_loop_init(&bench.loop), "loop");
	open_store(&bench);
	check(store_submit(bench.store, make_conversation, note_told, &bench), "submit");
	while (!bench.told)
		(void)uv_run(&bench.loop, UV_RUN_ONCE);
	measure_commits(&bench, 1, 2000);
	measure_commits(&bench, 10, 10000);
	measure_commits(&bench, 100, 50000);
	fill(&bench, lines);
	close_store(&bench);
	open_store(&bench);
	measure_page(
		&bench, "first page (newest 50)",
		(struct message_range){.conversation = bench.conversation, .limit = 50},
		1);
	measure_page(
		&bench, "newest 50",
		(struct message_range){.conversation = bench.conversation, .limit = 50},
		500);
	measure_page(&bench, "50 before the middle",
		     (struct message_range){.conversation = bench.conversation,
					    .before = (lines / 2) << 20,
					    .limit = 50},
		     500);
	close_store(&bench);
	(void)uv_loop_close(&bench.loop);
	char command[300];
	(void)snprintf(command, sizeof command, "rm -rf '%s'", bench.folder);
	return system(command) ? 1 : 0;
}
