/*
 * One-shot timers for the modules of a profile, which know no loop. An alarm never rings
 * after it was stopped, nor once the profile is being closed: whoever set it stops it at
 * its own end.
 */
#ifndef TERN_SESSION_ALARM_H
#define TERN_SESSION_ALARM_H

#include <stdint.h>

struct alarm;
struct profile;

/* Told inside a job; the alarm is gone when it returns. */
typedef void alarm_ring(struct profile *profile, void *data);

/* Calls RING with DATA in MS milliseconds (monotonic; tests hurry), unless it is stopped
 * before. */
struct alarm *alarm_set(struct profile *profile, uint64_t ms, alarm_ring *ring,
			void *data);

/* The time that alarms go by, in milliseconds from no particular moment. */
uint64_t alarm_now(const struct profile *profile);

/* It will not ring, and is gone. NULL is fine; one that rang must not be stopped. */
void alarm_stop(struct alarm *alarm);

#endif
