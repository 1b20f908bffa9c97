/*
 * What stands between the lines of a conversation: the days, and what tern itself said.
 */
#include <stdlib.h>

#include "bridge/base/mem.h"
#include "tui/chat.h"
#include "tui/chat_view_private.h"
#include "tui/clock.h"
#include "tui/comings.h"
#include "widgets/log.h"
#include "widgets/theme.h"

/* ---- days ------------------------------------------------------------------ */

static uint64_t
notice_row(const struct notice *notice)
{
	return NOTICE_ID | notice->id << 1 | 1;
}

/* The mark that stands right before it. */
static uint64_t
notice_day_row(const struct notice *notice)
{
	return NOTICE_ID | notice->id << 1;
}

static void
put_day(struct chat_view *view, enum log_kind kind, uint64_t id, int64_t place,
	int64_t time)
{
	char text[CLOCK_DAY_MAX];
	struct log_line row = {
		.id = id,
		.place = place,
		.kind = kind,
		.body = text,
		.body_role = ROLE_DAY,
	};

	clock_day_text(time, text);
	log_put(view->log, &row);
}

/* The notices from *AT on that stand before LINE (NULL: all others), where *DAY is that
 * of what stands before them. One that is younger than the next line keeps no line under
 * its own day. */
static void
mark_notices(struct chat_view *view, size_t *at, const struct chat_line *line, int *day)
{
	const struct notices *notices = &view->chat->notices;

	for (; *at < notices->count; ++*at) {
		const struct notice *notice = &notices->rows[*at];
		int own = clock_day(notice->time);

		if (line && notice->place >= line->place)
			return;
		if (own > *day && (!line || own <= line->day) &&
		    log_has(view->log, notice_row(notice))) {
			put_day(view, LOG_NOTICE_DAY, notice_day_row(notice),
				notice->place, notice->time);
			*day = own;
		} else {
			(void)log_remove(view->log, notice_day_row(notice));
		}
	}
}

static void
remove_notice(struct chat_view *view, const struct notice *notice)
{
	(void)log_remove(view->log, notice_row(notice));
	(void)log_remove(view->log, notice_day_row(notice));
}

void
chat_notices_update_days(struct chat_view *view)
{
	const struct chat *chat = view->chat;
	size_t notice = 0;
	int before = -1;

	for (size_t i = 0; i < chat->line_count; i++) {
		struct chat_line *line = chat->lines[i];

		mark_notices(view, &notice, line, &before);
		if (line->day != before && (!line->has_day || line->is_dirty))
			put_day(view, LOG_DAY, DAY_ID | line->id, line->place,
				line->time);
		else if (line->day == before && line->has_day)
			(void)log_remove(view->log, DAY_ID | line->id);
		line->has_day = line->day != before;
		before = line->day;
	}
	mark_notices(view, &notice, NULL, &before);
}

/* ---- notices --------------------------------------------------------------- */

static void
put_notice(struct chat_view *view, const struct notice *notice)
{
	char time[8];
	struct log_line row = {
		.id = notice_row(notice),
		.place = notice->place,
		.kind = LOG_NOTICE,
		.time = time,
		.body = notice->text,
		.body_role = notice->role,
	};

	clock_minute(notice->time, time);
	log_put(view->log, &row);
}

/* The place of the newest line that is no younger than TIME; 0 if none is here. */
static int64_t
place_at(const struct chat *chat, int64_t time)
{
	int64_t place = 0;

	for (size_t i = 0; i < chat->line_count && chat->lines[i]->id < CHAT_PENDING; i++)
		if (chat->lines[i]->time <= time)
			place = chat->lines[i]->place;
	return place;
}

/* A notice is seen where the line that it stands behind is here, or none is missing. */
void
chat_notices_update(struct chat_view *view)
{
	struct chat *chat = view->chat;
	int64_t first = chat->line_count > 0 ? chat->lines[0]->place : INT64_MAX;

	if (!chat->is_loaded)
		return;
	for (size_t i = 0; i < chat->notices.count; i++) {
		struct notice *notice = &chat->notices.rows[i];
		int64_t place = notice->place;

		if (place == 0)
			notice->place = place_at(chat, notice->time);
		if (chat->has_more && notice->place < first)
			remove_notice(view, notice);
		else if (view->has_stale_notices || notice->place != place ||
			 !log_has(view->log, notice_row(notice)))
			put_notice(view, notice);
	}
	view->has_stale_notices = false;
}

static struct notice *
add_notice(struct chat *chat, int role, const char *text)
{
	struct notice *notice = notices_add(&chat->notices, role, text);

	notice->time = clock_now();
	notice->place = chat_newest_place(chat);
	return notice;
}

void
chat_view_keep(struct chat *chat, const char *text)
{
	(void)add_notice(chat, ROLE_NOTICE, text);
}

/* A sentence of ROLE behind the newest line; its id. */
static uint64_t
put_sentence(struct chat_view *view, int role, const char *text)
{
	const struct notices *notices = &view->chat->notices;

	if (notices->count == NOTICES_KEEP)
		remove_notice(view, &notices->rows[0]);
	const struct notice *notice = add_notice(view->chat, role, text);
	put_notice(view, notice);
	/* It may be the first of its day. */
	view->chat->is_dirty = true;
	return notice->id;
}

void
chat_view_notice(struct chat_view *view, const char *text)
{
	(void)put_sentence(view, ROLE_NOTICE, text);
}

struct comings *
chat_view_comings(struct chat_view *view)
{
	int64_t newest = chat_newest_place(view->chat);

	/* Something was said since, by people or by tern. */
	if (!view->comings_id || view->comings_id != view->chat->notices.last ||
	    view->comings_place != newest || comings_is_full(view->comings)) {
		comings_clear(view->comings);
		view->comings_id = 0;
		view->comings_place = newest;
	}
	return view->comings;
}

void
chat_view_end_comings(struct chat_view *view)
{
	view->comings_id = 0;
}

void
chat_view_show_comings(struct chat_view *view)
{
	struct notices *notices = &view->chat->notices;
	struct notice *notice = notices_find(notices, view->comings_id);
	char *text = comings_text(view->comings);

	if (!notice && text[0]) {
		view->comings_id = put_sentence(view, ROLE_JOINS, text);
	} else if (notice && text[0]) {
		mem_replace(&notice->text, text);
		notice->time = clock_now();
		put_notice(view, notice);
	} else if (notice) {
		remove_notice(view, notice);
		notices_remove(notices, notice->id);
	}
	free(text);
}
