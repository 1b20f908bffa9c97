/*
 * Settings, roster, requests, blocks, tombstones, conversations and tokens: what changes,
 * and what a cursor learns of it.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/store/contacts.h"
#include "backend/store/conversations.h"
#include "backend/store/rooms.h"
#include "backend/store/settings.h"
#include "backend/store/tokens.h"
#include "backend/store/tombstones.h"
#include "tests/backend/store/bed.h"

#define DAY_MS (24 * 60 * 60 * (int64_t)1000)
#define CASE(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
/* A test whose body is one job. */
#define IN_JOB(name)                                                                     \
	static void name(void **state)                                                   \
	{                                                                                \
		assert_int_equal(bed_run(*state, name##_job, *state), 0);                \
	}

static int
settings_job(struct store *store, void *data)
{
	(void)data;
	struct arena arena = {0};
	struct setting_list list;
	assert_null(settings_get(store, SETTING_JID, &arena));
	assert_int_equal(settings_set(store, SETTING_JID, "a@b"), 0);
	assert_int_equal(settings_set(store, SETTING_JID, "ä@b"), 0);
	assert_string_equal(settings_get(store, SETTING_JID, &arena), "ä@b");
	assert_int_equal(settings_get_int(store, SETTING_JID, 7), 7);
	assert_int_equal(settings_set_int(store, SETTING_PORT, 5222), 0);
	assert_int_equal(settings_get_int(store, SETTING_PORT, 0), 5222);
	assert_int_equal(settings_set(store, "option.b", ""), 0);
	assert_int_equal(settings_set(store, "option.a", "1"), 0);
	assert_int_equal(settings_list(store, SETTING_OPTION, &arena, &list), 0);
	assert_int_equal(list.count, 2);
	assert_string_equal(list.items[0].key, "option.a");
	assert_string_equal(list.items[1].value, "");
	assert_int_equal(settings_set(store, SETTING_JID, NULL), 0);
	assert_null(settings_get(store, SETTING_JID, &arena));
	const char *one;
	const char *other;
	assert_int_equal(settings_resource(store, &arena, &one), 0);
	assert_int_equal(settings_resource(store, &arena, &other), 0);
	assert_string_equal(one, other);
	assert_int_equal(strlen(one), strlen("tern.XXXXXX"));
	assert_memory_equal(one, "tern.", 5);
	arena_done(&arena);
	return 0;
}
IN_JOB(settings)

/* The jids of what changed after SINCE, contacts first, then "-" and what is gone. */
static void
assert_changes(struct store *store, int64_t since, const char *expected)
{
	struct arena arena = {0};
	struct contact_list contacts;
	struct tombstone_list gone;
	char text[512] = "";
	size_t len = 0;
	assert_int_equal(contacts_changed(store, since, &arena, &contacts), 0);
	assert_int_equal(tombstones_changed(store, since, &arena, &gone), 0);
	for (size_t i = 0; i < contacts.count; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "%s ",
					contacts.items[i].jid);
	for (size_t i = 0; i < gone.count; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "-%s ",
					gone.items[i].key);
	assert_string_equal(text, expected);
	arena_done(&arena);
}

static int
roster_job(struct store *store, void *data)
{
	(void)data;
	const char *groups[] = {"Work", "Friends", "Work"};
	const char *same[] = {"Friends", "Work"};
	struct contact first[] = {
		{.jid = "c@x", .name = "Cé", .groups = groups, .group_count = 3},
		{.jid = "a@x", .subscription = CONTACT_BOTH},
		{.jid = "b@x", .is_asking = true},
	};
	assert_int_equal(contacts_replace(store, first, 3, "v1", 1000), 0);
	assert_changes(store, 0, "c@x a@x b@x ");
	struct arena arena = {0};
	struct contact contact;
	assert_int_equal(contacts_find(store, "c@x", &arena, &contact), 0);
	assert_int_equal(contact.group_count, 2);
	assert_string_equal(contact.groups[0], "Friends");
	assert_string_equal(contact.groups[1], "Work");
	assert_string_equal(contact.name, "Cé");
	assert_int_equal(contacts_find(store, "z@x", &arena, &contact), -ENOENT);
	assert_string_equal(settings_get(store, SETTING_ROSTER_VERSION, &arena), "v1");

	int64_t since = store_position(store).seq;
	struct contact second[] = {
		{.jid = "b@x", .name = "B"},
		{.jid = "c@x", .name = "Cé", .groups = same, .group_count = 2},
		{.jid = "d@x"},
	};
	assert_int_equal(contacts_replace(store, second, 3, NULL, 2000), 0);
	assert_changes(store, since, "b@x d@x -a@x ");
	assert_null(settings_get(store, SETTING_ROSTER_VERSION, &arena));

	since = store_position(store).seq;
	assert_int_equal(contacts_set(store, &second[0]), 0);
	assert_int_equal(contacts_set(store, &first[1]), 1);
	assert_int_equal(contacts_remove(store, "d@x", 3000), 1);
	assert_int_equal(contacts_remove(store, "d@x", 3000), 0);
	assert_changes(store, since, "a@x -d@x ");
	assert_changes(store, 0, "c@x b@x a@x -d@x ");
	arena_done(&arena);
	return 0;
}
IN_JOB(roster)

static int
tombstones_job(struct store *store, void *data)
{
	(void)data;
	struct contact contact = {.jid = "a@x"};
	assert_int_equal(contacts_set(store, &contact), 1);
	assert_int_equal(contacts_remove(store, "a@x", 0), 1);
	int64_t old = store_position(store).seq;
	contact.jid = "b@x";
	assert_int_equal(contacts_set(store, &contact), 1);
	assert_int_equal(contacts_remove(store, "b@x", 2 * DAY_MS), 1);
	assert_int_equal(store_position(store).floor, 0);
	assert_int_equal(store_expire(store, 29 * DAY_MS), 0);
	assert_changes(store, 0, "-a@x -b@x ");
	assert_int_equal(store_expire(store, 31 * DAY_MS), 0);
	assert_changes(store, 0, "-b@x ");
	assert_int_equal(store_position(store).floor, old);
	return 0;
}
IN_JOB(tombstones)

static int
requests_job(struct store *store, void *data)
{
	(void)data;
	struct arena arena = {0};
	struct contact_request_list list;
	struct contact_request request = {
		.jid = "s@x", .nick = "S", .text = "hi", .time_ms = 5};
	assert_int_equal(contacts_request_add(store, &request), 0);
	int64_t since = store_position(store).seq;
	assert_int_equal(contacts_requests_changed(store, since, &arena, &list), 0);
	assert_int_equal(list.count, 0);
	request.text = "please";
	request.nick = NULL;
	assert_int_equal(contacts_request_add(store, &request), 0);
	assert_int_equal(contacts_requests_changed(store, since, &arena, &list), 0);
	assert_int_equal(list.count, 1);
	assert_string_equal(list.items[0].text, "please");
	assert_null(list.items[0].nick);
	assert_int_equal(contacts_request_remove(store, "s@x", 0), 1);
	assert_int_equal(contacts_request_remove(store, "s@x", 0), 0);
	assert_changes(store, since, "-s@x ");
	assert_int_equal(contacts_request_add(store, &request), 0);
	assert_changes(store, since, "");
	arena_done(&arena);
	return 0;
}
IN_JOB(requests)

static int
blocks_job(struct store *store, void *data)
{
	(void)data;
	struct arena arena = {0};
	struct contact_text_list list;
	const char *first[] = {"a@x", "b@x"};
	const char *second[] = {"b@x", "c.x"};
	assert_int_equal(contacts_blocked_replace(store, first, 2, 0), 0);
	int64_t since = store_position(store).seq;
	assert_int_equal(contacts_blocked_replace(store, second, 2, 0), 0);
	assert_int_equal(contacts_blocked_changed(store, since, &arena, &list), 0);
	assert_int_equal(list.count, 1);
	assert_string_equal(list.items[0], "c.x");
	assert_changes(store, since, "-a@x ");
	assert_true(contacts_is_blocked(store, "b@x"));
	assert_false(contacts_is_blocked(store, "a@x"));
	assert_int_equal(contacts_blocked_set(store, "a@x", true, 0), 1);
	assert_int_equal(contacts_blocked_set(store, "a@x", true, 0), 0);
	assert_int_equal(contacts_blocked_set(store, "a@x", false, 0), 1);
	assert_int_equal(contacts_blocked_set(store, "a@x", false, 0), 0);
	arena_done(&arena);
	return 0;
}
IN_JOB(blocks)

static int
add_line(struct store *store, int64_t conversation, bool is_mention)
{
	struct message message = {
		.conversation = conversation,
		.sender = "f@x",
		.body = "hello",
		.is_mention = is_mention,
		.sent_ms = 42,
	};
	return messages_add(store, &message);
}

static int
badges_job(struct store *store, void *data)
{
	(void)data;
	struct arena arena = {0};
	struct conversation row;
	struct conversation_list list;
	int64_t id;
	int64_t again;
	assert_int_equal(conversations_find(store, CONVERSATION_CHAT, "f@x", &id),
			 -ENOENT);
	assert_int_equal(conversations_ensure(store, CONVERSATION_CHAT, "f@x", &id), 0);
	assert_int_equal(conversations_ensure(store, CONVERSATION_CHAT, "f@x", &again),
			 0);
	assert_int_equal(id, again);
	assert_int_equal(conversations_ensure(store, CONVERSATION_ROOM, "f@x", &again),
			 0);
	assert_int_not_equal(id, again);
	assert_int_equal(conversations_changed(store, 0, &arena, &list), 0);
	assert_int_equal(list.count, 0);
	assert_int_equal(conversations_set_open(store, id, true), 1);
	assert_int_equal(conversations_set_open(store, id, true), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(add_line(store, id, i == 1), 0);
	assert_int_equal(conversations_get(store, id, &arena, &row), 0);
	assert_int_equal(row.unread, 3);
	assert_int_equal(row.mentions, 1);
	assert_int_equal(row.last_ms, 42);
	assert_true(row.has_last);
	assert_string_equal(row.last.body, "hello");

	int64_t since = store_position(store).seq;
	assert_int_equal(conversations_set_read(store, id, row.last.place - (1 << 20)),
			 1);
	assert_int_equal(conversations_set_read(store, id, 1), 0);
	assert_int_equal(conversations_get(store, id, &arena, &row), 0);
	assert_int_equal(row.unread, 1);
	assert_int_equal(row.mentions, 0);
	assert_int_equal(conversations_set_read(store, id, INT64_MAX), 1);
	assert_int_equal(add_line(store, id, false), 0);
	assert_int_equal(conversations_get(store, id, &arena, &row), 0);
	assert_int_equal(row.unread, 1);

	assert_int_equal(conversations_set_draft(store, id, "half a li"), 1);
	assert_int_equal(conversations_set_draft(store, id, "half a li"), 0);
	assert_int_equal(conversations_changed(store, since, &arena, &list), 0);
	assert_int_equal(list.count, 1);
	assert_string_equal(list.items[0].draft, "half a li");
	assert_int_equal(conversations_set_draft(store, id, ""), 1);
	assert_int_equal(conversations_set_draft(store, id, NULL), 0);
	int64_t unread = 0;
	int64_t mentions = 0;
	assert_int_equal(conversations_unread(store, &unread, &mentions), 0);
	assert_int_equal(unread, 1);
	assert_int_equal(mentions, 0);
	assert_int_equal(conversations_get(store, 999, &arena, &row), -ENOENT);
	arena_done(&arena);
	return 0;
}
IN_JOB(badges)

/* Of a room, what is told of counts. */
static int
sums_job(struct store *store, void *data)
{
	static const struct {
		int rule; /* -1: no row of it */
		int unread;
	} cases[] = {{-1, 1}, {0, 1}, {ROOM_RULE_ALL, 3}, {2, 1}, {ROOM_RULE_NOTHING, 0}};
	int64_t room, chat, unread = 0, mentions = 0;

	(void)data;
	assert_int_equal(conversations_ensure(store, CONVERSATION_ROOM, "r@x", &room), 0);
	assert_int_equal(
		conversations_ensure(store, CONVERSATION_PRIVATE, "r@x/a", &chat), 0);
	assert_int_equal(conversations_set_open(store, room, true), 1);
	assert_int_equal(conversations_set_open(store, chat, true), 1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(add_line(store, room, i == 1), 0);
	assert_int_equal(add_line(store, chat, false), 0);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct room_row row = {.jid = "r@x", .notify = cases[i].rule};
		if (cases[i].rule >= 0)
			assert_int_equal(rooms_put(store, &row), 0);
		assert_int_equal(conversations_unread(store, &unread, &mentions), 0);
		assert_int_equal(unread, cases[i].unread + 1);
	}
	return 0;
}
IN_JOB(sums)

static int
tokens_job(struct store *store, void *data)
{
	(void)data;
	struct arena arena = {0};
	struct token_call call = {
		.token = (const uint8_t *)"0123456789abcdef",
		.method = "message.send",
		.params = "body",
		.params_len = 4,
	};
	struct token_call other_params = call;
	struct token_call other_method = call;
	struct token_call other_token = call;
	other_params.params = "bode";
	other_method.method = "contact.add";
	other_token.token = (const uint8_t *)"0123456789abcdeg";
	const void *result;
	size_t len;
	assert_int_equal(tokens_find(store, &call, &arena, &result, &len), -ENOENT);
	assert_int_equal(tokens_put(store, &call, "an\0swer", 7, 0), 0);
	assert_int_equal(tokens_find(store, &call, &arena, &result, &len), 0);
	assert_int_equal(len, 7);
	assert_memory_equal(result, "an\0swer", 7);
	assert_int_equal(tokens_find(store, &other_params, &arena, &result, &len),
			 -EEXIST);
	assert_int_equal(tokens_find(store, &other_method, &arena, &result, &len),
			 -EEXIST);
	assert_int_equal(tokens_find(store, &other_token, &arena, &result, &len),
			 -ENOENT);
	assert_int_equal(tokens_put(store, &call, "", 0, 0), -EEXIST);
	assert_int_equal(tokens_put(store, &other_token, NULL, 0, 0), 0);
	assert_int_equal(tokens_find(store, &other_token, &arena, &result, &len), 0);
	assert_int_equal(len, 0);
	assert_int_equal(store_expire(store, 6 * DAY_MS), 0);
	assert_int_equal(tokens_find(store, &call, &arena, &result, &len), 0);
	assert_int_equal(store_expire(store, 8 * DAY_MS), 0);
	assert_int_equal(tokens_find(store, &call, &arena, &result, &len), -ENOENT);
	arena_done(&arena);
	return 0;
}
IN_JOB(tokens)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(settings), CASE(roster), CASE(tombstones), CASE(requests),
		CASE(blocks),	CASE(badges), CASE(sums),	CASE(tokens),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
