/*
 * The table of faults: every one has a name of its own and a sentence without holes; what
 * another side said never changes whether we try again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/net/fault.h"

static void
every_fault_has_a_name_and_a_sentence(void **state)
{
	(void)state;
	for (int fault = 0; fault < STREAM_FAULT_COUNT; fault++) {
		const char *name = fault_name((enum stream_fault)fault);
		assert_non_null(name);
		for (int other = 0; other < fault; other++)
			assert_string_not_equal(name,
						fault_name((enum stream_fault)other));
		struct stream_error error = {
			.fault = (enum stream_fault)fault,
			.condition = "some-condition",
			.text = "said so",
		};
		char *sentence = fault_sentence(&error, "example.org");
		assert_true(strlen(sentence) > 10);
		assert_null(strchr(sentence, '$'));
		assert_int_equal(sentence[strlen(sentence) - 1], '.');
		if (fault != STREAM_LOCAL)
			assert_null(strstr(sentence, "This computer could"));
		free(sentence);
	}
}

static void
sentences_name_what_is_known(void **state)
{
	static const struct {
		struct stream_error error;
		const char *want;
	} rows[] = {
		{{.fault = STREAM_AUTH_FAILED, .condition = "not-authorized", .text = ""},
		 "example.org does not accept this name and password."},
		{{.fault = STREAM_CERT, .condition = "expired", .text = "on 2020-01-02"},
		 "The certificate of example.org has expired (on 2020-01-02). Its "
		 "operator "
		 "must renew it; also check the clock of this computer."},
		{{.fault = STREAM_REMOTE_ERROR,
		  .condition = "policy-violation",
		  .text = "x"},
		 "example.org ended the connection: policy-violation. It says: x."},
		{{.fault = STREAM_AUTH_FAILED,
		  .condition = "not-authorized",
		  .text = "Not\x1b[2J you\n\xe2\x80\xae!"},
		 "example.org does not accept this name and password. It says: "
		 "Not\ufffd[2J you \ufffd!"},
		{{.fault = STREAM_AUTH_FAILED, .condition = "odd", .text = "Go away."},
		 "example.org refused the login: odd. It says: Go away."},
		{{.fault = STREAM_CLOSED, .condition = NULL, .text = NULL},
		 "Disconnected."},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *sentence = fault_sentence(&rows[i].error, "example.org");
		assert_string_equal(sentence, rows[i].want);
		free(sentence);
	}
}

static void
only_what_may_pass_is_tried_again(void **state)
{
	static const struct {
		enum stream_fault fault;
		const char *condition;
		bool may_retry;
	} rows[] = {
		{STREAM_CLOSED, "", false},
		{STREAM_NO_HOST, "", true},
		{STREAM_REFUSED, "", true},
		{STREAM_TIMEOUT, "connecting", true},
		{STREAM_LOST, "", true},
		{STREAM_CERT, "wrong-name", false},
		{STREAM_CERT, "self-signed", false},
		{STREAM_CERT, "unheard-of", false},
		{STREAM_CERT, "expired", true},
		{STREAM_AUTH_FAILED, "not-authorized", false},
		{STREAM_AUTH_FAILED, "anything", false},
		{STREAM_AUTH_TEMPORARY, "temporary-auth-failure", true},
		{STREAM_SERVER_PROOF, "", false},
		{STREAM_CONFLICT, "conflict", false},
		{STREAM_SHUTDOWN, "system-shutdown", true},
		{STREAM_REMOTE_ERROR, "host-unknown", false},
		{STREAM_REMOTE_ERROR, "resource-constraint", true},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(fault_may_retry(rows[i].fault, rows[i].condition),
				 rows[i].may_retry);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_fault_has_a_name_and_a_sentence),
		cmocka_unit_test(sentences_name_what_is_known),
		cmocka_unit_test(only_what_may_pass_is_tried_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
