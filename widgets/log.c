/*
 * Lines in order and the view on them. The view is the entry and row at its bottom; while
 * `bottom` is NULL it follows the newest line. Nothing is wrapped but what is walked
 * over: the rows in view, and the rows that scrolling passes.
 */
#include "widgets/log.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/buf.h"
#include "bridge/base/mem.h"
#include "widgets/log_private.h"

struct log *
log_new(void)
{
	struct log *log = mem_alloc(sizeof *log);
	log->is_touched = log->is_dirty = true;
	return log;
}

static void
entry_free(struct log_entry *entry)
{
	free(entry->texts);
	free(entry->shown);
	free(entry->rows);
	free(entry);
}

void
log_free(struct log *log)
{
	if (!log)
		return;
	HASH_CLEAR(hh, log->by_id);
	for (size_t i = 0; i < log->count; i++)
		entry_free(log->entries[i]);
	free(log->entries);
	free(log->painted);
	free(log);
}

static int
compare(const struct log_line *a, const struct log_line *b)
{
	if (a->place != b->place)
		return a->place < b->place ? -1 : 1;
	/* Among marks and lines only: messages, actions, notices and their days are of
	 * one rank. */
	int rank_a = a->kind < LOG_MESSAGE ? (int)a->kind : LOG_MESSAGE;
	int rank_b = b->kind < LOG_MESSAGE ? (int)b->kind : LOG_MESSAGE;
	if (rank_a != rank_b)
		return rank_a - rank_b;
	return a->id < b->id ? -1 : a->id > b->id;
}

/* The index of the first entry that is not before LINE. */
static size_t
lower_bound(const struct log *log, const struct log_line *line)
{
	size_t low = 0;
	size_t high = log->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare(&log->entries[middle]->line, line) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t
log_index(const struct log *log, const struct log_entry *entry)
{
	return lower_bound(log, &entry->line);
}

static const char *
keep(char **at, const char *text)
{
	if (!text)
		return NULL;
	size_t size = strlen(text) + 1;
	const char *kept = memcpy(*at, text, size);
	*at += size;
	return kept;
}

static bool
is_same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

/* Whether A and B look the same but for their marks. */
static bool
is_same_but_mark(const struct log_line *a, const struct log_line *b)
{
	return a->kind == b->kind && is_same_text(a->time, b->time) &&
	       is_same_text(a->nick, b->nick) && a->nick_role == b->nick_role &&
	       is_same_text(a->body, b->body) && a->body_role == b->body_role &&
	       is_same_text(a->note, b->note) && a->note_role == b->note_role;
}

/* Fills ENTRY with copies of LINE, instead of what it held. Rows that were wrapped stay
 * where only the mark is another. */
static void
fill(struct log *log, struct log_entry *entry, const struct log_line *line)
{
	bool is_mark_only = entry->texts && is_same_but_mark(&entry->line, line);
	const char *const texts[] = {line->time, line->mark, line->nick, line->body,
				     line->note};
	size_t size = 1;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		size += texts[i] ? strlen(texts[i]) + 1 : 0;
	char *block = mem_alloc(size);
	char *at = block;
	struct log_line copy = *line;
	copy.time = keep(&at, line->time);
	copy.mark = keep(&at, line->mark);
	copy.nick = keep(&at, line->nick);
	copy.body = keep(&at, line->body ? line->body : "");
	copy.note = keep(&at, line->note);
	if (!copy.body)
		copy.body = "";
	free(entry->texts);
	entry->texts = block;
	entry->line = copy;
	entry->mark_stamp = ++log->next_stamp;
	if (is_mark_only)
		return;
	free(entry->shown);
	bool has_note = copy.note && *copy.note;
	entry->note_start = strlen(copy.body) + (has_note ? 1 : 0);
	entry->shown = mem_printf("%s%s%s", copy.body, has_note ? " " : "",
				  has_note ? copy.note : "");
	entry->stamp = ++log->next_stamp;
	entry->wrapped_width = 0;
}

static struct log_entry *
find(const struct log *log, uint64_t id)
{
	struct log_entry *entry;
	HASH_FIND(hh, log->by_id, &id, sizeof id, entry);
	return entry;
}

static void
insert(struct log *log, struct log_entry *entry)
{
	if (log->count == log->cap) {
		log->cap = log->cap ? log->cap * 2 : 64;
		log->entries = mem_resize(log->entries, log->cap, sizeof *log->entries);
	}
	size_t at = lower_bound(log, &entry->line);
	memmove(log->entries + at + 1, log->entries + at,
		(log->count - at) * sizeof *log->entries);
	log->entries[at] = entry;
	log->count++;
}

/* Takes ENTRY out of the order; a view that rests on it moves to its neighbour. */
static void
take_out(struct log *log, const struct log_entry *entry)
{
	size_t at = log_index(log, entry);
	log->count--;
	memmove(log->entries + at, log->entries + at + 1,
		(log->count - at) * sizeof *log->entries);
	if (log->bottom != entry)
		return;
	log->bottom = at > 0 ? log->entries[at - 1] : log->count ? log->entries[0] : NULL;
	if (log->count > 0 && log->bottom == log->entries[log->count - 1])
		log->bottom = NULL;
	log->bottom_row = SIZE_MAX; /* its last row: cut to what it has when it is used */
}

void
log_put(struct log *log, const struct log_line *line)
{
	struct log_entry *entry = find(log, line->id);
	if (!entry) {
		entry = mem_alloc(sizeof *entry);
		fill(log, entry, line);
		insert(log, entry);
		HASH_ADD(hh, log->by_id, line.id, sizeof entry->line.id, entry);
	} else if (compare(&entry->line, line) == 0) {
		fill(log, entry, line);
	} else {
		take_out(log, entry);
		fill(log, entry, line);
		insert(log, entry);
	}
	log->is_dirty = true;
}

bool
log_remove(struct log *log, uint64_t id)
{
	struct log_entry *entry = find(log, id);
	if (!entry)
		return false;
	take_out(log, entry);
	HASH_DEL(log->by_id, entry);
	entry_free(entry);
	log->is_dirty = true;
	return true;
}

void
log_clear(struct log *log)
{
	HASH_CLEAR(hh, log->by_id);
	for (size_t i = 0; i < log->count; i++)
		entry_free(log->entries[i]);
	log->count = 0;
	log->bottom = NULL;
	log->is_dirty = true;
}

size_t
log_count(const struct log *log)
{
	return log->count;
}

bool
log_has(const struct log *log, uint64_t id)
{
	return find(log, id) != NULL;
}

static int
view_height(const struct log *log)
{
	return log->area.height > 0 ? log->area.height : 1;
}

static int
view_width(const struct log *log)
{
	return log->area.width > 0 ? log->area.width : 1;
}

static size_t
row_count(struct log *log, size_t index)
{
	log_wrap(log->entries[index], view_width(log));
	return log->entries[index]->row_count;
}

bool
log_row_up(struct log *log, struct log_place *place)
{
	if (place->row > 0) {
		place->row--;
		return true;
	}
	if (place->entry == 0)
		return false;
	place->entry--;
	place->row = row_count(log, place->entry) - 1;
	return true;
}

static bool
row_down(struct log *log, struct log_place *place)
{
	if (place->row + 1 < row_count(log, place->entry)) {
		place->row++;
		return true;
	}
	if (place->entry + 1 == log->count)
		return false;
	place->entry++;
	place->row = 0;
	return true;
}

static struct log_place
end_place(struct log *log)
{
	return (struct log_place){log->count - 1, row_count(log, log->count - 1) - 1};
}

bool
log_bottom_place(struct log *log, struct log_place *ret_place)
{
	if (log->count == 0)
		return false;
	struct log_place place = end_place(log);
	if (log->bottom) {
		place.entry = log_index(log, log->bottom);
		size_t rows = row_count(log, place.entry);
		place.row = log->bottom_row < rows ? log->bottom_row : rows - 1;
	}
	*ret_place = place;
	return true;
}

/* Rests the view on PLACE, or lets it follow if that is the end. */
static void
rest_on(struct log *log, struct log_place place)
{
	struct log_place end = end_place(log);
	bool is_end = place.entry == end.entry && place.row == end.row;
	log->bottom = is_end ? NULL : log->entries[place.entry];
	log->bottom_row = place.row;
	log->is_dirty = true;
}

int
log_scroll(struct log *log, int rows)
{
	struct log_place bottom;
	int moved = 0;
	if (!log_bottom_place(log, &bottom))
		return 0;
	if (rows > 0) {
		/* The top of the view must find as many rows above it. */
		struct log_place top = bottom;
		for (int i = 1; i < view_height(log); i++)
			if (!log_row_up(log, &top))
				return 0;
		while (moved < rows && log_row_up(log, &top)) {
			(void)log_row_up(log, &bottom);
			moved++;
		}
	} else {
		while (moved > rows && row_down(log, &bottom))
			moved--;
	}
	if (moved != 0)
		rest_on(log, bottom);
	return moved;
}

static int
page(const struct log *log)
{
	return view_height(log) > 3 ? view_height(log) - 2 : 1;
}

int
log_page_up(struct log *log)
{
	/* What the blank rows took from the top comes into view first. */
	int rows = page(log) - log->slack;
	return log_scroll(log, rows > 1 ? rows : 1);
}

int
log_page_down(struct log *log)
{
	return log_scroll(log, -page(log));
}

/* The place HEIGHT-1 rows below PLACE, or the end. */
static struct log_place
page_below(struct log *log, struct log_place place)
{
	for (int i = 1; i < view_height(log); i++)
		if (!row_down(log, &place))
			break;
	return place;
}

void
log_to_top(struct log *log)
{
	if (log->count > 0)
		rest_on(log, page_below(log, (struct log_place){0, 0}));
}

void
log_to_bottom(struct log *log)
{
	log->is_dirty |= log->bottom != NULL;
	log->bottom = NULL;
}

bool
log_show(struct log *log, uint64_t id)
{
	const struct log_entry *entry = find(log, id);
	if (!entry)
		return false;
	rest_on(log, page_below(log, (struct log_place){log_index(log, entry), 0}));
	return true;
}

bool
log_is_at_bottom(const struct log *log)
{
	return log->bottom == NULL;
}

size_t
log_below(const struct log *log)
{
	size_t below = 0;
	if (!log->bottom)
		return 0;
	for (size_t i = log_index(log, log->bottom) + 1; i < log->count; i++)
		below += log->entries[i]->line.kind == LOG_MESSAGE ||
			 log->entries[i]->line.kind == LOG_ACTION;
	return below;
}

/* The topmost row in view; false while there are no lines. */
static bool
top_place(struct log *log, struct log_place *ret_place)
{
	if (!log_bottom_place(log, ret_place))
		return false;
	for (int i = 1; i < view_height(log); i++)
		if (!log_row_up(log, ret_place))
			break;
	return true;
}

bool
log_is_at_top(struct log *log)
{
	struct log_place top;
	return log->bottom && top_place(log, &top) && top.entry == 0 && top.row == 0;
}

bool
log_wants_older(struct log *log)
{
	struct log_place top;
	if (!top_place(log, &top))
		return true;
	for (int i = 0; i < view_height(log); i++)
		if (!log_row_up(log, &top))
			return true;
	return false;
}

bool
log_last_visible(struct log *log, uint64_t *ret_id, int64_t *ret_place)
{
	struct log_place top;
	struct log_place bottom;
	if (!top_place(log, &top) || !log_bottom_place(log, &bottom))
		return false;
	for (size_t i = bottom.entry + 1; i-- > top.entry;) {
		const struct log_line *line = &log->entries[i]->line;
		if (line->kind != LOG_MESSAGE && line->kind != LOG_ACTION)
			continue;
		*ret_id = line->id;
		*ret_place = line->place;
		return true;
	}
	return false;
}

bool
log_is_visible(struct log *log, uint64_t id)
{
	struct log_place top;
	struct log_place bottom;
	const struct log_entry *entry = find(log, id);
	if (!entry || !top_place(log, &top) || !log_bottom_place(log, &bottom))
		return false;
	size_t index = log_index(log, entry);
	return index >= top.entry && index <= bottom.entry;
}

size_t
log_trim(struct log *log, size_t keep_count)
{
	struct log_place top;
	if (log->count <= keep_count || !top_place(log, &top))
		return 0;
	size_t drop = log->count - keep_count;
	drop = drop < top.entry ? drop : top.entry;
	for (size_t i = 0; i < drop; i++) {
		assert(log->by_id);
		HASH_DEL(log->by_id, log->entries[i]);
		entry_free(log->entries[i]);
	}
	log->count -= drop;
	memmove(log->entries, log->entries + drop, log->count * sizeof *log->entries);
	return drop;
}

static void
add_bare(struct buf *out, const struct log_line *line)
{
	if (line->time && *line->time)
		buf_printf(out, "%s ", line->time);
	if (line->kind == LOG_ACTION)
		buf_printf(out, "* %s ", line->nick ? line->nick : "");
	else if (line->kind == LOG_MESSAGE && line->nick && *line->nick)
		buf_printf(out, "%s: ", line->nick);
	buf_add_text(out, line->body);
	if (line->note && *line->note)
		buf_printf(out, " %s", line->note);
	buf_add_byte(out, '\n');
}

char *
log_bare(struct log *log)
{
	struct buf out = {0};
	struct log_place top;
	struct log_place bottom;
	if (top_place(log, &top) && log_bottom_place(log, &bottom))
		for (size_t i = top.entry; i <= bottom.entry; i++)
			add_bare(&out, &log->entries[i]->line);
	return buf_take_text(&out);
}

void
log_set_area(struct log *log, struct screen_area area)
{
	if (memcmp(&log->area, &area, sizeof area) == 0)
		return;
	log->area = area;
	free(log->painted);
	log->painted = mem_array((size_t)view_height(log), sizeof *log->painted);
	log_touch(log);
}

void
log_set_fixed(struct log *log, bool is_fixed)
{
	/* Rows that were left blank are closed. */
	log->is_dirty |= !is_fixed && log->slack > 0;
	log->is_fixed = is_fixed;
}

int
log_slack(const struct log *log)
{
	return log->slack;
}

void
log_touch(struct log *log)
{
	log->is_touched = log->is_dirty = true;
}

bool
log_is_dirty(const struct log *log)
{
	return log->is_dirty;
}
