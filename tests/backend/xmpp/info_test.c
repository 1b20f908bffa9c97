/*
 * What a disco#info announces, and what only looks so.
 */
#include "backend/xmpp/info.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/xmpp/snippet.h"
#include "backend/xmpp/stanza.h"

#define QUERY(inside)                                                                    \
	"<query xmlns='http://jabber.org/protocol/disco#info'>" inside "</query>"

static const struct {
	const char *xml; /* NULL: no answer */
	bool has_feature, is_pep, is_pubsub;
} cases[] = {
	{NULL, false, false, false},
	{QUERY(""), false, false, false},
	{QUERY("<feature/><feature var='a'/><feature var='f'/>"), true, false, false},
	{QUERY("<feature var='fg'/><feature xmlns='urn:x' var='f'/>"), false, false,
	 false},
	{QUERY("<identity/><identity category='pubsub' type='service'/>"), false, false,
	 true},
	{QUERY("<identity category='pubsub'/><identity type='pep'/>"), false, false,
	 true},
	{QUERY("<identity category='account'/><identity category='pubsub' type='pep'/>"
	       "<feature var='f'/>"),
	 true, true, true},
};

static void
only_what_is_announced_is_there(void **state)
{
	struct stanza_ctx *ctx = stanza_ctx_new();
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct stanza *query = NULL;
		const char *xml = cases[i].xml;
		if (xml)
			assert_int_equal(snippet_read(ctx, xml, strlen(xml), &query), 0);
		assert_int_equal(info_has_feature(query, "f"), cases[i].has_feature);
		assert_int_equal(info_has_identity(query, "pubsub", "pep"),
				 cases[i].is_pep);
		assert_int_equal(info_has_identity(query, "pubsub", NULL),
				 cases[i].is_pubsub);
		stanza_free(query);
	}
	stanza_ctx_free(ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_is_announced_is_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
