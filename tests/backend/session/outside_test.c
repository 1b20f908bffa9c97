/*
 * What clocks and the kernel's messages tell of the machine.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "backend/session/outside.h"

static void
sleep_and_steps_are_told_apart(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		int64_t awake, passed, shown;
		unsigned events;
	} cases[] = {
		{"an hour like any other", 3600000, 3600000, 3600000, 0},
		{"a clock that is adjusted", 3600000, 3600000, 3600900, 0},
		{"an hour of sleep", 1000, 3601000, 3601000, OUTSIDE_SLEPT},
		{"set forward", 1000, 1000, 86401000, OUTSIDE_STEPPED},
		{"set back", 1000, 1000, -86399000, OUTSIDE_STEPPED},
		{"set while it slept", 1000, 3601000, 7201000,
		 OUTSIDE_SLEPT | OUTSIDE_STEPPED},
		{"sleep without a clock that runs on", 1000, 3601000, 1000,
		 OUTSIDE_SLEPT | OUTSIDE_STEPPED},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct outside_clocks before = {5000, 70000, 1700000000000};
		struct outside_clocks now = {before.monotonic + cases[i].awake,
					     before.boottime + cases[i].passed,
					     before.realtime + cases[i].shown};
		unsigned events = outside_compare(&before, &now);
		if (events != cases[i].events)
			fail_msg("%s: %u", cases[i].name, events);
	}
}

/* Appends a message of TYPE with LEN bytes of BODY. */
static size_t
put(uint8_t *out, size_t at, uint16_t type, const void *body, size_t len)
{
	struct nlmsghdr head = {.nlmsg_len = (uint32_t)(sizeof head + len),
				.nlmsg_type = type};
	memcpy(out + at, &head, sizeof head);
	memcpy(out + at + sizeof head, body, len);
	return at + NLMSG_ALIGN(head.nlmsg_len);
}

static void
only_what_changes_the_way_counts(void **state)
{
	(void)state;
	struct rtmsg everywhere = {.rtm_type = RTN_UNICAST};
	struct rtmsg somewhere = {.rtm_type = RTN_UNICAST, .rtm_dst_len = 24};
	struct ifinfomsg link = {0};
	uint8_t bytes[1024] = {0};
	size_t len = put(bytes, 0, RTM_NEWNEIGH, &link, sizeof link);
	len = put(bytes, len, RTM_NEWROUTE, &somewhere, sizeof somewhere);
	assert_int_equal(outside_read(bytes, len), 0);
	len = put(bytes, len, RTM_NEWROUTE, &everywhere, 2); /* cut */
	assert_int_equal(outside_read(bytes, len), 0);
	len = put(bytes, len, RTM_DELROUTE, &everywhere, sizeof everywhere);
	assert_int_equal(outside_read(bytes, len), OUTSIDE_ROUTES);
	len = put(bytes, len, RTM_DELADDR, &link, sizeof link);
	assert_int_equal(outside_read(bytes, len), OUTSIDE_ROUTES | OUTSIDE_ADDRESSES);
	/* Lengths that lie end it; any cut is safe. */
	bytes[0] = 4;
	assert_int_equal(outside_read(bytes, len), 0);
	memset(bytes, 0xff, 4);
	for (size_t cut = 0; cut <= len; cut++)
		assert_int_equal(outside_read(bytes, cut), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sleep_and_steps_are_told_apart),
		cmocka_unit_test(only_what_changes_the_way_counts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
