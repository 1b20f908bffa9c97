/*
 * An array in the order of ids, which is the order of time: it is short.
 */
#include "tui/notices.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/base/mem.h"

void
notices_done(struct notices *notices)
{
	for (size_t i = 0; i < notices->count; i++)
		free(notices->rows[i].text);
	free(notices->rows);
	*notices = (struct notices){0};
}

static void
take_out(struct notices *notices, size_t at)
{
	free(notices->rows[at].text);
	notices->count--;
	memmove(notices->rows + at, notices->rows + at + 1,
		(notices->count - at) * sizeof *notices->rows);
}

struct notice *
notices_add(struct notices *notices, int role, const char *text)
{
	if (notices->count == NOTICES_KEEP)
		take_out(notices, 0);
	else
		notices->rows = mem_resize(notices->rows, notices->count + 1,
					   sizeof *notices->rows);
	struct notice *notice = &notices->rows[notices->count++];
	*notice = (struct notice){
		.id = ++notices->last, .role = role, .text = mem_strdup(text)};
	return notice;
}

struct notice *
notices_find(const struct notices *notices, uint64_t id)
{
	for (size_t i = 0; i < notices->count; i++)
		if (notices->rows[i].id == id)
			return &notices->rows[i];
	return NULL;
}

void
notices_remove(struct notices *notices, uint64_t id)
{
	for (size_t i = 0; i < notices->count; i++) {
		if (notices->rows[i].id == id) {
			take_out(notices, i);
			return;
		}
	}
}
