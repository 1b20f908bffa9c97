/*
 * A login and an attach take some MB of heap for a moment, and start and login touch most
 * of OpenSSL and SQLite once: without this a process that idles for weeks would show all
 * that as its own. Only segments that are never written are dropped, so nothing is lost.
 */
#include "backend/session/memory.h"

#include <link.h>
#include <malloc.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static int
drop_segments(struct dl_phdr_info *info, size_t size, void *data)
{
	const uintptr_t page = *(const uintptr_t *)data;
	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		if (segment->p_type != PT_LOAD || segment->p_flags & PF_W)
			continue;
		uintptr_t start = info->dlpi_addr + segment->p_vaddr;
		uintptr_t end = (start + segment->p_filesz) & ~(page - 1);
		start = (start + page - 1) & ~(page - 1);
		if (start < end)
			(void)madvise((void *)start, end - start, MADV_DONTNEED);
	}
	return 0;
}

void
memory_rest(void)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	(void)malloc_trim(0);
	(void)dl_iterate_phdr(drop_segments, &page);
}
