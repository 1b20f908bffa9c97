/*
 * A set sorted by nick, and beside it the order in which it is shown, which is made anew
 * only when somebody looks after a change: a join of thousands sorts once.
 */
#include "tui/occupants.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"
#include "tui/by_jid.h"
#include "tui/nick.h"

enum { JID_MAX = 3071, TEXT_MAX = 1024 };

struct occupants {
	struct by_jid by_nick; /* struct occupant */
	const struct occupant **order;
	size_t roles[role_COUNT];
	bool is_sorted;
};

struct occupants *
occupants_new(void)
{
	return mem_alloc(sizeof(struct occupants));
}

static void
occupant_free(struct occupant *occupant)
{
	if (occupant->shown != occupant->nick)
		free(occupant->shown);
	free(occupant->nick);
	free(occupant->jid);
	free(occupant->text);
	free(occupant);
}

void
occupants_free(struct occupants *people)
{
	if (!people)
		return;
	for (size_t i = 0; i < people->by_nick.count; i++)
		occupant_free(people->by_nick.rows[i]);
	by_jid_done(&people->by_nick);
	free(people->order);
	free(people);
}

bool
occupants_remove(struct occupants *people, const char *nick)
{
	struct occupant *occupant = by_jid_take(&people->by_nick, nick);

	if (!occupant)
		return false;
	people->roles[occupant->role]--;
	people->is_sorted = false;
	occupant_free(occupant);
	return true;
}

/* Those of most rooms can be shown as they are. */
static void
set_nick(struct occupant *occupant, const char *nick)
{
	occupant->nick = mem_strdup(nick);
	occupant->shown = nick_shown(nick);
	if (strcmp(occupant->shown, nick) == 0) {
		free(occupant->shown);
		occupant->shown = occupant->nick;
	}
}

static void
set_text(char **slot, const char *text, size_t max)
{
	free(*slot);
	*slot = text && text[0] ? clean_text(text, CLEAN_LINE, max) : NULL;
}

void
occupants_put(struct occupants *people, const struct bridge_occupant *record,
	      const char *was)
{
	if (was && was[0] && strcmp(was, record->nick) != 0)
		(void)occupants_remove(people, was);
	struct occupant *mine = by_jid_find(&people->by_nick, record->nick);
	if (!mine) {
		mine = mem_alloc(sizeof *mine);
		set_nick(mine, record->nick);
		by_jid_add(&people->by_nick, mine);
		people->is_sorted = false;
	} else {
		people->roles[mine->role]--;
		people->is_sorted = people->is_sorted && mine->role == record->role;
	}
	set_text(&mine->jid, record->jid, JID_MAX);
	set_text(&mine->text, record->text, TEXT_MAX);
	mine->role = record->role;
	mine->affiliation = record->affiliation;
	mine->show = record->show;
	mine->is_own = record->is_own;
	people->roles[mine->role]++;
}

const struct occupant *
occupants_find(const struct occupants *people, const char *nick)
{
	return by_jid_find(&people->by_nick, nick);
}

static int
compare(const void *a, const void *b)
{
	const struct occupant *one = *(const struct occupant *const *)a;
	const struct occupant *two = *(const struct occupant *const *)b;

	if (one->role != two->role)
		return two->role > one->role ? 1 : -1;
	int order = strcasecmp(one->nick, two->nick);
	return order != 0 ? order : strcmp(one->nick, two->nick);
}

const struct occupant *const *
occupants_sorted(struct occupants *people, size_t *ret_count)
{
	size_t count = people->by_nick.count;

	*ret_count = count;
	if (people->is_sorted)
		return people->order;
	people->order =
		mem_resize(people->order, count ? count : 1, sizeof *people->order);
	for (size_t i = 0; i < count; i++)
		people->order[i] = people->by_nick.rows[i];
	qsort(people->order, count, sizeof *people->order, compare);
	people->is_sorted = true;
	return people->order;
}

size_t
occupants_with_role(const struct occupants *people, enum bridge_role role)
{
	return people->roles[role];
}

const char *
occupant_sign(const struct occupant *occupant)
{
	if (occupant->affiliation == affiliation_OWNER)
		return "&";
	if (occupant->affiliation == affiliation_ADMIN)
		return "~";
	if (occupant->role == role_MODERATOR)
		return "@";
	if (occupant->role == role_VISITOR)
		return "-";
	return occupant->affiliation == affiliation_MEMBER ? "+" : "";
}

const char *
occupant_heading(enum bridge_role role, size_t count)
{
	static const char *const names[role_COUNT][2] = {
		[role_NONE] = {"Other", "Others"},
		[role_VISITOR] = {"Visitor", "Visitors"},
		[role_PARTICIPANT] = {"Participant", "Participants"},
		[role_MODERATOR] = {"Moderator", "Moderators"},
	};

	return names[role][count == 1 ? 0 : 1];
}
