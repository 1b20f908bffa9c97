/*
 * Receipts: which lines they raise, who is given one, and that nobody can forge one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "backend/xmpp/ns.h"
#include "bridge/base/mem.h"
#include "tests/backend/xep/stored_double.h"

#define RECEIPT(id) "<received xmlns='urn:xmpp:receipts' id='" id "'/>"
#define REQUEST "<request xmlns='urn:xmpp:receipts'/>"
#define FROM(from, inner)                                                                \
	"<message type='chat' id='m1' from='" from "'>" inner "</message>"
#define ANSWER(address)                                                                  \
	"send <message id=\"ours\" to=\"" address "\" type=\"chat\">"                    \
	"<received id=\"m1\" xmlns=\"urn:xmpp:receipts\"/>"                              \
	"<store xmlns=\"urn:xmpp:hints\"/></message>\n"

static int
set_up(void **state)
{
	*state = stored_new(&module_receipts);
	return 0;
}

static int
tear_down(void **state)
{
	stored_free(*state);
	return 0;
}

static void
a_receipt_delivers_the_line_it_names(void **state)
{
	struct profile *profile = *state;
	static const struct {
		enum message_state before, after;
		enum inbound_origin origin;
	} cases[] = {
		{MESSAGE_SENT, MESSAGE_DELIVERED, INBOUND_LIVE},
		{MESSAGE_ACKED, MESSAGE_DELIVERED, INBOUND_CARBON},
		{MESSAGE_ACKED, MESSAGE_DELIVERED, INBOUND_ARCHIVE},
		{MESSAGE_DELIVERED, MESSAGE_DELIVERED, INBOUND_LIVE},
		{MESSAGE_DISPLAYED, MESSAGE_DISPLAYED, INBOUND_LIVE},
		/* what was never sent cannot have arrived */
		{MESSAGE_QUEUED, MESSAGE_QUEUED, INBOUND_LIVE},
		{MESSAGE_FAILED, MESSAGE_FAILED, INBOUND_LIVE},
		{MESSAGE_HELD, MESSAGE_HELD, INBOUND_LIVE},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *id = mem_printf("line%zu", i);
		int64_t line = stored_line(profile, FRIEND, id, true, cases[i].before);
		char *text =
			mem_printf("<message from='" FRIEND "/x'><received xmlns='%s'"
				   " id='%s'/></message>",
				   NS_RECEIPTS, id);
		assert_int_equal(stored_message(profile, text, cases[i].origin),
				 MODULE_PASS);
		assert_int_equal(stored_get(profile, line).state, cases[i].after);
		char *wanted = mem_printf("line %s delivered\n", id);
		stored_assert(profile, cases[i].before < MESSAGE_DELIVERED &&
						       cases[i].before > MESSAGE_QUEUED
					       ? wanted
					       : "");
		free(wanted);
		free(text);
		free(id);
	}
}

static void
a_receipt_saves_a_line_from_being_sent_again(void **state)
{
	struct profile *profile = *state;
	static const enum message_state waits[] = {MESSAGE_QUEUED, MESSAGE_HELD};
	for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
		int64_t line = stored_line(profile, FRIEND, "a", true, MESSAGE_SENT);
		stored_send_again(profile, line, waits[i]);
		(void)stored_message(profile, FROM(STRANGER "/x", RECEIPT("a")),
				     INBOUND_LIVE);
		assert_int_equal(stored_get(profile, line).state, waits[i]);
		(void)stored_message(profile, FROM(FRIEND "/x", RECEIPT("a")),
				     INBOUND_LIVE);
		assert_int_equal(stored_get(profile, line).state, MESSAGE_DELIVERED);
		stored_assert(profile, "line a delivered\n");
	}
}

static void
forged_receipts_change_nothing(void **state)
{
	struct profile *profile = *state;
	int64_t line = stored_line(profile, FRIEND, "a", true, MESSAGE_ACKED);
	(void)stored_line(profile, STRANGER, "b", true, MESSAGE_ACKED);
	(void)stored_line(profile, FRIEND, "theirs", false, MESSAGE_RECEIVED);
	static const char *const cases[] = {
		FROM(STRANGER "/x", RECEIPT("a")),
		FROM("nobody@example.org", RECEIPT("a")),
		FROM(FRIEND ".evil", RECEIPT("a")),
		FROM("room@muc.example.org/" FRIEND, RECEIPT("a")),
		FROM(FRIEND "/x", RECEIPT("b")),
		FROM(FRIEND "/x", RECEIPT("unknown")),
		FROM(FRIEND "/x", RECEIPT("theirs")),
		FROM(FRIEND "/x", RECEIPT("")),
		FROM(FRIEND "/x", "<received xmlns='urn:xmpp:receipts'/>"),
		FROM(FRIEND "/x", "<received xmlns='urn:x' id='a'/>"),
		FROM(ME "/other", RECEIPT("a")),
		"<message type='error' from='" FRIEND "/x'>" RECEIPT("a") "</message>",
		"<message type='groupchat' from='" FRIEND
		"/x'>" RECEIPT("a") "</message>",
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(stored_message(profile, cases[i], INBOUND_LIVE),
				 MODULE_PASS);
		stored_assert(profile, "");
	}
	assert_int_equal(stored_get(profile, line).state, MESSAGE_ACKED);
}

static void
contacts_who_ask_are_told_once(void **state)
{
	struct profile *profile = *state;
	(void)stored_message(profile, FROM(FRIEND "/x", "<body>hi</body>" REQUEST),
			     INBOUND_LIVE);
	stored_assert(profile, ANSWER(FRIEND "/x"));
	(void)stored_message(profile, FROM(FRIEND "/x", "<body>hi</body>" REQUEST),
			     INBOUND_LIVE);
	stored_assert(profile, "");
	(void)stored_message(profile, FROM(FRIEND "/y", "<body>hi</body>" REQUEST),
			     INBOUND_LIVE);
	stored_assert(profile, ANSWER(FRIEND "/y"));
}

static void
what_was_kept_while_we_were_away_is_told_as_well(void **state)
{
	struct profile *profile = *state;
	(void)stored_message(profile,
			     FROM(FRIEND "/x",
				  "<body>hi</body><delay xmlns='urn:xmpp:delay' "
				  "stamp='2020-01-01T00:00:00Z'/>" REQUEST),
			     INBOUND_LIVE);
	stored_assert(profile, ANSWER(FRIEND "/x"));
}

static void
others_and_copies_are_not_answered(void **state)
{
	struct profile *profile = *state;
	static const struct {
		const char *text;
		enum inbound_origin origin;
	} cases[] = {
		{FROM(STRANGER "/x", "<body>hi</body>" REQUEST), INBOUND_LIVE},
		{FROM(FRIEND "/x", "<body>hi</body>" REQUEST), INBOUND_CARBON},
		{FROM(FRIEND "/x", "<body>hi</body>" REQUEST), INBOUND_ARCHIVE},
		{FROM(FRIEND "/x", "<body>hi</body>"), INBOUND_LIVE},
		{FROM(FRIEND "/x", REQUEST), INBOUND_LIVE},
		{FROM(FRIEND "/x", "<body>hi</body>" REQUEST RECEIPT("a")), INBOUND_LIVE},
		{FROM(FRIEND "/x", "<body>hi</body><request xmlns='urn:x'/>"),
		 INBOUND_LIVE},
		{FROM(ME "/other", "<body>hi</body>" REQUEST), INBOUND_LIVE},
		{"<message from='" FRIEND "/x'><body>hi</body>" REQUEST "</message>",
		 INBOUND_LIVE},
		{"<message type='groupchat' id='m1' from='" FRIEND
		 "/x'><body>hi</body>" REQUEST "</message>",
		 INBOUND_LIVE},
		{"<message type='error' id='m1' from='" FRIEND
		 "/x'><body>hi</body>" REQUEST "</message>",
		 INBOUND_LIVE},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		(void)stored_message(profile, cases[i].text, cases[i].origin);
		stored_assert(profile, "");
	}
	profile->is_receipts_off = true;
	(void)stored_message(profile, FROM(FRIEND "/x", "<body>hi</body>" REQUEST),
			     INBOUND_LIVE);
	stored_assert(profile, "");
}

static bool
asks(struct profile *profile, const char *type, const char *id, const char *body)
{
	struct stanza *message = stanza_message(profile->ctx, type, FRIEND, id);
	if (body)
		(void)stanza_add_with_text(message, "body", NULL, body);
	module_receipts.on_outgoing(profile, message);
	bool does_ask = stanza_child(message, "request", NS_RECEIPTS) != NULL;
	stanza_free(message);
	return does_ask;
}

static void
every_line_of_ours_asks(void **state)
{
	struct profile *profile = *state;
	assert_true(asks(profile, "chat", "1", "hi"));
	assert_false(asks(profile, "chat", "1", NULL));
	assert_false(asks(profile, "chat", NULL, "hi"));
	assert_false(asks(profile, "groupchat", "1", "hi"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_receipt_delivers_the_line_it_names),
		TEST(a_receipt_saves_a_line_from_being_sent_again),
		TEST(forged_receipts_change_nothing),
		TEST(contacts_who_ask_are_told_once),
		TEST(what_was_kept_while_we_were_away_is_told_as_well),
		TEST(others_and_copies_are_not_answered),
		TEST(every_line_of_ours_asks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
