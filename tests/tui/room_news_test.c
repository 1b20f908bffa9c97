/*
 * What is told of a room that changes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/base/mem.h"
#include "tui/model_room.h"
#include "tui/room_news.h"

/* The choice that TEXT names among COUNT of them. */
static int
value_of(const struct bridge_choice_row *choice, const char *text)
{
	for (int i = 0; text && i < choice->count; i++)
		if (strcmp(choice->values[i].text, text) == 0)
			return i;
	return 0;
}

/* ROOM becomes what STEP says: "state,role,affiliation,subject,who set it,open"; what is
 * said. */
static char *
take(struct model_room *room, const char *step, const char *condition)
{
	char copy[128];
	char *rest = copy, *words[6] = {0};

	(void)snprintf(copy, sizeof copy, "%s", step);
	for (size_t i = 0; i < 6 && rest; i++)
		words[i] = strsep(&rest, ",");
	room->state = (enum bridge_room_state)value_of(&choice_room_state, words[0]);
	room->role = (enum bridge_role)value_of(&choice_role, words[1]);
	room->affiliation =
		(enum bridge_affiliation)value_of(&choice_affiliation, words[2]);
	mem_replace(&room->subject, words[3] ? words[3] : "");
	mem_replace(&room->subject_by, words[4] ? words[4] : "");
	room->is_open = words[5] && strcmp(words[5], "open") == 0;
	mem_replace(&room->reason, room->state == room_state_REFUSED ? "No." : "");
	bool has_moved = condition && strcmp(condition, "gone") == 0;
	mem_replace(&room->moved_to, has_moved ? "cave@example.org" : "");
	return room_news(room, condition);
}

static void
what_changed_is_told_once(void **state)
{
	static const struct {
		const char *steps; /* the last one is looked at */
		const char *told, *condition;
	} cases[] = {
		/* Coming in, and what one may do then. */
		{"entering in,participant", NULL, NULL},
		{"entering in,visitor",
		 "You may read here, but not speak: /voice asks for that.", NULL},
		{"in,visitor waiting entering in,visitor", NULL, NULL},
		{"in,participant in,visitor", "You may not speak here any more.", NULL},
		{"in,visitor in,participant", "You may speak here now.", NULL},
		{"in,participant in,moderator", "You are a moderator here now.", NULL},
		{"in,moderator in,participant", "You are no moderator here any more.",
		 NULL},
		{"in,participant,none in,moderator,owner",
		 "You are an owner of this room now.", NULL},
		{"in,moderator,owner in,participant,none",
		 "You are no owner of this room any more.", NULL},
		{"in,participant,member in,visitor,none",
		 "You are no member of this room any more. "
		 "You may not speak here any more.",
		 NULL},
		/* Who sees one's address. */
		{"entering in,participant,,,,open", "Everybody here sees your address.",
		 NULL},
		{"in,visitor,,,,open waiting,,,,,open in,visitor,,,,open", NULL, NULL},
		{"in in,,,,,open", "Everybody here sees your address.", NULL},
		{"in,,,,,open in", "Only moderators see your address now.", NULL},
		{"in,,,,,open out,,,,,open in,,,,,open",
		 "Everybody here sees your address.", NULL},
		/* Subjects. */
		{"in in,,,Tea,Bob", "Subject by Bob: Tea", NULL},
		{"in in,,,Tea", "Subject: Tea", NULL},
		{"in,,,Tea in,,,Tea,Bob", NULL, NULL},
		{"in,,,Tea in,,,Cake,Ann", "Subject by Ann: Cake", NULL},
		{"in,,,Tea in,,,,Bob", "Bob took the subject away.", NULL},
		{"in,,,Tea waiting entering in in,,,Tea,Bob", NULL, NULL},
		/* Going out. */
		{"in refused", "No.", "banned"},
		{"in refused", "No. /join goes back in.", "kicked"},
		{"in waiting entering refused", "No.", "forbidden"},
		{"entering refused", NULL, "forbidden"},
		{"out entering refused", NULL, "forbidden"},
		{"in out", NULL, NULL},
		{"in refused", "No. /join goes there.", "gone"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct model_room room = {0};
		char copy[128];
		char *rest = NULL, *said = NULL;

		(void)snprintf(copy, sizeof copy, "%s", cases[i].steps);
		char *step = strtok_r(copy, " ", &rest);
		free(take(&room, step, NULL));
		room_news_begin(&room);
		for (char *next = strtok_r(NULL, " ", &rest); next;
		     next = strtok_r(NULL, " ", &rest)) {
			free(said);
			said = take(&room, next, cases[i].condition);
			step = next;
		}
		assert_string_equal(said ? said : "", cases[i].told ? cases[i].told : "");
		assert_null(take(&room, step, cases[i].condition));
		free(said);
		free(room.told.subject);
		free(room.subject);
		free(room.subject_by);
		free(room.reason);
		free(room.moved_to);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_changed_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
