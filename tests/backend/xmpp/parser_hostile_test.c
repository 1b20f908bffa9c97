/*
 * What a hostile server may send: each case ends the stream or is skipped with the stream
 * up, in time that is linear in its bytes. The limit on CPU time is far above what is
 * needed, and far below what quadratic work would take.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "bridge/base/mem.h"
#include "tests/backend/xmpp/parser_record.h"

#define CPU_SECONDS_MAX 6.0
#define MIB (1024 * 1024)

struct hostile {
	const char *name;
	const char *before;
	const char *repeat;
	size_t times;
	const char *after;
	int status;
	const char *line; /* among the lines; NULL: exactly one stanza and no complaint */
	size_t piece;	  /* bytes a read; 0: 8 KiB */
};

static const struct hostile table[] = {
	{"text of 1 MB", "<message><body>", "x", MIB - 100, "</body></message>", 0, NULL,
	 0},
	{"1 MB of line ends", "<message><body>", "\n", MIB - 100, "</body></message>", 0,
	 NULL, 0},
	{"1 MB of CR LF", "<message><body>", "\r\n", MIB / 2 - 100, "</body></message>",
	 0, NULL, 0},
	{"1 MB of entities", "<message><body>", "&amp;", MIB / 5 - 100,
	 "</body></message>", 0, NULL, 0},
	{"1 MB of entities, byte by byte", "<message><body>", "&amp;", MIB / 5 - 100,
	 "</body></message>", 0, NULL, 1},
	{"1 MB of CDATA sections", "<message><body>", "<![CDATA[x]]>", MIB / 13 - 100,
	 "</body></message>", 0, NULL, 0},
	{"1 MB of ]", "<message><body><![CDATA[", "]", MIB - 100, "]]></body></message>",
	 0, NULL, 1},
	{"10 MB of text", "<message from='a@b' id='1'><body>", "x", 10 * MIB,
	 "</body></message>", 0, "skipped message from=a@b id=1 type=- size", 0},
	{"65,000 siblings", "<message from='a@b'>", "<x/>", 65000, "</message>", 0,
	 "skipped message from=a@b id=- type=- children", 0},
	{"1,000 siblings", "<message>", "<x/>", 1000, "</message>", 0, NULL, 0},
	{"1,001 siblings", "<message>", "<x/>", 1001, "</message>", 0, "children", 0},
	{"100,000 elements by threes", "<message>", "<x><y/><y/></x>", 34000,
	 "</message>", 0, "children", 0},
	{"100,000 levels", "<message from='a@b'>", "<a>", 100000, NULL, 0,
	 "skipped message from=a@b id=- type=- depth", 0},
	{"levels without end", "<message>", "<a>", 300000, "", -EPROTO,
	 "broken policy-violation", 0},
	{"a tag of 10 MB", "<message a='", "x", 10 * MIB, "'/>", -EPROTO,
	 "broken policy-violation", 0},
	{"a tag of 100 kB", "<message from='a@b' a='", "x", 100000, "'/>", 0,
	 "skipped message from=a@b id=- type=- size", 0},
	{"a tag of 500 kB, byte by byte", "<message from='a@b' a='", ">", 500000, "'/>",
	 0, "skipped message from=a@b id=- type=- size", 1},
	{"a name of 2 MB", "<", "x", 2 * MIB, "/>", -EPROTO, "broken policy-violation",
	 0},
	{"an end tag without end", "<message></message", " ", 2 * MIB, ">", -EPROTO,
	 "broken policy-violation", 0},
	{"a reference of 1 MB", "<message><body>&", "a", MIB, ";</body></message>",
	 -EPROTO, "broken not-well-formed", 1},
	{"a DTD of 1 MB", "<!DOCTYPE x [", "<!ENTITY a 'b'>", 60000, "]>", -EPROTO,
	 "broken restricted-xml", 0},
	{"stanzas by the ten thousand", "", "<presence/>", 10000, "", 0, "", 0},
	{"namespaces by the thousand", "<message>", "<x xmlns:a='u' xmlns:b='v'/>", 900,
	 "</message>", 0, NULL, 0},
};

static char *
make_input(const struct hostile *hostile, size_t *ret_len)
{
	struct buf text = {0};
	buf_add_text(&text, record_header);
	buf_add_text(&text, hostile->before);
	for (size_t i = 0; i < hostile->times; i++)
		buf_add_text(&text, hostile->repeat);
	if (hostile->after) {
		buf_add_text(&text, hostile->after);
	} else {
		for (size_t i = 0; i < hostile->times; i++)
			buf_add_text(&text, "</a>");
		buf_add_text(&text, "</message>");
	}
	*ret_len = text.len;
	return buf_take_text(&text);
}

static void
every_case_ends_as_it_should_and_soon(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const struct hostile *hostile = &table[i];
		size_t len;
		char *input = make_input(hostile, &len);
		struct record record = {.is_terse = true};
		record_init(&record, NULL);
		clock_t start = clock();
		int status = record_feed(&record, input, len,
					 hostile->piece ? hostile->piece : 8192);
		double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
		print_message("%-34s %6.3f s\n", hostile->name, seconds);
		if (seconds > CPU_SECONDS_MAX || status != hostile->status)
			print_error("case: %s\n", hostile->name);
		assert_int_equal(status, hostile->status);
		assert_true(seconds < CPU_SECONDS_MAX);
		if (!hostile->line) {
			assert_string_equal(record_lines(&record), "");
			assert_int_equal(record.stanzas, 1);
		} else {
			assert_non_null(strstr(record_lines(&record), hostile->line));
		}
		if (status == 0) {
			size_t before = record.stanzas;
			assert_int_equal(record_feed(&record, "<presence/>", 11, 11), 0);
			assert_int_equal(record.stanzas, before + 1);
		}
		record_done(&record);
		free(input);
	}
}

static void
attributes_over_the_cap_skip_the_stanza(void **state)
{
	(void)state;
	static const struct {
		int count;
		bool is_inner;
		const char *lines;
	} cases[] = {
		{64, false, "open h i 1.0 - jabber:client\n"},
		{65, false, "attributes"},
		{64, true, "open h i 1.0 - jabber:client\n"},
		{65, true, "attributes"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf text = {0};
		buf_printf(&text, "%s%s", record_header,
			   cases[i].is_inner ? "<message><x" : "<message");
		for (int k = 0; k < cases[i].count; k++)
			buf_printf(&text, " a%d='v'", k);
		buf_add_text(&text, cases[i].is_inner ? "/></message>" : "/>");
		struct record record = {0};
		record_init(&record, NULL);
		assert_int_equal(record_feed(&record, (char *)text.data, text.len, 100),
				 0);
		assert_non_null(strstr(record_lines(&record), cases[i].lines));
		assert_int_equal(record.stanzas, cases[i].count == 64);
		record_done(&record);
		buf_done(&text);
	}
}

static void
depth_is_counted_from_the_stanza(void **state)
{
	(void)state;
	for (int depth = 63; depth <= 65; depth++) {
		struct buf text = {0};
		buf_add_text(&text, record_header);
		for (int i = 0; i < depth; i++)
			buf_add_text(&text, "<a>");
		for (int i = 0; i < depth; i++)
			buf_add_text(&text, "</a>");
		struct record record = {.is_terse = true};
		record_init(&record, NULL);
		assert_int_equal(record_feed(&record, (char *)text.data, text.len, 50),
				 0);
		assert_int_equal(record.stanzas, depth <= 64);
		record_done(&record);
		buf_done(&text);
	}
}

static void
fifty_thousand_contacts_are_no_burden(void **state)
{
	(void)state;
	struct buf text = {0};
	buf_printf(&text,
		   "%s<iq type='result' id='open'><query xmlns='jabber:iq:roster'>",
		   record_header);
	for (int i = 0; i < 50000; i++)
		buf_printf(&text,
			   "<item jid='contact%d@example.org' subscription='both' "
			   "name='C %d'><group>g</group></item>",
			   i, i);
	buf_add_text(&text, "</query></iq>");
	struct record record = {.batch_level = 1, .is_terse = true};
	record_init(&record, NULL);
	clock_t start = clock();
	assert_int_equal(record_feed(&record, (char *)text.data, text.len, 8192), 0);
	double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
	print_message("50,000 contacts, %zu bytes: %.3f s\n", text.len, seconds);
	assert_true(seconds < CPU_SECONDS_MAX);
	assert_non_null(strstr(record_lines(&record), "last dropped=0"));
	record_done(&record);
	buf_done(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case_ends_as_it_should_and_soon),
		cmocka_unit_test(attributes_over_the_cap_skip_the_stanza),
		cmocka_unit_test(depth_is_counted_from_the_stanza),
		cmocka_unit_test(fifty_thousand_contacts_are_no_burden),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
