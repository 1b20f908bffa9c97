/*
 * Pages of cells for keys. A page that cannot be locked (RLIMIT_MEMLOCK) is used all the
 * same and logged: the profile would have to be unlocked by hand after each crash else.
 */
#include "backend/router/keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "bridge/base/log.h"
#include "bridge/base/mem.h"

enum { CELLS = 32 };

_Static_assert(sizeof(struct key[CELLS]) == 4096, "the cells fill a page");

struct keys_page {
	struct key *cells; /* mapped */
	struct keys_page *next;
};

static struct keys_page *
new_page(struct keys *keys)
{
	size_t size = sizeof(struct key[CELLS]);
	void *mapped = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mapped == MAP_FAILED)
		return NULL;
	if (mlock(mapped, size))
		log_info("keys", "memory is not locked: %s", strerror(errno));
	(void)madvise(mapped, size, MADV_DONTDUMP);
	(void)madvise(mapped, size, MADV_DONTFORK);
	struct keys_page *page = mem_alloc(sizeof *page);
	*page = (struct keys_page){.cells = mapped, .next = keys->pages};
	keys->pages = page;
	return page;
}

static struct key *
free_cell(struct keys *keys)
{
	for (struct keys_page *page = keys->pages; page; page = page->next) {
		for (int i = 0; i < CELLS; i++) {
			if (page->cells[i].len == 0)
				return &page->cells[i];
		}
	}
	struct keys_page *page = new_page(keys);
	return page ? &page->cells[0] : NULL;
}

struct key *
keys_make(struct keys *keys, size_t len)
{
	struct key *key = len && len <= KEYS_BYTES ? free_cell(keys) : NULL;
	if (!key)
		return NULL;
	if (keys->count++ == 0)
		(void)prctl(PR_SET_DUMPABLE, 0);
	key->len = (uint32_t)len;
	return key;
}

struct key *
keys_put(struct keys *keys, const uint8_t *bytes, size_t len)
{
	struct key *key = keys_make(keys, len);
	if (key)
		memcpy(key->bytes, bytes, len);
	return key;
}

void
keys_drop(struct keys *keys, struct key *key)
{
	if (!key)
		return;
	mem_wipe(key, sizeof *key);
	if (--keys->count == 0)
		(void)prctl(PR_SET_DUMPABLE, 1);
}

void
keys_done(struct keys *keys)
{
	while (keys->pages) {
		struct keys_page *page = keys->pages;
		keys->pages = page->next;
		mem_wipe(page->cells, sizeof(struct key[CELLS]));
		(void)munmap(page->cells, sizeof(struct key[CELLS]));
		free(page);
	}
	keys->count = 0;
}
