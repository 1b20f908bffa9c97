/*
 * The choice of a mechanism: a table of what servers list, against TLS 1.2 and 1.3.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/net/sasl.h"
#include "backend/xmpp/ns.h"
#include "backend/xmpp/stanza.h"
#include "bridge/base/mem.h"

struct row {
	const char *mechanisms; /* by spaces */
	const char *bindings;	/* XEP-0440, by spaces; NULL: not listed */
	bool is_tls13;
	const char *want; /* mechanism and flag and binding; NULL: none */
};

static const struct row rows[] = {
	{"PLAIN", NULL, true, "PLAIN"},
	{"PLAIN SCRAM-SHA-1", NULL, true, "SCRAM-SHA-1 n"},
	{"SCRAM-SHA-1 SCRAM-SHA-256 PLAIN", NULL, true, "SCRAM-SHA-256 n"},
	{"SCRAM-SHA-1 SCRAM-SHA-512 SCRAM-SHA-256", NULL, true, "SCRAM-SHA-512 n"},
	{"SCRAM-SHA-1", NULL, false, "SCRAM-SHA-1 y"},
	/* -PLUS without a list: tls-unique on 1.2, nothing on 1.3 (ejabberd offers it) */
	{"SCRAM-SHA-1 SCRAM-SHA-1-PLUS", NULL, false, "SCRAM-SHA-1-PLUS p tls-unique"},
	{"SCRAM-SHA-1 SCRAM-SHA-1-PLUS", NULL, true, "SCRAM-SHA-1 n"},
	{"SCRAM-SHA-256-PLUS SCRAM-SHA-256", "tls-exporter", true,
	 "SCRAM-SHA-256-PLUS p tls-exporter"},
	{"SCRAM-SHA-512 SCRAM-SHA-1-PLUS", "tls-exporter tls-server-end-point", true,
	 "SCRAM-SHA-1-PLUS p tls-exporter"},
	{"SCRAM-SHA-1 SCRAM-SHA-1-PLUS", "tls-server-end-point", true, "SCRAM-SHA-1 n"},
	{"SCRAM-SHA-1 SCRAM-SHA-1-PLUS", "tls-server-end-point", false,
	 "SCRAM-SHA-1-PLUS p tls-server-end-point"},
	{"SCRAM-SHA-1 SCRAM-SHA-1-PLUS", "tls-new-thing", false, "SCRAM-SHA-1 n"},
	{"SCRAM-SHA-256", "tls-exporter", true, "SCRAM-SHA-256 y"},
	/* nothing of ours */
	{"", NULL, true, NULL},
	{"ANONYMOUS DIGEST-MD5 EXTERNAL", NULL, true, NULL},
	{"plain scram-sha-1", NULL, true, NULL},
	{"SCRAM-SHA-1-PLUS", NULL, true, NULL},
};

static void
add_words(struct stanza *list, const char *words, const char *name, const char *attribute)
{
	char *copy = mem_strdup(words);
	char *rest = copy, *word;
	while ((word = strtok_r(rest, " ", &rest)) != NULL) {
		struct stanza *item = stanza_add(list, name, NULL);
		if (attribute != NULL)
			stanza_set(item, attribute, word);
		else
			stanza_add_text(item, word);
	}
	free(copy);
}

static struct stanza *
features_of(struct stanza_ctx *ctx, const struct row *row)
{
	struct stanza *features = stanza_new(ctx, "features", NS_STREAM);
	add_words(stanza_add(features, "mechanisms", NS_SASL), row->mechanisms,
		  "mechanism", NULL);
	if (row->bindings != NULL)
		add_words(stanza_add(features, "sasl-channel-binding", NS_SASL_CB),
			  row->bindings, "channel-binding", "type");
	return features;
}

static void
best_mechanism_is_chosen(void **state)
{
	struct stanza_ctx *ctx = stanza_ctx_new();
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stanza *features = features_of(ctx, &rows[i]);
		struct sasl_channel channel = {
			.is_tls13 = rows[i].is_tls13,
			.can_bind = {true, !rows[i].is_tls13, !rows[i].is_tls13},
		};
		struct sasl_choice choice;
		int rc = sasl_choose(features, &channel, &choice);
		stanza_free(features);
		if (rows[i].want == NULL) {
			assert_int_equal(rc, -ENOENT);
			continue;
		}
		assert_int_equal(rc, 0);
		char *got = choice.mechanism->is_plain
				    ? mem_strdup(choice.mechanism->name)
				    : mem_printf("%s %c%s%s", choice.mechanism->name,
						 choice.flag,
						 choice.binding_name[0] ? " " : "",
						 choice.binding_name);
		assert_string_equal(got, rows[i].want);
		free(got);
	}
	stanza_ctx_free(ctx);
}

static void
features_without_mechanisms_are_no_offer(void **state)
{
	struct stanza_ctx *ctx = stanza_ctx_new();
	struct sasl_channel channel = {0};
	struct sasl_choice choice;
	(void)state;
	struct stanza *features = stanza_new(ctx, "features", NS_STREAM);
	assert_int_equal(sasl_choose(features, &channel, &choice), -ENOENT);
	char *offered = sasl_offered(features);
	assert_string_equal(offered, "");
	free(offered);
	stanza_free(features);
	stanza_ctx_free(ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(best_mechanism_is_chosen),
		cmocka_unit_test(features_without_mechanisms_are_no_offer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
