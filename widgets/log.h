/*
 * The conversation view: lines in the order of their place, wrapped lazily at the current
 * width, anchored at the bottom. While scrolled back, what arrives does not move the
 * view. Drawing scrolls the terminal where it can and paints only rows that differ.
 */
#ifndef TERN_WIDGETS_LOG_H
#define TERN_WIDGETS_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "widgets/screen.h"

struct log;

enum log_kind {
	LOG_DAY,	/* "── Friday, 20 November ──": body */
	LOG_NEW,	/* "── new ──": body; where the unread begin */
	LOG_MESSAGE,	/* "12:03  nick: body" */
	LOG_ACTION,	/* "12:03  * nick body" */
	LOG_NOTICE,	/* "12:03  - body": said by tern itself */
	LOG_NOTICE_DAY, /* as LOG_DAY, but before a notice: among the lines by its id */
};

/* A line as the caller gives it; strings are clean UTF-8 and copied. Lines are in the
 * order of place, then kind (a day and a new mark stand before the message of their
 * place), then id, by which messages, notices and the days of these are told apart. */
struct log_line {
	uint64_t id; /* unique in this log, not 0 */
	int64_t place;
	enum log_kind kind;
	const char *time; /* "12:03"; NULL or "" for none */
	const char *
		mark; /* at most one column behind the time: pending, failed …; or NULL */
	int mark_role;
	const char *nick; /* NULL for none */
	int nick_role;
	const char *body; /* may hold LF */
	int body_role;
	const char *note; /* behind the body: why it failed; or NULL */
	int note_role;
};

struct log *log_new(void);
void log_free(struct log *log);

/* Adds the line, or replaces the one with its id (moving it if its place changed). */
void log_put(struct log *log, const struct log_line *line);

/* Takes a line away; false if there is none with ID. */
bool log_remove(struct log *log, uint64_t id);

/* Takes all lines away and goes to the bottom. */
void log_clear(struct log *log);

/* How many lines there are. */
size_t log_count(const struct log *log);

/* Whether there is a line with ID. */
bool log_has(const struct log *log, uint64_t id);

/* Lines with a place under PLACE go, oldest first, until at most KEEP lines are left;
 * lines in view stay. Returns how many went. */
size_t log_trim(struct log *log, size_t keep);

/* Where it is drawn; a changed area paints everything anew. */
void log_set_area(struct log *log, struct screen_area area);

/* Everything is painted with the next draw: the area showed something else. */
void log_touch(struct log *log);

/* Scrolls back by ROWS (forward if negative); returns the rows moved, signed. */
int log_scroll(struct log *log, int rows);

/* A page less two rows back or forward, the very top of what is loaded, the bottom. */
int log_page_up(struct log *log);
int log_page_down(struct log *log);
void log_to_top(struct log *log);
void log_to_bottom(struct log *log);

/* Scrolls so that line ID is the first row in view (a found place, the "new" mark); false
 * if there is none. */
bool log_show(struct log *log, uint64_t id);

/* The view follows the newest line. */
bool log_is_at_bottom(const struct log *log);

/* The view shows the very first row, and does not follow the newest line. */
bool log_is_at_top(struct log *log);

/* Messages below the view (0 at the bottom). */
size_t log_below(const struct log *log);

/* Less than a page is loaded above the view: time to fetch older lines. The caller knows
 * whether there are any, and whether it has asked. */
bool log_wants_older(struct log *log);

/* The last message or action of which a row is in view; false if there is none. */
bool log_last_visible(struct log *log, uint64_t *ret_id, int64_t *ret_place);

/* Whether a row of line ID is in view. */
bool log_is_visible(struct log *log, uint64_t id);

/* The lines in view as plain text, each whole and without indents, LF between them: for
 * screen_bare_begin. The caller frees. */
char *log_bare(struct log *log);

/* Something changed since the last draw. */
bool log_is_dirty(const struct log *log);

/* Whether what stands beside the log shall stay: rows are left blank below the newest
 * line. Else the screen is scrolled, and they are closed. */
void log_set_fixed(struct log *log, bool is_fixed);

/* How many rows the last draw left blank below the newest line. */
int log_slack(const struct log *log);

/* Paints what changed. Returns by how many rows the screen was scrolled up over its whole
 * width to do so (down where negative): what stands beside the log moved along. */
int log_draw(struct log *log, struct screen *screen);

#endif
