/*
 * What the stream parser hands over: stanzas, batches, restarts, and the same calls
 * however the bytes are cut.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/xmpp/stanza.h"
#include "bridge/base/mem.h"
#include "tests/backend/xmpp/parser_record.h"

#define OPEN "open h i 1.0 - jabber:client\n"

struct row {
	const char *name;
	const char *input; /* behind the header */
	const char *lines; /* behind OPEN */
};

static const struct row rows[] = {
	{"a message", "<message from='a@b'><body>hi</body></message>",
	 "stanza <message from=\"a@b\"><body>hi</body></message>\n"},
	{"white space between stanzas", " \n<presence/>\n\t<presence/>",
	 "stanza <presence/>\nstanza <presence/>\n"},
	{"attributes in a namespace are not their namesakes",
	 "<message xmlns:x='x' x:from='ceo@corp' from='a@b' x:type='error'/>",
	 "stanza <message from=\"a@b\"/>\n"},
	{"xml:lang is kept", "<message xml:lang='de'/>",
	 "stanza <message xml:lang=\"de\"/>\n"},
	{"prefixes of the stream",
	 "<stream:features><c xmlns='urn:c'/></stream:features><stream:error/>",
	 "stanza <features xmlns=\"http://etherx.jabber.org/streams\"><c "
	 "xmlns=\"urn:c\"/></features>\nstanza <error "
	 "xmlns=\"http://etherx.jabber.org/streams\"/>\n"},
	{"no namespace at all", "<message><a xmlns=''><b/></a></message>",
	 "stanza <message><a xmlns=\"\"><b/></a></message>\n"},
	{"entities and line ends",
	 "<message><body>a&amp;b&lt;&#10;&#x41;\r\nc</body></message>",
	 "stanza <message><body>a&amp;b&lt;\nA\nc</body></message>\n"},
	{"a CDATA section", "<message><body><![CDATA[<a>&]]]></body></message>",
	 "stanza <message><body>&lt;a&gt;&amp;]</body></message>\n"},
	{"a '>' in an attribute", "<message id='a>b' to=\"it's\"/>", NULL},
	{"UTF-8 of every length", "<message><body>ä€𝄞</body></message>",
	 "stanza <message><body>ä€𝄞</body></message>\n"},
	{"layout is no content", "<iq>\n  <query xmlns='q'>\n <item/>\n</query>\n</iq>",
	 "stanza <iq><query xmlns=\"q\"><item/></query></iq>\n"},
	{"white space that is content", "<message><body> \n </body></message>",
	 "stanza <message><body> \n </body></message>\n"},
	{"the end", "<presence/></stream:stream> junk", "stanza <presence/>\nclose\n"},
	{"text between stanzas", "<presence/>x<presence/>",
	 "stanza <presence/>\nbroken bad-format\n"},
	{"a comment", "<presence/><!-- c --><presence/>",
	 "stanza <presence/>\nbroken restricted-xml\n"},
	{"a processing instruction", "<presence/><?php x?>",
	 "stanza <presence/>\nbroken restricted-xml\n"},
	{"a second declaration", "<?xml version='1.0'?>", "broken restricted-xml\n"},
	{"a DTD", "<!DOCTYPE x [<!ENTITY a 'b'>]>", "broken restricted-xml\n"},
	{"an entity of no one", "<message><body>&a;</body></message>",
	 "broken not-well-formed\n"},
	{"a reference without end", "<message><body>& b</body></message>",
	 "broken not-well-formed\n"},
	{"ends that do not match", "<message></body></message>",
	 "broken not-well-formed\n"},
	{"a prefix of no one", "<x:message/>", "broken not-well-formed\n"},
	{"an attribute twice", "<message from='a' from='b'/>",
	 "broken not-well-formed\n"},
	{"an attribute twice by two prefixes",
	 "<message xmlns:a='u' xmlns:b='u' a:x='1' b:x='2'/>",
	 "broken not-well-formed\n"},
	{"bytes that are not UTF-8", "<message><body>\xff</body></message>",
	 "broken not-well-formed\n"},
	{"a control character", "<message><body>\x01</body></message>",
	 "broken not-well-formed\n"},
	{"a '<' in a tag", "<message <presence/>", "broken not-well-formed\n"},
};

static char *
run(const char *input, size_t len, const struct record *how, size_t first, size_t piece)
{
	struct record record = *how;
	record_init(&record, NULL);
	if (record_feed(&record, input, first, len) == 0)
		(void)record_feed(&record, input + first, len - first, piece);
	char *lines = mem_strdup(record_lines(&record));
	record_done(&record);
	return lines;
}

static void
same_calls_at_every_split(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *input = mem_printf("%s%s", record_header, rows[i].input);
		size_t len = strlen(input);
		struct record how = {0};
		char *whole = run(input, len, &how, len, len);
		if (rows[i].lines) {
			char *wanted = mem_printf("%s%s", OPEN, rows[i].lines);
			if (strcmp(whole, wanted) != 0)
				print_error("row: %s\n", rows[i].name);
			assert_string_equal(whole, wanted);
			free(wanted);
		}
		for (size_t cut = 0; cut <= len; cut++) {
			char *two = run(input, len, &how, cut, len);
			assert_string_equal(two, whole);
			free(two);
		}
		char *bytes = run(input, len, &how, 0, 1);
		assert_string_equal(bytes, whole);
		free(bytes);
		free(whole);
		free(input);
	}
}

static void
no_stanza_waits_for_later_bytes(void **state)
{
	(void)state;
	const char *stanza = "<message to='a'><body>hi</body></message>";
	size_t len = strlen(stanza);
	for (size_t cut = 0; cut <= len; cut++) {
		struct record record = {0};
		record_init(&record, NULL);
		(void)record_feed(&record, record_header, strlen(record_header), 4096);
		(void)record_feed(&record, stanza, cut, len + 1);
		(void)record_feed(&record, stanza + cut, len - cut, len + 1);
		assert_int_equal(record.stanzas, 1);
		record_done(&record);
	}
}

static void
headers_that_are_none_are_refused(void **state)
{
	(void)state;
	static const char *const headers[][2] = {
		{"HTTP/1.1 400 Bad Request\r\n", "broken not-well-formed\n"},
		{"<html/>", "broken bad-format\n"},
		{"<stream/>", "broken invalid-namespace\n"},
		{"<stream:stream xmlns:stream='x'>", "broken invalid-namespace\n"},
		{"<s:stream xmlns:s='http://etherx.jabber.org/streams' xml:lang='de'>",
		 "open - - - de \n"},
	};
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		struct record how = {0};
		size_t len = strlen(headers[i][0]);
		char *lines = run(headers[i][0], len, &how, len, len);
		assert_string_equal(lines, headers[i][1]);
		free(lines);
	}
}

static void
headers_without_end_are_refused(void **state)
{
	(void)state;
	char *spaces = mem_alloc(200000);
	memset(spaces, ' ', 200000);
	for (size_t piece = 1000; piece <= 200000; piece += 199000) {
		struct record how = {0};
		char *lines = run(spaces, 200000, &how, 0, piece);
		assert_string_equal(lines, "broken policy-violation\n");
		free(lines);
	}
	free(spaces);
}

static void
another_encoding_is_refused(void **state)
{
	(void)state;
	/* expat would read either as UTF-16, though it was told UTF-8. */
	static const char little[] = "<\0s\0>\0";
	static const char marked[] = "\xff\xfe<\0s\0>\0";
	struct record how = {0};
	char *lines = run(little, sizeof little - 1, &how, 0, 2);
	assert_string_equal(lines, "broken not-well-formed\n");
	free(lines);
	lines = run(marked, sizeof marked - 1, &how, 0, 20);
	assert_string_equal(lines, "broken not-well-formed\n");
	free(lines);
}

static void
restart_takes_a_new_stream_and_nothing_before_it(void **state)
{
	(void)state;
	struct record record = {.restart_name = "proceed"};
	record_init(&record, NULL);
	const char *proceed = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
	for (int i = 0; i < 3; i++) {
		assert_int_equal(
			record_feed(&record, record_header, strlen(record_header), 7), 0);
		assert_int_equal(record_feed(&record, proceed, strlen(proceed), 5), 0);
	}
	assert_int_equal(record.stanzas, 3);
	assert_int_equal(record_feed(&record, record_header, strlen(record_header), 4096),
			 0);
	const char *second = "<proceed></proceed>";
	assert_int_equal(record_feed(&record, second, strlen(second), 4096), 0);
	record_done(&record);
}

static void
data_after_a_restart_is_refused(void **state)
{
	(void)state;
	static const char *const tails[] = {
		"<proceed/> ", "<proceed/><a/>",       "<proceed/><",
		"<proceed/>&", "<proceed></proceed>x", "<proceed/></stream:stream>",
		"<proceed/><!"};
	for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
		struct record record = {.restart_name = "proceed"};
		record_init(&record, NULL);
		char *input = mem_printf("%s%s", record_header, tails[i]);
		assert_int_equal(record_feed(&record, input, strlen(input), 4096),
				 -EPROTO);
		assert_int_equal(record.stanzas, 1);
		free(input);
		record_done(&record);
	}
}

static void
hooks_may_stop_and_free(void **state)
{
	(void)state;
	char *input = mem_printf("%s<a/><b/><c/>", record_header);
	struct record stopped = {.stop_name = "b"};
	char *lines = run(input, strlen(input), &stopped, strlen(input), 1);
	assert_non_null(strstr(lines, "<b/>"));
	assert_null(strstr(lines, "<c/>"));
	assert_non_null(strstr(lines, "canceled"));
	free(lines);
	struct record freed = {.free_name = "b"};
	record_init(&freed, NULL);
	assert_int_equal(record_feed(&freed, input, strlen(input), 4096), -ECANCELED);
	assert_int_equal(freed.stanzas, 2);
	record_done(&freed);
	free(input);
}

/* <iq id=ID><pubsub><items>COUNT items</items></pubsub></iq>, without items for level 1.
 */
static char *
large_result(const char *id, int count, int level, const char *row)
{
	struct buf text = {0};
	buf_printf(&text, "%s<iq type='result' id='%s'><query xmlns='q' ver='1'>%s",
		   record_header, id, level == 2 ? "<items node='n'>" : "");
	for (int i = 0; i < count; i++)
		buf_add_text(&text, row);
	buf_printf(&text, "%s</query></iq><presence/>",
		   level == 2 ? "</items><set/>" : "");
	return buf_take_text(&text);
}

static void
large_results_come_in_parts(void **state)
{
	(void)state;
	static const struct {
		int level;
		int count;
		const char *lines;
	} cases[] = {
		{1, 0, "batch id=open query rows=0 first last dropped=0\n"},
		{1, 3, "batch id=open query rows=3 first last dropped=0\n"},
		{1, 250,
		 "batch id=open query rows=100 first dropped=0\nbatch id=open query "
		 "rows=100 dropped=0\nbatch id=open query rows=50 last dropped=0\n"},
		{1, 100,
		 "batch id=open query rows=100 first dropped=0\nbatch id=open query "
		 "rows=0 last dropped=0\n"},
		{2, 101,
		 "batch id=open query rows=100 first dropped=0\nbatch id=open query "
		 "rows=1 last dropped=0\n"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *input = large_result("open", cases[i].count, cases[i].level,
					   "<item><g>x</g> </item> ");
		struct record how = {.batch_level = cases[i].level};
		char *lines = run(input, strlen(input), &how, strlen(input), 1);
		char *wanted =
			mem_printf("%s%sstanza <presence/>\n", OPEN, cases[i].lines);
		assert_string_equal(lines, wanted);
		char *pieces = run(input, strlen(input), &how, 0, 1);
		assert_string_equal(pieces, wanted);
		free(pieces);
		free(wanted);
		free(lines);
		free(input);
	}
}

static void
others_results_are_no_batches(void **state)
{
	(void)state;
	char *input = large_result("other", 1500, 1, "<item/>");
	struct record how = {.batch_level = 1};
	char *lines = run(input, strlen(input), &how, strlen(input), 1);
	assert_non_null(strstr(lines, "skipped iq from=- id=other type=result children"));
	assert_non_null(strstr(lines, "stanza <presence/>"));
	free(lines);
	free(input);
}

static void
a_row_over_a_cap_is_dropped_alone(void **state)
{
	(void)state;
	struct buf row = {0};
	buf_add_text(&row, "<item/><item><g>");
	for (int i = 0; i < 70000; i++)
		buf_add_byte(&row, 'x');
	buf_add_text(&row, "</g><h/></item>");
	char *big = buf_take_text(&row);
	char *input = large_result("open", 3, 1, big);
	struct record how = {.batch_level = 1};
	const char *wanted = OPEN
		"batch id=open query rows=3 first last dropped=3\nstanza <presence/>\n";
	char *lines = run(input, strlen(input), &how, strlen(input), 1);
	assert_string_equal(lines, wanted);
	free(lines);
	lines = run(input, strlen(input), &how, 9, 1000);
	assert_string_equal(lines, wanted);
	free(lines);
	free(input);
	free(big);
}

static void
a_result_over_its_cap_is_cut(void **state)
{
	(void)state;
	char *input = large_result("open", 300, 1, "<item/>");
	struct record record = {.batch_level = 1};
	const struct parser_limits limits = {.batch = 1000};
	record_init(&record, &limits);
	(void)record_feed(&record, input, strlen(input), 100);
	assert_string_equal(record_lines(&record),
			    OPEN "batch id=open query rows=100 first dropped=0\n"
				 "batch id=open - rows=0 last cut dropped=0\n"
				 "stanza <presence/>\n");
	record_done(&record);
	free(input);
}

/* The parser inside is made anew from time to time; nobody must notice. */
static void
long_streams_are_read_like_short_ones(void **state)
{
	(void)state;
	static const char header[] =
		" <s:stream xmlns:s='http://etherx.jabber.org/streams' "
		"xmlns='jabber:client' xmlns:x='urn:x'>\n";
	static const char line[] = "<message><x:a/><body>0123456789</body></message> ";
	static const char printed[] = "stanza <message><a xmlns=\"urn:x\"/>"
				      "<body>0123456789</body></message>\n";
	static const size_t pieces[] = {1, 777, 8192, 10000000};
	enum { LINES = 40000 };
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		struct record record = {.restart_name = "proceed"};
		record_init(&record, NULL);
		struct buf text = {0};
		buf_add_text(&text, header);
		for (int k = 0; k < LINES; k++)
			buf_add_text(&text, line);
		assert_int_equal(
			record_feed(&record, (char *)text.data, text.len, pieces[i]), 0);
		assert_int_equal(record.stanzas, LINES);
		const char *at = strchr(record_lines(&record), '\n') + 1;
		for (int k = 0; k < LINES; k++, at += sizeof printed - 1)
			assert_memory_equal(at, printed, sizeof printed - 1);
		assert_int_equal(record_feed(&record, "<proceed/>", 10, 3), 0);
		assert_int_equal(record_feed(&record, header, strlen(header), 9), 0);
		assert_int_equal(record_feed(&record, line, strlen(line), 9), 0);
		assert_int_equal(record.stanzas, LINES + 2);
		buf_done(&text);
		record_done(&record);
	}
}

static void
data_after_a_restart_is_refused_late_too(void **state)
{
	(void)state;
	struct record record = {.restart_name = "proceed", .is_terse = true};
	record_init(&record, NULL);
	struct buf text = {0};
	buf_add_text(&text, record_header);
	for (int k = 0; k < 100000; k++)
		buf_add_text(&text, "<presence/>");
	buf_add_text(&text, "<proceed/> ");
	assert_int_equal(record_feed(&record, (char *)text.data, text.len, 5000),
			 -EPROTO);
	assert_int_equal(record.stanzas, 100001);
	buf_done(&text);
	record_done(&record);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_calls_at_every_split),
		cmocka_unit_test(no_stanza_waits_for_later_bytes),
		cmocka_unit_test(headers_that_are_none_are_refused),
		cmocka_unit_test(headers_without_end_are_refused),
		cmocka_unit_test(another_encoding_is_refused),
		cmocka_unit_test(restart_takes_a_new_stream_and_nothing_before_it),
		cmocka_unit_test(data_after_a_restart_is_refused),
		cmocka_unit_test(hooks_may_stop_and_free),
		cmocka_unit_test(large_results_come_in_parts),
		cmocka_unit_test(others_results_are_no_batches),
		cmocka_unit_test(a_row_over_a_cap_is_dropped_alone),
		cmocka_unit_test(a_result_over_its_cap_is_cut),
		cmocka_unit_test(long_streams_are_read_like_short_ones),
		cmocka_unit_test(data_after_a_restart_is_refused_late_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
