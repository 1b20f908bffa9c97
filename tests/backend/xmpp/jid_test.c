/*
 * Addresses: what is split where, what becomes of it, what is refused.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/xmpp/jid.h"
#include "bridge/base/mem.h"

static void
addresses_are_prepared(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
		{"juliet@example.com", "juliet@example.com"},
		{"Juliet@EXAMPLE.com/Balcony", "juliet@example.com/Balcony"},
		{"example.com", "example.com"},
		{"example.com.", "example.com"},
		{"example.com/a/b@c", "example.com/a/b@c"},
		{"b/c@d", "b/c@d"},
		{"a@b/c@d/e", "a@b/c@d/e"},
		{"#chan%irc.net@gw.example", "#chan%irc.net@gw.example"},
		{"a.b[c]@example.com", "a.b[c]@example.com"},
		{"localhost", "localhost"},
		{"a@127.0.0.1", "a@127.0.0.1"},
		{"a@[::1]/r", "a@[::1]/r"},
		{"fußball@example.com", "fußball@example.com"},
		{"ÄÖ@example.com", "äö@example.com"},
		{"a\xcc\x88@example.com", "ä@example.com"},
		{"ΣΑΣ@example.com", "σασ@example.com"},
		{"Ｊuliet@example.com", "juliet@example.com"},
		{"a@BÜCHER.example", "a@bücher.example"},
		{"a@xn--bcher-kva.example", "a@bücher.example"},
		{"a@XN--BCHER-KVA.example", "a@bücher.example"},
		{"a@bücher。example", "a@bücher.example"},
		{"a@b/ä\xc2\xa0x", "a@b/ä x"},
		{"a@b/foo bar", "a@b/foo bar"},
		{"room@muc/👩\xe2\x80\x8d👧", "room@muc/👩\xe2\x80\x8d👧"},
		{"♥@example.com", "♥@example.com"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *full = jid_full(rows[i][0]);
		if (!full)
			print_error("row: %s\n", rows[i][0]);
		assert_non_null(full);
		assert_string_equal(full, rows[i][1]);
		/* What is prepared stays as it is. */
		char *again = jid_full(full);
		assert_non_null(again);
		assert_string_equal(again, full);
		free(again);
		free(full);
	}
}

static void
unfit_addresses_are_refused(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"",
		"@example.com",
		"a@",
		"a@/r",
		"/r",
		"a@b/",
		"a b@example.com",
		"a@b@c",
		"a\"b@c",
		"a&b@c",
		"a<b@c",
		"a'b@c",
		"a:b@c",
		"a@exa mple.com",
		"a@-b.example",
		"a@b-.example",
		"a@b..example",
		"a@.example",
		"a@exam\nple",
		"a@b/\x01",
		"a@b/\xff",
		"\xff@b",
		"a@b\xff.example",
		"a@b／c.example",
		"a@xn--.example",
		"a@xn--999999999.example",
		"\xef\xac\x81@example.com",  /* the ligature fi */
		"a\xe2\x80\xae@example.com", /* right-to-left override */
		"a\xe2\x80\x8b@example.com", /* zero width space */
		"a@b/x\xe2\x80\xae",
		"a\xe3\x80\x80@example.com", /* ideographic space */
		"a@b/\xef\xbf\xbf",
		"a@[not an address]",
		"a@[]",
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct jid jid = {.full = NULL};
		const char *reason = NULL;
		if (jid_parse(rows[i], &jid, &reason) == 0)
			print_error("row: %s gave %s\n", rows[i], jid.full);
		assert_int_equal(jid_parse(rows[i], &jid, &reason), -EINVAL);
		assert_non_null(reason);
		assert_null(jid.full);
	}
	assert_int_equal(jid_parse(NULL, &(struct jid){0}, NULL), -EINVAL);
}

static void
each_part_has_its_cap(void **state)
{
	(void)state;
	char *long_part = mem_alloc(JID_PART_MAX + 2);
	for (size_t len = JID_PART_MAX; len <= JID_PART_MAX + 1; len++) {
		memset(long_part, 'x', len);
		char *local = mem_printf("%s@b", long_part);
		char *resource = mem_printf("a@b/%s", long_part);
		char *domain = mem_printf("a@%s", long_part);
		struct jid jid;
		int wanted = len > JID_PART_MAX ? -EINVAL : 0;
		assert_int_equal(jid_parse(local, &jid, NULL), wanted);
		if (wanted == 0)
			jid_done(&jid);
		assert_int_equal(jid_parse(resource, &jid, NULL), wanted);
		if (wanted == 0)
			jid_done(&jid);
		assert_int_equal(jid_parse(domain, &jid, NULL), -EINVAL);
		free(local);
		free(resource);
		free(domain);
	}
	free(long_part);
	char *huge = mem_alloc(1024 * 1024);
	memset(huge, 'a', 1024 * 1024 - 1);
	assert_null(jid_full(huge));
	free(huge);
}

static void
parts_are_told_apart(void **state)
{
	(void)state;
	struct jid jid;
	assert_int_equal(jid_parse("A@B/C", &jid, NULL), 0);
	assert_string_equal(jid.full, "a@b/C");
	assert_string_equal(jid.bare, "a@b");
	assert_string_equal(jid.local, "a");
	assert_string_equal(jid.domain, "b");
	assert_string_equal(jid.resource, "C");
	struct jid other;
	assert_int_equal(jid_with_resource(&jid, "d", &other), 0);
	assert_string_equal(other.full, "a@b/d");
	jid_done(&other);
	assert_int_equal(jid_with_resource(&jid, "", &other), -EINVAL);
	assert_int_equal(jid_with_resource(&jid, NULL, &other), 0);
	assert_string_equal(other.full, "a@b");
	assert_null(other.resource);
	jid_done(&other);
	jid_done(&jid);
	jid_done(&jid);
	assert_int_equal(jid_parse("b/c@d", &jid, NULL), 0);
	assert_string_equal(jid.domain, "b");
	assert_null(jid.local);
	assert_string_equal(jid.resource, "c@d");
	jid_done(&jid);
}

static void
addresses_are_compared_as_prepared(void **state)
{
	(void)state;
	assert_true(jid_is_same("A@B/c", "a@b/c"));
	assert_false(jid_is_same("a@b/c", "a@b/C"));
	assert_true(jid_is_same_bare("A@B/c", "a@b/d"));
	assert_true(jid_is_same_bare("a@xn--bcher-kva.de", "a@Bücher.de"));
	assert_false(jid_is_same(NULL, NULL));
	assert_false(jid_is_same("a@b", NULL));
	assert_true(jid_is_same("a@b", "A@b"));
	assert_false(jid_is_same_bare("", ""));
	assert_false(jid_is_same_bare("a@b", "b"));
}

static void
domains_go_to_dns_as_ascii(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
		{"example.com", "example.com"},
		{"bücher.example", "xn--bcher-kva.example"},
		{"[::1]", "[::1]"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *ascii = jid_domain_ascii(rows[i][0]);
		assert_string_equal(ascii, rows[i][1]);
		free(ascii);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_prepared),
		cmocka_unit_test(unfit_addresses_are_refused),
		cmocka_unit_test(each_part_has_its_cap),
		cmocka_unit_test(parts_are_told_apart),
		cmocka_unit_test(addresses_are_compared_as_prepared),
		cmocka_unit_test(domains_go_to_dns_as_ascii),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
