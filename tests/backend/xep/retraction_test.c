/*
 * Retractions that come before their line: only one that can prove something waits.
 */
#include "backend/xep/retraction.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/muc/muc.h"
#include "backend/muc/muc_admin.h"
#include "backend/store/retractions.h"
#include "backend/xmpp/snippet.h"
#include "tests/backend/xep/stored_double.h"

#define DEN "den@rooms.example.org"
#define TAKE_BACK                                                                        \
	"<message><retract xmlns='urn:xmpp:message-retract:1' id='l'/></message>"
#define MODERATE                                                                         \
	"<message><retract xmlns='urn:xmpp:message-retract:1' id='l'><moderated "        \
	"xmlns='urn:xmpp:message-moderate:1' by='" DEN "/Mod'/></retract></message>"

/* ---- what the module needs of others, and these tests do not ---- */

struct room *
muc_find(const struct profile *profile, const char *jid)
{
	(void)profile, (void)jid;
	return NULL;
}

void
muc_agreed(struct profile *profile, const struct stanza *answer, bool is_last, void *data)
{
	(void)profile, (void)answer, (void)is_last, (void)data;
}

void
profile_ask(struct profile *profile, struct stanza *take_iq, enum profile_ask_kind kind,
	    profile_answer *answer, void *data)
{
	(void)profile, (void)kind, (void)answer, (void)data;
	stanza_free(take_iq);
}

void
profile_reply(struct profile *profile, struct serve_request *request, const void *result)
{
	(void)profile, (void)request, (void)result;
}

void
profile_refuse(struct profile *profile, struct serve_request *request,
	       enum bridge_error error, const char *format, ...)
{
	(void)profile, (void)request, (void)error, (void)format;
}

/* ---- who waits ---- */

static const struct {
	const char *message, *from;
	enum conversation_kind kind;
	bool is_own;
	const char *sender, *occupant_id;
	bool is_kept;
} cases[] = {
	{TAKE_BACK, FRIEND, CONVERSATION_CHAT, false, FRIEND, NULL, true},
	{TAKE_BACK, ME, CONVERSATION_CHAT, true, ME, NULL, true},
	{TAKE_BACK, DEN "/Eve", CONVERSATION_ROOM, false, DEN "/Eve", "o1", true},
	{TAKE_BACK, DEN "/Eve", CONVERSATION_ROOM, false, DEN "/Eve", NULL, false},
	{TAKE_BACK, DEN "/Eve", CONVERSATION_ROOM, false, DEN "/Eve", "", false},
	{TAKE_BACK, DEN "/Me", CONVERSATION_ROOM, true, DEN "/Me", NULL, true},
	{TAKE_BACK, DEN "/Eve", CONVERSATION_PRIVATE, false, DEN "/Eve", "o1", false},
	{TAKE_BACK, ME, CONVERSATION_PRIVATE, true, ME, NULL, true},
	{MODERATE, DEN, CONVERSATION_ROOM, false, DEN, NULL, true},
	{MODERATE, DEN "/Eve", CONVERSATION_ROOM, false, DEN "/Eve", "o1", false},
	{MODERATE, FRIEND, CONVERSATION_CHAT, false, FRIEND, NULL, false},
	{MODERATE, ME, CONVERSATION_CHAT, true, ME, NULL, false},
};

static struct inbound inbound;

static void
arrive(struct profile *profile)
{
	assert_int_equal(module_retraction.on_message(profile, &inbound), MODULE_TAKEN);
}

static void
only_what_can_prove_its_author_waits(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct profile *profile = stored_new(&module_retraction);
		struct stanza *message = NULL;
		const char *text = cases[i].message;
		assert_int_equal(snippet_read(profile->ctx, text, strlen(text), &message),
				 0);
		inbound = (struct inbound){
			.stanza = message,
			.kind = cases[i].kind,
			.peer = cases[i].kind == CONVERSATION_ROOM ? DEN : FRIEND,
			.is_own = cases[i].is_own,
			.sender = cases[i].sender,
			.occupant_id = cases[i].occupant_id,
		};
		assert_int_equal(jid_parse(cases[i].from, &inbound.from, NULL), 0);
		stored_job(profile, arrive);
		assert_int_equal(retractions_exist(profile_store(profile)),
				 cases[i].is_kept);
		jid_done(&inbound.from);
		stanza_free(message);
		stored_free(profile);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_can_prove_its_author_waits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
