/*
 * One conversation on the screen: its lines in a log, day marks, the mark where the
 * unread begin, notices that belong to it; asks for pages of history as they are needed.
 */
#ifndef TERN_TUI_CHAT_VIEW_H
#define TERN_TUI_CHAT_VIEW_H

#include <stdbool.h>
#include <stdint.h>

struct app;
struct chat;
struct chat_view;
struct comings;
struct log;

struct chat_view *chat_view_new(void);
void chat_view_free(struct chat_view *view);

/* Shows CHAT from now on (NULL: none). */
void chat_view_show(struct app *app, struct chat_view *view, struct chat *chat);

/* Takes over what changed in the conversation, and asks for what is missing. Once per
 * loop turn, before drawing. */
void chat_view_update(struct app *app, struct chat_view *view);

/* The user scrolls back: what could not be had is asked for again. */
void chat_view_want_older(struct chat_view *view);

/* Everything is written anew: the time zone or a name changed. */
void chat_view_rewrite(struct chat_view *view);

/* A sentence of tern itself behind the newest line. */
void chat_view_notice(struct chat_view *view, const char *text);

/* The same in CHAT while it is not shown: it stands there when it is. */
void chat_view_keep(struct chat *chat, const char *text);

/* Who came and went since the newest line, for the caller to add to; what was added is
 * seen after chat_view_show_comings. A conversation is shown. */
struct comings *chat_view_comings(struct chat_view *view);
void chat_view_show_comings(struct chat_view *view);

/* What is added next stands in a line of its own. */
void chat_view_end_comings(struct chat_view *view);

/* The mark of the unread goes: the user has answered. */
void chat_view_answered(struct chat_view *view);

/* The place of the newest line in view, 0 for none. */
int64_t chat_view_seen(struct chat_view *view);

/* The lines under it; borrowed. */
struct log *chat_view_log(struct chat_view *view);

#endif
