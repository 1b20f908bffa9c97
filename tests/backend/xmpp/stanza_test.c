/*
 * Elements: safe on nothing, looked up by name and namespace, clean when built, the same
 * when written and read again.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/xmpp/ns.h"
#include "backend/xmpp/snippet.h"
#include "backend/xmpp/stanza.h"
#include "bridge/base/buf.h"

static struct stanza *
read_text(struct stanza_ctx *ctx, const char *text)
{
	struct stanza *stanza = NULL;
	assert_int_equal(snippet_read(ctx, text, strlen(text), &stanza), 0);
	return stanza;
}

static void
assert_printed(const struct stanza *stanza, const char *wanted)
{
	char *text = stanza_print(stanza);
	assert_string_equal(text, wanted);
	free(text);
}

static void
nothing_has_nothing(void **state)
{
	(void)state;
	struct stanza_error error;
	int64_t ms;
	assert_null(stanza_name(NULL));
	assert_null(stanza_ns(NULL));
	assert_null(stanza_get(NULL, "id"));
	assert_null(stanza_child(NULL, "a", NULL));
	assert_null(stanza_next(NULL, NULL, NULL));
	assert_null(stanza_text(NULL));
	assert_null(stanza_child_text(NULL, "a", NULL));
	assert_null(stanza_payload(NULL));
	assert_null(stanza_copy(NULL));
	assert_null(stanza_share(NULL));
	assert_null(stanza_shell(NULL));
	assert_false(stanza_is(NULL, NULL, NULL));
	assert_false(stanza_has_type(NULL, "x"));
	assert_int_equal(stanza_count(NULL, NULL, NULL), 0);
	assert_int_equal(stanza_read_error(NULL, &error), -ENOENT);
	assert_int_equal(stanza_delay(NULL, NULL, &ms), -ENOENT);
	stanza_free(NULL);
	stanza_ctx_free(NULL);
}

static void
children_are_found_by_name_and_namespace(void **state)
{
	struct stanza *message = read_text(
		*state, "<message>t<body xmlns='x'>no</body><body>yes</body><a/><body/>"
			"<b xmlns='x'><c/></b></message>");
	assert_string_equal(stanza_child_text(message, "body", NS_CLIENT), "yes");
	assert_string_equal(stanza_child_text(message, "body", NULL), "no");
	assert_string_equal(stanza_text(message), "t");
	assert_int_equal(stanza_count(message, NULL, NULL), 5);
	assert_int_equal(stanza_count(message, "body", NULL), 3);
	assert_int_equal(stanza_count(message, NULL, "x"), 2);
	struct stanza *body = stanza_child(message, "body", NS_CLIENT);
	body = stanza_next(body, "body", NS_CLIENT);
	assert_string_equal(stanza_text(body), "");
	assert_null(stanza_next(body, "body", NULL));
	struct stanza *b = stanza_child(message, "b", "x");
	assert_non_null(stanza_child(b, "c", "x"));
	assert_null(stanza_child(b, "c", NS_CLIENT));
	stanza_free(message);
}

static void
what_is_built_is_found_like_what_is_read(void **state)
{
	struct stanza *iq = stanza_iq(*state, "set", "a@b", "1");
	struct stanza *query = stanza_add(iq, "query", NS_ROSTER);
	struct stanza *item = stanza_add(query, "item", NULL);
	stanza_set(item, "jid", "x\"'<&>@b");
	(void)stanza_add_with_text(item, "group", NULL, "a & b");
	assert_ptr_equal(stanza_payload(iq), query);
	assert_ptr_equal(stanza_child(query, "item", NS_ROSTER), item);
	char *text = stanza_print(iq);
	struct stanza *again = read_text(*state, text);
	const struct stanza *other =
		stanza_child(stanza_payload(again), "item", NS_ROSTER);
	assert_string_equal(stanza_get(other, "jid"), "x\"'<&>@b");
	assert_string_equal(stanza_child_text(other, "group", NS_ROSTER), "a & b");
	assert_string_equal(stanza_to(again), "a@b");
	assert_string_equal(stanza_id(again), "1");
	assert_true(stanza_has_type(again, "set"));
	struct stanza *copy = stanza_copy(again);
	stanza_free(again);
	assert_printed(copy, text);
	struct stanza *shared = stanza_share(copy);
	stanza_free(copy);
	assert_printed(shared, text);
	copy = shared;
	struct stanza *shell = stanza_shell(copy);
	assert_string_equal(stanza_id(shell), "1");
	assert_null(stanza_payload(shell));
	stanza_free(shell);
	stanza_free(copy);
	free(text);
	stanza_free(iq);
}

static void
nothing_illegal_can_be_sent(void **state)
{
	struct stanza *message = stanza_message(*state, "chat", "a\x01@b", NULL);
	(void)stanza_add_with_text(message, "body", NULL, "x\x1b[0m\xff\xef\xbf\xbf");
	stanza_add_text_n(stanza_child(message, "body", NULL), "\0y", 2);
	assert_string_equal(stanza_child_text(message, "body", NULL),
			    "x\xef\xbf\xbd[0m\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdy");
	assert_string_equal(stanza_to(message), "a\xef\xbf\xbd@b");
	char *text = stanza_print(message);
	stanza_free(read_text(*state, text));
	free(text);
	stanza_free(message);
	assert_true(stanza_text_check("a\nb"));
	assert_false(stanza_text_check("a\x0c"));
	assert_true(stanza_text_check(NULL));
}

static void
namespaces_are_written_where_they_change(void **state)
{
	static const char *const texts[] = {
		"<message><a xmlns=\"\"/></message>",
		"<message><x xmlns=\"u\"><y/><z xmlns=\"v\"/></x></message>",
		"<message><f xmlns=\"urn:f\"><message "
		"xmlns=\"jabber:client\"><body>x</body></message></f></message>",
		"<r xmlns=\"urn:xmpp:sm:3\"/>",
		"<message><body>a&#13;\n\tb</body></message>",
		"<message id=\"&#9;&#10;&#13;&#34;\"/>",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct stanza *stanza = read_text(*state, texts[i]);
		assert_printed(stanza, texts[i]);
		stanza_free(stanza);
	}
}

static void
too_large_a_stanza_is_not_written(void **state)
{
	struct stanza *message = stanza_message(*state, NULL, NULL, NULL);
	(void)stanza_add_with_text(message, "body", NULL, "0123456789");
	struct buf out = {0};
	buf_add_text(&out, "before");
	char *text = stanza_print(message);
	size_t size = strlen(text);
	assert_int_equal(stanza_write(message, &out, size - 1), -EMSGSIZE);
	assert_string_equal(out.data, "before");
	assert_int_equal(stanza_write(message, &out, size), 0);
	assert_int_equal(out.len, 6 + size);
	buf_done(&out);
	free(text);
	stanza_free(message);
}

static void
errors_are_read(void **state)
{
	static const struct {
		const char *text;
		int status;
		struct stanza_error error;
	} rows[] = {
		{"<iq type='result'/>", -ENOENT, {0}},
		{"<iq type='error'/>", 0, {"cancel", "undefined-condition", NULL, NULL}},
		{"<iq type='error'><error type='auth' by='x'>"
		 "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>no</text>"
		 "<forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
		 0,
		 {"auth", "forbidden", "no", "x"}},
		{"<iq type='error'><error><forbidden xmlns='other'/></error></iq>",
		 0,
		 {"cancel", "undefined-condition", NULL, NULL}},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct stanza *iq = read_text(*state, rows[i].text);
		struct stanza_error error = {0};
		assert_int_equal(stanza_read_error(iq, &error), rows[i].status);
		if (rows[i].status == 0) {
			assert_string_equal(error.type, rows[i].error.type);
			assert_string_equal(error.condition, rows[i].error.condition);
			assert_true(!error.text == !rows[i].error.text);
			assert_true(!error.by == !rows[i].error.by);
		}
		stanza_free(iq);
	}
}

static void
replies_go_back_to_the_sender(void **state)
{
	struct stanza *iq =
		read_text(*state, "<iq type='get' id='7' from='a@b/c'><q/></iq>");
	struct stanza *result = stanza_reply(iq);
	assert_string_equal(stanza_to(result), "a@b/c");
	assert_string_equal(stanza_id(result), "7");
	assert_true(stanza_has_type(result, "result"));
	assert_null(stanza_reply_error(result, "cancel", "conflict", NULL));
	struct stanza *error = stanza_reply_error(iq, "wait", "conflict", "later");
	struct stanza_error read = {0};
	assert_int_equal(stanza_read_error(error, &read), 0);
	assert_string_equal(read.type, "wait");
	assert_string_equal(read.condition, "conflict");
	assert_string_equal(read.text, "later");
	assert_null(stanza_payload(error));
	assert_null(stanza_reply_error(error, "cancel", "conflict", NULL));
	stanza_free(error);
	stanza_free(result);
	stanza_free(iq);
}

static void
delays_are_read_and_written(void **state)
{
	struct stanza *message = stanza_message(*state, NULL, NULL, NULL);
	struct stanza *bad = stanza_add(message, "delay", NS_DELAY);
	stanza_set(bad, "stamp", "yesterday");
	stanza_add_delay(message, "Room@muc", 1000);
	stanza_add_delay(message, "b", 2500);
	int64_t ms = 0;
	assert_int_equal(stanza_delay(message, NULL, &ms), 0);
	assert_true(ms == 1000);
	assert_int_equal(stanza_delay(message, "b", &ms), 0);
	assert_true(ms == 2500);
	assert_int_equal(stanza_delay(message, "room@muc", &ms), 0);
	assert_true(ms == 1000);
	assert_int_equal(stanza_delay(message, "c", &ms), -ENOENT);
	stanza_free(message);
}

static void
ids_are_random(void **state)
{
	(void)state;
	char one[STANZA_ID_SIZE];
	char two[STANZA_ID_SIZE];
	stanza_random_id(one);
	stanza_random_id(two);
	assert_int_equal(strlen(one), 16);
	assert_int_equal(strspn(one, "0123456789abcdef"), 16);
	assert_string_not_equal(one, two);
}

static int
set_up(void **state)
{
	*state = stanza_ctx_new();
	return 0;
}

static int
tear_down(void **state)
{
	stanza_ctx_free(*state);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_has_nothing),
		cmocka_unit_test(children_are_found_by_name_and_namespace),
		cmocka_unit_test(what_is_built_is_found_like_what_is_read),
		cmocka_unit_test(nothing_illegal_can_be_sent),
		cmocka_unit_test(namespaces_are_written_where_they_change),
		cmocka_unit_test(too_large_a_stanza_is_not_written),
		cmocka_unit_test(errors_are_read),
		cmocka_unit_test(replies_go_back_to_the_sender),
		cmocka_unit_test(delays_are_read_and_written),
		cmocka_unit_test(ids_are_random),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
