/*
 * The one place that sets TZ. Names of days and months are English, as all of tern is,
 * whatever the locale says.
 */
#include "tui/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ZONES "/usr/share/zoneinfo"

int64_t
clock_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool
clock_knows(const char *zone)
{
	char path[256];

	if (zone[0] == '\0' || strcmp(zone, "UTC") == 0)
		return true;
	if (zone[0] == '/' || strstr(zone, "..") || strlen(zone) > 64)
		return false;
	if (strspn(zone, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			 "0123456789_+-/") != strlen(zone))
		return false;
	(void)snprintf(path, sizeof path, "%s/%s", ZONES, zone);
	return access(path, R_OK) == 0 && zone[strlen(zone) - 1] != '/' &&
	       strpbrk(zone, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == zone;
}

void
clock_set_zone(const char *zone)
{
	static const char saved[] = "TERN_ZONE_BEFORE";
	const char *before = getenv("TZ");

	/* The machine's own TZ is kept beside it, to go back to. */
	if (!getenv(saved))
		(void)setenv(saved, before ? before : "", 1);
	const char *own = getenv(saved);
	if (zone[0])
		(void)setenv("TZ", zone, 1);
	else if (own && own[0])
		(void)setenv("TZ", own, 1);
	else
		(void)unsetenv("TZ");
	tzset();
}

static struct tm
local(int64_t time)
{
	time_t seconds = (time_t)(time / 1000);
	struct tm tm = {0};

	(void)localtime_r(&seconds, &tm);
	return tm;
}

void
clock_minute(int64_t time, char out[8])
{
	struct tm tm = local(time);

	(void)snprintf(out, 8, "%02u:%02u", (unsigned)tm.tm_hour % 100,
		       (unsigned)tm.tm_min % 100);
}

void
clock_second(int64_t time, char out[12])
{
	struct tm tm = local(time);

	(void)snprintf(out, 12, "%02u:%02u:%02u", (unsigned)tm.tm_hour % 100,
		       (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100);
}

int
clock_day(int64_t time)
{
	struct tm tm = local(time);

	return tm.tm_year * 400 + tm.tm_yday;
}

void
clock_day_text(int64_t time, char out[CLOCK_DAY_MAX])
{
	static const char *const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
					   "Thursday", "Friday", "Saturday"};
	static const char *const months[] = {
		"January", "February", "March",	    "April",   "May",	   "June",
		"July",	   "August",   "September", "October", "November", "December"};
	struct tm tm = local(time);

	(void)snprintf(out, CLOCK_DAY_MAX, "%s, %d %s %d", days[(unsigned)tm.tm_wday % 7],
		       tm.tm_mday, months[(unsigned)tm.tm_mon % 12], tm.tm_year + 1900);
}
