/*
 * Whom a word means.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/base/mem.h"
#include "tui/names.h"

static void
add(struct model *model, const char *jid, const char *name)
{
	struct model_contact *contact = mem_alloc(sizeof *contact);

	contact->jid = mem_strdup(jid);
	contact->name = mem_strdup(name);
	by_jid_add(&model->contacts, contact);
}

static void
words_find_people(void **state)
{
	static const struct {
		const char *word;
		size_t count;
		const char *first;
	} cases[] = {
		{"Anna", 1, "anna@b.org"},
		{"anna", 1, "anna@b.org"},
		{"ann", 2, "anna@b.org"},
		{"anna@b.org", 1, "anna@b.org"},
		{"Annabel Lee", 1, "al@b.org"},
		{"al", 1, "al@b.org"},
		{"carl", 1, "carl@c.net"},
		{"zed", 0, NULL},
		{"", 0, NULL},
		{"twin", 2, "one@b.org"},
		/* A room by its address or by what it calls itself; its occupants. */
		{"den", 1, "den@rooms.org"},
		{"the d", 1, "den@rooms.org"},
		{"foxy", 1, "den@rooms.org/Foxy"},
		{"carla", 0, NULL},
		/* Whoever takes somebody's name does not stand beside him. */
		{"shed", 1, "shed@rooms.org"},
	};
	struct model *model = model_new();

	(void)state;
	add(model, "anna@b.org", "Anna");
	add(model, "al@b.org", "Annabel Lee");
	add(model, "one@b.org", "Twin");
	add(model, "two@b.org", "twin");
	(void)model_need_chat(model, "carl@c.net");
	model_put_room(model,
		       &(struct bridge_room){.jid = "den@rooms.org", .name = "The Den"});
	model_put_room(model,
		       &(struct bridge_room){.jid = "shed@rooms.org", .name = "Carl"});
	(void)model_need_chat(model, "den@rooms.org/Foxy");
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct names_found found;

		names_find(model, cases[i].word, &found);
		if (found.count != cases[i].count)
			fail_msg("%s: %zu", cases[i].word, found.count);
		if (cases[i].first && found.count == 1)
			assert_string_equal(found.jids[0], cases[i].first);
	}
	model_free(model);
}

static void
addresses_are_bare_and_small(void **state)
{
	static const struct {
		const char *word, *address;
	} cases[] = {
		{"Anna@Example.ORG", "anna@example.org"},
		{"anna@example.org/phone", "anna@example.org"},
		{"irc.example.org", "irc.example.org"},
		{"anna", NULL},
		{"@example.org", NULL},
		{"anna@", NULL},
		{"an na@example.org", NULL},
		{"", NULL},
		{"/x", NULL},
		{"xmpp:Den@Rooms.ORG?join;password=x", "den@rooms.org"},
		{"xmpp:a%2Fb@rooms.org?join", NULL},
		{"xmpp:a%22b@rooms.org?join", NULL},
		{"xmpp:den?join", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *address = names_address(cases[i].word);

		if (cases[i].address)
			assert_string_equal(address, cases[i].address);
		else
			assert_null(address);
		free(address);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_find_people),
		cmocka_unit_test(addresses_are_bare_and_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
