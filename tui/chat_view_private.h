/*
 * What the files behind chat_view.h share: the rows of the conversation that is shown.
 * Included by chat_view.c and chat_notices.c only. A day's mark has the id of the line
 * before which it stands; notices have ids of their own.
 */
#ifndef TERN_TUI_CHAT_VIEW_PRIVATE_H
#define TERN_TUI_CHAT_VIEW_PRIVATE_H

#include "tui/chat_view.h"

#define DAY_ID (UINT64_C(1) << 61)
#define NOTICE_ID (UINT64_C(1) << 63)

struct chat_view {
	struct log *log;
	struct chat *chat;
	char *nick;	   /* of the other side, as written in the log */
	int64_t new_place; /* of the unread mark, 0 for none */
	int64_t new_after; /* the place that was read when the mark was set */
	bool is_fresh;	   /* the first page since it was shown is still to come */
	bool has_stale_notices;
	struct comings *comings; /* of a room, in the notice COMINGS_ID */
	uint64_t comings_id;	 /* 0: none yet */
	int64_t comings_place;
};

/* Puts the notices whose line is here into the log, and takes the others out. */
void chat_notices_update(struct chat_view *view);

/* Day marks stand where the day differs from what stands before: lines, and notices that
 * are in the log. */
void chat_notices_update_days(struct chat_view *view);

#endif
