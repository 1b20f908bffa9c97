/*
 * Exactly one whole stanza is read, nothing else.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/xmpp/snippet.h"
#include "backend/xmpp/stanza.h"

static void
a_single_stanza_is_read(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int status;
	} cases[] = {
		{"<message><body>x</body></message>", 0},
		{" <message/> ", 0},
		{"", -EINVAL},
		{"<a/><b/>", -EINVAL},
		{"<a>", -EINVAL},
		{"<a/>&", -EINVAL},
		{"<a/><![CDATA[", -EINVAL},
		{"<a/></s:stream", -EINVAL},
		{"<a/></s:stream>", -EINVAL},
		{"<a/></s:stream><b/>", -EINVAL},
		{"<a/><b", -EINVAL},
		{"<a/>x", -EINVAL},
		{"<!--x--><a/>", -EINVAL},
	};
	struct stanza_ctx *ctx = stanza_ctx_new();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct stanza *stanza = NULL;
		assert_int_equal(
			snippet_read(ctx, cases[i].text, strlen(cases[i].text), &stanza),
			cases[i].status);
		assert_true((stanza != NULL) == (cases[i].status == 0));
		stanza_free(stanza);
	}
	stanza_ctx_free(ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_single_stanza_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
