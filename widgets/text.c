/*
 * Clusters, widths, rows and cuts. All positions are byte offsets at cluster borders;
 * text is UTF-8 that need not be well-formed: a bad byte is a cluster of width 1, shown
 * as U+FFFD. No state; the only outside influence is the locale that wcwidth reads.
 */
#include "widgets/text.h"

#include <langinfo.h>
#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "bridge/base/buf.h"
#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"

#define REPLACEMENT 0xfffdu
#define JOINER 0x200du

void
text_set_locale(void)
{
	(void)setlocale(LC_ALL, "");
	if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		(void)setlocale(LC_CTYPE, "C.UTF-8");
}

static bool
is_ascii(char c)
{
	return ((unsigned char)c & 0x80) == 0;
}

static size_t
decode(const char *text, size_t len, size_t at, uint32_t *ret_point)
{
	size_t size = utf8_decode(text + at, len - at, ret_point);
	if (*ret_point == UTF8_BAD)
		*ret_point = REPLACEMENT;
	return at + size;
}

/* Whether POINT, behind BASE in one cluster, is left out (see text.h). */
static bool
is_dropped(uint32_t point, uint32_t base)
{
	if ((point >= 0xfe00 && point <= 0xfe0f) ||
	    (point >= 0xe0000 && point <= 0xe0fff))
		return true;
	if (point >= 0x1f3fb && point <= 0x1f3ff)
		return true;
	return point == JOINER &&
	       utf8proc_get_property((utf8proc_int32_t)base)->boundclass ==
		       UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
}

/* The columns of one point; -1 and controls are shown as U+FFFD. */
static int
point_width(uint32_t *point)
{
	int width = wcwidth((wchar_t)*point);
	if (width >= 0)
		return width;
	*point = REPLACEMENT;
	return 1;
}

int
text_cell(const char *text, size_t end, size_t *at, wchar_t out[TEXT_CELL_MAX])
{
	size_t count = 0;
	int width = 0;
	uint32_t base = 0;
	while (*at < end) {
		uint32_t point;
		size_t next = decode(text, end, *at, &point);
		if (base && is_dropped(point, base)) {
			*at = next;
			continue;
		}
		int columns = point == '\n' ? 0 : point_width(&point);
		if (columns > 0 && count > 0)
			break;
		*at = next;
		if (columns == 0 && count == 0)
			continue;
		if (columns > 0) {
			base = point;
			width = columns;
		}
		if (count < TEXT_CELL_MAX - 1)
			out[count++] = (wchar_t)point;
	}
	out[count] = 0;
	return width;
}

static int
cluster_width(const char *text, size_t at, size_t end)
{
	wchar_t cell[TEXT_CELL_MAX];
	int width = 0;
	while (at < end)
		width += text_cell(text, end, &at, cell);
	return width;
}

size_t
text_next(const char *text, size_t len, size_t at, int *ret_width)
{
	if (is_ascii(text[at]) && (at + 1 >= len || is_ascii(text[at + 1]))) {
		if (ret_width)
			*ret_width = text[at] != '\n';
		return at + 1;
	}
	uint32_t point;
	uint32_t following;
	utf8proc_int32_t state = 0;
	size_t end = decode(text, len, at, &point);
	while (end < len) {
		size_t next = decode(text, len, end, &following);
		if (utf8proc_grapheme_break_stateful((utf8proc_int32_t)point,
						     (utf8proc_int32_t)following, &state))
			break;
		point = following;
		end = next;
	}
	if (ret_width)
		*ret_width = cluster_width(text, at, end);
	return end;
}

size_t
text_prev(const char *text, size_t len, size_t at)
{
	size_t start = at - 1;
	while (start > 0 && !(is_ascii(text[start]) && is_ascii(text[start - 1])))
		start--;
	for (;;) {
		size_t next = text_next(text, len, start, NULL);
		if (next >= at)
			return start;
		start = next;
	}
}

int
text_width(const char *text, size_t len)
{
	int total = 0;
	for (size_t at = 0; at < len;) {
		int width;
		at = text_next(text, len, at, &width);
		total += width;
	}
	return total;
}

size_t
text_fit(const char *text, size_t len, int width, int *ret_width)
{
	size_t at = 0;
	int total = 0;
	while (at < len) {
		int columns;
		size_t next = text_next(text, len, at, &columns);
		if (total + columns > width)
			break;
		total += columns;
		at = next;
	}
	if (ret_width)
		*ret_width = total;
	return at;
}

char *
text_ellipsis(const char *text, int width)
{
	struct buf out = {0};
	size_t len = strlen(text);
	size_t fits = text_fit(text, len, width, NULL);
	if (fits < len && width > 0)
		fits = text_fit(text, len, width - 1, NULL);
	buf_add(&out, text, fits);
	if (fits < len && width > 0)
		buf_add_text(&out, "…");
	for (size_t i = 0; i < out.len; i++)
		if (out.data[i] == '\n')
			out.data[i] = ' ';
	return buf_take_text(&out);
}

/* What stands at the end of a row's words, never at a row's start. */
static bool
is_closing(uint32_t point)
{
	static const uint32_t closing[] = {0x3001, 0x3002, 0x300d, 0x300f, 0x3011, 0x3015,
					   0xff01, 0xff09, 0xff0c, 0xff0e, 0xff1a, 0xff1b,
					   0xff1f, 0x30fc, 0x3005, 0x2026};
	for (size_t i = 0; i < sizeof closing / sizeof *closing; i++)
		if (closing[i] == point)
			return true;
	return false;
}

static bool
is_opening(uint32_t point)
{
	return point == 0x300c || point == 0x300e || point == 0x3010 || point == 0x3014 ||
	       point == 0xff08;
}

/* The state of one wrapping. */
struct wrap {
	const char *text;
	size_t len;
	int first_width, width;
	struct text_row *rows;
	size_t count, cap;
	size_t start;	 /* of the row being filled */
	size_t cut_end;	 /* where the row may end … */
	size_t cut_next; /* … and the next begin; 0: nowhere yet */
	int columns;	 /* of the row so far */
	bool has_word;	 /* something but blanks is in the row */
	uint32_t before; /* the point before, 0 at a row's start */
	bool is_wide_before;
};

static void
add_row(struct wrap *wrap, size_t end, size_t next)
{
	if (wrap->count == wrap->cap) {
		wrap->cap = wrap->cap ? wrap->cap * 2 : 4;
		wrap->rows = mem_resize(wrap->rows, wrap->cap, sizeof *wrap->rows);
	}
	struct text_row *row = &wrap->rows[wrap->count++];
	row->start = wrap->start;
	row->len = end - wrap->start;
	row->width = text_width(wrap->text + wrap->start, row->len);
	wrap->start = next;
	wrap->cut_end = wrap->cut_next = 0;
	wrap->columns = 0;
	wrap->has_word = wrap->is_wide_before = false;
	wrap->before = 0;
}

static int
row_limit(const struct wrap *wrap)
{
	int limit = wrap->count ? wrap->width : wrap->first_width;
	return limit > 0 ? limit : 1;
}

/* Ends a row where the text does: blanks that no longer fit are left out. */
static void
add_last_row(struct wrap *wrap, size_t end, size_t next)
{
	size_t cut = end;
	if (wrap->columns > row_limit(wrap))
		while (cut > wrap->start && wrap->text[cut - 1] == ' ')
			cut--;
	add_row(wrap, cut, next);
}

/* Takes the cluster from AT to NEXT, not a blank; returns where to go on, which is
 * earlier if a word moved down as a whole. */
static size_t
take_cluster(struct wrap *wrap, size_t at, size_t next, int width)
{
	uint32_t point;
	(void)decode(wrap->text, wrap->len, at, &point);
	bool is_wide = width >= 2;
	if (wrap->has_word && (is_wide || wrap->is_wide_before) && wrap->before != ' ' &&
	    !is_closing(point) && !is_opening(wrap->before))
		wrap->cut_end = wrap->cut_next = at;
	if (wrap->columns + width > row_limit(wrap) && at > wrap->start) {
		if (wrap->cut_next > wrap->start) {
			add_row(wrap, wrap->cut_end, wrap->cut_next);
			return wrap->start;
		}
		add_row(wrap, at, at);
	}
	wrap->columns += width;
	wrap->has_word = true;
	wrap->before = point;
	wrap->is_wide_before = is_wide;
	return next;
}

size_t
text_wrap(const char *text, size_t len, int first_width, int width,
	  struct text_row **ret_rows)
{
	struct wrap wrap = {
		.text = text, .len = len, .first_width = first_width, .width = width};
	for (size_t at = 0; at < len;) {
		int columns;
		size_t next = text_next(text, len, at, &columns);
		if (text[at] == '\n') {
			add_last_row(&wrap, at, next);
			at = next;
		} else if (text[at] == ' ' && next == at + 1) {
			if (wrap.has_word && wrap.before != ' ')
				wrap.cut_end = at;
			if (wrap.has_word)
				wrap.cut_next = next;
			wrap.columns++;
			wrap.before = ' ';
			at = next;
		} else {
			at = take_cluster(&wrap, at, next, columns);
		}
	}
	add_last_row(&wrap, len, len);
	*ret_rows = wrap.rows;
	return wrap.count;
}
