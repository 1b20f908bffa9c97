/*
 * The store of one profile: its SQLite database and the one writer of it. All functions
 * run on the loop's thread; only COMMIT (the fsync) runs on libuv's pool. What happens to
 * the database happens in jobs, in order; what is said to the outside is said from
 * effects, and those run only when it is durable. Tables are in the other headers of this
 * folder.
 *
 * Reads (every function that takes an arena) may be called at any time. Inside a job they
 * see what the jobs of this batch wrote, outside only what is committed. Writes are
 * allowed inside a job only (an assert says so).
 */
#ifndef TERN_STORE_STORE_H
#define TERN_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

struct store;

/* Work on the database, run on the loop within the batch's transaction. A negative errno
 * undoes what this job wrote, and nothing else of the batch. Must not call store_close.
 */
typedef int (*store_job)(struct store *store, void *data);

/* Told once: status 0 when the change is durable, else a negative errno when it is
 * undone. Runs on the loop, outside of any job; may submit, read and close. */
typedef void (*store_effect)(void *data, int status);

/* Told when the store is closed and freed. */
typedef void (*store_closed)(void *data);

struct store_options {
	/* For tests of what fails when: called before each "begin", "step" and "commit",
	 * and by store_prepare before each "file" that it makes or moves; a negative
	 * errno makes that one fail. It runs on the loop, "commit" on the pool, all of
	 * store_prepare where that runs. */
	int (*fault)(void *data, const char *step);
	void *fault_data;
};

/* What store_prepare found and did; zero-initialise, store_report_done frees. */
struct store_report {
	char *sentence; /* for the user: why it was refused, or what was repaired; or NULL
			 */
	char *set_aside; /* name of the damaged database that was set aside, or NULL */
	int carried;	 /* unsent messages and drafts carried over from it */
	int lost;	 /* rows of these that could not be read; -1 where unknown */
	bool is_new;	 /* there was no database before */
	bool is_read;	 /* all of it was read, since damage was met before */
};

/* The cursor's world, see store_position. */
struct store_position {
	uint64_t epoch; /* random, new with each database and by store_new_epoch */
	int64_t seq;	/* the newest change that can be read here and now */
	int64_t floor;	/* a cursor below this needs the full state (tombstones are gone)
			 */
};

/* Once in a process, before anything else of this folder and any thread. */
void store_begin(void);

/* Makes the database in FOLDER (absolute path of a profile's folder whose lock is held)
 * ready for store_open: creates it 0600, migrates it in one transaction, looks for
 * damage, sets a damaged one aside as store.db.corrupt-YYYYMMDD-HHMMSS and carries over
 * settings, unsent messages and drafts. SLOW: may take seconds, touches no loop, meant
 * for uv_queue_work. Returns 0, -EPROTONOSUPPORT (made by a newer tern; untouched),
 * -ENOSPC, -EROFS, -EACCES, -EIO; RET_REPORT is filled in either case, with a sentence on
 * error. OPTIONS may be NULL. */
int store_prepare(const char *folder, const struct store_options *options,
		  struct store_report *ret_report);

/* Reads the whole database for damage (the `doctor`). SLOW, for uv_queue_work. 0 or
 * -EBADMSG; *RET_SENTENCE (caller frees) says what was found, NULL when all is well. */
int store_check(const char *folder, char **ret_sentence);

/* Frees what REPORT holds. */
void store_report_done(struct store_report *report);

/* Opens the prepared database in FOLDER on LOOP; OPTIONS may be NULL. Quick. On failure a
 * negative errno and a sentence in *RET_SENTENCE (caller frees). */
int store_open(uv_loop_t *loop, const char *folder, const struct store_options *options,
	       struct store **ret_store, char **ret_sentence);

/* Queues JOB. Jobs run in the order of submission at the end of the loop's turn, the jobs
 * of one turn share one commit; while a commit is in flight they wait and the loop goes
 * on. Jobs submitted by a job join its batch. DONE (may be NULL) is told exactly once,
 * after the effects of this job, also when the job could not be run at all. DATA is
 * borrowed until then. After store_close: not queued, -ESHUTDOWN, DONE is not told. */
int store_submit(struct store *store, store_job job, store_effect done, void *data);

/* Inside a job: EFFECT is told after the commit (0), or after the rollback of the batch
 * or of this job alone (negative errno). All effects of a store are told in the order of
 * their registration. */
void store_on_commit(struct store *store, store_effect effect, void *data);

/* Whether a job is running now. */
bool store_is_in_job(const struct store *store);

/* Inside a job: the next number in the order of changes, higher than any before, across
 * restarts too. For what is kept in memory only (presences) as well: so events leave in
 * the order of their numbers as long as they leave from effects. Numbers of undone jobs
 * are skipped. */
int64_t store_next_seq(struct store *store);

/* Epoch, newest seq and floor. Inside a job seq is the last one handed out, outside the
 * last one committed. An attach is best a job that reads everything and answers by an
 * effect: then no event before its answer is newer, and none after it is missed. */
struct store_position store_position(struct store *store);

/* Inside a job: starts a new epoch, which makes every cursor ask for the full state. */
int store_new_epoch(struct store *store, uint64_t *ret_epoch);

/* Inside a job: drops tombstones over 30 days (raising the floor) and tokens over 7 days
 * old at NOW_MS. For once at start and once a day. */
int store_expire(struct store *store, int64_t now_ms);

/* Whether damage was met (-EBADMSG). The next store_prepare will look at everything:
 * close, prepare and open again. */
bool store_is_damaged(const struct store *store);

/* From now on TOLD is called with DATA at the end of each batch, outside of any job and
 * behind the effects, once damage was met. It may close the store. */
void store_on_damage(struct store *store, void (*told)(void *data), void *data);

/* A plain sentence for what a negative errno of this folder means for the user. Constant.
 */
const char *store_sentence(int error);

/* Frees what is kept in memory only to be quick; it is read again when it is needed. */
void store_rest(struct store *store);

/* Runs what is queued, commits, tells the effects, closes (checkpoint on the pool) and
 * frees the store; then tells CLOSED (may be NULL). */
void store_close(struct store *store, store_closed closed, void *data);

#endif
