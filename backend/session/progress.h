/*
 * How far the catch-up with the archive is: shown with the link's state once it has
 * lasted a second, and told at most twice a second.
 */
#ifndef TERN_SESSION_PROGRESS_H
#define TERN_SESSION_PROGRESS_H

#include <stdint.h>

struct profile;

/* Inside a job: COUNT more messages are here, of TOTAL (-1: unknown) that this part of
 * the archive has. The first call begins a catch-up, which may be one with COUNT 0. */
void progress_count(struct profile *profile, int64_t count, int64_t total);

/* The catch-up is over, if there was one. */
void progress_end(struct profile *profile);

#endif
