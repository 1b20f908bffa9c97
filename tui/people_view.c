/*
 * Rows for the list widget, in the order of the set, a heading with a count before each
 * role.
 */
#include "tui/people_view.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/base/arena.h"
#include "bridge/base/mem.h"
#include "tui/model_room.h"
#include "tui/occupants.h"
#include "widgets/list.h"
#include "widgets/theme.h"

struct people_view {
	struct list *list;
};

struct people_view *
people_view_new(void)
{
	struct people_view *view = mem_alloc(sizeof *view);

	view->list = list_new();
	list_set_empty_text(view->list, "Nobody here is called so.");
	return view;
}

void
people_view_free(struct people_view *view)
{
	if (!view)
		return;
	list_free(view->list);
	free(view);
}

struct list *
people_view_list(struct people_view *view)
{
	return view->list;
}

static bool
fits(const struct occupant *who, const char *search)
{
	return strcasestr(who->nick, search) ||
	       (who->jid && strcasestr(who->jid, search));
}

static const char *
detail_of(struct arena *arena, const struct occupant *who)
{
	static const char *const affiliations[affiliation_COUNT] = {
		[affiliation_OUTCAST] = "banned, ",
		[affiliation_MEMBER] = "member, ",
		[affiliation_ADMIN] = "admin, ",
		[affiliation_OWNER] = "owner, ",
	};
	const char *what = affiliations[who->affiliation];

	return arena_printf(arena, "%s%s%s%s%s%s%s", what ? what : "",
			    bridge_role_text(who->role), who->jid ? " · " : "",
			    who->jid ? who->jid : "", who->text ? " · " : "",
			    who->text ? who->text : "", who->is_own ? " · you" : "");
}

static struct list_row
row_of(struct arena *arena, const struct occupant *who)
{
	static const struct {
		const char *text;
		int role;
	} marks[show_COUNT] = {
		[show_OFFLINE] = {"●", ROLE_ONLINE}, [show_ONLINE] = {"●", ROLE_ONLINE},
		[show_CHAT] = {"●", ROLE_ONLINE},    [show_AWAY] = {"◐", ROLE_AWAY},
		[show_XA] = {"◐", ROLE_AWAY},	     [show_DND] = {"■", ROLE_DND},
	};

	return (struct list_row){
		.key = who->nick,
		.mark = marks[who->show].text,
		.mark_role = marks[who->show].role,
		.text = who->shown,
		.role = ROLE_TEXT,
		.detail = detail_of(arena, who),
	};
}

void
people_view_update(struct people_view *view, const struct model_room *room,
		   const char *search)
{
	struct arena arena = {0};
	size_t total = 0, count = 0;
	const struct occupant *const *people = NULL;
	const struct occupant *before = NULL;

	if (room && room->people)
		people = occupants_sorted(room->people, &total);
	struct list_row *rows = mem_array(total + role_COUNT + 1, sizeof *rows);
	for (size_t i = 0; i < total; i++) {
		const struct occupant *who = people[i];

		if (!fits(who, search))
			continue;
		if (!before || before->role != who->role) {
			size_t same = occupants_with_role(room->people, who->role);

			rows[count++] = (struct list_row){
				.text = arena_printf(&arena, "%zu %s", same,
						     occupant_heading(who->role, same)),
				.role = ROLE_GROUP};
		}
		rows[count++] = row_of(&arena, who);
		before = who;
	}
	list_set(view->list, rows, count);
	free(rows);
	arena_done(&arena);
}
