/*
 * Times as people read them: HH:MM and days, in the time zone that /set timezone names.
 * The zone is the process's (TZ): set here and nowhere else.
 */
#ifndef TERN_TUI_CLOCK_H
#define TERN_TUI_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Now, in milliseconds since 1970 UTC. */
int64_t clock_now(void);

/* Whether ZONE is a time zone of this machine ("" is the machine's own). */
bool clock_knows(const char *zone);

/* Times are in ZONE from now on; "" goes back to the machine's own. */
void clock_set_zone(const char *zone);

/* "12:03" for TIME (milliseconds since 1970 UTC). */
void clock_minute(int64_t time, char out[8]);

/* "12:03:20" for TIME. */
void clock_second(int64_t time, char out[12]);

/* A number that is the same for times of one day. */
int clock_day(int64_t time);

#define CLOCK_DAY_MAX 48

/* "Friday, 20 November 2026". */
void clock_day_text(int64_t time, char out[CLOCK_DAY_MAX]);

#endif
