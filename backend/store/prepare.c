/*
 * store_prepare: the slow beginning of a store, off the loop. Makes, looks at and
 * migrates the database; replaces a damaged one by what can be saved from it. The
 * replacement is built beside it and takes its place by renames at the end, so that a
 * death in between leaves either the damaged database or the whole replacement.
 */
#include "backend/store/prepare.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/stat.h>

#include "backend/store/salvage.h"
#include "backend/store/schema.h"
#include "backend/store/sql.h"
#include "backend/store/store.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"

void
prepare_mark_suspect(const char *folder)
{
	char *path = mem_printf("%s/%s", folder, PREPARE_SUSPECT);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		log_warn("store", "suspect=unmarked error=%s", strerror(errno));
	else
		(void)close(fd);
	free(path);
}

static int
error_now(void)
{
	return errno == EDQUOT ? -ENOSPC : -errno;
}

static bool
exists(int dir, const char *name)
{
	struct stat info;
	return fstatat(dir, name, &info, AT_SYMLINK_NOFOLLOW) == 0;
}

static void
remove_file(int dir, const char *name)
{
	if (unlinkat(dir, name, 0) < 0 && errno != ENOENT)
		log_warn("store", "unlink=%s error=%s", name, strerror(errno));
}

/* The folder that is prepared. */
struct place {
	int dir;
	const char *folder;
	const struct store_options *options; /* or NULL */
};

static int
file_fault(const struct place *place)
{
	const struct store_options *options = place->options;
	return options && options->fault ? options->fault(options->fault_data, "file")
					 : 0;
}

static int
move_file(const struct place *place, const char *from, const char *to)
{
	int error = file_fault(place);
	if (error)
		return error;
	return renameat(place->dir, from, place->dir, to) < 0 ? error_now() : 0;
}

/* An empty file NAME, 0600: what SQLite makes beside it takes its mode. */
static int
make_file(const struct place *place, const char *name)
{
	int error = file_fault(place);
	if (error)
		return error;
	int fd = openat(place->dir, name,
			O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return error_now();
	(void)close(fd);
	return 0;
}

static int
open_for_writing(const struct place *place, const char *path, struct sql_db *db)
{
	int error = sql_open(db, path, SQL_WRITE);
	if (!error && place->options) {
		db->fault = place->options->fault;
		db->fault_data = place->options->fault_data;
	}
	return error;
}

static int
migrate_file(const struct place *place, const char *path, int64_t version)
{
	struct sql_db db = {0};
	int error = open_for_writing(place, path, &db);
	if (error)
		return error;
	error = schema_migrate(&db, version);
	sql_close(&db);
	return error;
}

/* Runs a statement that says "ok" when all is well. */
static int
run_check(struct sql_db *db, const char *text, char **ret_sentence)
{
	struct arena arena = {0};
	struct sql sql = sql_start(db, text);
	const char *said = sql_step(&sql) > 0 ? sql_get_text(&sql, 0, &arena) : NULL;
	int error = sql_end(&sql);
	if (!error && (!said || strcmp(said, "ok") != 0)) {
		error = -EBADMSG;
		mem_replace(ret_sentence, said);
	}
	arena_done(&arena);
	return error;
}

/* The tables that a profile can't do without are small: they are looked at at each start.
 * All of it only if damage was met before: a million lines take seconds. */
static int
look_for_damage(struct sql_db *db, bool is_thorough)
{
	static const char *const checks[] = {
		"PRAGMA quick_check(meta)",	"PRAGMA quick_check(settings)",
		"PRAGMA quick_check(contacts)", "PRAGMA quick_check(conversations)",
		"PRAGMA quick_check(requests)", "PRAGMA quick_check(blocked)",
	};
	char *found = NULL;
	int error = 0;
	if (is_thorough)
		error = run_check(db, "PRAGMA integrity_check(1)", &found);
	for (size_t i = 0; !error && i < sizeof checks / sizeof *checks; i++)
		error = run_check(db, checks[i], &found);
	if (found)
		log_warn("store", "damage=\"%s\"", found);
	free(found);
	return error;
}

static int
look_at_file(const char *path, bool is_thorough, int64_t *ret_version)
{
	struct sql_db db = {0};
	int error = sql_open(&db, path, SQL_READ);
	if (error)
		return error;
	int64_t version = 0;
	error = schema_read_version(&db, &version);
	if (!error && version > schema_version())
		error = -EPROTONOSUPPORT;
	if (!error && version < 0)
		error = -EBADMSG;
	if (!error && version > 0)
		error = look_for_damage(&db, is_thorough);
	sql_close(&db);
	if (!error)
		*ret_version = version;
	return error;
}

/* The name under which a damaged database is kept. */
static char *
name_aside(int dir)
{
	time_t now = time(NULL);
	struct tm parts;
	char stamp[32] = "";
	if (localtime_r(&now, &parts))
		(void)strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &parts);
	char *name = mem_printf(PREPARE_CORRUPT "%s", stamp);
	for (int i = 2; exists(dir, name); i++) {
		free(name);
		name = mem_printf(PREPARE_CORRUPT "%s-%d", stamp, i);
	}
	return name;
}

static void
remove_beside(int dir, const char *name)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
		char *beside = mem_printf("%s%s", name, suffixes[i]);
		remove_file(dir, beside);
		free(beside);
	}
}

static int
swap_in(const struct place *place, const char *aside)
{
	int error = move_file(place, PREPARE_DB, aside);
	if (error)
		return error;
	char *wal = mem_printf("%s-wal", aside);
	if (exists(place->dir, PREPARE_DB "-wal"))
		error = move_file(place, PREPARE_DB "-wal", wal);
	free(wal);
	remove_file(place->dir, PREPARE_DB "-shm");
	if (!error)
		error = move_file(place, PREPARE_NEW, PREPARE_DB);
	return error;
}

static void
report_salvage(struct store_report *report, const struct salvage *salvage)
{
	report->carried = salvage->carried;
	report->lost = salvage->lost;
	char *lost = mem_strdup("");
	if (salvage->lost < 0)
		mem_replace(&lost, ", perhaps not all");
	else if (salvage->lost > 0) {
		free(lost);
		lost = mem_printf(", %d could not be read", salvage->lost);
	}
	report->sentence =
		mem_printf("The history was damaged and is set aside as %s. Unsent "
			   "messages and drafts "
			   "carried over: %d%s. Contacts come again from the server.",
			   report->set_aside, salvage->carried, lost);
	free(lost);
}

/* Builds a fresh database from the damaged one and swaps the two. */
static int
replace_damaged(const struct place *place, struct store_report *report)
{
	char *damaged = mem_printf("%s/%s", place->folder, PREPARE_DB);
	char *fresh = mem_printf("%s/%s", place->folder, PREPARE_NEW);
	struct salvage salvage = {0};
	struct sql_db db = {0};
	remove_beside(place->dir, PREPARE_NEW);
	int error = make_file(place, PREPARE_NEW);
	if (!error)
		error = open_for_writing(place, fresh, &db);
	if (!error) {
		error = schema_migrate(&db, 0);
		if (!error)
			error = salvage_run(damaged, &db, &salvage);
		/* The log beside it does not move with it. */
		if (!error)
			error = sql_exec(&db, "PRAGMA wal_checkpoint(TRUNCATE)");
		sql_close(&db);
	}
	if (!error) {
		char *aside = name_aside(place->dir);
		error = swap_in(place, aside);
		report->set_aside = aside;
	}
	if (!error)
		error = file_fault(place);
	if (!error && fsync(place->dir) < 0)
		error = error_now();
	if (!error)
		report_salvage(report, &salvage);
	free(damaged);
	free(fresh);
	return error;
}

/* Makes what is missing and ends what a death in swap_in left half done. */
static int
find_file(const struct place *place, struct store_report *report)
{
	int dir = place->dir;
	struct stat info;
	if (fstatat(dir, PREPARE_DB, &info, AT_SYMLINK_NOFOLLOW) == 0) {
		if (!S_ISREG(info.st_mode) || info.st_uid != geteuid())
			return -EPERM;
		if (exists(dir, PREPARE_NEW))
			remove_beside(dir, PREPARE_NEW);
		return 0;
	}
	if (errno != ENOENT)
		return error_now();
	if (exists(dir, PREPARE_NEW))
		return move_file(place, PREPARE_NEW, PREPARE_DB);
	remove_beside(dir, PREPARE_DB);
	report->is_new = true;
	return make_file(place, PREPARE_DB);
}

/* SQLite opens what it can't write as read-only, and says so with the first line that
 * gets lost: so it is asked here. */
static int
check_writable(int dir)
{
	if (faccessat(dir, ".", W_OK | X_OK, AT_EACCESS) < 0)
		return error_now();
	if (faccessat(dir, PREPARE_DB, R_OK | W_OK, AT_EACCESS) < 0 && errno != ENOENT)
		return error_now();
	return 0;
}

static int
prepare_in(const struct place *place, struct store_report *report)
{
	int error = find_file(place, report);
	if (!error)
		error = check_writable(place->dir);
	if (error)
		return error;
	char *path = mem_printf("%s/%s", place->folder, PREPARE_DB);
	int64_t version = 0;
	error = look_at_file(path, exists(place->dir, PREPARE_SUSPECT), &version);
	if (!error)
		error = migrate_file(place, path, version);
	free(path);
	if (error == -EBADMSG)
		error = replace_damaged(place, report);
	if (!error)
		remove_file(place->dir, PREPARE_SUSPECT);
	return error;
}

int
store_prepare(const char *folder, const struct store_options *options,
	      struct store_report *ret_report)
{
	*ret_report = (struct store_report){0};
	struct place place = {.folder = folder, .options = options};
	place.dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int error = place.dir < 0 ? error_now() : prepare_in(&place, ret_report);
	if (place.dir >= 0)
		(void)close(place.dir);
	if (error) {
		free(ret_report->sentence);
		ret_report->sentence = mem_printf("The history in %s can't be opened: %s",
						  folder, store_sentence(error));
	}
	return error;
}

int
store_check(const char *folder, char **ret_sentence)
{
	struct sql_db db = {0};
	char *path = mem_printf("%s/%s", folder, PREPARE_DB);
	char *found = NULL;
	int error = sql_open(&db, path, SQL_READ);
	if (!error) {
		error = run_check(&db, "PRAGMA integrity_check(1)", &found);
		sql_close(&db);
	}
	free(path);
	*ret_sentence = NULL;
	if (error)
		*ret_sentence = found ? found : mem_strdup(store_sentence(error));
	return error;
}

void
store_report_done(struct store_report *report)
{
	free(report->sentence);
	free(report->set_aside);
	*report = (struct store_report){0};
}
