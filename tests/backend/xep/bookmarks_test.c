/*
 * Bookmarks: from ourselves only, and rooms follow them, with the passwords in them.
 */
#include "backend/xep/bookmarks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/xep/bookmark_xml.h"
#include "tests/backend/xep/bookmarks_double.h"

#define EXTENSIONS(inside)                                                               \
	"<extensions xmlns=\"urn:xmpp:bookmarks:1\">" inside "</extensions>"
#define NOTIFY(version, inside)                                                          \
	"<notify xmlns=\"urn:xmpp:notification-settings:" version "\">" inside "</"      \
	"notify>"

/* ---- from whom ---- */

static const struct {
	const char *message;
	enum inbound_origin origin;
	size_t count; /* of bookmarks afterwards */
} events[] = {
	{EVENT("from='" STRANGER "'", ITEM(ROOM, "", "")), INBOUND_LIVE, 0},
	{EVENT("from='" FRIEND "'", ITEM(ROOM, "", "")), INBOUND_LIVE, 0},
	{EVENT("from='" ME "/other'", ITEM(ROOM, "", "")), INBOUND_LIVE, 0},
	{EVENT("", ITEM(ROOM, "", "")), INBOUND_LIVE, 0},
	{EVENT("from='" ME "'", ITEM(ROOM, "", "")), INBOUND_CARBON, 0},
	{EVENT("from='" ME "'", ITEM(ROOM, "", "")), INBOUND_ARCHIVE, 0},
	{EVENT("from='" ME "'", ITEM("nonsense", "", "")), INBOUND_LIVE, 0},
	{EVENT("from='" ME "'", ITEM(ROOM, "", "")), INBOUND_LIVE, 1},
	{EVENT("from='" STRANGER "'", "<retract id='" ROOM "'/>"), INBOUND_LIVE, 1},
	{EVENT("from='" ME "'", "<retract id='other@rooms.example.org'/>"), INBOUND_LIVE,
	 1},
	{EVENT("from='" ME "'", "<retract id='" ROOM "'/>"), INBOUND_LIVE, 0},
};

static void
only_our_own_account_changes_bookmarks(void **state)
{
	struct profile *profile = *state;
	stored_job(profile, look);
	for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
		(void)stored_message(profile, events[i].message, events[i].origin);
		assert_int_equal(count(profile), events[i].count);
	}
}

static void
ours_wins_while_the_server_is_to_be_told(void **state)
{
	struct profile *profile = *state;
	struct bookmark row;
	stored_job(profile, look);
	stored_job(profile, set);
	(void)stored_message(profile,
			     EVENT("from='" ME "'", ITEM(ROOM, "name='Theirs'", "")),
			     INBOUND_LIVE);
	assert_int_equal(
		bookmarks_get(profile_store(profile), ROOM, &profile->arena, &row), 0);
	assert_string_equal(row.name, "Ours");
	(void)stored_message(profile, EVENT("from='" ME "'", "<retract id='" ROOM "'/>"),
			     INBOUND_LIVE);
	assert_int_equal(count(profile), 1);
}

static void
rooms_follow_their_bookmarks(void **state)
{
	struct profile *profile = *state;
	stored_job(profile, look);
	(void)stored_message(
		profile,
		EVENT("from='" ME "'", ITEM(ROOM, "autojoin='true'",
					    "<nick>Me</nick><password>key</password>")),
		INBOUND_LIVE);
	assert_int_equal(rooms.joins, 1);
	assert_string_equal(rooms.nick, "Me");
	assert_string_equal(rooms.password, "key");
	rooms.room->state = room_state_IN;
	/* The same again, or another name, is no reason to do anything. */
	(void)stored_message(
		profile,
		EVENT("from='" ME "'", ITEM(ROOM, "autojoin='true' name='n'",
					    "<nick>Me</nick><password>key</password>")),
		INBOUND_LIVE);
	assert_int_equal(rooms.joins, 1);
	(void)stored_message(profile, EVENT("from='" ME "'", ITEM(ROOM, "", "")),
			     INBOUND_LIVE);
	assert_int_equal(rooms.leaves, 1);
	/* Wished here, whatever the bookmark says: only its change counts. */
	rooms.room->is_wanted = true;
	(void)stored_message(profile, EVENT("from='" ME "'", ITEM(ROOM, "name='x'", "")),
			     INBOUND_LIVE);
	assert_int_equal(rooms.leaves, 1);
}

/* ---- the rule of notification ---- */

static enum bridge_notify rule_to_set;

static void
set_rule(struct profile *profile)
{
	bookmarks_set_notify(profile, rooms.room, rule_to_set);
}

static void
set_rule_to(struct profile *profile, enum bridge_notify rule)
{
	rule_to_set = rule;
	stored_job(profile, set_rule);
}

#define OLD_ANSWER                                                                       \
	"<iq type='result'><query xmlns='jabber:iq:private'><storage "                   \
	"xmlns='storage:bookmarks'><conference jid='" ROOM "'/></storage></query></iq>"

static void
a_rule_stays_here_where_bookmarks_have_no_room_for_it(void **state)
{
	struct profile *profile = *state;
	rooms.room = room_new(ROOM);
	/* Nobody is asked yet, so it goes to the bookmark first. */
	stored_job(profile, set);
	set_rule_to(profile, notify_NOTHING);
	for (int i = 0; i < 3; i++) {
		stored_job(profile, look_at_old);
		stored_answer(profile, OLD_ANSWER);
		if (i == 0)
			stored_answer(profile, "<iq type='result'/>");
		assert_int_equal(rooms.room->notify, notify_NOTHING);
	}
}

/* What the bookmark of the room says. */
static enum bridge_notify
kept_rule(struct profile *profile)
{
	struct bookmark row;
	enum bridge_notify rule = notify_DEFAULT;
	assert_int_equal(
		bookmarks_get(profile_store(profile), ROOM, &profile->arena, &row), 0);
	(void)bookmark_notify(profile->ctx, row.extensions, &rule);
	return rule;
}

static void
a_rule_that_was_set_offline_reaches_the_bookmark(void **state)
{
	struct profile *profile = *state;
	rooms.room = room_new(ROOM);
	stored_job(profile, set);
	set_rule_to(profile, notify_NOTHING);
	assert_int_equal(kept_rule(profile), notify_NOTHING);
	stored_job(profile, look);
	(void)stored_message(profile,
			     EVENT("from='" ME "'",
				   ITEM(ROOM, "", EXTENSIONS(NOTIFY("1", "<always/>")))),
			     INBOUND_LIVE);
	assert_int_equal(rooms.room->notify, notify_NOTHING);
	assert_int_equal(kept_rule(profile), notify_NOTHING);
}

static void
a_new_bookmark_takes_the_rule_over(void **state)
{
	struct profile *profile = *state;
	rooms.room = room_new(ROOM);
	stored_job(profile, look);
	set_rule_to(profile, notify_ALL);
	stored_job(profile, set);
	assert_int_equal(kept_rule(profile), notify_ALL);
}

static void
come_in(struct profile *profile)
{
	bookmarks_joined(profile, rooms.room);
}

static void
who_joins_finds_the_rule_of_the_bookmark(void **state)
{
	struct profile *profile = *state;
	stored_job(profile, look);
	(void)stored_message(profile,
			     EVENT("from='" ME "'",
				   ITEM(ROOM, "", EXTENSIONS(NOTIFY("0", "<never/>")))),
			     INBOUND_LIVE);
	rooms.room = room_new(ROOM);
	stored_job(profile, come_in);
	assert_int_equal(rooms.room->notify, notify_NOTHING);
}

static void
frontends_are_told_the_beginning_of_a_long_name(void **state)
{
	static char name[3000];
	struct arena arena = {0};
	struct bridge_bookmark record;
	struct bookmark row = {.jid = ROOM, .name = name, .nick = "me"};
	(void)state;
	memset(name, 'n', sizeof name - 1);
	bookmarks_fill(&row, &arena, &record);
	assert_int_equal(strlen(record.name), 1023);
	assert_string_equal(record.nick, "me");
	arena_done(&arena);
}

#define TEST(name)                                                                       \
	cmocka_unit_test_setup_teardown(name, bookmarks_set_up, bookmarks_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(only_our_own_account_changes_bookmarks,
						bookmarks_set_up, bookmarks_tear_down),
		cmocka_unit_test_setup_teardown(ours_wins_while_the_server_is_to_be_told,
						bookmarks_set_up, bookmarks_tear_down),
		cmocka_unit_test_setup_teardown(rooms_follow_their_bookmarks,
						bookmarks_set_up, bookmarks_tear_down),
		TEST(a_rule_stays_here_where_bookmarks_have_no_room_for_it),
		TEST(a_rule_that_was_set_offline_reaches_the_bookmark),
		TEST(a_new_bookmark_takes_the_rule_over),
		TEST(who_joins_finds_the_rule_of_the_bookmark),
		TEST(frontends_are_told_the_beginning_of_a_long_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
