/*
 * See shim.h. A file of ours is a header before SQLite's own file; what changes nothing
 * is handed on as it comes. The counters are of the process, since SQLite's list of
 * layers is too; "commit" runs on the pool, so they are locked.
 */
#include "tests/backend/store/shim.h"

#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

struct file {
	sqlite3_file base;
	sqlite3_file *real; /* behind this in the same memory */
};

static struct {
	pthread_mutex_t lock;
	sqlite3_vfs layer;
	sqlite3_vfs *system;
	enum shim_fault fault;
	int left; /* operations until the one that fails; 0: none will */
	bool is_armed;
	bool has_failed;
	const char *path; /* to follow, or NULL */
	int count;	  /* of operations while following */
} shim = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool
file_says_so(bool is_sync)
{
	int fault = 0;
	int every = 0;
	FILE *file = fopen(shim.path, "re");
	bool is_there = file && fscanf(file, "%d %d", &fault, &every) == 2 && every > 0;
	if (file)
		(void)fclose(file);
	if (!is_there || (fault == SHIM_SYNC && !is_sync))
		return false;
	shim.fault = (enum shim_fault)fault;
	return ++shim.count % every == 0;
}

/* Whether this operation is the one (or after it, where all fail). */
static bool
fails(bool is_sync)
{
	bool is_it = false;
	(void)pthread_mutex_lock(&shim.lock);
	if (shim.path)
		is_it = file_says_so(is_sync);
	if (shim.is_armed && (is_sync || shim.fault != SHIM_SYNC)) {
		if (shim.left > 0)
			shim.left--;
		is_it = shim.left == 0 && (!shim.has_failed || shim.fault == SHIM_DEATH);
		shim.has_failed = shim.has_failed || is_it;
	}
	(void)pthread_mutex_unlock(&shim.lock);
	return is_it;
}

static sqlite3_file *
real(sqlite3_file *file)
{
	return ((struct file *)file)->real;
}

static int
file_close(sqlite3_file *file)
{
	return real(file)->pMethods->xClose(real(file));
}

static int
file_read(sqlite3_file *file, void *to, int len, sqlite3_int64 at)
{
	return real(file)->pMethods->xRead(real(file), to, len, at);
}

static int
file_write(sqlite3_file *file, const void *from, int len, sqlite3_int64 at)
{
	if (!fails(false))
		return real(file)->pMethods->xWrite(real(file), from, len, at);
	if (shim.fault == SHIM_FULL)
		return SQLITE_FULL;
	if (shim.fault == SHIM_READ_ONLY)
		return SQLITE_READONLY;
	(void)real(file)->pMethods->xWrite(real(file), from, len / 2, at);
	return SQLITE_IOERR_WRITE;
}

static int
file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	if (fails(false))
		return SQLITE_IOERR_TRUNCATE;
	return real(file)->pMethods->xTruncate(real(file), size);
}

static int
file_sync(sqlite3_file *file, int flags)
{
	/* Nothing of this outlives the machine: a real sync would only take its time. */
	(void)file;
	(void)flags;
	return fails(true) ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static int
file_size(sqlite3_file *file, sqlite3_int64 *size)
{
	return real(file)->pMethods->xFileSize(real(file), size);
}

static int
file_lock(sqlite3_file *file, int lock)
{
	return real(file)->pMethods->xLock(real(file), lock);
}

static int
file_unlock(sqlite3_file *file, int lock)
{
	return real(file)->pMethods->xUnlock(real(file), lock);
}

static int
file_is_reserved(sqlite3_file *file, int *is_reserved)
{
	return real(file)->pMethods->xCheckReservedLock(real(file), is_reserved);
}

static int
file_control(sqlite3_file *file, int what, void *data)
{
	return real(file)->pMethods->xFileControl(real(file), what, data);
}

static int
file_sector(sqlite3_file *file)
{
	return real(file)->pMethods->xSectorSize(real(file));
}

static int
file_traits(sqlite3_file *file)
{
	return real(file)->pMethods->xDeviceCharacteristics(real(file));
}

/* The index of the log: memory shared by the connections, made of a file. */
static int
file_map(sqlite3_file *file, int page, int size, int is_extending, void volatile **at)
{
	if (is_extending && fails(false))
		return SQLITE_IOERR_SHMSIZE;
	return real(file)->pMethods->xShmMap(real(file), page, size, is_extending, at);
}

static int
file_map_lock(sqlite3_file *file, int offset, int count, int flags)
{
	return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}

static void
file_map_barrier(sqlite3_file *file)
{
	real(file)->pMethods->xShmBarrier(real(file));
}

static int
file_unmap(sqlite3_file *file, int is_deleted)
{
	return real(file)->pMethods->xShmUnmap(real(file), is_deleted);
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = file_close,
	.xRead = file_read,
	.xWrite = file_write,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = file_lock,
	.xUnlock = file_unlock,
	.xCheckReservedLock = file_is_reserved,
	.xFileControl = file_control,
	.xSectorSize = file_sector,
	.xDeviceCharacteristics = file_traits,
	.xShmMap = file_map,
	.xShmLock = file_map_lock,
	.xShmBarrier = file_map_barrier,
	.xShmUnmap = file_unmap,
};

static int
layer_open(sqlite3_vfs *layer, const char *name, sqlite3_file *made, int flags,
	   int *ret_flags)
{
	struct file *file = (struct file *)made;
	(void)layer;
	memset(file, 0, sizeof *file);
	file->real = (sqlite3_file *)(void *)(file + 1);
	int code = shim.system->xOpen(shim.system, name, file->real, flags, ret_flags);
	if (file->real->pMethods)
		file->base.pMethods = &methods;
	return code;
}

static int
layer_delete(sqlite3_vfs *layer, const char *name, int is_synced)
{
	(void)layer;
	if (fails(false))
		return SQLITE_IOERR_DELETE;
	return shim.system->xDelete(shim.system, name, is_synced);
}

void
shim_install(void)
{
	if (sqlite3_initialize() != SQLITE_OK)
		abort();
	shim.system = sqlite3_vfs_find(NULL);
	shim.layer = *shim.system;
	shim.layer.zName = "shim";
	shim.layer.szOsFile = (int)sizeof(struct file) + shim.system->szOsFile;
	shim.layer.xOpen = layer_open;
	shim.layer.xDelete = layer_delete;
	if (sqlite3_vfs_register(&shim.layer, 1) != SQLITE_OK)
		abort();
}

void
shim_follow(const char *path)
{
	shim.path = path;
}

void
shim_arm(enum shim_fault fault, int n)
{
	(void)pthread_mutex_lock(&shim.lock);
	shim.fault = fault;
	shim.left = n;
	shim.is_armed = true;
	shim.has_failed = false;
	(void)pthread_mutex_unlock(&shim.lock);
}

bool
shim_has_failed(void)
{
	(void)pthread_mutex_lock(&shim.lock);
	bool has_failed = shim.has_failed;
	(void)pthread_mutex_unlock(&shim.lock);
	return has_failed;
}

bool
shim_disarm(void)
{
	(void)pthread_mutex_lock(&shim.lock);
	shim.is_armed = false;
	(void)pthread_mutex_unlock(&shim.lock);
	return shim_has_failed();
}
