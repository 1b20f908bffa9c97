/*
 * What the daemon says becomes the model.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tui/model_apply.h"

static const struct bridge_link online = {.state = link_state_ONLINE, .is_wanted = true};

static const struct bridge_contact contacts[] = {
	{.jid = "anna@b", .name = "Anna", .subscription = subscription_BOTH},
	{.jid = "bob@b", .subscription = subscription_NONE},
};

static const struct bridge_conversation chats[] = {
	{.jid = "anna@b", .is_open = true, .unread = 2},
	{.jid = "bob@b", .unread = 3, .draft = "half a"},
};

/* A model that is attached to these. */
static struct model *
attached(void)
{
	struct model *model = model_new();
	struct bridge_attach_result result = {
		.profile = "home",
		.jid = "me@b",
		.epoch = 7,
		.seq = 100,
		.is_full = true,
		.link = &online,
		.show = show_ONLINE,
		.contacts = contacts,
		.contacts_count = 2,
		.conversations = chats,
		.conversations_count = 2,
	};

	model_apply_attach(model, &result, 1000);
	return model;
}

static void
presence(struct model *model, const char *resource, enum bridge_show show,
	 int64_t priority)
{
	struct bridge_presence row = {.jid = "anna@b",
				      .resource = resource,
				      .show = show,
				      .priority = priority};
	struct bridge_presence_event event = {
		.profile = "home", .seq = 101, .presence = &row};

	assert_true(model_apply_event(model, EVENT_presence_changed, &event, 0));
}

static void
attach_gives_contacts_and_badges(void **state)
{
	struct model *model = attached();
	char buffer[64];

	(void)state;
	assert_int_equal(model->contacts.count, 2);
	assert_int_equal(model_unread(model), 5);
	assert_int_equal(model->open_count, 1);
	assert_string_equal(model_chat(model, "bob@b")->draft, "half a");
	assert_string_equal(model_name(model, "anna@b", buffer, sizeof buffer), "Anna");
	assert_string_equal(model_name(model, "bob@b", buffer, sizeof buffer), "bob");
	assert_string_equal(model_name(model, "zed@c", buffer, sizeof buffer), "zed@c");
	assert_int_equal(model->dirty, MODEL_ALL);
	model_free(model);
}

static void
a_full_answer_forgets_what_was_there(void **state)
{
	struct model *model = attached();
	struct bridge_attach_result result = {.profile = "home",
					      .jid = "me@b",
					      .epoch = 8,
					      .seq = 1,
					      .is_full = true,
					      .link = &online};

	(void)state;
	model_apply_attach(model, &result, 1000);
	assert_int_equal(model->contacts.count, 0);
	assert_int_equal(model->open_count, 0);
	assert_int_equal(model_unread(model), 0);
	model_free(model);
}

static void
an_answer_since_the_cursor_keeps_the_rest(void **state)
{
	struct model *model = attached();
	static const char *const removed[] = {"bob@b"};
	struct bridge_attach_result result = {.profile = "home",
					      .jid = "me@b",
					      .epoch = 7,
					      .seq = 120,
					      .link = &online,
					      .removed = removed,
					      .removed_count = 1};

	(void)state;
	model_apply_attach(model, &result, 1000);
	assert_non_null(model_contact(model, "anna@b"));
	assert_null(model_contact(model, "bob@b"));
	assert_int_equal(model->seq, 120);
	model_free(model);
}

static void
the_presence_of_the_highest_priority_counts(void **state)
{
	struct model *model = attached();
	const struct model_contact *anna = model_contact(model, "anna@b");

	(void)state;
	assert_null(model_best(anna));
	presence(model, "phone", show_AWAY, 5);
	presence(model, "desk", show_ONLINE, 1);
	assert_int_equal(model_best(anna)->show, show_AWAY);
	presence(model, "desk", show_ONLINE, 5);
	assert_int_equal(model_best(anna)->show, show_ONLINE);
	presence(model, "desk", show_OFFLINE, 0);
	assert_int_equal(model_best(anna)->show, show_AWAY);
	presence(model, "phone", show_OFFLINE, 0);
	assert_null(model_best(anna));
	model_free(model);
}

static void
events_of_other_profiles_change_nothing(void **state)
{
	struct model *model = attached();
	struct bridge_jid_event event = {.profile = "work", .seq = 500, .jid = "anna@b"};

	(void)state;
	assert_false(model_apply_event(model, EVENT_contact_removed, &event, 0));
	assert_int_equal(model->contacts.count, 2);
	assert_int_equal(model->seq, 100);
	model_free(model);
}

static void
the_cursor_follows_the_events(void **state)
{
	struct model *model = attached();
	struct bridge_jid_event event = {.profile = "home", .seq = 130, .jid = "anna@b"};

	(void)state;
	assert_true(model_apply_event(model, EVENT_contact_removed, &event, 0));
	assert_int_equal(model->seq, 130);
	assert_int_equal(model->contacts.count, 1);
	model_free(model);
}

static void
others_texts_are_cleaned(void **state)
{
	struct model *model = attached();
	struct bridge_contact row = {.jid = "eve@b",
				     .name = "E\x1b]0;x\x07ve\xe2\x80\xae",
				     .subscription = subscription_NONE};
	struct bridge_contact_event event = {
		.profile = "home", .seq = 1, .contact = &row};

	(void)state;
	assert_true(model_apply_event(model, EVENT_contact_changed, &event, 0));
	const char *name = model_contact(model, "eve@b")->name;
	assert_null(strchr(name, '\x1b'));
	assert_null(strchr(name, '\x07'));
	assert_null(strstr(name, "\xe2\x80\xae"));
	model_free(model);
}

static void
a_badge_opens_and_closes(void **state)
{
	struct model *model = attached();
	struct bridge_conversation row = {.jid = "bob@b", .is_open = true};
	struct bridge_conversation_event event = {
		.profile = "home", .seq = 110, .conversation = &row};

	(void)state;
	assert_true(model_apply_event(model, EVENT_conversation_changed, &event, 0));
	assert_int_equal(model_number(model, model_chat(model, "bob@b")), 2);
	row = (struct bridge_conversation){.jid = "anna@b"};
	assert_true(model_apply_event(model, EVENT_conversation_changed, &event, 0));
	assert_int_equal(model_number(model, model_chat(model, "bob@b")), 1);
	assert_int_equal(model->open_count, 1);
	model_free(model);
}

static void
the_next_try_is_a_time_of_the_loop(void **state)
{
	struct model *model = attached();
	struct bridge_link link = {.state = link_state_WAITING, .retry_in = 30};
	struct bridge_link_event event = {.profile = "home", .link = &link};

	(void)state;
	assert_true(model_apply_event(model, EVENT_link_changed, &event, 5000));
	assert_int_equal(model->link.retry_at, 35000);
	model_free(model);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attach_gives_contacts_and_badges),
		cmocka_unit_test(a_full_answer_forgets_what_was_there),
		cmocka_unit_test(an_answer_since_the_cursor_keeps_the_rest),
		cmocka_unit_test(the_presence_of_the_highest_priority_counts),
		cmocka_unit_test(events_of_other_profiles_change_nothing),
		cmocka_unit_test(the_cursor_follows_the_events),
		cmocka_unit_test(others_texts_are_cleaned),
		cmocka_unit_test(a_badge_opens_and_closes),
		cmocka_unit_test(the_next_try_is_a_time_of_the_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
