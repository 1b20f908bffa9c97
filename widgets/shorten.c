/*
 * A walk over the escape sequences of one frame. Only exact patterns are touched,
 * anything else passes; ncurses never writes an ESC that does not begin a sequence, so a
 * match is never within text. A frame that holds anything which standing margins would
 * change (line feeds, inserted lines, relative moves down) takes them away first.
 */
#include "widgets/shorten.h"

#include <stdio.h>
#include <string.h>

#define NUMBERS_MAX 16
#define PLAIN_256 1000 /* added to colours that were told as 38;5;N */

/* A control sequence: ESC [ numbers final. */
struct sequence {
	int numbers[NUMBERS_MAX];
	int count;
	char final;
	const char *end;
};

static bool
read_sequence(const char *s, const char *end, struct sequence *ret_sequence)
{
	struct sequence sequence = {.count = 1};
	if (end - s < 3 || s[0] != '\033' || s[1] != '[')
		return false;
	for (s += 2; s < end && (*s == ';' || (*s >= '0' && *s <= '9')); s++) {
		int *number = &sequence.numbers[sequence.count - 1];
		if (*s != ';')
			*number = *number < 10000 ? *number * 10 + (*s - '0') : *number;
		else if (++sequence.count > NUMBERS_MAX)
			return false;
	}
	if (s == end || *s < 0x40 || *s > 0x7e)
		return false;
	sequence.final = *s;
	sequence.end = s + 1;
	*ret_sequence = sequence;
	return true;
}

static bool
read_pair(const char **at, const char *end, char final, int a, int b)
{
	struct sequence sequence;
	if (!read_sequence(*at, end, &sequence) || sequence.final != final ||
	    sequence.count != 2 || sequence.numbers[0] != a || sequence.numbers[1] != b)
		return false;
	*at = sequence.end;
	return true;
}

/* A scroll of the rows 1 to *RET_BOTTOM by *RET_COUNT, as ncurses does it: margins, move
 * to the bottom, line feeds, margins back, move to the bottom. Returns its end or NULL.
 */
static const char *
read_scroll(const char *s, const char *end, int rows, int *ret_bottom, int *ret_count)
{
	struct sequence margins;
	int count = 0;
	if (!read_sequence(s, end, &margins) || margins.final != 'r' ||
	    margins.count != 2)
		return NULL;
	int bottom = margins.numbers[1];
	s = margins.end;
	if (margins.numbers[0] != 1 || bottom >= rows ||
	    !read_pair(&s, end, 'H', bottom, 1))
		return NULL;
	if (read_sequence(s, end, &margins) && margins.final == 'S') {
		count = margins.numbers[0];
		s = margins.end;
	}
	for (; s < end && *s == '\n'; s++)
		count++;
	if (count == 0 || count > rows || !read_pair(&s, end, 'r', 1, rows))
		return NULL;
	/* Setting margins moves the cursor, so a move follows; ours is where it often
	 * goes. */
	if (!read_pair(&s, end, 'H', bottom, 1) &&
	    !(read_sequence(s, end, &margins) && margins.final == 'H'))
		return NULL;
	*ret_bottom = bottom;
	*ret_count = count;
	return s;
}

/* Whether the margins may stand while the frame runs: only text, moves to a place,
 * colours, and changes within a row. *RET_BOTTOM: the bottom of what it scrolls, 0 if
 * nothing. */
static bool
is_plain(const char *s, const char *end, int rows, int *ret_bottom)
{
	int bottom = 0;
	int count;
	struct sequence sequence;
	*ret_bottom = 0;
	while (s < end) {
		const char *after = read_scroll(s, end, rows, &bottom, &count);
		if (after) {
			if (*ret_bottom && *ret_bottom != bottom)
				return false;
			*ret_bottom = bottom;
			s = after;
		} else if (read_sequence(s, end, &sequence)) {
			if (!strchr("HmKCDGXP@bd", sequence.final))
				return false;
			s = sequence.end;
		} else if (*s == '\033' && end - s >= 3 && s[1] == '(') {
			s += 3;
		} else if (*s == '\033' || *s == '\n') {
			return false;
		} else {
			s++;
		}
	}
	return true;
}

static const struct shorten_look plain_look = {0, -1, -1};

/* A colour behind 38 or 48 at numbers[*AT]; false if it is none of the 256. */
static bool
read_colour(const struct sequence *sequence, int *at, int *ret_colour)
{
	if (*at + 2 >= sequence->count || sequence->numbers[*at + 1] != 5)
		return false;
	*ret_colour = sequence->numbers[*at + 2] + PLAIN_256;
	*at += 2;
	return true;
}

/* Changes LOOK as the SGR sequence says; false where it says what is not known here. */
static bool
apply(struct shorten_look *look, const struct sequence *sequence)
{
	for (int i = 0; i < sequence->count; i++) {
		int n = sequence->numbers[i];
		if (n == 0)
			*look = plain_look;
		else if (n < 10)
			look->attributes |= 1u << n;
		else if (n == 10)
			continue; /* the first font; there is no other */
		else if (n == 22)
			look->attributes &= ~(1u << 1 | 1u << 2);
		else if (n == 23 || n == 24 || n == 25 || n == 27 || n == 28)
			look->attributes &= ~(1u << (n - 20));
		else if ((n >= 30 && n <= 37) || (n >= 90 && n <= 97))
			look->foreground = n < 90 ? n - 30 : n - 82;
		else if ((n >= 40 && n <= 47) || (n >= 100 && n <= 107))
			look->background = n < 100 ? n - 40 : n - 92;
		else if (n == 39)
			look->foreground = -1;
		else if (n == 49)
			look->background = -1;
		else if (!(n == 38 && read_colour(sequence, &i, &look->foreground)) &&
			 !(n == 48 && read_colour(sequence, &i, &look->background)))
			return false;
	}
	return true;
}

static void
add_colour(struct buf *out, int colour, int base)
{
	const char *separator = out->data[out->len - 1] == '[' ? "" : ";";
	if (colour < 0)
		buf_printf(out, "%s%d", separator, base + 9);
	else if (colour < 8)
		buf_printf(out, "%s%d", separator, base + colour);
	else if (colour < 16)
		buf_printf(out, "%s%d", separator, base + 60 + colour - 8);
	else
		buf_printf(out, "%s%d;5;%d", separator, base + 8, colour - PLAIN_256);
}

/* "\e[…m" from NOW, which lacks nothing but what is added here, to WANT. */
static void
add_look(struct buf *out, const struct shorten_look *now, const struct shorten_look *want)
{
	for (int n = 1; n < 10; n++)
		if (want->attributes & ~now->attributes & 1u << n)
			buf_printf(out, "%s%d", out->data[out->len - 1] == '[' ? "" : ";",
				   n);
	if (now->foreground != want->foreground)
		add_colour(out, want->foreground, 30);
	if (now->background != want->background)
		add_colour(out, want->background, 40);
	buf_add_byte(out, 'm');
}

/* Tells the terminal to look as WANT: as a difference, or after a reset if that is
 * shorter. */
static void
settle_look(struct shorten *state, struct buf *out, const struct shorten_look *want)
{
	struct shorten_look *now = &state->look;
	if (state->is_raw)
		return;
	if (state->is_look_known && now->attributes == want->attributes &&
	    now->foreground == want->foreground && now->background == want->background)
		return;
	struct buf fresh = {0};
	struct buf change = {0};
	bool is_plain_wanted =
		!want->attributes && want->foreground < 0 && want->background < 0;
	buf_add_text(&fresh, is_plain_wanted ? "\033[" : "\033[0");
	add_look(&fresh, &plain_look, want);
	buf_add_text(&change, "\033[");
	add_look(&change, now, want);
	bool can_change = state->is_look_known && !(now->attributes & ~want->attributes);
	const struct buf *best = can_change && change.len <= fresh.len ? &change : &fresh;
	buf_add(out, best->data, best->len);
	buf_done(&fresh);
	buf_done(&change);
	state->look = *want;
	state->is_look_known = true;
}

static void
add_scroll(struct shorten *state, struct buf *out, int bottom, int count)
{
	if (state->margin != bottom)
		buf_printf(out, "\033[1;%dr", bottom);
	state->margin = bottom;
	buf_printf(out, "\033[%dH", bottom);
	for (int i = 0; i < count; i++)
		buf_add_byte(out, '\n');
}

static void
drop_margin(struct shorten *state, struct buf *out)
{
	if (state->margin)
		buf_printf(out, "\033[r\033[%d;%dH", state->cursor_y, state->cursor_x);
	state->margin = 0;
}

/* Whether the bytes at S switch charsets to what they are; their number, or 0. */
static size_t
charset_len(struct shorten *state, const char *s, const char *end)
{
	bool is_escape = *s == '\033' && end - s >= 3 && s[1] == '(';
	if (*s == 0x0e || (is_escape && s[2] != 'B'))
		state->has_charsets = true;
	if (state->has_charsets || !state->is_look_known)
		return 0;
	return *s == 0x0f ? 1 : is_escape ? 3 : 0;
}

/* SU and SD, which fewer terminals know, as line feeds and RI: ncurses stands at the
 * bottom or the top margin when it says them. */
static bool
add_lines(struct buf *out, const struct sequence *sequence, int rows)
{
	bool is_up = sequence->final == 'S';
	if ((!is_up && sequence->final != 'T') || sequence->count != 1 ||
	    sequence->numbers[0] > rows)
		return false;
	for (int i = 0; i < sequence->numbers[0]; i++)
		buf_add_text(out, is_up ? "\n" : "\033M");
	return true;
}

/* Whether blanks look the same as the terminal stands and as WANT: they have no ink, so
 * colour and weight of the text do not matter while nothing fills or lines the cell. */
static bool
is_same_blank(const struct shorten *state, const struct shorten_look *want)
{
	const struct shorten_look *now = &state->look;
	const unsigned ink = 1u << 1 | 1u << 2 | 1u << 3;
	const unsigned filled = 1u << 4 | 1u << 7 | 1u << 9;
	return state->is_look_known && !state->is_raw &&
	       now->background == want->background &&
	       !((now->attributes ^ want->attributes) & ~ink) &&
	       !(want->attributes & filled);
}

/* Takes one sequence or piece of text at S; returns the end of what was taken. */
static const char *
take(struct shorten *state, struct buf *out, const char *s, const char *end,
     struct shorten_look *want)
{
	struct sequence sequence;
	size_t skip = charset_len(state, s, end);
	if (skip > 0)
		return s + skip;
	if (read_sequence(s, end, &sequence)) {
		struct shorten_look next = *want;
		if (sequence.final == 'm' && !state->is_raw && apply(&next, &sequence)) {
			*want = next;
			return sequence.end;
		}
		settle_look(state, out, want);
		state->is_raw |= sequence.final == 'm';
		if (sequence.final == 'H' && sequence.count == 2 &&
		    sequence.numbers[1] == 1)
			buf_printf(out, "\033[%dH", sequence.numbers[0]);
		else if (!add_lines(out, &sequence, state->rows))
			buf_add(out, s, (size_t)(sequence.end - s));
		return sequence.end;
	}
	if (*s == ' ' && is_same_blank(state, want)) {
		for (; s < end && *s == ' '; s++)
			buf_add_byte(out, ' ');
		return s;
	}
	settle_look(state, out, want);
	buf_add_byte(out, (unsigned char)*s++);
	while (s < end && *s != '\033' && *s != 0x0f && *s != 0x0e)
		buf_add_byte(out, (unsigned char)*s++);
	return s;
}

void
shorten_frame(struct shorten *state, struct buf *out, const char *data, size_t len)
{
	const char *end = data + len;
	struct shorten_look want = state->is_look_known ? state->look : plain_look;
	int bottom;
	int count;
	bool may_stand = is_plain(data, end, state->rows, &bottom);
	if (!may_stand || (bottom && bottom != state->margin))
		drop_margin(state, out);
	while (data < end) {
		const char *after =
			may_stand ? read_scroll(data, end, state->rows, &bottom, &count)
				  : NULL;
		if (after) {
			settle_look(state, out, &want);
			add_scroll(state, out, bottom, count);
			data = after;
		} else {
			data = take(state, out, data, end, &want);
		}
	}
	if (len > 0)
		settle_look(state, out, &want);
}

void
shorten_leave(struct shorten *state, struct buf *out)
{
	drop_margin(state, out);
	state->is_look_known = false;
}
