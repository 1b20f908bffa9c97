/*
 * Chat states: what is shown of theirs, what is told of ours, and to whom.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/xep/chat_state.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/mem.h"
#include "tests/backend/xep/profile_double.h"

#define FRIEND "friend@example.org"
#define STATE(name) "<" name " xmlns='http://jabber.org/protocol/chatstates'/>"
#define FROM(jid, inner) "<message type='chat' from='" jid "'>" inner "</message>"

static void
assert_typing(struct profile *profile, const char *jid, enum bridge_chat_state state)
{
	char *wanted = mem_printf("typing %s %d\n", jid, (int)state);
	char *lines = double_lines(profile);
	assert_string_equal(lines, wanted);
	free(lines);
	free(wanted);
}

static void
assert_silence(struct profile *profile)
{
	char *lines = double_lines(profile);
	assert_string_equal(lines, "");
	free(lines);
}

static void
assert_sent(struct profile *profile, const char *part)
{
	char *lines = double_lines(profile);
	assert_memory_equal(lines, "send ", 5);
	assert_non_null(strstr(lines, part));
	free(lines);
}

static void
their_state_is_shown_until_it_changes(void **state)
{
	struct profile *profile = *state;
	static const struct {
		const char *message;
		enum bridge_chat_state shown;
		bool is_silent;
	} rows[] = {
		{FROM(FRIEND "/a", STATE("composing")), chat_state_COMPOSING, false},
		{FROM(FRIEND "/a", STATE("composing")), chat_state_NONE, true},
		{FROM(FRIEND "/a", STATE("paused")), chat_state_PAUSED, false},
		{FROM(FRIEND "/a", "<x xmlns='y'/>"), chat_state_NONE, true},
		{FROM(FRIEND "/a", "<composing xmlns='y'/>"), chat_state_NONE, true},
		{FROM(FRIEND "/a", STATE("composing")), chat_state_COMPOSING, false},
		{FROM(FRIEND "/a", "<body>hi</body>"), chat_state_NONE, false},
		{FROM(FRIEND "/a", STATE("composing")), chat_state_COMPOSING, false},
		{FROM(FRIEND "/a", "<body>hi</body>" STATE("active")), chat_state_ACTIVE,
		 false},
		{FROM(FRIEND "/a", STATE("gone")), chat_state_GONE, false},
		{FROM("me@example.org/x", STATE("composing")), chat_state_NONE, true},
		{FROM(FRIEND "/a", STATE("composing") "<delay xmlns='urn:xmpp:delay' "
						      "stamp='2020-01-01T00:00:00Z'/>"),
		 chat_state_NONE, true},
		{"<message type='error' from='" FRIEND
		 "'>" STATE("composing") "</message>",
		 chat_state_NONE, true},
		{"<message type='groupchat' from='room@muc/n'>" STATE(
			 "composing") "</message>",
		 chat_state_NONE, true},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		double_message(profile, &module_chat_state, rows[i].message);
		if (rows[i].is_silent)
			assert_silence(profile);
		else
			assert_typing(profile, FRIEND, rows[i].shown);
	}
}

static void
nobody_types_on_a_device_that_left(void **state)
{
	struct profile *profile = *state;
	double_message(profile, &module_chat_state,
		       FROM(FRIEND "/a", STATE("composing")));
	assert_typing(profile, FRIEND, chat_state_COMPOSING);
	double_presence(profile, &module_chat_state,
			"<presence type='unavailable' from='" FRIEND "/b'/>");
	double_presence(profile, &module_chat_state, "<presence from='" FRIEND "/a'/>");
	assert_silence(profile);
	double_presence(profile, &module_chat_state,
			"<presence type='unavailable' from='" FRIEND "/a'/>");
	assert_typing(profile, FRIEND, chat_state_NONE);
}

static void
nobody_types_when_we_are_offline(void **state)
{
	struct profile *profile = *state;
	double_message(profile, &module_chat_state,
		       FROM(FRIEND "/a", STATE("composing")));
	assert_typing(profile, FRIEND, chat_state_COMPOSING);
	module_chat_state.on_disconnect(profile);
	assert_typing(profile, FRIEND, chat_state_NONE);
}

static void
ours_is_told_once_and_not_stored(void **state)
{
	struct profile *profile = *state;
	chat_state_send(profile, FRIEND, chat_state_PAUSED);
	assert_silence(profile);
	chat_state_send(profile, FRIEND, chat_state_COMPOSING);
	assert_sent(profile,
		    "<composing xmlns=\"http://jabber.org/protocol/chatstates\"/>"
		    "<no-store xmlns=\"urn:xmpp:hints\"/></message>");
	chat_state_send(profile, FRIEND, chat_state_COMPOSING);
	chat_state_send(profile, FRIEND, chat_state_NONE);
	assert_silence(profile);
	chat_state_send(profile, FRIEND, chat_state_PAUSED);
	assert_sent(profile, "<paused ");
}

static void
ours_is_told_to_those_who_may_know(void **state)
{
	struct profile *profile = *state;
	chat_state_send(profile, "stranger@example.net", chat_state_COMPOSING);
	chat_state_send(profile, "watched@example.org", chat_state_COMPOSING);
	assert_silence(profile);
	double_message(profile, &module_chat_state,
		       FROM("stranger@example.net/x", STATE("active")));
	assert_typing(profile, "stranger@example.net", chat_state_ACTIVE);
	chat_state_send(profile, "stranger@example.net", chat_state_COMPOSING);
	assert_sent(profile, "<composing ");
	profile->is_typing_off = true;
	chat_state_send(profile, FRIEND, chat_state_COMPOSING);
	assert_silence(profile);
	profile->is_typing_off = false;
	profile->is_offline = true;
	chat_state_send(profile, FRIEND, chat_state_COMPOSING);
	assert_silence(profile);
}

static bool
says_active(struct profile *profile, const char *type, const char *to, const char *body)
{
	struct stanza *message = stanza_message(profile->ctx, type, to, "1");
	if (body)
		(void)stanza_add_with_text(message, "body", NULL, body);
	module_chat_state.on_outgoing(profile, message);
	bool says = stanza_child(message, "active", NS_CHAT_STATES) != NULL;
	stanza_free(message);
	return says;
}

static void
a_message_of_ours_says_that_we_are_here(void **state)
{
	struct profile *profile = *state;
	chat_state_send(profile, FRIEND, chat_state_COMPOSING);
	free(double_lines(profile));
	assert_true(says_active(profile, "chat", FRIEND, "hi"));
	/* It ended our typing, so typing again is news. */
	chat_state_send(profile, FRIEND, chat_state_COMPOSING);
	assert_sent(profile, "<composing ");
	assert_false(says_active(profile, "chat", FRIEND, NULL));
	assert_false(says_active(profile, "groupchat", FRIEND, "hi"));
	assert_false(says_active(profile, "chat", "stranger@example.net", "hi"));
	assert_false(says_active(profile, "chat", NULL, "hi"));
	profile->is_typing_off = true;
	assert_false(says_active(profile, "chat", FRIEND, "hi"));
}

static void
strangers_cannot_fill_memory(void **state)
{
	struct profile *profile = *state;
	for (int i = 0; i < 10100; i++) {
		char text[256];
		(void)snprintf(text, sizeof text, FROM("a%d@b", STATE("composing")), i);
		double_message(profile, &module_chat_state, text);
	}
	char *lines = double_lines(profile);
	assert_non_null(strstr(lines, "typing a9999@b "));
	assert_null(strstr(lines, "typing a10000@b "));
	free(lines);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, double_set_up, double_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(their_state_is_shown_until_it_changes),
		TEST(nobody_types_on_a_device_that_left),
		TEST(nobody_types_when_we_are_offline),
		TEST(ours_is_told_once_and_not_stored),
		TEST(ours_is_told_to_those_who_may_know),
		TEST(a_message_of_ours_says_that_we_are_here),
		TEST(strangers_cannot_fill_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
