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

static void
put_day(struct chat_view *view, const struct chat_line *line)
{
	char text[CLOCK_DAY_MAX];
	struct log_line row = {
		.id = DAY_ID | line->id,
		.place = line->place,
		.kind = LOG_DAY,
		.body = text,
		.body_role = ROLE_DAY,
	};

	clock_day_text(line->time, text);
	log_put(view->log, &row);
}

void
chat_notices_update_days(struct chat_view *view)
{
	const struct chat *chat = view->chat;
	int before = -1;

	for (size_t i = 0; i < chat->line_count; i++) {
		struct chat_line *line = chat->lines[i];

		if (line->day != before && (!line->has_day || line->is_dirty))
			put_day(view, line);
		else if (line->day == before && line->has_day)
			(void)log_remove(view->log, DAY_ID | line->id);
		line->has_day = line->day != before;
		before = line->day;
	}
}

/* ---- notices --------------------------------------------------------------- */

static void
put_notice(struct chat_view *view, const struct notice *notice)
{
	char time[8];
	struct log_line row = {
		.id = NOTICE_ID | notice->id,
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
		uint64_t id = NOTICE_ID | notice->id;
		int64_t place = notice->place;

		if (place == 0)
			notice->place = place_at(chat, notice->time);
		if (chat->has_more && notice->place < first)
			(void)log_remove(view->log, id);
		else if (view->has_stale_notices || notice->place != place ||
			 !log_has(view->log, id))
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
		(void)log_remove(view->log, NOTICE_ID | notices->rows[0].id);
	const struct notice *notice = add_notice(view->chat, role, text);
	put_notice(view, notice);
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
		(void)log_remove(view->log, NOTICE_ID | notice->id);
		notices_remove(notices, notice->id);
	}
	free(text);
}
