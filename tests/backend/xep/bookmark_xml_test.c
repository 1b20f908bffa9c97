/*
 * Bookmarks as XML: there and back, with what is not understood.
 */
#include "backend/xep/bookmark_xml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/xmpp/snippet.h"

#define ROOM "den@rooms.example.org"
#define ITEM(id, attributes, inside)                                                     \
	"<item id='" id "'><conference xmlns='urn:xmpp:bookmarks:1' " attributes         \
	">" inside "</conference></item>"
#define OLD(attributes, inside)                                                          \
	"<conference xmlns='storage:bookmarks' " attributes ">" inside "</conference>"

static struct stanza *
read_xml(struct stanza_ctx *ctx, const char *text)
{
	struct stanza *stanza = NULL;
	assert_int_equal(snippet_read(ctx, text, strlen(text), &stanza), 0);
	return stanza;
}

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

static void
a_long_name_is_written_whole(void **state)
{
	enum { LONG = 20000 };
	struct stanza_ctx *ctx = stanza_ctx_new();
	struct arena arena = {0};
	struct bookmark row = {0};
	const char *password;
	char name[LONG + 1];
	(void)state;
	memset(name, 'n', LONG);
	name[LONG] = '\0';
	struct stanza *stanza =
		read_xml(ctx, arena_printf(&arena, ITEM(ROOM, "name='%s'", ""), name));
	assert_int_equal(bookmark_read(stanza, &arena, &row, &password), 0);
	struct stanza *item = stanza_new(ctx, "item", "");
	bookmark_write(item, &row, NULL);
	assert_string_equal(stanza_get(stanza_child(item, NULL, NULL), "name"), name);
	stanza_free(item);
	stanza_free(stanza);
	arena_done(&arena);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_a_bookmark_is_read),
		cmocka_unit_test(a_long_name_is_written_whole),
		cmocka_unit_test(what_is_not_understood_is_written_as_it_was),
		cmocka_unit_test(an_old_one_keeps_its_other_children),
		cmocka_unit_test(the_rule_of_notification_is_read_and_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
