/*
 * XEP-0082 times. Days are counted with the civil calendar's own arithmetic rather than
 * timegm and gmtime, so no time zone data and no locale can take part. Called by the
 * stanza file for <delay/>, and by the modules.
 */
#include "backend/xmpp/datetime.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define MS_PER_DAY (INT64_C(24) * 60 * 60 * 1000)
#define MS_MAX INT64_C(253402300799999) /* the end of the year 9999 */
#define FRACTION_MAX 32

/* Days since 1970-01-01 of a date of the proleptic Gregorian calendar. */
static int64_t
days_of(int64_t year, int month, int day)
{
	/* Years begin in March here, so that the leap day is the last of its year. */
	year -= month <= 2;
	int64_t era = year / 400;
	int64_t of_era = year - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int
days_in(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return days[month - 1] + (month == 2 && is_leap ? 1 : 0);
}

/* Reads exactly COUNT digits and moves *TEXT behind them. */
static bool
read_digits(const char **text, int count, int *ret_number)
{
	int number = 0;
	for (int i = 0; i < count; i++) {
		if ((*text)[i] < '0' || (*text)[i] > '9')
			return false;
		number = number * 10 + ((*text)[i] - '0');
	}
	*text += count;
	*ret_number = number;
	return true;
}

static bool
read_byte(const char **text, char byte)
{
	if (**text != byte)
		return false;
	(*text)++;
	return true;
}

/* An optional fraction of a second, in ms, the rest of its digits dropped. */
static bool
read_fraction(const char **text, int *ret_ms)
{
	*ret_ms = 0;
	if (!read_byte(text, '.'))
		return true;
	int scale = 100;
	int digits = 0;
	for (; **text >= '0' && **text <= '9'; (*text)++) {
		*ret_ms += (**text - '0') * scale;
		scale /= 10;
		if (++digits > FRACTION_MAX)
			return false;
	}
	return digits > 0;
}

/* Z or ±hh:mm to the end, in minutes east of UTC. */
static bool
read_zone(const char **text, int *ret_minutes)
{
	*ret_minutes = 0;
	if (read_byte(text, 'Z'))
		return **text == '\0';
	int sign = **text == '-' ? -1 : 1;
	int hours;
	int minutes;
	if (**text != '-' && **text != '+')
		return false;
	(*text)++;
	if (!read_digits(text, 2, &hours) || !read_byte(text, ':') ||
	    !read_digits(text, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*ret_minutes = sign * (hours * 60 + minutes);
	return **text == '\0';
}

int
datetime_parse(const char *text, int64_t *ret_ms)
{
	int year, month, day, hour, minute, second;
	int ms = 0;
	int zone = 0;
	if (!text || !read_digits(&text, 4, &year))
		return -EINVAL;
	bool is_old = *text != '-';
	if ((!is_old && !read_byte(&text, '-')) || !read_digits(&text, 2, &month) ||
	    (!is_old && !read_byte(&text, '-')) || !read_digits(&text, 2, &day) ||
	    !read_byte(&text, 'T') || !read_digits(&text, 2, &hour) ||
	    !read_byte(&text, ':') || !read_digits(&text, 2, &minute) ||
	    !read_byte(&text, ':') || !read_digits(&text, 2, &second))
		return -EINVAL;
	if (is_old && *text != '\0')
		return -EINVAL;
	if (!is_old && (!read_fraction(&text, &ms) || !read_zone(&text, &zone)))
		return -EINVAL;
	if (year < 1970 || month < 1 || month > 12 || day < 1 ||
	    day > days_in(year, month) || hour > 23 || minute > 59 || second > 60)
		return -EINVAL;
	int64_t minutes = (days_of(year, month, day) * 24 + hour) * 60 + minute - zone;
	int64_t time = (minutes * 60 + second) * 1000 + ms;
	if (time < 0 || time > MS_MAX)
		return -EINVAL;
	*ret_ms = time;
	return 0;
}

void
datetime_format(int64_t ms, char ret_text[DATETIME_SIZE])
{
	if (ms < 0)
		ms = 0;
	if (ms > MS_MAX)
		ms = MS_MAX;
	int64_t of_day = ms % MS_PER_DAY;
	/* The inverse of days_of, for days since 0000-03-01. */
	int64_t days = ms / MS_PER_DAY + 719468;
	int64_t era = days / 146097;
	int64_t of_era = days - era * 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int month = (int)((5 * of_year + 2) / 153);
	int day = (int)(of_year - (153 * month + 2) / 5 + 1);
	month += month < 10 ? 3 : -9;
	int full_year = (int)(year + era * 400 + (month <= 2));
	int second = (int)(of_day / 1000);
	int fraction = (int)(of_day % 1000);
	char tail[8] = "Z";
	if (fraction)
		(void)snprintf(tail, sizeof tail, ".%03dZ", fraction % 1000);
	(void)snprintf(ret_text, DATETIME_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d%s",
		       full_year % 10000, month % 100, day % 100, second / 3600,
		       second / 60 % 60, second % 60, tail);
}
