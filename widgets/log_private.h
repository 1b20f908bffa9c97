/*
 * What the files of the log share: log.c (lines, view), log_wrap.c (a line as rows) and
 * log_draw.c (painting). Nobody else includes this.
 */
#ifndef TERN_WIDGETS_LOG_PRIVATE_H
#define TERN_WIDGETS_LOG_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uthash.h>

#include "widgets/log.h"
#include "widgets/text.h"

/* A line as kept: copies of what the caller gave, and its rows once it was wrapped. */
struct log_entry {
	struct log_line line;  /* its strings are in TEXTS */
	char *texts;	       /* one block of memory */
	char *shown;	       /* body and note as they are wrapped */
	size_t note_start;     /* byte of SHOWN where the note begins */
	uint64_t stamp;	       /* unique: tells a changed line from what was painted */
	uint64_t mark_stamp;   /* the same for its mark alone */
	struct text_row *rows; /* of SHOWN; NULL while not wrapped */
	size_t row_count;
	int wrapped_width; /* the width for which rows holds; 0: none */
	int indent_first,
		indent; /* columns before the first row's text and the others' */
	UT_hash_handle hh;
};

/* What one row of the screen shows: a row of an entry, or nothing. */
struct log_spot {
	uint64_t stamp; /* 0: blank */
	size_t row;
	uint64_t mark_stamp;
};

struct log {
	struct log_entry **entries; /* in order */
	size_t count, cap;
	struct log_entry *by_id;
	struct screen_area area;
	struct log_entry
		*bottom;   /* the entry of the last row in view; NULL: follows the end */
	size_t bottom_row; /* and which of its rows */
	uint64_t next_stamp;
	struct log_spot *painted; /* what the screen's rows show, area.height of them */
	int slack;		  /* blank rows below the newest line, as painted */
	bool is_fixed;		  /* the screen is not to be scrolled */
	bool is_touched;	  /* paint everything */
	bool is_dirty;
};

/* Where a walk over rows stands. */
struct log_place {
	size_t entry, row;
};

/* Whether LINE is a rule across the page: a day, or where the unread begin. */
bool log_is_mark(const struct log_line *line);

/* Wraps ENTRY for WIDTH columns unless it is already; afterwards row_count >= 1. */
void log_wrap(struct log_entry *entry, int width);

/* The text that a day or new mark shows at WIDTH columns ("── body ──"); the caller
 * frees. */
char *log_rule_text(const struct log_entry *entry, int width);

/* The index of ENTRY. */
size_t log_index(const struct log *log, const struct log_entry *entry);

/* The last row in view; false while there are no lines. */
bool log_bottom_place(struct log *log, struct log_place *ret_place);

/* One row up; false at the very top. */
bool log_row_up(struct log *log, struct log_place *place);

#endif
