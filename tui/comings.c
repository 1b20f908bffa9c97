/*
 * A row for each person, from the nick at the beginning to the one now. What is said is
 * the difference, so a link that breaks and comes back takes a few words however often.
 */
#include "tui/comings.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/base/buf.h"
#include "bridge/base/mem.h"
#include "tui/nick.h"

#define ROWS_MAX 500
#define NAMES_SHOWN 8

struct row {
	char *first; /* NULL: was not there */
	char *now;   /* NULL: is not there */
	char *last;  /* the newest nick, there or not */
	bool has_left;
};

struct comings {
	struct row *rows;
	size_t count;
};

struct comings *
comings_new(void)
{
	return mem_alloc(sizeof(struct comings));
}

void
comings_clear(struct comings *comings)
{
	for (size_t i = 0; i < comings->count; i++) {
		free(comings->rows[i].first);
		free(comings->rows[i].now);
		free(comings->rows[i].last);
	}
	free(comings->rows);
	*comings = (struct comings){0};
}

void
comings_free(struct comings *comings)
{
	if (!comings)
		return;
	comings_clear(comings);
	free(comings);
}

bool
comings_is_full(const struct comings *comings)
{
	return comings->count >= ROWS_MAX;
}

/* The row of who is called NICK now (IS_THERE) or was when he left; made if there is
 * none, with WAS_THERE. */
static struct row *
need_row(struct comings *comings, const char *nick, bool is_there, bool was_there)
{
	for (size_t i = 0; i < comings->count; i++) {
		struct row *row = &comings->rows[i];

		if (!row->now == !is_there && strcmp(row->last, nick) == 0)
			return row;
	}
	comings->rows =
		mem_resize(comings->rows, comings->count + 1, sizeof *comings->rows);
	struct row *row = &comings->rows[comings->count++];
	*row = (struct row){.first = was_there ? mem_strdup(nick) : NULL,
			    .now = is_there ? mem_strdup(nick) : NULL,
			    .last = mem_strdup(nick)};
	return row;
}

void
comings_came(struct comings *comings, const char *nick)
{
	struct row *row = need_row(comings, nick, false, false);

	mem_replace(&row->now, nick);
}

void
comings_left(struct comings *comings, const char *nick)
{
	struct row *row = need_row(comings, nick, true, true);

	row->has_left = true;
	mem_replace(&row->now, NULL);
}

void
comings_renamed(struct comings *comings, const char *was, const char *nick)
{
	struct row *row = need_row(comings, was, true, true);

	mem_replace(&row->now, nick);
	mem_replace(&row->last, nick);
}

enum fate { CAME, LEFT, LOOKED_IN, CAME_BACK, RENAMED, FATE_COUNT, AS_BEFORE };

static enum fate
fate_of(const struct row *row)
{
	if (!row->first)
		return row->now ? CAME : LOOKED_IN;
	if (!row->now)
		return LEFT;
	if (strcmp(row->first, row->now) != 0)
		return RENAMED;
	return row->has_left ? CAME_BACK : AS_BEFORE;
}

static void
add_name(struct buf *text, const char *between, const char *nick)
{
	char *shown = nick_shown(nick);

	buf_printf(text, "%s%s", between, shown);
	free(shown);
}

static void
add_fate(struct buf *text, const struct comings *comings, enum fate fate)
{
	static const char *const words[FATE_COUNT] = {
		[CAME] = "came",
		[LEFT] = "left",
		[LOOKED_IN] = "came and left",
		[CAME_BACK] = "came back",
	};
	size_t count = 0;

	for (size_t i = 0; i < comings->count; i++) {
		const struct row *row = &comings->rows[i];

		if (fate_of(row) != fate || count++ >= NAMES_SHOWN)
			continue;
		bool is_next = count > 1 && fate != RENAMED;
		const char *between = is_next ? ", " : text->len > 0 ? "; " : "";
		add_name(text, between, row->first ? row->first : row->last);
		if (fate == RENAMED)
			add_name(text, " is now ", row->now);
	}
	if (count > NAMES_SHOWN)
		buf_printf(text, " and %zu more", count - NAMES_SHOWN);
	if (count > 0 && words[fate])
		buf_printf(text, " %s", words[fate]);
	else if (count > NAMES_SHOWN)
		buf_add_text(text, " have other nicks");
}

char *
comings_text(const struct comings *comings)
{
	struct buf text = {0};

	for (int fate = 0; fate < FATE_COUNT; fate++)
		add_fate(&text, comings, (enum fate)fate);
	return buf_take_text(&text);
}
