/*
 * Read positions: published one at a time and newest last, taken in from ourselves only.
 */
#include "backend/xep/read_positions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/xmpp/ns.h"
#include "backend/xmpp/snippet.h"
#include "bridge/base/mem.h"
#include "tests/backend/xep/stored_double.h"

/* As the module has them. */
enum { QUIET_MS = 2000, PATIENCE_MS = 10000 };

#define RESULT "<iq type='result' id='q'/>"
#define NODE "node='urn:xmpp:mds:displayed:0'"
#define ITEM(jid, by, line)                                                              \
	"<item id='" jid "'><displayed xmlns='urn:xmpp:mds:displayed:0'>"                \
	"<stanza-id xmlns='urn:xmpp:sid:0' by='" by "' id='" line                        \
	"'/></displayed></item>"
#define ITEMS(items)                                                                     \
	"<iq type='result' id='q'><pubsub xmlns='http://jabber.org/protocol/pubsub'>"    \
	"<items " NODE ">" items "</items></pubsub></iq>"
#define EVENT(from, items)                                                               \
	"<message type='headline' " from "><event "                                      \
	"xmlns='http://jabber.org/protocol/pubsub#event'><items " NODE ">" items         \
	"</items></event></message>"
#define NO_NODE                                                                          \
	"<iq type='error' id='q'><error type='cancel'><item-not-found "                  \
	"xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"
#define REFUSED(type, more)                                                              \
	"<iq type='error' id='q'><error type='" type "'><conflict "                      \
	"xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>" more "</error></iq>"
#define OTHER_RULES                                                                      \
	"<precondition-not-met xmlns='http://jabber.org/protocol/pubsub#errors'/>"

static int
set_up(void **state)
{
	*state = stored_new(&module_read_positions);
	return 0;
}

static int
tear_down(void **state)
{
	stored_free(*state);
	return 0;
}

static const char *disco;

static void
look(struct profile *profile)
{
	struct stanza *query = NULL;
	if (disco)
		assert_int_equal(snippet_read(profile->ctx, disco, strlen(disco), &query),
				 0);
	read_positions_look(profile, query);
	stanza_free(query);
}

static void
be_seen(struct profile *profile)
{
	read_positions_begin(profile);
}

static void
tell_friend(struct profile *profile)
{
	read_positions_tell(profile, FRIEND);
}

static void
resume(struct profile *profile)
{
	module_read_positions.on_connect(profile, true);
}

static void
look_at(struct profile *profile, const char *query)
{
	disco = query;
	stored_job(profile, look);
	stored_job(profile, be_seen);
}

#define QUERY "<query xmlns='http://jabber.org/protocol/disco#info'>"
#define PEP "<identity category='pubsub' type='pep'/>"
#define OPTIONS "<feature var='http://jabber.org/protocol/pubsub#publish-options'/>"

/* Online at a server that can, with nothing published yet. */
static void
begin(struct profile *profile)
{
	look_at(profile, QUERY PEP OPTIONS "</query>");
	stored_answer(profile, NO_NODE);
	free(stored_lines(profile));
}

/* Asserts that one position was published since the last call: the line ID. */
static void
assert_published(struct profile *profile, const char *id)
{
	char *lines = stored_lines(profile);
	char *wanted = mem_printf("<item id=\"" FRIEND "\"><displayed "
				  "xmlns=\"urn:xmpp:mds:displayed:0\"><stanza-id "
				  "id=\"%s\" by=\"" ME "\" xmlns=\"urn:xmpp:sid:0\"/>",
				  id);
	assert_non_null(strstr(lines, wanted));
	assert_non_null(strstr(lines, "<field var=\"pubsub#access_model\"><value>"
				      "whitelist</value>"));
	assert_null(strstr(strchr(lines, '\n'), "send"));
	free(wanted);
	free(lines);
}

static void
only_an_account_that_can_keep_them_is_asked(void **state)
{
	struct profile *profile = *state;
	static const char *const cases[] = {
		NULL,
		QUERY "</query>",
		QUERY PEP "</query>",
		QUERY OPTIONS "</query>",
		QUERY "<identity category='pubsub' type='service'/>" OPTIONS "</query>",
		QUERY "<identity/><feature/></query>",
	};
	(void)stored_read(profile,
			  stored_line(profile, FRIEND, "a", false, MESSAGE_RECEIVED));
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		look_at(profile, cases[i]);
		stored_job(profile, tell_friend);
		stored_assert(profile, "");
	}
	look_at(profile, QUERY PEP OPTIONS "</query>");
	stored_assert(profile, "send <iq id=\"q\" type=\"get\"><pubsub "
			       "xmlns=\"http://jabber.org/protocol/pubsub\"><items "
			       "node=\"urn:xmpp:mds:displayed:0\"/></pubsub></iq>\n");
}

static void
they_are_fetched_when_we_are_told_of_changes(void **state)
{
	struct profile *profile = *state;
	disco = QUERY PEP OPTIONS "</query>";
	stored_job(profile, look);
	stored_assert(profile, "");
	stored_job(profile, be_seen);
	assert_int_equal(profile->asked, 1);
	stored_job(profile, be_seen);
	stored_job(profile, resume);
	assert_int_equal(profile->asked, 1);
	/* What gets no answer is asked for again on the next stream. */
	stored_answer(profile, NULL);
	stored_job(profile, resume);
	assert_int_equal(profile->asked, 2);
	stored_answer(profile, NO_NODE);
	stored_job(profile, resume);
	assert_int_equal(profile->asked, 2);
	/* Who is told only now gets what came meanwhile, by one question at a time. */
	stored_job(profile, be_seen);
	stored_job(profile, be_seen);
	stored_job(profile, be_seen);
	assert_int_equal(profile->asked, 3);
	stored_answer(profile, NO_NODE);
	assert_int_equal(profile->asked, 4);
	stored_answer(profile, NO_NODE);
	assert_int_equal(profile->asked, 4);
}

/* Reads the line ID of the friend, which comes now. */
static void
read_new(struct profile *profile, const char *id)
{
	(void)stored_read(profile,
			  stored_line(profile, FRIEND, id, false, MESSAGE_RECEIVED));
	stored_job(profile, tell_friend);
}

static void
one_is_in_flight_and_the_newest_wins(void **state)
{
	struct profile *profile = *state;
	begin(profile);
	static const char *const ids[] = {"a", "b", "c"};
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		read_new(profile, ids[i]);
		stored_wait(profile, QUIET_MS);
		if (i == 0)
			assert_published(profile, "archive-a");
		else
			stored_assert(profile, "");
	}
	stored_answer(profile, RESULT);
	stored_wait(profile, QUIET_MS);
	assert_published(profile, "archive-c");
	stored_answer(profile, RESULT);
	stored_job(profile, resume);
	stored_assert(profile, "");
}

static void
reading_along_is_published_once_it_pauses(void **state)
{
	struct profile *profile = *state;
	begin(profile);
	static const char *const ids[] = {"a", "b", "c", "d"};
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		stored_wait(profile, QUIET_MS - 1);
		stored_assert(profile, "");
		read_new(profile, ids[i]);
	}
	stored_wait(profile, QUIET_MS);
	assert_published(profile, "archive-d");
	stored_answer(profile, RESULT);
	stored_wait(profile, PATIENCE_MS);
	stored_assert(profile, "");
}

static void
reading_without_a_pause_is_published_now_and_then(void **state)
{
	struct profile *profile = *state;
	begin(profile);
	for (int second = 0; second < 10; second++) {
		char id[2] = {(char)('a' + second), '\0'};
		stored_assert(profile, "");
		read_new(profile, id);
		stored_wait(profile, 1000);
	}
	assert_published(profile, "archive-j");
}

static void
what_was_about_to_be_published_outlives_the_link(void **state)
{
	struct profile *profile = *state;
	begin(profile);
	read_new(profile, "a");
	profile->is_offline = true;
	stored_wait(profile, QUIET_MS);
	stored_assert(profile, "");
	profile->is_offline = false;
	stored_job(profile, resume);
	assert_published(profile, "archive-a");
}

static void
what_was_read_offline_is_published_later(void **state)
{
	struct profile *profile = *state;
	profile->is_offline = true;
	(void)stored_read(profile,
			  stored_line(profile, FRIEND, "a", false, MESSAGE_RECEIVED));
	stored_job(profile, tell_friend);
	stored_assert(profile, "");
	profile->is_offline = false;
	look_at(profile, QUERY PEP OPTIONS "</query>");
	free(stored_lines(profile));
	stored_answer(profile, ITEMS(""));
	assert_published(profile, "archive-a");
	/* The link broke before the answer. */
	stored_answer(profile, NULL);
	stored_assert(profile, "");
	stored_job(profile, resume);
	assert_published(profile, "archive-a");
}

static void
a_newer_position_from_elsewhere_is_not_replaced(void **state)
{
	struct profile *profile = *state;
	profile->is_offline = true;
	(void)stored_read(profile,
			  stored_line(profile, FRIEND, "a", false, MESSAGE_RECEIVED));
	stored_job(profile, tell_friend);
	profile->is_offline = false;
	look_at(profile, QUERY PEP OPTIONS "</query>");
	free(stored_lines(profile));
	stored_answer(profile, ITEMS(ITEM(FRIEND, ME, "archive-later")));
	stored_assert(profile, "");
}

static void
positions_from_elsewhere_count_here(void **state)
{
	struct profile *profile = *state;
	(void)stored_line(profile, FRIEND, "a", false, MESSAGE_RECEIVED);
	(void)stored_line(profile, FRIEND, "b", false, MESSAGE_RECEIVED);
	look_at(profile, QUERY PEP OPTIONS "</query>");
	free(stored_lines(profile));
	stored_answer(profile, ITEMS(ITEM(FRIEND, ME, "archive-a")));
	stored_assert(profile, "badge " FRIEND " 1\n");
	assert_int_equal(
		stored_message(profile,
			       EVENT("from='" ME "'", ITEM(FRIEND, ME, "archive-b")),
			       INBOUND_LIVE),
		MODULE_TAKEN);
	stored_assert(profile, "badge " FRIEND " 0\n");
}

static void
forged_positions_change_nothing(void **state)
{
	struct profile *profile = *state;
	(void)stored_line(profile, FRIEND, "a", false, MESSAGE_RECEIVED);
	(void)stored_line(profile, STRANGER, "b", false, MESSAGE_RECEIVED);
	static const char *const cases[] = {
		EVENT("", ITEM(FRIEND, ME, "archive-a")),
		EVENT("from='" STRANGER "'", ITEM(FRIEND, ME, "archive-a")),
		EVENT("from='" FRIEND "'", ITEM(FRIEND, ME, "archive-a")),
		EVENT("from='" ME "/other'", ITEM(FRIEND, ME, "archive-a")),
		EVENT("from='" ME "'", ITEM(FRIEND, FRIEND, "archive-a")),
		EVENT("from='" ME "'", ITEM(FRIEND, ME, "")),
		EVENT("from='" ME "'", ITEM(FRIEND, ME, "archive-b")),
		EVENT("from='" ME "'", ITEM("", ME, "archive-a")),
		EVENT("from='" ME "'", ITEM("@", ME, "archive-a")),
		EVENT("from='" ME "'", "<item id='" FRIEND "'/>"),
		EVENT("from='" ME "'", "<retract id='" FRIEND "'/>"),
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(stored_message(profile, cases[i], INBOUND_LIVE),
				 MODULE_TAKEN);
		stored_assert(profile, "");
	}
	(void)stored_message(profile,
			     EVENT("from='" ME "'", ITEM(FRIEND, ME, "archive-a")),
			     INBOUND_CARBON);
	stored_assert(profile, "");
	assert_int_equal(stored_unread(profile, FRIEND), 1);
	assert_int_equal(stored_unread(profile, STRANGER), 1);
}

static void
other_rules_are_replaced_once(void **state)
{
	struct profile *profile = *state;
	begin(profile);
	(void)stored_read(profile,
			  stored_line(profile, FRIEND, "a", false, MESSAGE_RECEIVED));
	stored_job(profile, tell_friend);
	stored_wait(profile, QUIET_MS);
	assert_published(profile, "archive-a");
	stored_answer(profile, REFUSED("cancel", OTHER_RULES));
	char *lines = stored_lines(profile);
	assert_non_null(strstr(lines, "<configure node=\"urn:xmpp:mds:displayed:0\">"));
	free(lines);
	stored_answer(profile, RESULT);
	assert_published(profile, "archive-a");
	stored_answer(profile, REFUSED("cancel", OTHER_RULES));
	stored_job(profile, tell_friend);
	stored_wait(profile, QUIET_MS);
	stored_assert(profile, "");
}

static void
a_server_that_takes_no_rules_gets_them_once(void **state)
{
	static const char *const answers[] = {RESULT, REFUSED("cancel", "")};
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		struct profile *profile = *state;
		begin(profile);
		(void)stored_read(profile, stored_line(profile, FRIEND, "a", false,
						       MESSAGE_RECEIVED));
		stored_job(profile, tell_friend);
		stored_wait(profile, QUIET_MS);
		assert_published(profile, "archive-a");
		stored_answer(profile, REFUSED("wait", ""));
		char *lines = stored_lines(profile);
		assert_non_null(strstr(lines, "<create node="));
		free(lines);
		stored_job(profile, tell_friend);
		stored_wait(profile, QUIET_MS);
		stored_assert(profile, "");
		stored_answer(profile, answers[i]);
		if (i == 1) {
			lines = stored_lines(profile);
			assert_non_null(strstr(lines, "<configure node="));
			free(lines);
			stored_answer(profile, RESULT);
		}
		lines = stored_lines(profile);
		assert_non_null(strstr(lines, "<publish node="));
		assert_null(strstr(lines, "max_items"));
		assert_non_null(strstr(lines, "whitelist"));
		free(lines);
		stored_answer(profile, RESULT);
		stored_free(profile);
		*state = stored_new(&module_read_positions);
	}
}

static void
a_server_that_has_a_bad_day_keeps_its_rules(void **state)
{
	static const char *const answers[] = {
		"<iq type='error' id='q'><error type='wait'><internal-server-error "
		"xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
		NULL,
	};
	struct profile *profile = *state;
	begin(profile);
	read_new(profile, "a");
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		stored_job(profile, tell_friend);
		stored_wait(profile, QUIET_MS);
		assert_published(profile, "archive-a");
		stored_answer(profile, answers[i]);
		stored_assert(profile, "");
	}
	stored_job(profile, tell_friend);
	stored_wait(profile, QUIET_MS);
	char *lines = stored_lines(profile);
	assert_non_null(strstr(lines, "max_items"));
	free(lines);
}

static void
a_refusal_under_our_rules_ends_it_for_this_session(void **state)
{
	static const struct {
		const char *answer;
		bool may_try_again;
	} cases[] = {{REFUSED("wait", ""), true}, {REFUSED("cancel", ""), false}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct profile *profile = *state;
		begin(profile);
		(void)stored_read(profile, stored_line(profile, FRIEND, "a", false,
						       MESSAGE_RECEIVED));
		stored_job(profile, tell_friend);
		stored_wait(profile, QUIET_MS);
		stored_answer(profile, REFUSED("cancel", ""));
		stored_answer(profile, RESULT);
		free(stored_lines(profile));
		stored_answer(profile, cases[i].answer);
		stored_assert(profile, "");
		stored_job(profile, tell_friend);
		stored_wait(profile, QUIET_MS);
		if (cases[i].may_try_again)
			assert_published(profile, "archive-a");
		else
			stored_assert(profile, "");
		stored_free(profile);
		*state = stored_new(&module_read_positions);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_an_account_that_can_keep_them_is_asked),
		TEST(they_are_fetched_when_we_are_told_of_changes),
		TEST(one_is_in_flight_and_the_newest_wins),
		TEST(reading_along_is_published_once_it_pauses),
		TEST(reading_without_a_pause_is_published_now_and_then),
		TEST(what_was_about_to_be_published_outlives_the_link),
		TEST(what_was_read_offline_is_published_later),
		TEST(a_newer_position_from_elsewhere_is_not_replaced),
		TEST(positions_from_elsewhere_count_here),
		TEST(forged_positions_change_nothing),
		TEST(other_rules_are_replaced_once),
		TEST(a_server_that_takes_no_rules_gets_them_once),
		TEST(a_server_that_has_a_bad_day_keeps_its_rules),
		TEST(a_refusal_under_our_rules_ends_it_for_this_session),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
