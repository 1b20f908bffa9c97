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

#include "backend/store/damage.h"
#include "backend/store/salvage.h"
#include "backend/store/schema.h"
#include "backend/store/settings.h"
#include "backend/store/sql.h"
#include "backend/store/store.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"

enum { VERSION_MAX = 250 }; /* a number above is no version but damage */

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

static int
look_at_file(const struct place *place, const char *path, int64_t *ret_version)
{
	struct sql_db db = {0};
	int64_t version = 0;
	int error = damage_look_at_header(place->dir, PREPARE_DB);
	if (!error)
		error = sql_open(&db, path, SQL_READ);
	if (error)
		return error;
	error = schema_read_version(&db, &version);
	if (!error && version > schema_version())
		error = version > VERSION_MAX ? -EBADMSG : -EPROTONOSUPPORT;
	if (!error && version <= 0)
		error = -EBADMSG;
	if (!error)
		error = damage_look(&db, version, exists(place->dir, PREPARE_SUSPECT));
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

/* Moves the database and its log out of the way. */
static int
set_aside(const struct place *place, const char *aside)
{
	int error = move_file(place, PREPARE_DB, aside);
	if (error)
		return error;
	char *wal = mem_printf("%s-wal", aside);
	if (exists(place->dir, PREPARE_DB "-wal"))
		error = move_file(place, PREPARE_DB "-wal", wal);
	free(wal);
	remove_file(place->dir, PREPARE_DB "-shm");
	return error;
}

/* The new database takes its place, whatever becomes of the machine. */
static int
put_in_place(const struct place *place)
{
	int error = move_file(place, PREPARE_NEW, PREPARE_DB);
	if (!error)
		error = file_fault(place);
	if (!error && fsync(place->dir) < 0)
		error = error_now();
	return error;
}

static char *
tell_salvage(const char *aside, const struct salvage *salvage)
{
	char *lost = mem_strdup("");
	if (salvage->lost < 0)
		mem_replace(&lost, ", perhaps not all");
	else if (salvage->lost > 0) {
		free(lost);
		lost = mem_printf(", %d could not be read", salvage->lost);
	}
	char *sentence =
		mem_printf("The history was damaged and is set aside as %s. Unsent "
			   "messages and drafts carried over: %d%s. Contacts come again "
			   "from the server.",
			   aside, salvage->carried, lost);
	free(lost);
	return sentence;
}

/* What the new database says of the one it replaces; it is read when it is opened. */
static int
keep_sentence(struct sql_db *db, const char *sentence)
{
	struct sql sql =
		sql_start(db, "INSERT OR REPLACE INTO settings(key, value) VALUES(?, ?)");
	sql_text(&sql, SETTING_REPAIRED);
	sql_text(&sql, sentence);
	return sql_run(&sql);
}

/* Whether there may be rows: SQLite throws the log of an empty database away, and never
 * ends reading a pipe. */
static bool
is_readable(int dir)
{
	struct stat info;
	return fstatat(dir, PREPARE_DB, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(info.st_mode) && info.st_size > 0;
}

/* Fills the new DB with what can be read of the old one, which is to be ASIDE. */
static int
fill(const struct place *place, struct sql_db *db, const char *aside,
     struct salvage *ret_salvage)
{
	char *damaged = mem_printf("%s/%s", place->folder, PREPARE_DB);
	*ret_salvage = (struct salvage){.lost = -1};
	int error = is_readable(place->dir) ? salvage_run(damaged, db, ret_salvage) : 0;
	free(damaged);
	if (error)
		return error;
	char *sentence = tell_salvage(aside, ret_salvage);
	error = keep_sentence(db, sentence);
	free(sentence);
	return error;
}

/* Builds a new database beside the place of the old one; ASIDE (NULL: there is none) is
 * the name that this is to have. */
static int
build(const struct place *place, const char *aside, struct salvage *ret_salvage)
{
	char *fresh = mem_printf("%s/%s", place->folder, PREPARE_NEW);
	struct sql_db db = {0};
	remove_beside(place->dir, PREPARE_NEW);
	int error = make_file(place, PREPARE_NEW);
	if (!error)
		error = open_for_writing(place, fresh, &db);
	if (!error) {
		error = schema_migrate(&db, 0);
		if (!error && aside)
			error = fill(place, &db, aside, ret_salvage);
		/* The log beside it does not move with it. */
		if (!error)
			error = sql_exec(&db, "PRAGMA wal_checkpoint(TRUNCATE)");
		sql_close(&db);
	}
	free(fresh);
	return error;
}

/* Replaces the damaged database by one with what can be saved from it. */
static int
replace_damaged(const struct place *place, struct store_report *report)
{
	char *aside = name_aside(place->dir);
	struct salvage salvage = {0};
	int error = build(place, aside, &salvage);
	if (!error)
		error = set_aside(place, aside);
	if (!error)
		error = put_in_place(place);
	if (error) {
		free(aside);
		return error;
	}
	report->set_aside = aside;
	report->carried = salvage.carried;
	report->lost = salvage.lost;
	report->sentence = tell_salvage(aside, &salvage);
	return 0;
}

/* A new database that was built to its end and closed has a version and no log. */
static bool
is_whole(int dir, const char *name)
{
	uint8_t version[4] = {0};
	char *wal = mem_printf("%s-wal", name);
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	bool is_read = fd >= 0 && pread(fd, version, sizeof version, 60) == 4;
	bool is_alone = !exists(dir, wal);
	if (fd >= 0)
		(void)close(fd);
	free(wal);
	return is_read && is_alone && memcmp(version, "\0\0\0", 4) != 0;
}

/* There is no database: ends what a death in replace_damaged left half done, or makes
 * one. */
static int
make_database(const struct place *place, struct store_report *report)
{
	if (is_whole(place->dir, PREPARE_NEW)) {
		/* A log of the damaged one would be taken for that of the new one. */
		if (exists(place->dir, PREPARE_DB "-wal")) {
			char *aside = name_aside(place->dir);
			char *wal = mem_printf("%s-wal", aside);
			int error = move_file(place, PREPARE_DB "-wal", wal);
			free(wal);
			free(aside);
			if (error)
				return error;
		}
		remove_beside(place->dir, PREPARE_DB);
		return put_in_place(place);
	}
	report->is_new = true;
	int error = build(place, NULL, NULL);
	if (!error) {
		remove_beside(place->dir, PREPARE_DB);
		error = put_in_place(place);
	}
	return error;
}

/* Makes what is missing, and sets aside what is no file. */
static int
find_file(const struct place *place, struct store_report *report)
{
	int dir = place->dir;
	struct stat info;
	if (fstatat(dir, PREPARE_DB, &info, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? make_database(place, report) : error_now();
	if (S_ISLNK(info.st_mode) || info.st_uid != geteuid())
		return -EPERM;
	if (!S_ISREG(info.st_mode))
		return replace_damaged(place, report);
	if (exists(dir, PREPARE_NEW))
		remove_beside(dir, PREPARE_NEW);
	return 0;
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
	report->is_read = exists(place->dir, PREPARE_SUSPECT);
	error = look_at_file(place, path, &version);
	if (!error)
		error = migrate_file(place, path, version);
	free(path);
	if (error == -EBADMSG)
		error = replace_damaged(place, report);
	if (!error)
		remove_file(place->dir, PREPARE_SUSPECT);
	return error;
}

void
store_begin(void)
{
	sql_begin();
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
		error = damage_look_at_all(&db, &found);
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
