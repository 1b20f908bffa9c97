/*
 * Deaths at what an archive holds, as archive_poison.h says: a gap's tries, and the one
 * item that waits until its try is committed.
 */
#include "backend/xep/archive_poison.h"

#include <stdlib.h>

#include "backend/session/alarm.h"
#include "backend/store/store.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"

struct archive_single {
	struct archive_single **slot;
	struct archive_page page;
	struct archive_item item;
	char *last;
	struct alarm *alarm;
	archive_paged *fn;
	void *data;
};

/* ---- counting deaths ---- */

static void
set_tries(struct profile *profile, const struct gap *gap, int64_t tries)
{
	(void)profile_check(profile,
			    gaps_set_tries(profile_store(profile), gap->id, tries));
}

int
archive_try(struct profile *profile, struct gap *gap, int page_max)
{
	if (gap->tries >= ARCHIVE_DEATHS)
		return 1;
	gap->tries++;
	if (gap->tries > ARCHIVE_FATAL)
		gap->tries = (int64_t)ARCHIVE_PAGE_MAX * ARCHIVE_DEATHS;
	set_tries(profile, gap, gap->tries);
	return gap->tries >= ARCHIVE_DEATHS ? 1 : page_max;
}

void
archive_forgive(struct profile *profile, struct gap *gap)
{
	if (gap->tries > 0 && gap->tries < ARCHIVE_DEATHS)
		set_tries(profile, gap, --gap->tries);
}

bool
archive_is_poison(const struct gap *gap)
{
	return gap->tries > ARCHIVE_DEATHS &&
	       gap->tries % ARCHIVE_DEATHS >= ARCHIVE_FATAL;
}

bool
archive_is_to_be_held(const struct gap *gap)
{
	return gap->tries >= ARCHIVE_DEATHS &&
	       gap->tries % ARCHIVE_DEATHS < ARCHIVE_FATAL;
}

int64_t
archive_tries_after(const struct gap *gap)
{
	int64_t singly = gap->tries / ARCHIVE_DEATHS;
	return singly > 1 ? (singly - 1) * ARCHIVE_DEATHS : 0;
}

void
archive_pass_poison(struct profile *profile, const char *jid,
		    const struct archive_page *page)
{
	char *text = mem_printf("What the archive holds up to id %.100s could not be "
				"read and was left out.",
				page->last ? page->last : "unknown");
	log_warn("archive", "poison passed profile=%s", profile_name(profile));
	profile_emit(profile, EVENT_notice,
		     &(struct bridge_notice_event){
			     .profile = profile_name(profile),
			     .text = text,
			     .jid = jid,
		     });
	free(text);
}

/* ---- one item at a time ---- */

static void
single_free(struct archive_single *single)
{
	alarm_stop(single->alarm);
	stanza_free(single->item.message);
	free(single->item.id);
	free(single->last);
	free(single);
}

void
archive_let_go(struct archive_single **slot)
{
	if (*slot)
		single_free(*slot);
	*slot = NULL;
}

static void
on_committed(struct profile *profile, void *data)
{
	struct archive_single *single = data;
	single->alarm = NULL;
	*single->slot = NULL;
	single->fn(profile, &single->page, single->data);
	single_free(single);
}

void
archive_hold(struct profile *profile, struct archive_single **slot, const struct gap *gap,
	     const struct archive_page *page, archive_paged *fn, void *data)
{
	archive_let_go(slot);
	struct archive_single *single = mem_alloc(sizeof *single);
	*slot = single;
	*single = (struct archive_single){
		.slot = slot,
		.page = *page,
		.last = mem_strdup(page->last),
		.fn = fn,
		.data = data,
	};
	single->page.last = single->last;
	single->page.first = NULL;
	single->page.count = page->count ? 1 : 0;
	single->page.items = &single->item;
	if (page->count) {
		single->item = page->items[0];
		single->item.message = stanza_copy(page->items[0].message);
		single->item.id = mem_strdup(page->items[0].id);
	}
	set_tries(profile, gap, gap->tries + 1);
	single->alarm = alarm_set(profile, 0, on_committed, single);
}
