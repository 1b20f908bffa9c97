/*
 * A walk over the escape sequences of one frame. Only exact patterns are touched; ncurses
 * never writes an ESC that does not begin a sequence, so a match is never within text.
 */
#include "widgets/shorten.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Reads "\e[" A [";" B] FINAL at *AT (< END); moves *AT behind it if it matches. B is 0
 * where there is none. */
static bool
read_sequence(const char **at, const char *end, char final, int ret_numbers[2])
{
	const char *s = *at;
	int numbers[2] = {0, 0};
	int index = 0;
	if (end - s < 4 || s[0] != '\033' || s[1] != '[')
		return false;
	for (s += 2; s < end && *s != final; s++) {
		if (*s == ';' && index == 0)
			index = 1;
		else if (*s >= '0' && *s <= '9' && numbers[index] < 10000)
			numbers[index] = numbers[index] * 10 + (*s - '0');
		else
			return false;
	}
	if (s == end)
		return false;
	*at = s + 1;
	memcpy(ret_numbers, numbers, sizeof numbers);
	return true;
}

/* A scroll of the rows 1 to *RET_BOTTOM by *RET_COUNT, as ncurses does it with margins:
 * margins, move to the bottom, line feeds, margins back, move to the bottom. */
static bool
read_scroll(const char **at, const char *end, int rows, int *ret_bottom, int *ret_count)
{
	const char *s = *at;
	int margins[2], move[2], count = 0;
	if (!read_sequence(&s, end, 'r', margins) || margins[0] != 1 ||
	    margins[1] >= rows || !read_sequence(&s, end, 'H', move) ||
	    move[0] != margins[1] || move[1] != 1)
		return false;
	for (; s < end && *s == '\n'; s++)
		count++;
	if (count == 0 || !read_sequence(&s, end, 'r', move) || move[0] != 1 ||
	    move[1] != rows || !read_sequence(&s, end, 'H', move) ||
	    move[0] != margins[1] || move[1] != 1)
		return false;
	*at = s;
	*ret_bottom = margins[1];
	*ret_count = count;
	return true;
}

void
shorten(struct buf *out, const char *data, size_t len, int rows)
{
	const char *end = data + len;
	int numbers[2], bottom, count;
	while (data < end) {
		const char *escape = memchr(data, '\033', (size_t)(end - data));
		const char *stop = escape ? escape : end;
		buf_add(out, data, (size_t)(stop - data));
		data = stop;
		if (data == end)
			return;
		if (read_scroll(&data, end, rows, &bottom, &count)) {
			char n[16] = "";
			if (count > 1)
				(void)snprintf(n, sizeof n, "%d", count);
			buf_printf(out, "\033[H\033[%sM\033[%dH\033[%sL", n, bottom, n);
		} else if (read_sequence(&data, end, 'H', numbers) && numbers[1] == 1) {
			buf_printf(out, "\033[%dH", numbers[0]);
		} else {
			data = stop;
			buf_add_byte(out, (unsigned char)*data++);
		}
	}
}
