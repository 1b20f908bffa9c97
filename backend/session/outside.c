/*
 * A change of addresses comes as many messages, some of which change nothing (a router
 * advertisement every few minutes): they are waited for until there is a pause, and then
 * what matters is compared. The timerfd stands at a time that never comes.
 */
#include "backend/session/outside.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <utlist.h>
#include <uv.h>

#include "backend/session/inner.h"
#include "backend/session/process.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"

enum {
	PAUSE_MS = 300,
	SLEPT_MS = 2000,
	STEPPED_MS = 1000,
	GROUPS = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
		 RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE,
};

struct outside {
	struct process *process;
	int netlink, clock; /* descriptors; -1: not to be had */
	uv_poll_t netlink_poll, clock_poll;
	uv_timer_t pause;
	unsigned due;	    /* of enum outside_net_event, since the last pause */
	uint64_t addresses; /* a sum over them */
	struct outside_clocks clocks;
	int handles;
};

/* ---- the clocks ------------------------------------------------------------------ */

unsigned
outside_compare(const struct outside_clocks *before, const struct outside_clocks *now)
{
	int64_t awake = now->monotonic - before->monotonic;
	int64_t passed = now->boottime - before->boottime;
	int64_t shown = now->realtime - before->realtime;
	unsigned events = 0;
	if (passed - awake > SLEPT_MS)
		events |= OUTSIDE_SLEPT;
	if (shown - passed > STEPPED_MS || passed - shown > STEPPED_MS)
		events |= OUTSIDE_STEPPED;
	return events;
}

static int64_t
read_clock(clockid_t id)
{
	struct timespec now;
	(void)clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct outside_clocks
read_clocks(void)
{
	return (struct outside_clocks){
		.monotonic = read_clock(CLOCK_MONOTONIC),
		.boottime = read_clock(CLOCK_BOOTTIME),
		.realtime = read_clock(CLOCK_REALTIME),
	};
}

/* ---- the network ----------------------------------------------------------------- */

static unsigned
read_one(const struct nlmsghdr *head, const uint8_t *body, size_t len)
{
	struct rtmsg route;
	switch (head->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
	case RTM_NEWADDR:
	case RTM_DELADDR:
		return OUTSIDE_ADDRESSES;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		if (len < sizeof route)
			return 0;
		memcpy(&route, body, sizeof route);
		return route.rtm_dst_len == 0 && route.rtm_type == RTN_UNICAST
			       ? OUTSIDE_ROUTES
			       : 0;
	default:
		return 0;
	}
}

unsigned
outside_read(const void *bytes, size_t len)
{
	unsigned events = 0;
	const uint8_t *at = bytes;
	struct nlmsghdr head;
	while (len >= sizeof head) {
		memcpy(&head, at, sizeof head);
		if (head.nlmsg_len < sizeof head || head.nlmsg_len > len)
			break;
		events |= read_one(&head, at + sizeof head, head.nlmsg_len - sizeof head);
		size_t size = NLMSG_ALIGN(head.nlmsg_len);
		size = size < len ? size : len;
		at += size;
		len -= size;
	}
	return events;
}

/* FNV-1a: the order of interfaces and addresses is the kernel's, and stays. */
static uint64_t
mix(uint64_t sum, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	for (size_t i = 0; i < len; i++)
		sum = (sum ^ at[i]) * 1099511628211u;
	return sum;
}

/* A sum over the addresses that can be used now. */
static uint64_t
sum_addresses(void)
{
	struct ifaddrs *list = NULL;
	uint64_t sum = 14695981039346656037u;
	if (getifaddrs(&list) < 0)
		return 0;
	for (const struct ifaddrs *row = list; row; row = row->ifa_next) {
		unsigned usable = IFF_UP | IFF_RUNNING;
		if (!row->ifa_addr || (row->ifa_flags & usable) != usable)
			continue;
		const void *address = row->ifa_addr;
		const struct sockaddr_in *v4 = address;
		const struct sockaddr_in6 *v6 = address;
		if (row->ifa_addr->sa_family == AF_INET)
			sum = mix(sum, &v4->sin_addr, sizeof v4->sin_addr);
		else if (row->ifa_addr->sa_family == AF_INET6)
			sum = mix(sum, &v6->sin6_addr, sizeof v6->sin6_addr);
	}
	freeifaddrs(list);
	return sum;
}

/* ---- what follows ---------------------------------------------------------------- */

/* The way to the servers may be another: who waits tries now, who is online asks. */
static void
shake(struct outside *outside, const char *why)
{
	struct profile *profile = NULL;
	log_info("outside", "%s", why);
	DL_FOREACH (outside->process->profiles, profile) {
		if (profile->phase != PROFILE_READY)
			continue;
		watch_again(profile, false);
		link_shake(profile);
	}
}

/* An address that came and went between two looks may have been a stream's. */
static void
look_home(struct outside *outside)
{
	struct profile *profile = NULL;
	DL_FOREACH (outside->process->profiles, profile) {
		if (profile->phase == PROFILE_READY)
			(void)link_lose_homeless(profile);
	}
}

static void
on_pause(uv_timer_t *timer)
{
	struct outside *outside = timer->data;
	unsigned due = outside->due;
	outside->due = 0;
	uint64_t addresses = sum_addresses();
	bool is_other = addresses != outside->addresses;
	outside->addresses = addresses;
	if (is_other)
		shake(outside, "other addresses");
	else if (due & OUTSIDE_ROUTES)
		shake(outside, "another default route");
	else
		look_home(outside);
}

static void
on_netlink(uv_poll_t *poll, int status, int events)
{
	struct outside *outside = poll->data;
	uint8_t bytes[8192];
	(void)status;
	(void)events;
	for (;;) {
		ssize_t got = recv(outside->netlink, bytes, sizeof bytes, MSG_DONTWAIT);
		if (got < 0 && errno == ENOBUFS)
			outside->due |= OUTSIDE_ADDRESSES; /* messages were dropped */
		else if (got <= 0)
			break;
		else
			outside->due |= outside_read(bytes, (size_t)got);
	}
	if (outside->due && !uv_is_active((const uv_handle_t *)&outside->pause))
		(void)uv_timer_start(&outside->pause, on_pause, PAUSE_MS, 0);
}

/* Has the descriptor tell when the clock is set, from now on. */
static int
arm_clock(int fd)
{
	struct itimerspec never = {.it_value.tv_sec = INT64_C(0x7fffffff) * 2};
	return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never,
			       NULL);
}

static void
on_clock(uv_poll_t *poll, int status, int events)
{
	struct outside *outside = poll->data;
	uint64_t count;
	(void)status;
	(void)events;
	(void)!read(outside->clock, &count, sizeof count);
	(void)arm_clock(outside->clock);
	struct outside_clocks now = read_clocks();
	unsigned what = outside_compare(&outside->clocks, &now);
	outside->clocks = now;
	if (what & OUTSIDE_SLEPT)
		shake(outside, "the machine slept");
	else if (what & OUTSIDE_STEPPED)
		shake(outside, "the clock was set");
}

/* ---- life ------------------------------------------------------------------------ */

static int
open_netlink(void)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = GROUPS};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_ROUTE);
	if (fd >= 0 && bind(fd, (const struct sockaddr *)(const void *)&address,
			    sizeof address) < 0) {
		int problem = errno;
		(void)close(fd);
		errno = problem;
		fd = -1;
	}
	if (fd < 0)
		log_info("outside", "changed addresses are not noticed: %s",
			 strerror(errno));
	return fd;
}

static int
open_clock(void)
{
	int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (fd >= 0 && arm_clock(fd) < 0) {
		(void)close(fd);
		fd = -1;
	}
	if (fd < 0)
		log_info("outside", "a clock that is set is not noticed: %s",
			 strerror(errno));
	return fd;
}

static void
watch(struct outside *outside, int fd, uv_poll_t *poll, uv_poll_cb callback)
{
	if (fd < 0)
		return;
	(void)uv_poll_init(outside->process->loop, poll, fd);
	poll->data = outside;
	outside->handles++;
	(void)uv_poll_start(poll, UV_READABLE, callback);
}

struct outside *
outside_new(struct process *process)
{
	struct outside *outside = mem_alloc(sizeof *outside);
	*outside = (struct outside){
		.process = process,
		.netlink = open_netlink(),
		.clock = open_clock(),
		.addresses = sum_addresses(),
		.clocks = read_clocks(),
		.handles = 1,
	};
	(void)uv_timer_init(process->loop, &outside->pause);
	outside->pause.data = outside;
	watch(outside, outside->netlink, &outside->netlink_poll, on_netlink);
	watch(outside, outside->clock, &outside->clock_poll, on_clock);
	return outside;
}

static void
on_closed(uv_handle_t *handle)
{
	struct outside *outside = handle->data;
	if (--outside->handles > 0)
		return;
	if (outside->netlink >= 0)
		(void)close(outside->netlink);
	if (outside->clock >= 0)
		(void)close(outside->clock);
	free(outside);
}

void
outside_free(struct outside *outside)
{
	if (!outside)
		return;
	uv_close((uv_handle_t *)&outside->pause, on_closed);
	if (outside->netlink >= 0)
		uv_close((uv_handle_t *)&outside->netlink_poll, on_closed);
	if (outside->clock >= 0)
		uv_close((uv_handle_t *)&outside->clock_poll, on_closed);
}
