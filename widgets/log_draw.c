/*
 * Painting the log. What the screen shows is remembered row by row; a draw compares it
 * with what it shall show, scrolls the terminal by the distance that keeps most rows, and
 * paints only the rows that still differ. So a line appended costs a scroll and its own
 * rows. A terminal scrolls whole rows: what stands beside the log moves along, and
 * whoever painted it is told how far. While that would cost too much, rows are left blank
 * below the newest line of a full page, a third of it at a time, and are filled.
 */
#include <stdlib.h>
#include <string.h>

#include "bridge/base/mem.h"
#include "widgets/log_private.h"
#include "widgets/theme.h"

/* One row being painted from left to right. */
struct pen {
	struct screen *screen;
	int y, x, end;
};

static void
put(struct pen *pen, int role, const char *text, size_t len)
{
	if (pen->x < pen->end)
		pen->x += screen_put(pen->screen,
				     (struct screen_area){.y = pen->y,
							  .x = pen->x,
							  .width = pen->end - pen->x},
				     role, text, len);
}

static void
put_text(struct pen *pen, int role, const char *text)
{
	put(pen, role, text, strlen(text));
}

/* Time, mark and nick before the first row. */
static void
put_prefix(struct pen *pen, const struct log_line *line, int indent)
{
	int stop = pen->x + indent;
	int end = pen->end;
	pen->end = stop < end ? stop : end;
	if (line->time && *line->time) {
		bool has_mark = line->mark && *line->mark;
		put_text(pen, ROLE_TIME, line->time);
		put_text(pen, line->mark_role, has_mark ? line->mark : " ");
		put_text(pen, ROLE_TEXT, " ");
	}
	bool has_nick = line->nick && *line->nick;
	if (line->kind == LOG_ACTION)
		put_text(pen, line->body_role, "* ");
	else if (line->kind == LOG_NOTICE)
		put_text(pen, line->body_role, "- ");
	if (has_nick && line->kind != LOG_NOTICE) {
		put_text(pen, line->nick_role, line->nick);
		put_text(pen, ROLE_TEXT, line->kind == LOG_ACTION ? " " : ": ");
	}
	pen->end = end;
	pen->x = stop;
}

/* A piece of the wrapped text, body and note in their roles. */
static void
put_piece(struct pen *pen, const struct log_entry *entry, const struct text_row *row)
{
	size_t end = row->start + row->len;
	size_t split = entry->note_start < row->start ? row->start
		       : entry->note_start > end      ? end
						      : entry->note_start;
	put(pen, entry->line.body_role, entry->shown + row->start, split - row->start);
	put(pen, entry->line.note_role, entry->shown + split, end - split);
}

static void
paint_row(struct log *log, struct screen *screen, int y, const struct log_entry *entry,
	  size_t row)
{
	struct screen_area area = log->area;
	struct pen pen = {screen, area.y + y, area.x, area.x + area.width};
	/* A line that carries no role of its own is text. */
	if (!entry) {
		screen_blank(screen, pen.y, pen.x, area.width, ROLE_TEXT);
		return;
	}
	if (log_is_mark(&entry->line)) {
		char *text = log_rule_text(entry, area.width);
		put_text(&pen, entry->line.kind == LOG_NEW ? ROLE_NEW : ROLE_DAY, text);
		free(text);
	} else if (row == 0) {
		screen_blank(screen, pen.y, pen.x, entry->indent_first, ROLE_TEXT);
		put_prefix(&pen, &entry->line, entry->indent_first);
		put_piece(&pen, entry, &entry->rows[0]);
	} else {
		screen_blank(screen, pen.y, pen.x, entry->indent, ROLE_TEXT);
		pen.x += entry->indent;
		put_piece(&pen, entry, &entry->rows[row]);
	}
	screen_blank(screen, pen.y, pen.x, pen.end - pen.x, ROLE_TEXT);
}

/* The mark alone, where that is what changed: a few bytes. */
static void
paint_mark(struct log *log, struct screen *screen, int y, const struct log_entry *entry)
{
	const struct log_line *line = &entry->line;
	int x = line->time ? text_width(line->time, strlen(line->time)) : 0;
	bool has_mark = line->mark && *line->mark;
	if (x == 0 || x >= entry->indent_first || x >= log->area.width)
		return;
	screen_put_row(screen, log->area.y + y, log->area.x + x, 1,
		       has_mark ? line->mark_role : ROLE_TEXT,
		       has_mark ? line->mark : "");
}

/* Whether they are the same row of a text, whatever its mark. */
static bool
is_same(struct log_spot a, struct log_spot b)
{
	return a.stamp == b.stamp && a.row == b.row;
}

/* By how many rows up the painted rows must move to agree best with WANTED. */
static int
best_shift(const struct log_spot *painted, const struct log_spot *wanted, int height)
{
	int best = 0;
	int most = 0;
	for (int shift = -height + 1; shift < height; shift++) {
		int same = 0;
		for (int y = 0; y < height; y++)
			if (y + shift >= 0 && y + shift < height && wanted[y].stamp &&
			    is_same(painted[y + shift], wanted[y]))
				same++;
		/* No scroll is better than one that wins nothing. */
		if (same > most || (same == most && shift == 0)) {
			most = same;
			best = shift;
		}
	}
	return best;
}

static void
shift_painted(struct log_spot *painted, int height, int shift)
{
	int kept = height - abs(shift);
	size_t size = sizeof *painted;
	if (shift > 0) {
		memmove(painted, painted + shift, (size_t)kept * size);
		memset(painted + kept, 0, (size_t)shift * size);
	} else {
		memmove(painted - shift, painted, (size_t)kept * size);
		memset(painted, 0, (size_t)-shift * size);
	}
}

/* What each row shall show, from the bottom up; the entries go to ENTRIES. */
static void
lay_out(struct log *log, struct log_spot *wanted, const struct log_entry **entries)
{
	struct log_place place;
	bool has_row = log_bottom_place(log, &place);
	for (int y = log->area.height - 1; y >= 0 && has_row; y--) {
		const struct log_entry *entry = log->entries[place.entry];
		wanted[y] = (struct log_spot){entry->stamp, place.row, entry->mark_stamp};
		entries[y] = entry;
		has_row = log_row_up(log, &place);
	}
}

/* Keeps what was painted where it stands, with blank rows below it for what comes: how
 * many. Only for a view that follows the end. */
static int
slack_for(const struct log *log, const struct log_spot *wanted)
{
	int height = log->area.height, most = height / 3;
	if (log->is_touched || log->bottom || !wanted[0].stamp)
		return 0;
	int shift = best_shift(log->painted, wanted, height);
	if (shift > 0)
		return most;
	return -shift < most ? -shift : most;
}

static void
lift(struct log_spot *wanted, const struct log_entry **entries, int height, int rows)
{
	size_t kept = (size_t)(height - rows), blank = (size_t)rows;
	memmove(wanted, wanted + blank, kept * sizeof *wanted);
	memset(wanted + kept, 0, blank * sizeof *wanted);
	memmove(entries, entries + blank, kept * sizeof *entries);
	memset(entries + kept, 0, blank * sizeof *entries);
}

int
log_draw(struct log *log, struct screen *screen)
{
	int height = log->area.height;
	if (!log->is_dirty || height < 1 || log->area.width < 1)
		return 0;
	struct log_spot *wanted = mem_array((size_t)height, sizeof *wanted);
	const struct log_entry **entries = mem_array((size_t)height, sizeof *entries);
	lay_out(log, wanted, entries);
	int shift = log->is_touched || log->is_fixed
			    ? 0
			    : best_shift(log->painted, wanted, height);
	log->slack = log->is_fixed ? slack_for(log, wanted) : 0;
	lift(wanted, entries, height, log->slack);
	if (shift != 0) {
		screen_scroll(screen, log->area.y, height, shift);
		shift_painted(log->painted, height, shift);
	}
	for (int y = 0; y < height; y++) {
		if (log->is_touched || !is_same(log->painted[y], wanted[y]))
			paint_row(log, screen, y, entries[y], wanted[y].row);
		else if (wanted[y].row == 0 &&
			 log->painted[y].mark_stamp != wanted[y].mark_stamp)
			paint_mark(log, screen, y, entries[y]);
	}
	memcpy(log->painted, wanted, (size_t)height * sizeof *wanted);
	free(entries);
	free(wanted);
	log->is_touched = log->is_dirty = false;
	return shift;
}
