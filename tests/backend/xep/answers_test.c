/*
 * What a basic client answers (disco, caps, version, time, ping), and to whom.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/xep/caps.h"
#include "backend/xep/disco.h"
#include "backend/xep/ping.h"
#include "backend/xmpp/datetime.h"
#include "backend/xmpp/ns.h"
#include "backend/xmpp/snippet.h"
#include "bridge/base/mem.h"
#include "tests/backend/xep/profile_double.h"

#define ERROR_OF(type, condition)                                                        \
	"<error type=\"" type "\"><" condition                                           \
	" xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\"/></error>"

static void
assert_lines(struct profile *profile, const char *wanted)
{
	char *lines = double_lines(profile);
	assert_string_equal(lines, wanted);
	free(lines);
}

static void
a_stranger_learns_neither_version_nor_clock(void **state)
{
	struct profile *profile = *state;
	static const struct {
		const char *from; /* attribute, or none */
		bool is_told;
	} rows[] = {
		{"", true},
		{"from='me@example.org'", true},
		{"from='me@example.org/other'", true},
		{"from='example.org'", true},
		{"from='Friend@example.org/x'", true},
		{"from='watched@example.org/x'", false},
		{"from='stranger@example.net/x'", false},
		{"from='example.org/x'", false},
		{"from='not an address'", false},
	};
	static const char *const payloads[] = {"<query xmlns='jabber:iq:version'/>",
					       "<time xmlns='urn:xmpp:time'/>"};
	const struct module *const asked[] = {&module_version, &module_time};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (size_t k = 0; k < 2; k++) {
			char *iq = mem_printf("<iq type='get' id='1' %s>%s</iq>",
					      rows[i].from, payloads[k]);
			assert_true(double_iq(profile, asked[k], iq));
			char *lines = double_lines(profile);
			assert_int_equal(strstr(lines, "type=\"result\"") != NULL,
					 rows[i].is_told);
			assert_int_equal(strstr(lines, "service-unavailable") != NULL,
					 !rows[i].is_told);
			free(lines);
			free(iq);
		}
	}
}

static void
the_version_is_ours(void **state)
{
	struct profile *profile = *state;
	assert_true(double_iq(profile, &module_version,
			      "<iq type='get' id='1'><query "
			      "xmlns='jabber:iq:version'/></iq>"));
	char *lines = double_lines(profile);
	assert_non_null(strstr(lines, "<name>tern</name><version>" TERN_VERSION
				      "</version></query>"));
	free(lines);
	assert_false(double_iq(profile, &module_version,
			       "<iq type='set' id='1'><query "
			       "xmlns='jabber:iq:version'/></iq>"));
}

static void
the_time_is_told_with_its_zone(void **state)
{
	struct profile *profile = *state;
	assert_true(
		double_iq(profile, &module_time,
			  "<iq type='get' id='1'><time xmlns='urn:xmpp:time'/></iq>"));
	char *lines = double_lines(profile);
	char *utc = strstr(lines, "<utc>");
	char *zone = strstr(lines, "<tzo>");
	assert_non_null(utc);
	assert_non_null(zone);
	assert_memory_equal(utc + 5, "2023-11-14T22:13:20Z</utc>", 26);
	assert_memory_equal(zone + 11, "</tzo>", 6);
	assert_true((zone[5] == '+' || zone[5] == '-') && zone[8] == ':');
	free(lines);
}

static void
a_ping_is_answered_and_sent(void **state)
{
	struct profile *profile = *state;
	assert_true(double_iq(profile, &module_ping,
			      "<iq type='get' id='9' from='a@b/c'><ping "
			      "xmlns='urn:xmpp:ping'/></iq>"));
	char *lines = double_lines(profile);
	assert_non_null(strstr(lines, "type=\"result\""));
	assert_non_null(strstr(lines, "to=\"a@b/c\""));
	assert_non_null(strstr(lines, "id=\"9\""));
	free(lines);
	ping_send(profile, "example.org", NULL, NULL);
	lines = double_lines(profile);
	assert_non_null(strstr(lines, "<ping xmlns=\"urn:xmpp:ping\"/></iq>"));
	free(lines);
}

/* The answer to a disco#info of NODE, to be freed with stanza_free. */
static struct stanza *
ask_info(struct profile *profile, const char *node)
{
	char *iq = mem_printf("<iq type='get' id='1' from='a@b/c'><query "
			      "xmlns='" NS_DISCO_INFO "'%s%s%s/></iq>",
			      node ? " node='" : "", node ? node : "", node ? "'" : "");
	assert_true(double_iq(profile, &module_disco, iq));
	free(iq);
	char *lines = double_lines(profile);
	size_t len = strlen(lines);
	struct stanza *answer = NULL;
	assert_memory_equal(lines, "send ", 5);
	assert_int_equal(snippet_read(profile->ctx, lines + 5, len - 5, &answer), 0);
	free(lines);
	return answer;
}

static void
the_announced_hash_is_that_of_the_answer(void **state)
{
	struct profile *profile = *state;
	struct stanza *presence = stanza_presence(profile->ctx, NULL, NULL);
	module_caps.on_outgoing(profile, presence);
	const struct stanza *c = stanza_child(presence, "c", NS_CAPS);
	assert_string_equal(stanza_get(c, "hash"), "sha-1");
	char *node = mem_printf("%s#%s", stanza_get(c, "node"), stanza_get(c, "ver"));
	struct stanza *answer = ask_info(profile, node);
	const struct stanza *query = stanza_payload(answer);
	const struct stanza *identity = stanza_child(query, "identity", NULL);
	assert_string_equal(stanza_get(query, "node"), node);
	char *name = mem_printf("%s/%s//%s", stanza_get(identity, "category"),
				stanza_type(identity), stanza_get(identity, "name"));
	const char *features[64];
	size_t count = 0;
	const struct stanza *feature = stanza_child(query, "feature", NULL);
	for (; feature; feature = stanza_next(feature, "feature", NULL)) {
		features[count] = stanza_get(feature, "var");
		assert_true(!count || strcmp(features[count - 1], features[count]) < 0);
		count++;
	}
	char *hash = caps_hash(name, features, count);
	assert_string_equal(hash, stanza_get(c, "ver"));
	assert_true(count >= 7);
	free(hash);
	free(name);
	free(node);
	stanza_free(answer);
	stanza_free(presence);
}

static void
the_hash_is_that_of_the_standard(void **state)
{
	(void)state;
	/* The example of XEP-0115 section 5.2. */
	static const char *const features[] = {NS_CAPS, NS_DISCO_INFO, NS_DISCO_ITEMS,
					       "http://jabber.org/protocol/muc"};
	char *hash = caps_hash("client/pc//Exodus 0.9.1", features, 4);
	assert_string_equal(hash, "QgayPKawpkPSDYmwT/WM94uAlu0=");
	free(hash);
}

static void
only_available_presence_carries_caps(void **state)
{
	struct profile *profile = *state;
	struct stanza *gone = stanza_presence(profile->ctx, "unavailable", NULL);
	struct stanza *message = stanza_message(profile->ctx, NULL, NULL, NULL);
	module_caps.on_outgoing(profile, gone);
	module_caps.on_outgoing(profile, message);
	assert_null(stanza_child(gone, "c", NULL));
	assert_null(stanza_child(message, "c", NULL));
	stanza_free(gone);
	stanza_free(message);
}

static void
unknown_nodes_are_not_found(void **state)
{
	struct profile *profile = *state;
	struct stanza *answer = ask_info(profile, "other");
	struct stanza_error error = {0};
	assert_int_equal(stanza_read_error(answer, &error), 0);
	assert_string_equal(error.condition, "item-not-found");
	stanza_free(answer);
	answer = ask_info(profile, NULL);
	assert_null(stanza_get(stanza_payload(answer), "node"));
	stanza_free(answer);
	assert_true(
		double_iq(profile, &module_disco,
			  "<iq type='get' id='1'><query node='x' xmlns='" NS_DISCO_ITEMS
			  "'/></iq>"));
	assert_lines(profile, "send <iq id=\"1\" type=\"error\">" ERROR_OF(
				      "cancel", "item-not-found") "</iq>"
								  "\n");
	assert_true(double_iq(profile, &module_disco,
			      "<iq type='get' id='1'><query xmlns='" NS_DISCO_ITEMS
			      "'/></iq>"));
	assert_lines(profile, "send <iq id=\"1\" type=\"result\"><query "
			      "xmlns=\"" NS_DISCO_ITEMS "\"/></iq>\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, double_set_up, double_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_stranger_learns_neither_version_nor_clock),
		TEST(the_version_is_ours),
		TEST(the_time_is_told_with_its_zone),
		TEST(a_ping_is_answered_and_sent),
		TEST(the_announced_hash_is_that_of_the_answer),
		TEST(the_hash_is_that_of_the_standard),
		TEST(only_available_presence_carries_caps),
		TEST(unknown_nodes_are_not_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
