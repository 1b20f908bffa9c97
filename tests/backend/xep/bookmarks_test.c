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

#include "backend/muc/muc.h"
#include "backend/store/store.h"
#include "backend/xep/bookmark_xml.h"
#include "backend/xmpp/snippet.h"
#include "tests/backend/xep/stored_double.h"

#define ROOM "den@rooms.example.org"
#define ITEM(id, attributes, inside)                                                     \
	"<item id='" id "'><conference xmlns='urn:xmpp:bookmarks:1' " attributes         \
	">" inside "</conference></item>"
#define EXTENSIONS(inside)                                                               \
	"<extensions xmlns=\"urn:xmpp:bookmarks:1\">" inside "</extensions>"
#define NOTIFY(version, inside)                                                          \
	"<notify xmlns=\"urn:xmpp:notification-settings:" version "\">" inside "</"      \
	"notify>"
#define EVENT(from, inside)                                                              \
	"<message type='headline' " from "><event "                                      \
	"xmlns='http://jabber.org/protocol/pubsub#event'>"                               \
	"<items node='urn:xmpp:bookmarks:1'>" inside "</items></event></message>"
#define PEP                                                                              \
	"<query xmlns='http://jabber.org/protocol/disco#info'>"                          \
	"<identity category='pubsub' type='pep'/>"                                       \
	"<feature var='http://jabber.org/protocol/pubsub#publish-options'/></query>"

static struct stanza *
read_xml(struct stanza_ctx *ctx, const char *text)
{
	struct stanza *stanza = NULL;
	assert_int_equal(snippet_read(ctx, text, strlen(text), &stanza), 0);
	return stanza;
}

/* ---- rooms that only write down what is asked of them ---- */

static struct {
	struct room *room; /* the only one; NULL: none is known */
	int joins, leaves, turns;
	char nick[64], password[64];
} rooms;

struct room *
muc_find(const struct profile *profile, const char *jid)
{
	(void)profile;
	return rooms.room && strcmp(rooms.room->jid, jid) == 0 ? rooms.room : NULL;
}

void
muc_join(struct profile *profile, const struct muc_join *join,
	 struct serve_request *request)
{
	(void)profile;
	assert_null(request);
	if (!rooms.room)
		rooms.room = room_new(join->jid);
	rooms.room->is_wanted = true;
	rooms.joins++;
	(void)snprintf(rooms.nick, sizeof rooms.nick, "%s", join->nick ? join->nick : "");
	(void)snprintf(rooms.password, sizeof rooms.password, "%s",
		       join->password ? join->password : "");
}

void
muc_leave(struct profile *profile, struct room *room, const char *text)
{
	(void)profile, (void)text;
	room->is_wanted = false;
	rooms.leaves++;
}

void
muc_set_notify(struct profile *profile, struct room *room, enum bridge_notify rule)
{
	(void)profile;
	room->notify = rule;
}

void
muc_go_on(struct profile *profile)
{
	(void)profile;
	rooms.turns++;
}

/* ---- from whom ---- */

static int
set_up(void **state)
{
	struct profile *profile = stored_new(&module_bookmarks);
	profile->states[MODULE_muc] = &rooms;
	*state = profile;
	return 0;
}

static int
tear_down(void **state)
{
	stored_free(*state);
	room_free(rooms.room);
	memset(&rooms, 0, sizeof rooms);
	return 0;
}

static void
look(struct profile *profile)
{
	struct stanza *query = read_xml(profile->ctx, PEP);
	bookmarks_look(profile, query);
	stanza_free(query);
}

static size_t
count(struct profile *profile)
{
	struct bookmark_list list = {0};
	assert_int_equal(bookmarks_list(profile_store(profile), &profile->arena, &list),
			 0);
	return list.count;
}

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
set(struct profile *profile)
{
	bookmarks_set(profile, &(struct bookmark_change){.jid = ROOM, .name = "Ours"});
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

static void
look_at_old(struct profile *profile)
{
	struct stanza *query =
		read_xml(profile->ctx, "<query xmlns='http://jabber.org/protocol/"
				       "disco#info'/>");
	bookmarks_look(profile, query);
	stanza_free(query);
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

/* ---- passwords that are still to come ---- */

#define LOCKED ITEM(ROOM, "", "<password>key</password>")
#define FETCHED(items)                                                                   \
	"<iq type='result'><pubsub xmlns='http://jabber.org/protocol/pubsub'><items "    \
	"node='urn:xmpp:bookmarks:1'>" items "</items></pubsub></iq>"
#define FAILED(type, condition)                                                          \
	"<iq type='error'><error type='" type "'><" condition                            \
	" xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"

static void
begin(struct profile *profile)
{
	module_bookmarks.on_connect(profile, false);
}

static void
resume(struct profile *profile)
{
	module_bookmarks.on_connect(profile, true);
}

/* A process that knows only from its store of a room with a password. */
static struct profile *
start_again(struct profile *profile, void (*look_how)(struct profile *))
{
	stored_job(profile, begin);
	stored_job(profile, look_how);
	(void)stored_message(profile, EVENT("from='" ME "'", LOCKED), INBOUND_LIVE);
	module_bookmarks.stop(profile);
	module_bookmarks.start(profile);
	return profile;
}

static void
a_room_waits_for_its_password_only_so_long(void **state)
{
	static const char *const answers[] = {NULL,
					      FAILED("wait", "resource-constraint")};
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		struct profile *profile = start_again(*state, look);
		stored_job(profile, begin);
		assert_true(bookmarks_lack_password(profile, ROOM));
		stored_job(profile, look);
		for (int asked = profile->asked, try = 1; try <= 3; try++) {
			stored_answer(profile, answers[i]);
			assert_true(bookmarks_lack_password(profile, ROOM));
			stored_wait(profile, 60 * 1000);
			assert_int_equal(profile->asked, asked + try);
		}
		rooms.turns = 0;
		stored_answer(profile, answers[i]);
		assert_false(bookmarks_lack_password(profile, ROOM));
		assert_int_equal(rooms.turns, 1);
		stored_wait(profile, 60 * 1000);
		/* A change must not go out without the password. */
		free(stored_lines(profile));
		stored_job(profile, set);
		stored_assert(profile, "bookmark-changed " ROOM "\n");
		/* The next stream asks again. */
		stored_job(profile, resume);
		stored_answer(profile, FETCHED(LOCKED));
		char *lines = stored_lines(profile);
		assert_non_null(strstr(lines, "<password>key</password>"));
		free(lines);
		stored_free(profile);
		memset(&rooms, 0, sizeof rooms);
		assert_int_equal(set_up(state), 0);
	}
}

static void
a_stream_that_breaks_leaves_the_question_to_the_next(void **state)
{
	struct profile *profile = start_again(*state, look);
	stored_job(profile, begin);
	stored_job(profile, look);
	profile->is_offline = true;
	stored_answer(profile, NULL);
	assert_null(profile->alarm);
	profile->is_offline = false;
	int asked = profile->asked;
	stored_job(profile, resume);
	assert_int_equal(profile->asked, asked + 1);
	stored_answer(profile, FETCHED(LOCKED));
	assert_false(bookmarks_lack_password(profile, ROOM));
}

static void
nobody_waits_for_a_server_that_keeps_none(void **state)
{
	struct profile *profile = *state;
	start_again(profile, look);
	stored_job(profile, look_at_old);
	stored_answer(profile, FAILED("cancel", "service-unavailable"));
	module_bookmarks.stop(profile);
	module_bookmarks.start(profile);
	assert_true(bookmarks_lack_password(profile, ROOM));
	rooms.turns = 0;
	stored_job(profile, resume);
	assert_false(bookmarks_lack_password(profile, ROOM));
	assert_int_equal(rooms.turns, 1);
}

static void
see(struct profile *profile)
{
	assert_int_equal(bookmarks_see(profile_store(profile), ROOM), 0);
}

static void
what_came_of_a_broken_fetch_does_not_count(void **state)
{
	struct profile *profile = start_again(*state, look);
	stored_job(profile, see);
	stored_job(profile, begin);
	stored_job(profile, look);
	stored_answer(profile, FETCHED(""));
	assert_int_equal(count(profile), 0);
}

/* ---- what was kept in private storage ---- */

#define OLD_ONES                                                                         \
	"<iq type='result'><query xmlns='jabber:iq:private'><storage "                   \
	"xmlns='storage:bookmarks'><conference jid='" ROOM "' name='Den' autojoin='1'>"  \
	"<password>key</password></conference></storage></query></iq>"

static size_t
times(const char *text, const char *part)
{
	size_t found = 0;
	while ((text = strstr(text, part))) {
		text += strlen(part);
		found++;
	}
	return found;
}

/* Logs in anew, with nothing at the account's node; whether the old ones are asked for.
 */
static bool
asks_for_old_ones(struct profile *profile)
{
	stored_job(profile, begin);
	stored_job(profile, look);
	int asked = profile->asked;
	stored_answer(profile, FETCHED(""));
	return profile->asked > asked;
}

static void
old_ones_are_taken_over_when_the_server_told_them(void **state)
{
	struct profile *profile = *state;
	static const char *const later[] = {
		NULL,
		FAILED("wait", "resource-constraint"),
		FAILED("cancel", "internal-server-error"),
	};
	for (size_t i = 0; i < sizeof later / sizeof *later; i++) {
		assert_true(asks_for_old_ones(profile));
		stored_answer(profile, later[i]);
	}
	assert_true(asks_for_old_ones(profile));
	free(stored_lines(profile));
	stored_answer(profile, OLD_ONES);
	assert_int_equal(rooms.joins, 1);
	assert_string_equal(rooms.password, "key");
	char *lines = stored_lines(profile);
	assert_int_equal(times(lines, "bookmark-changed"), 1);
	assert_int_equal(times(lines, "<publish "), 1);
	assert_non_null(strstr(lines, "<password>key</password>"));
	free(lines);
	stored_answer(profile, "<iq type='result'/>");
	assert_false(asks_for_old_ones(profile));
}

static void
none_to_take_over_is_asked_for_once(void **state)
{
	struct profile *profile = *state;
	assert_true(asks_for_old_ones(profile));
	stored_answer(profile, FAILED("cancel", "item-not-found"));
	assert_false(asks_for_old_ones(profile));
}

/* ---- how many ---- */

static void
fill(struct profile *profile)
{
	for (int i = 0; i < 2000; i++) {
		char jid[64];
		(void)snprintf(jid, sizeof jid, "r%d@rooms.example.org", i);
		struct bookmark row = {.jid = jid};
		assert_int_equal(bookmarks_put(profile_store(profile), &row, false), 0);
	}
}

static void
only_so_many_are_taken(void **state)
{
	struct profile *profile = *state;
	struct bookmark row;
	stored_job(profile, look);
	stored_job(profile, fill);
	(void)stored_message(profile,
			     EVENT("from='" ME "'",
				   ITEM(ROOM, "", "")
					   ITEM("r7@rooms.example.org", "name='n'", "")),
			     INBOUND_LIVE);
	assert_int_equal(count(profile), 2000);
	assert_int_equal(bookmarks_get(profile_store(profile), "r7@rooms.example.org",
				       &profile->arena, &row),
			 0);
	assert_string_equal(row.name, "n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(only_our_own_account_changes_bookmarks,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(ours_wins_while_the_server_is_to_be_told,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(rooms_follow_their_bookmarks, set_up,
						tear_down),
		TEST(a_rule_stays_here_where_bookmarks_have_no_room_for_it),
		TEST(a_rule_that_was_set_offline_reaches_the_bookmark),
		TEST(a_new_bookmark_takes_the_rule_over),
		TEST(who_joins_finds_the_rule_of_the_bookmark),
		TEST(a_room_waits_for_its_password_only_so_long),
		TEST(a_stream_that_breaks_leaves_the_question_to_the_next),
		TEST(nobody_waits_for_a_server_that_keeps_none),
		TEST(what_came_of_a_broken_fetch_does_not_count),
		TEST(old_ones_are_taken_over_when_the_server_told_them),
		TEST(none_to_take_over_is_asked_for_once),
		TEST(only_so_many_are_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
