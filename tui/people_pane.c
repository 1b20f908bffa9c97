/*
 * Rows: for each role that somebody has a heading with its count, then its nicks; the
 * last row says how many more there are. Moving a pane of many rows along costs about as
 * much as the page: at the speed of people that is fine, in a burst it stays.
 */
#include "tui/people_pane.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/base/mem.h"
#include "tui/model_room.h"
#include "tui/occupants.h"
#include "widgets/text.h"
#include "widgets/theme.h"

#define EDGE "│"
#define EDGE_COLUMNS 2
#define MOVES 4 /* of the page in MOVES_MS that may move a tall pane along */
#define MOVES_MS 1000

struct pane_row {
	char *text; /* NULL: not painted yet */
	int role;
};

struct people_pane {
	struct screen_area area;
	struct pane_row *painted; /* area.height of them */
	int y;			  /* the next row, while drawing */
	uint64_t moves[MOVES];	  /* when the page moved, the oldest at MOVE_AT */
	size_t move_at;
};

struct people_pane *
people_pane_new(void)
{
	return mem_alloc(sizeof(struct people_pane));
}

static void
forget(struct people_pane *pane)
{
	for (int i = 0; i < pane->area.height && pane->painted; i++)
		free(pane->painted[i].text);
	free(pane->painted);
	pane->painted = NULL;
}

void
people_pane_free(struct people_pane *pane)
{
	if (!pane)
		return;
	forget(pane);
	free(pane);
}

int
people_pane_width(int columns)
{
	int width = columns / 5;

	if (columns < PEOPLE_PANE_FROM)
		return 0;
	return width < 28 ? width : 28;
}

void
people_pane_set_area(struct people_pane *pane, struct screen_area area)
{
	forget(pane);
	pane->area = area;
	if (area.width > 0 && area.height > 0)
		pane->painted = mem_array((size_t)area.height, sizeof *pane->painted);
}

static bool
is_tall(const struct people_pane *pane, const struct model_room *room)
{
	size_t count = 0;

	if (!pane->painted || !room || !room->people)
		return false;
	(void)occupants_sorted(room->people, &count);
	return count * 4 > (size_t)pane->area.height * 3;
}

uint64_t
people_pane_stays_ms(const struct people_pane *pane, const struct model_room *room,
		     uint64_t now)
{
	uint64_t since = now - pane->moves[pane->move_at];

	return since < MOVES_MS && is_tall(pane, room) ? MOVES_MS - since : 0;
}

void
people_pane_page_moved(struct people_pane *pane, uint64_t now)
{
	pane->moves[pane->move_at] = now;
	pane->move_at = (pane->move_at + 1) % MOVES;
}

void
people_pane_moved(struct people_pane *pane, int rows)
{
	int height = pane->area.height, distance = abs(rows);

	if (!pane->painted || rows == 0 || distance >= height)
		return;
	struct pane_row *from = pane->painted + (rows > 0 ? 0 : height - distance);
	struct pane_row *kept = pane->painted + (rows > 0 ? distance : 0);
	for (int i = 0; i < distance; i++)
		free(from[i].text);
	memmove(pane->painted + (rows > 0 ? 0 : distance), kept,
		(size_t)(height - distance) * sizeof *pane->painted);
	memset(pane->painted + (rows > 0 ? height - distance : 0), 0,
	       (size_t)distance * sizeof *pane->painted);
}

/* Paints the next row unless it stands there already. */
static void
put_row(struct people_pane *pane, struct screen *screen, int role, char *take_text)
{
	struct pane_row *row = &pane->painted[pane->y];
	int y = pane->area.y + pane->y++;

	if (row->text && row->role == role && strcmp(row->text, take_text) == 0) {
		free(take_text);
		return;
	}
	if (!row->text) {
		screen_put_row(screen, y, pane->area.x, EDGE_COLUMNS, ROLE_DAY, EDGE);
	}
	char *cut = text_ellipsis(take_text, pane->area.width - EDGE_COLUMNS);
	screen_put_row(screen, y, pane->area.x + EDGE_COLUMNS,
		       pane->area.width - EDGE_COLUMNS, role, cut);
	free(cut);
	free(row->text);
	*row = (struct pane_row){take_text, role};
}

static bool
is_full(const struct people_pane *pane)
{
	return pane->y >= pane->area.height;
}

static void
put_heading(struct people_pane *pane, struct screen *screen, enum bridge_role role,
	    size_t count)
{
	put_row(pane, screen, ROLE_GROUP,
		mem_printf("%zu %s", count, occupant_heading(role, count)));
}

/* A nick has the colour that it has in the conversation; who is away is pale. */
static int
role_of(const struct occupant *who, const struct theme *theme)
{
	if (who->show == show_AWAY || who->show == show_XA)
		return ROLE_OFFLINE;
	return who->is_own ? (int)ROLE_NICK_OWN : theme_nick_role(theme, who->nick);
}

static void
put_people(struct people_pane *pane, struct occupants *people, const struct theme *theme,
	   struct screen *screen)
{
	size_t count;
	const struct occupant *const *rows = occupants_sorted(people, &count);

	for (size_t i = 0; i < count && !is_full(pane); i++) {
		const struct occupant *who = rows[i];

		if (i == 0 || rows[i - 1]->role != who->role)
			put_heading(pane, screen, who->role,
				    occupants_with_role(people, who->role));
		if (is_full(pane))
			return;
		if (pane->y == pane->area.height - 1 && i + 1 < count) {
			put_row(pane, screen, ROLE_DETAIL,
				mem_printf(" and %zu more", count - i));
			return;
		}
		put_row(pane, screen, role_of(who, theme),
			mem_printf("%s%s", occupant_sign(who), who->shown));
	}
}

void
people_pane_draw(struct people_pane *pane, const struct model_room *room,
		 const struct theme *theme, struct screen *screen)
{
	if (!pane->painted)
		return;
	pane->y = 0;
	if (room && room->people)
		put_people(pane, room->people, theme, screen);
	while (!is_full(pane))
		put_row(pane, screen, ROLE_TEXT, mem_strdup(""));
}
