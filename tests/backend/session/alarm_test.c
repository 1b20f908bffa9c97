/*
 * Alarms at the end of a profile: none rings any more, and each is still its owner's.
 */
#include "backend/session/alarm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "backend/session/inner.h"
#include "backend/session/process.h"
#include "tests/backend/store/bed.h"

struct place {
	struct bed bed;
	struct process process;
	struct profile profile;
	int rung;
};

static void
begin(struct place *place)
{
	bed_make(&place->bed);
	bed_open(&place->bed);
	place->process.loop = &place->bed.loop;
	place->process.hurry = 1;
	place->profile.process = &place->process;
	place->profile.store = place->bed.store;
	profile_hold(&place->profile);
}

static void
end(struct place *place)
{
	assert_int_equal(uv_run(&place->bed.loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(place->profile.handles, 1); /* ours */
	bed_done(&place->bed);
}

static void
note(struct profile *profile, void *data)
{
	struct place *place = data;
	assert_ptr_equal(profile, &place->profile);
	place->rung++;
}

static void
an_alarm_rings_once_unless_it_is_stopped(void **state)
{
	struct place place = {0};
	(void)state;
	begin(&place);
	(void)alarm_set(&place.profile, 1, note, &place);
	alarm_stop(alarm_set(&place.profile, 0, note, &place));
	end(&place);
	assert_int_equal(place.rung, 1);
}

static void
an_alarm_whose_time_comes_at_the_end_can_be_stopped_behind_it(void **state)
{
	struct place place = {0};
	(void)state;
	begin(&place);
	struct alarm *alarm = alarm_set(&place.profile, 0, note, &place);
	place.profile.store = NULL;
	(void)uv_run(&place.bed.loop, UV_RUN_DEFAULT);
	alarm_stop(alarm);
	end(&place);
	assert_int_equal(place.rung, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_alarm_rings_once_unless_it_is_stopped),
		cmocka_unit_test(
			an_alarm_whose_time_comes_at_the_end_can_be_stopped_behind_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
