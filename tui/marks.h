/*
 * What is proven of an own line, in one column: a table from which the log, /help and the
 * manual page follow. Each rung of the ladder has one stroke more than the one below, so
 * that nothing looks surer than it is.
 */
#ifndef TERN_TUI_MARKS_H
#define TERN_TUI_MARKS_H

#include <stdbool.h>
#include <stddef.h>

#include "bridge/schema.h"

struct mark_row {
	enum bridge_line_state state;
	const char *glyph; /* one column */
	const char *ascii; /* the same for fonts that lack it */
	int role;
	const char *help; /* one sentence */
};

/* All marks in the order of the ladder, *RET_COUNT of them; constant. */
const struct mark_row *mark_rows(size_t *ret_count);

/* The mark of a line in STATE; NULL where it has none. */
const struct mark_row *mark_of(enum bridge_line_state state);

/* How ROW looks on this screen. */
const char *mark_glyph(const struct mark_row *row, bool is_ascii);

#endif
