/*
 * One line as rows: "12:03  nick: body", rows after the first indented below the body
 * where there is room. Done when the line comes into view, kept until width or line
 * change.
 */
#include <stdlib.h>
#include <string.h>

#include "bridge/base/buf.h"
#include "bridge/base/mem.h"
#include "widgets/log_private.h"

#define INDENT_LEAST_WIDTH 30 /* narrower views do not indent */

static int
columns(const char *text)
{
	return text ? text_width(text, strlen(text)) : 0;
}

/* What stands before the body in the first row, in columns (log_draw.c paints it so). */
static int
prefix_width(const struct log_line *line)
{
	int time = columns(line->time);
	int nick = columns(line->nick);
	int width = time ? time + 2 : 0;
	if (line->kind == LOG_ACTION)
		return width + 2 + (nick ? nick + 1 : 0);
	if (line->kind == LOG_NOTICE)
		return width + 2;
	return width + (nick ? nick + 2 : 0);
}

bool
log_is_mark(const struct log_line *line)
{
	return line->kind == LOG_DAY || line->kind == LOG_NOTICE_DAY ||
	       line->kind == LOG_NEW;
}

void
log_wrap(struct log_entry *entry, int width)
{
	const struct log_line *line = &entry->line;
	if (entry->wrapped_width == width)
		return;
	free(entry->rows);
	entry->wrapped_width = width;
	entry->indent_first = entry->indent = 0;
	if (log_is_mark(line)) {
		entry->rows = mem_alloc(sizeof *entry->rows);
		entry->row_count = 1;
		return;
	}
	int time = columns(line->time);
	entry->indent_first = prefix_width(line);
	entry->indent = width >= INDENT_LEAST_WIDTH && time ? time + 2 : 0;
	if (entry->indent_first >= width)
		entry->indent_first = width > 1 ? width - 1 : 0;
	entry->row_count =
		text_wrap(entry->shown, strlen(entry->shown), width - entry->indent_first,
			  width - entry->indent, &entry->rows);
}

char *
log_rule_text(const struct log_entry *entry, int width)
{
	struct buf out = {0};
	char *body = text_ellipsis(entry->line.body, width > 8 ? width - 8 : width);
	int left = width - columns(body) - 2;
	left = left > 0 ? left / 2 : 0;
	left = left < 3 ? left : 3;
	for (int i = 0; i < left; i++)
		buf_add_text(&out, "─");
	buf_printf(&out, "%s%s%s", left ? " " : "", body, left ? " " : "");
	for (int i = 0; i < left; i++)
		buf_add_text(&out, "─");
	free(body);
	return buf_take_text(&out);
}
