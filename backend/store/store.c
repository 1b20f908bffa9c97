/*
 * The one writer of a profile. Jobs wait in a queue; at the end of a loop turn (the check
 * phase; an idle handle keeps the poll before it from sleeping) they run one after the
 * other in one transaction, each in a savepoint of its own, and COMMIT runs on libuv's
 * pool. While it does, the writer belongs to the pool and jobs wait. Effects are told in
 * the order of their registration when the outcome is known.
 *
 * Numbers (seq) are handed out below a ceiling that is durable before any of them can be
 * seen; a new process begins at the ceiling. So no number is ever used twice, also those
 * of changes that are kept in memory only.
 */
#include "backend/store/store.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/random.h>

#include "backend/store/prepare.h"
#include "backend/store/sql.h"
#include "backend/store/store_rows.h"
#include "backend/store/tokens.h"
#include "backend/store/tombstones.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"

enum {
	BATCH_JOBS = 1000,		 /* of one commit */
	BATCH_NANOSECONDS = 8 * 1000000, /* of one loop turn, but at least one job */
	SEQ_RESERVE = 1 << 20,
};

#define DAY_MS (24 * 60 * 60 * (int64_t)1000)

struct job {
	struct job *next;
	store_job run;
	store_effect done;
	void *data;
};

struct effect {
	struct effect *next;
	store_effect tell;
	void *data;
	int status; /* of its job; that of the commit is told if this is 0 */
};

struct effect_list {
	struct effect *first;
	struct effect **end;
};

struct store {
	uv_loop_t *loop;
	uv_check_t check;
	uv_idle_t idle;
	uv_work_t work;
	struct sql_db writer;
	struct sql_db reader;
	char *folder;
	struct job *jobs;
	struct job **jobs_end;
	struct effect_list effects; /* of the batch */
	uint64_t epoch;
	int64_t floor;
	int64_t seq;	       /* last one handed out */
	int64_t committed_seq; /* last one of a finished batch */
	int64_t ceiling; /* numbers up to this are reserved durably, or in this batch */
	int job_error;	 /* what happened in the running job beside its result */
	int commit_status;
	int open_handles;
	bool is_in_job;
	bool is_in_batch;   /* a transaction is open */
	bool is_committing; /* or the log is emptied */
	bool has_no_room;   /* the last batch met a full disk */
	bool is_closing;
	bool is_closed; /* the connections belong to the pool, or are gone */
	bool is_marked; /* as damaged, for the next store_prepare */
	void (*damage_told)(void *data);
	void *damage_data;
	store_closed closed;
	void *closed_data;
};

struct sql_db *
store_reading(struct store *store)
{
	assert(!store->is_closed);
	return store->is_in_job ? &store->writer : &store->reader;
}

struct sql_db *
store_writing(struct store *store)
{
	assert(store->is_in_job);
	return &store->writer;
}

static void
append_effect(struct store *store, store_effect tell, void *data, int status)
{
	struct effect *effect = mem_alloc(sizeof *effect);
	effect->tell = tell;
	effect->data = data;
	effect->status = status;
	*store->effects.end = effect;
	store->effects.end = &effect->next;
}

/* Makes the next check phase come without waiting for input. */
static void arm(struct store *store);

static void
tell_effects(struct store *store, int status)
{
	struct effect *effect = store->effects.first;
	store->effects = (struct effect_list){.end = &store->effects.first};
	while (effect) {
		struct effect *next = effect->next;
		effect->tell(effect->data, effect->status ? effect->status : status);
		free(effect);
		effect = next;
	}
}

static void
mark_damaged(struct store *store)
{
	if (!store_is_damaged(store) || store->is_marked)
		return;
	store->is_marked = true;
	prepare_mark_suspect(store->folder);
}

/* The batch is over with STATUS: undoes it unless it is committed, and tells. */
static void
finish_batch(struct store *store, int status)
{
	store->is_in_batch = false;
	if (status) {
		if (sql_is_open_transaction(&store->writer))
			(void)sql_exec(&store->writer, "ROLLBACK");
		store->has_no_room = status == -ENOSPC;
		store->ceiling = 0;
		log_warn("store", "commit=failed error=%s", strerror(-status));
	}
	mark_damaged(store);
	store->committed_seq = store->seq;
	tell_effects(store, status);
	if (store->is_marked && store->damage_told && !store->is_closing)
		store->damage_told(store->damage_data);
	if (store->jobs || store->is_closing)
		arm(store);
}

static void
commit_on_pool(uv_work_t *work)
{
	struct store *store = work->data;
	int error = sql_fault(&store->writer, "commit");
	store->commit_status = error ? error : sql_exec(&store->writer, "COMMIT");
}

static void
after_commit(uv_work_t *work, int status)
{
	struct store *store = work->data;
	store->is_committing = false;
	finish_batch(store, status ? status : store->commit_status);
}

static int
begin_batch(struct store *store)
{
	int error = sql_fault(&store->writer, "begin");
	if (!error)
		error = sql_exec(&store->writer, "BEGIN");
	store->is_in_batch = !error;
	return error;
}

static int
run_in_savepoint(struct store *store, struct job *job)
{
	struct sql begin = sql_start(&store->writer, "SAVEPOINT job");
	int error = sql_run(&begin);
	if (error)
		return error;
	store->is_in_job = true;
	store->job_error = 0;
	error = job->run(store, job->data);
	store->is_in_job = false;
	if (error > 0)
		error = 0;
	if (!error)
		error = store->job_error;
	if (!sql_is_open_transaction(&store->writer))
		return error ? error : -EIO;
	int end_error = 0;
	if (error) {
		struct sql undo = sql_start(&store->writer, "ROLLBACK TO job");
		end_error = sql_run(&undo);
		store->ceiling = 0;
	}
	if (!end_error) {
		struct sql end = sql_start(&store->writer, "RELEASE job");
		end_error = sql_run(&end);
	}
	/* Half a job must not be committed: then rather nothing of the batch is. */
	if (end_error && sql_is_open_transaction(&store->writer))
		(void)sql_exec(&store->writer, "ROLLBACK");
	return error ? error : end_error;
}

/* Runs the first job of the queue. False if it took the whole transaction down with it
 * (SQLite does so when the disk is full or broken): *RET_ERROR is then the batch's. */
static bool
run_job(struct store *store, int *ret_error)
{
	struct job *job = store->jobs;
	store->jobs = job->next;
	if (!store->jobs)
		store->jobs_end = &store->jobs;
	struct effect **mark = store->effects.end;
	int error = store->is_in_batch ? 0 : begin_batch(store);
	if (!error)
		error = run_in_savepoint(store, job);
	if (error) {
		store->has_no_room |= error == -ENOSPC;
		for (struct effect *effect = *mark; effect; effect = effect->next)
			effect->status = error;
		log_info("store", "job=undone error=%s", strerror(-error));
	}
	if (job->done)
		append_effect(store, job->done, job->data, error);
	free(job);
	*ret_error = error;
	return !store->is_in_batch || sql_is_open_transaction(&store->writer);
}

static void
start_commit(struct store *store)
{
	if (!store->is_in_batch) {
		finish_batch(store, 0);
		return;
	}
	if (!sql_has_written(&store->writer)) {
		/* Nothing to make durable: no fsync, so no need of the pool. */
		finish_batch(store, sql_exec(&store->writer, "COMMIT"));
		return;
	}
	store->work.data = store;
	int error =
		uv_queue_work(store->loop, &store->work, commit_on_pool, after_commit);
	if (error)
		finish_batch(store, error);
	else
		store->is_committing = true;
}

static void
empty_on_pool(uv_work_t *work)
{
	struct store *store = work->data;
	store->commit_status = sql_empty_log(&store->writer);
}

static void
after_empty(uv_work_t *work, int status)
{
	struct store *store = work->data;
	store->is_committing = false;
	log_info("store", "log emptied status=%d",
		 status ? status : store->commit_status);
	arm(store);
}

/* The disk may be full of our own log (WAL). If not, the batch behind this says so. */
static void
make_room(struct store *store)
{
	store->has_no_room = false;
	store->is_committing = true;
	store->work.data = store;
	if (uv_queue_work(store->loop, &store->work, empty_on_pool, after_empty))
		after_empty(&store->work, UV_ECANCELED);
}

static void
handle_closed(uv_handle_t *handle)
{
	struct store *store = handle->data;
	store->open_handles--;
	if (store->open_handles)
		return;
	store_closed closed = store->closed;
	void *data = store->closed_data;
	free(store->folder);
	free(store);
	if (closed)
		closed(data);
}

static void
close_on_pool(uv_work_t *work)
{
	struct store *store = work->data;
	sql_close(&store->reader);
	sql_close(&store->writer);
}

static void
after_close(uv_work_t *work, int status)
{
	struct store *store = work->data;
	if (status)
		close_on_pool(work);
	uv_close((uv_handle_t *)&store->check, handle_closed);
	uv_close((uv_handle_t *)&store->idle, handle_closed);
}

static void
start_close(struct store *store)
{
	store->is_closed = true;
	mark_damaged(store);
	store->work.data = store;
	if (uv_queue_work(store->loop, &store->work, close_on_pool, after_close))
		after_close(&store->work, UV_ECANCELED);
}

/* The end of a turn: everything that was submitted in it goes into one commit. */
static void
on_check(uv_check_t *check)
{
	struct store *store = check->data;
	(void)uv_check_stop(&store->check);
	(void)uv_idle_stop(&store->idle);
	if (store->is_committing || store->is_closed)
		return;
	if (!store->jobs) {
		if (store->is_closing)
			start_close(store);
		return;
	}
	if (store->has_no_room) {
		make_room(store);
		return;
	}
	uint64_t start = uv_hrtime();
	for (int count = 0; store->jobs && count < BATCH_JOBS; count++) {
		int error;
		if (!run_job(store, &error)) {
			finish_batch(store, error);
			return;
		}
		if (uv_hrtime() - start > BATCH_NANOSECONDS)
			break;
	}
	start_commit(store);
}

static void
on_idle(uv_idle_t *idle)
{
	(void)idle; /* it is there so that the poll phase does not wait */
}

static void
arm(struct store *store)
{
	if (store->is_committing)
		return; /* after_commit arms */
	(void)uv_check_start(&store->check, on_check);
	(void)uv_idle_start(&store->idle, on_idle);
}

void
store_rest(struct store *store)
{
	if (store->is_committing || store->is_closed) /* the pool has the connection */
		return;
	sql_rest(&store->writer);
	sql_rest(&store->reader);
}

static int
read_meta(struct sql_db *db, const char *key, int64_t *ret_number)
{
	struct sql sql = sql_start(db, "SELECT value FROM meta WHERE key=?");
	sql_text(&sql, key);
	int result = sql_run_int(&sql, ret_number);
	if (result == 0)
		return -EBADMSG;
	return result < 0 ? result : 0;
}

static int
write_meta(struct store *store, const char *key, int64_t number)
{
	struct sql sql =
		sql_start(store_writing(store), "UPDATE meta SET value=? WHERE key=?");
	sql_int(&sql, number);
	sql_text(&sql, key);
	return sql_run(&sql);
}

static int
open_connections(struct store *store)
{
	char *path = mem_printf("%s/%s", store->folder, PREPARE_DB);
	int error = sql_open(&store->writer, path, SQL_WRITE);
	if (!error)
		error = sql_open(&store->reader, path, SQL_READ);
	free(path);
	int64_t epoch = 0;
	if (!error)
		error = read_meta(&store->reader, "epoch", &epoch);
	if (!error)
		error = read_meta(&store->reader, "seq_ceiling", &store->seq);
	if (!error)
		error = read_meta(&store->reader, "floor", &store->floor);
	if (error) {
		mark_damaged(store);
		if (store->reader.handle)
			sql_close(&store->reader);
		if (store->writer.handle)
			sql_close(&store->writer);
		return error;
	}
	store->epoch = (uint64_t)epoch;
	store->committed_seq = store->seq;
	return 0;
}

int
store_open(uv_loop_t *loop, const char *folder, const struct store_options *options,
	   struct store **ret_store, char **ret_sentence)
{
	struct store *store = mem_alloc(sizeof *store);
	store->loop = loop;
	store->folder = mem_strdup(folder);
	store->jobs_end = &store->jobs;
	store->effects.end = &store->effects.first;
	int error = open_connections(store);
	if (error) {
		*ret_sentence = mem_printf("The history in %s can't be opened: %s",
					   folder, store_sentence(error));
		free(store->folder);
		free(store);
		return error;
	}
	if (options) {
		store->writer.fault = store->reader.fault = options->fault;
		store->writer.fault_data = store->reader.fault_data = options->fault_data;
	}
	(void)uv_check_init(loop, &store->check);
	(void)uv_idle_init(loop, &store->idle);
	store->check.data = store->idle.data = store;
	store->open_handles = 2;
	*ret_store = store;
	return 0;
}

int
store_submit(struct store *store, store_job job, store_effect done, void *data)
{
	if (store->is_closing)
		return -ESHUTDOWN;
	struct job *row = mem_alloc(sizeof *row);
	row->run = job;
	row->done = done;
	row->data = data;
	*store->jobs_end = row;
	store->jobs_end = &row->next;
	arm(store);
	return 0;
}

void
store_on_commit(struct store *store, store_effect effect, void *data)
{
	assert(store->is_in_job);
	append_effect(store, effect, data, 0);
}

bool
store_is_in_job(const struct store *store)
{
	return store->is_in_job;
}

int64_t
store_next_seq(struct store *store)
{
	assert(store->is_in_job);
	store->seq++;
	if (store->seq > store->ceiling) {
		store->ceiling = store->seq + SEQ_RESERVE;
		int error = write_meta(store, "seq_ceiling", store->ceiling);
		if (error)
			store->job_error = error;
	}
	return store->seq;
}

struct store_position
store_position(struct store *store)
{
	return (struct store_position){
		.epoch = store->epoch,
		.seq = store->is_in_job ? store->seq : store->committed_seq,
		.floor = store->floor,
	};
}

int
store_new_epoch(struct store *store, uint64_t *ret_epoch)
{
	uint64_t epoch;
	if (getrandom(&epoch, sizeof epoch, 0) != (ssize_t)sizeof epoch)
		return -EIO;
	int error = write_meta(store, "epoch", (int64_t)epoch);
	if (error)
		return error;
	/* If the batch fails after all, another random number is as good. */
	store->epoch = epoch;
	*ret_epoch = epoch;
	return 0;
}

int
store_raise_floor(struct store *store, int64_t seq)
{
	if (seq <= store->floor)
		return 0;
	/* If this is undone after all, too high a floor costs a full state, nothing else.
	 */
	store->floor = seq;
	return write_meta(store, "floor", seq);
}

int
store_expire(struct store *store, int64_t now_ms)
{
	int error = tombstones_expire(store, now_ms - 30 * DAY_MS);
	return error ? error : tokens_expire(store, now_ms - 7 * DAY_MS);
}

bool
store_is_damaged(const struct store *store)
{
	return store->writer.is_damaged || store->reader.is_damaged;
}

void
store_on_damage(struct store *store, void (*told)(void *data), void *data)
{
	store->damage_told = told;
	store->damage_data = data;
}

const char *
store_sentence(int error)
{
	static const struct {
		int error;
		const char *sentence;
	} rows[] = {
		{-ENOSPC, "the disk is full; make room and try again"},
		{-EROFS, "the file system is read-only"},
		{-EACCES,
		 "permission is denied; look at the owner and mode of the folder"},
		{-EBADMSG, "the database is damaged"},
		{-EPERM, "store.db in it is a link or belongs to another user"},
		{-EPROTONOSUPPORT, "it was written by a newer tern; install that one"},
		{-EBUSY, "another program holds the database"},
		{-ESHUTDOWN, "the profile is being closed"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].error == error)
			return rows[i].sentence;
	return "the disk can't be read or written";
}

void
store_close(struct store *store, store_closed closed, void *data)
{
	assert(!store->is_in_job && !store->is_closing);
	store->is_closing = true;
	store->closed = closed;
	store->closed_data = data;
	arm(store);
}
