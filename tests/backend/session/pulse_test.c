/*
 * When a link is asked whether it lives and when it is given up, as a story of a few
 * moments.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "backend/session/pulse.h"

enum { DEAD = 30000, IDLE = 240000, START = 1000000, STEPS = 8 };

/* At AT (after START): 's' something is said, 'h' a byte comes, 'd' there is doubt with a
 * grace of 7.5 s, 'l' a look that asks, waits or loses. */
struct step {
	unsigned at;
	char what;
	enum pulse_verdict verdict;
	unsigned next; /* after START */
};

static const struct {
	const char *name;
	struct step steps[STEPS];
} stories[] = {
	{"silence is asked about after four minutes and ends after dead_link",
	 {{0, 'l', PULSE_WAIT, 240000},
	  {240000, 'l', PULSE_ASK, 270000},
	  {269999, 'l', PULSE_WAIT, 270000},
	  {270000, 'l', PULSE_LOSE, 270000}}},
	{"an answer to that begins the silence anew",
	 {{240000, 'l', PULSE_ASK, 270000},
	  {240100, 'h', 0, 0},
	  {270000, 'l', PULSE_WAIT, 480100}}},
	{"an answer within the same millisecond is one",
	 {{240000, 'l', PULSE_ASK, 270000},
	  {240000, 'h', 0, 0},
	  {270000, 'l', PULSE_WAIT, 480000}}},
	{"what was said is asked about after half of dead_link",
	 {{5000, 's', 0, 0},
	  {19999, 'l', PULSE_WAIT, 20000},
	  {20000, 'l', PULSE_ASK, 35000},
	  {35000, 'l', PULSE_LOSE, 35000}}},
	{"a byte after what was said is answer enough",
	 {{5000, 's', 0, 0}, {5001, 'h', 0, 0}, {20000, 'l', PULSE_WAIT, 245001}}},
	{"a byte before the last thing said is none, and moves the question",
	 {{5000, 's', 0, 0},
	  {6000, 'h', 0, 0},
	  {7000, 's', 0, 0},
	  {20000, 'l', PULSE_WAIT, 21000},
	  {21000, 'l', PULSE_ASK, 36000},
	  {36000, 'l', PULSE_LOSE, 36000}}},
	{"talking on does not keep a dead link alive",
	 {{5000, 's', 0, 0},
	  {15000, 's', 0, 0},
	  {20000, 'l', PULSE_ASK, 35000},
	  {30000, 's', 0, 0},
	  {35000, 'l', PULSE_LOSE, 35000}}},
	{"what is said after an answer has its own time",
	 {{5000, 's', 0, 0},
	  {20000, 'l', PULSE_ASK, 35000},
	  {20050, 'h', 0, 0},
	  {21000, 's', 0, 0},
	  {35000, 'l', PULSE_WAIT, 35050},
	  {35050, 'l', PULSE_ASK, 50050}}},
	{"doubt has a shorter grace",
	 {{5000, 'd', 0, 0},
	  {12499, 'l', PULSE_WAIT, 12500},
	  {12500, 'l', PULSE_LOSE, 12500}}},
	{"doubting on does not keep a dead link alive",
	 {{5000, 'd', 0, 0},
	  {9000, 'd', 0, 0},
	  {12000, 'd', 0, 0},
	  {12500, 'l', PULSE_LOSE, 12500}}},
	{"doubt hurries a question that is open, and an answer ends both",
	 {{5000, 's', 0, 0},
	  {20000, 'l', PULSE_ASK, 35000},
	  {21000, 'd', 0, 0},
	  {22000, 'l', PULSE_WAIT, 28500},
	  {23000, 'h', 0, 0},
	  {24000, 'd', 0, 0},
	  {31500, 'l', PULSE_LOSE, 31500}}},
	{"doubt is settled by a byte",
	 {{5000, 'd', 0, 0}, {5100, 'h', 0, 0}, {12500, 'l', PULSE_WAIT, 245100}}},
};

static void
tell(size_t number)
{
	struct pulse pulse = {0};
	uint64_t heard = START;
	for (size_t i = 0; i < STEPS && stories[number].steps[i].what; i++) {
		const struct step *step = &stories[number].steps[i];
		uint64_t now = START + step->at, next = 0;
		if (step->what == 'h') {
			heard = now;
		} else if (step->what == 'd') {
			(void)pulse_doubt(&pulse, now, heard, DEAD / 4);
		} else if (step->what == 's') {
			pulse.first_said = pulse.is_unheard ? pulse.first_said : now;
			pulse.last_said = now;
			pulse.is_unheard = true;
		} else {
			enum pulse_verdict verdict =
				pulse_judge(&pulse, now, heard, DEAD, IDLE, &next);
			if (verdict != step->verdict || next != START + step->next)
				fail_msg("%s: step %zu: verdict %d, next %ld",
					 stories[number].name, i, (int)verdict,
					 (long)next - START);
		}
	}
}

static void
a_link_is_asked_and_given_up_in_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof stories / sizeof *stories; i++)
		tell(i);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_link_is_asked_and_given_up_in_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
