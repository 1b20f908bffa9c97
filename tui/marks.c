/*
 * The table of marks. Called by the view of a conversation and by help.
 */
#include "tui/marks.h"

#include "widgets/theme.h"

static const struct mark_row rows[] = {
	{line_state_QUEUED, "…", "~", ROLE_PENDING,
	 "It is kept here and waits to be sent; /cancel takes it back."},
	{line_state_SENT, "·", ".", ROLE_PENDING,
	 "It was sent; whether it arrived anywhere is not known yet."},
	{line_state_ACKED, "-", "-", ROLE_ACKED, "Your server has it."},
	{line_state_DELIVERED, "+", "+", ROLE_DELIVERED,
	 "It reached a program of the other side."},
	{line_state_DISPLAYED, "*", "*", ROLE_DISPLAYED, "The other side has seen it."},
	{line_state_FAILED, "!", "!", ROLE_FAILED,
	 "It failed, and the reason stands behind it; /retry sends it again, /cancel "
	 "takes it back."},
	{line_state_HELD, "?", "?", ROLE_HELD,
	 "It waited so long that it is not sent unless you say so: /retry sends it, "
	 "/cancel takes it back."},
};

const struct mark_row *
mark_rows(size_t *ret_count)
{
	*ret_count = sizeof rows / sizeof rows[0];
	return rows;
}

const struct mark_row *
mark_of(enum bridge_line_state state)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].state == state)
			return &rows[i];
	return NULL;
}

const char *
mark_glyph(const struct mark_row *row, bool is_ascii)
{
	return is_ascii ? row->ascii : row->glyph;
}
