/*
 * Bookmarks: as XML, there and back, with what is not understood; and from ourselves
 * only.
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
#define OLD(attributes, inside)                                                          \
	"<conference xmlns='storage:bookmarks' " attributes ">" inside "</conference>"
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

/* ---- as XML ---- */

static const struct {
	const char *xml;
	bool is_old;
	const char *jid, *name, *nick, *password;
	bool is_autojoin;
} readings[] = {
	{ITEM(ROOM, "", ""), false, ROOM, NULL, NULL, NULL, false},
	{ITEM(ROOM, "name='The den' autojoin='true'",
	      "<nick>me</nick><password>p</password>"),
	 false, ROOM, "The den", "me", "p", true},
	{ITEM("Den@Rooms.Example.org", "autojoin='1' name=''", "<nick/><password/>"),
	 false, ROOM, NULL, NULL, NULL, true},
	{ITEM(ROOM, "autojoin='yes'", "<nick xmlns='urn:x'>other</nick>"), false, ROOM,
	 NULL, NULL, NULL, false},
	{ITEM("rooms.example.org", "", ""), false, NULL, NULL, NULL, NULL, false},
	{ITEM(ROOM "/nick", "", ""), false, NULL, NULL, NULL, NULL, false},
	{ITEM("@x", "", ""), false, NULL, NULL, NULL, NULL, false},
	{"<item id='" ROOM "'><conference xmlns='urn:x'/></item>", false, NULL, NULL,
	 NULL, NULL, false},
	{"<item id='" ROOM "'/>", false, NULL, NULL, NULL, NULL, false},
	{OLD("jid='" ROOM "' name='Den' autojoin='1'", "<nick>me</nick>"), true, ROOM,
	 "Den", "me", NULL, true},
	{OLD("name='Den'", ""), true, NULL, NULL, NULL, NULL, false},
};

static void
is_text(const char *a, const char *b)
{
	if (b)
		assert_string_equal(a, b);
	else
		assert_null(a);
}

static void
what_is_a_bookmark_is_read(void **state)
{
	struct stanza_ctx *ctx = stanza_ctx_new();
	(void)state;
	for (size_t i = 0; i < sizeof readings / sizeof *readings; i++) {
		struct arena arena = {0};
		struct bookmark row = {0};
		const char *password = NULL;
		struct stanza *stanza = read_xml(ctx, readings[i].xml);
		int result = readings[i].is_old
				     ? bookmark_read_old(stanza, &arena, &row, &password)
				     : bookmark_read(stanza, &arena, &row, &password);
		assert_int_equal(result == 0, readings[i].jid != NULL);
		is_text(row.jid, readings[i].jid);
		is_text(row.name, readings[i].name);
		is_text(row.nick, readings[i].nick);
		is_text(password, readings[i].password);
		assert_int_equal(row.has_password, readings[i].password != NULL);
		assert_int_equal(row.is_autojoin, readings[i].is_autojoin);
		stanza_free(stanza);
		arena_done(&arena);
	}
	stanza_ctx_free(ctx);
}

#define MORE                                                                             \
	"<extensions xmlns=\"urn:xmpp:bookmarks:1\"><a b=\"&#34;\" xmlns=\"urn:a\">"     \
	"<c xmlns=\"urn:c\">&lt;t&gt;</c></a><extensions/></extensions>"

static void
what_is_not_understood_is_written_as_it_was(void **state)
{
	struct stanza_ctx *ctx = stanza_ctx_new();
	struct arena arena = {0};
	struct bookmark row = {0};
	const char *password = NULL;
	struct stanza *stanza = read_xml(ctx, ITEM(ROOM, "name='x'", MORE));
	(void)state;
	assert_int_equal(bookmark_read(stanza, &arena, &row, &password), 0);
	assert_string_equal(row.extensions, MORE);
	row.name = "y";
	struct stanza *item = stanza_new(ctx, "item", "");
	bookmark_write(item, &row, "key");
	char *xml = stanza_print(item);
	assert_non_null(strstr(xml, "name=\"y\""));
	assert_non_null(strstr(xml, "<password>key</password>"));
	assert_non_null(strstr(xml, "&lt;t&gt;"));
	struct bookmark again = {0};
	assert_int_equal(bookmark_read(item, &arena, &again, &password), 0);
	assert_string_equal(again.extensions, MORE);
	free(xml);
	stanza_free(item);
	stanza_free(stanza);
	arena_done(&arena);
	stanza_ctx_free(ctx);
}

static void
an_old_one_keeps_its_other_children(void **state)
{
	struct stanza_ctx *ctx = stanza_ctx_new();
	struct arena arena = {0};
	struct bookmark row = {0};
	const char *password = NULL;
	struct stanza *old =
		read_xml(ctx, OLD("jid='" ROOM "'", "<nick>me</nick><z xmlns='urn:z'/>"));
	(void)state;
	assert_int_equal(bookmark_read_old(old, &arena, &row, &password), 0);
	row.nick = "you";
	struct stanza *storage = stanza_new(ctx, "storage", "storage:bookmarks");
	bookmark_write_old(storage, &row, NULL, old);
	const struct stanza *written = stanza_child(storage, "conference", NULL);
	assert_string_equal(stanza_child_text(written, "nick", NULL), "you");
	assert_int_equal(stanza_count(written, "nick", NULL), 1);
	assert_int_equal(stanza_count(written, "z", "urn:z"), 1);
	stanza_free(storage);
	stanza_free(old);
	arena_done(&arena);
	stanza_ctx_free(ctx);
}

#define EXTENSIONS(inside)                                                               \
	"<extensions xmlns=\"urn:xmpp:bookmarks:1\">" inside "</extensions>"
#define NOTIFY(version, inside)                                                          \
	"<notify xmlns=\"urn:xmpp:notification-settings:" version "\">" inside "</"      \
	"notify>"
#define OTHER "<x xmlns=\"urn:x\"/>"

static const struct {
	const char *extensions;
	enum bridge_notify rule, new_rule;
	const char *wanted;
} notifications[] = {
	{NULL, notify_DEFAULT, notify_ALL, EXTENSIONS(NOTIFY("1", "<always/>"))},
	{EXTENSIONS(OTHER), notify_DEFAULT, notify_NOTHING,
	 EXTENSIONS(OTHER NOTIFY("1", "<never/>"))},
	{EXTENSIONS(NOTIFY("0", "<on-mention/>") OTHER), notify_MENTIONS, notify_ALL,
	 EXTENSIONS(NOTIFY("0", "<always/>") OTHER)},
	{EXTENSIONS(NOTIFY("1", "<never client-type=\"mobile\"/><always/><advanced/>")),
	 notify_ALL, notify_NOTHING,
	 EXTENSIONS(NOTIFY("1", "<never/><never client-type=\"mobile\"/><advanced/>"))},
	{EXTENSIONS(NOTIFY("0", "<never/>") NOTIFY("1", "<always/>")), notify_ALL,
	 notify_DEFAULT, NULL},
	{EXTENSIONS(OTHER NOTIFY("1", "<sometimes/>")), notify_DEFAULT, notify_DEFAULT,
	 EXTENSIONS(OTHER NOTIFY("1", "<sometimes/>"))},
};

static void
the_rule_of_notification_is_read_and_written(void **state)
{
	struct stanza_ctx *ctx = stanza_ctx_new();
	(void)state;
	for (size_t i = 0; i < sizeof notifications / sizeof *notifications; i++) {
		struct arena arena = {0};
		enum bridge_notify rule = notify_DEFAULT;
		bool has = bookmark_notify(ctx, notifications[i].extensions, &rule);
		assert_int_equal(has, notifications[i].rule != notify_DEFAULT);
		assert_int_equal(rule, notifications[i].rule);
		is_text(bookmark_with_notify(ctx, notifications[i].extensions,
					     notifications[i].new_rule, &arena),
			notifications[i].wanted);
		arena_done(&arena);
	}
	stanza_ctx_free(ctx);
}

/* ---- rooms that only write down what is asked of them ---- */

static struct {
	struct room *room; /* the only one; NULL: none is known */
	int joins, leaves;
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_a_bookmark_is_read),
		cmocka_unit_test(what_is_not_understood_is_written_as_it_was),
		cmocka_unit_test(an_old_one_keeps_its_other_children),
		cmocka_unit_test(the_rule_of_notification_is_read_and_written),
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
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
