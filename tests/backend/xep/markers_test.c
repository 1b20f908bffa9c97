/*
 * Displayed markers: which lines they raise, whom we tell and when, and that nobody can
 * forge one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "backend/store/marks.h"
#include "backend/xep/markers.h"
#include "backend/xmpp/ns.h"
#include "tests/backend/xep/stored_double.h"

#define MARKER(id) "<displayed xmlns='urn:xmpp:chat-markers:0' id='" id "'/>"
#define FROM(from, inner) "<message from='" from "'>" inner "</message>"
#define OWN(to, inner) "<message from='" ME "/other' to='" to "'>" inner "</message>"
#define TOLD(to, line)                                                                   \
	"send <message id=\"ours\" to=\"" to "\" type=\"chat\">"                         \
	"<displayed id=\"" line "\" xmlns=\"urn:xmpp:chat-markers:0\"/>"                 \
	"<store xmlns=\"urn:xmpp:hints\"/></message>\n"

static int
set_up(void **state)
{
	*state = stored_new(&module_markers);
	return 0;
}

static int
tear_down(void **state)
{
	stored_free(*state);
	return 0;
}

static void
a_marker_shows_the_line_and_those_before_it(void **state)
{
	struct profile *profile = *state;
	int64_t failed = stored_line(profile, FRIEND, "a", true, MESSAGE_FAILED);
	(void)stored_line(profile, FRIEND, "b", true, MESSAGE_SENT);
	(void)stored_line(profile, FRIEND, "c", true, MESSAGE_ACKED);
	(void)stored_line(profile, FRIEND, "d", false, MESSAGE_RECEIVED);
	(void)stored_line(profile, FRIEND, "e", true, MESSAGE_DELIVERED);
	int64_t later = stored_line(profile, FRIEND, "f", true, MESSAGE_ACKED);
	int64_t other = stored_line(profile, STRANGER, "g", true, MESSAGE_ACKED);
	(void)stored_message(profile, FROM(FRIEND "/x", MARKER("e")), INBOUND_LIVE);
	stored_assert(profile, "line b displayed\nline c displayed\nline e displayed\n");
	assert_int_equal(stored_get(profile, failed).state, MESSAGE_FAILED);
	assert_int_equal(stored_get(profile, later).state, MESSAGE_ACKED);
	assert_int_equal(stored_get(profile, other).state, MESSAGE_ACKED);
	(void)stored_message(profile, FROM(FRIEND "/x", MARKER("e")), INBOUND_LIVE);
	stored_assert(profile, "");
	(void)stored_message(profile, FROM(FRIEND "/x", MARKER("f")), INBOUND_ARCHIVE);
	stored_assert(profile, "line f displayed\n");
}

static void
a_marker_saves_a_line_from_being_sent_again(void **state)
{
	struct profile *profile = *state;
	int64_t before = stored_line(profile, FRIEND, "a", true, MESSAGE_SENT);
	int64_t named = stored_line(profile, FRIEND, "b", true, MESSAGE_SENT);
	stored_send_again(profile, before, MESSAGE_HELD);
	stored_send_again(profile, named, MESSAGE_QUEUED);
	(void)stored_message(profile, FROM(FRIEND "/x", MARKER("b")), INBOUND_LIVE);
	stored_assert(profile, "line b displayed\n");
	/* Perhaps it is only that one which was lost. */
	assert_int_equal(stored_get(profile, before).state, MESSAGE_HELD);
}

static void
forged_markers_change_nothing(void **state)
{
	struct profile *profile = *state;
	(void)stored_line(profile, FRIEND, "a", true, MESSAGE_ACKED);
	(void)stored_line(profile, STRANGER, "b", true, MESSAGE_ACKED);
	(void)stored_line(profile, FRIEND, "theirs", false, MESSAGE_RECEIVED);
	(void)stored_line(profile, FRIEND, "queued", true, MESSAGE_QUEUED);
	(void)stored_line(profile, FRIEND, "failed", true, MESSAGE_FAILED);
	static const char *const cases[] = {
		FROM(STRANGER "/x", MARKER("a")),
		FROM("nobody@example.org", MARKER("a")),
		FROM("room@muc.example.org/" FRIEND, MARKER("a")),
		FROM(FRIEND "/x", MARKER("b")),
		FROM(FRIEND "/x", MARKER("unknown")),
		FROM(FRIEND "/x", MARKER("theirs")),
		FROM(FRIEND "/x", MARKER("queued")),
		FROM(FRIEND "/x", MARKER("failed")),
		FROM(FRIEND "/x", MARKER("")),
		FROM(FRIEND "/x", "<displayed xmlns='urn:xmpp:chat-markers:0'/>"),
		FROM(FRIEND "/x", "<displayed xmlns='urn:x' id='a'/>"),
		"<message type='error' from='" FRIEND "'>" MARKER("a") "</message>",
		"<message type='groupchat' from='" FRIEND "'>" MARKER("a") "</message>",
		/* ours tell of our reading, and only wrapped */
		FROM(ME "/other", MARKER("theirs")),
		OWN(FRIEND, MARKER("theirs")),
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		(void)stored_message(profile, cases[i], INBOUND_LIVE);
		stored_assert(profile, "");
	}
	assert_int_equal(stored_unread(profile, FRIEND), 1);
}

static void
what_we_displayed_elsewhere_is_read_here(void **state)
{
	struct profile *profile = *state;
	int64_t first = stored_line(profile, FRIEND, "a", false, MESSAGE_RECEIVED);
	(void)stored_line(profile, FRIEND, "b", false, MESSAGE_RECEIVED);
	(void)stored_message(profile, OWN(FRIEND, MARKER("a")), INBOUND_CARBON);
	stored_assert(profile, "badge " FRIEND " 1\n");
	/* It was told there, so it is not told again. */
	markers_tell(profile, stored_get(profile, first).conversation);
	stored_assert(profile, "");
	(void)stored_message(profile, OWN(FRIEND "/x", MARKER("b")), INBOUND_ARCHIVE);
	stored_assert(profile, "badge " FRIEND " 0\n");
	(void)stored_message(profile, OWN(STRANGER, MARKER("b")), INBOUND_CARBON);
	stored_assert(profile, "");
}

static int64_t conversation;

static void
tell(struct profile *profile)
{
	markers_tell(profile, conversation);
}

static void
come_online(struct profile *profile)
{
	module_markers.on_connect(profile, false);
}

static void
resume(struct profile *profile)
{
	module_markers.on_connect(profile, true);
}

static void
what_we_read_is_told_once(void **state)
{
	struct profile *profile = *state;
	int64_t first = stored_line(profile, FRIEND, "a", false, MESSAGE_RECEIVED);
	(void)stored_line(profile, FRIEND, "ours", true, MESSAGE_SENT);
	int64_t last = stored_line(profile, FRIEND, "b", false, MESSAGE_RECEIVED);
	conversation = stored_read(profile, first);
	stored_job(profile, tell);
	stored_assert(profile, TOLD(FRIEND, "a"));
	stored_job(profile, tell);
	stored_job(profile, come_online);
	stored_assert(profile, "");
	(void)stored_read(profile, last);
	stored_job(profile, tell);
	stored_assert(profile, TOLD(FRIEND, "b"));
}

static void
what_was_read_offline_is_told_when_we_are_back(void **state)
{
	static void (*const ways[])(struct profile *) = {come_online, resume};
	struct profile *profile = *state;
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		conversation = stored_read(profile, stored_line(profile, FRIEND, "a",
								false, MESSAGE_RECEIVED));
		profile->is_offline = true;
		stored_job(profile, tell);
		stored_assert(profile, "");
		profile->is_offline = false;
		stored_job(profile, ways[i]);
		stored_assert(profile, TOLD(FRIEND, "a"));
		stored_job(profile, ways[i]);
		stored_assert(profile, "");
	}
}

static void
strangers_and_the_unasked_are_not_told(void **state)
{
	struct profile *profile = *state;
	static const char *const jids[] = {STRANGER, ME};
	for (size_t i = 0; i < sizeof jids / sizeof *jids; i++) {
		conversation = stored_read(profile, stored_line(profile, jids[i], "a",
								false, MESSAGE_RECEIVED));
		stored_job(profile, tell);
		stored_assert(profile, "");
	}
	conversation = stored_read(
		profile, stored_line(profile, FRIEND, "ours", true, MESSAGE_SENT));
	stored_job(profile, tell);
	stored_assert(profile, "");
	profile->is_markers_off = true;
	conversation = stored_read(
		profile, stored_line(profile, FRIEND, "a", false, MESSAGE_RECEIVED));
	stored_job(profile, tell);
	/* What was not told then is not told late. */
	profile->is_markers_off = false;
	stored_job(profile, tell);
	stored_job(profile, come_online);
	stored_assert(profile, "");
}

static bool
is_markable(struct profile *profile, const char *type, const char *body)
{
	struct stanza *message = stanza_message(profile->ctx, type, FRIEND, "1");
	if (body)
		(void)stanza_add_with_text(message, "body", NULL, body);
	module_markers.on_outgoing(profile, message);
	bool is = stanza_child(message, "markable", NS_MARKERS) != NULL;
	stanza_free(message);
	return is;
}

static void
every_line_of_ours_can_be_marked(void **state)
{
	struct profile *profile = *state;
	assert_true(is_markable(profile, "chat", "hi"));
	assert_false(is_markable(profile, "chat", NULL));
	assert_false(is_markable(profile, "groupchat", "hi"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_marker_shows_the_line_and_those_before_it),
		TEST(a_marker_saves_a_line_from_being_sent_again),
		TEST(forged_markers_change_nothing),
		TEST(what_we_displayed_elsewhere_is_read_here),
		TEST(what_we_read_is_told_once),
		TEST(what_was_read_offline_is_told_when_we_are_back),
		TEST(strangers_and_the_unasked_are_not_told),
		TEST(every_line_of_ours_can_be_marked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
