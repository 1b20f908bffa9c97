/*
 * Holding the outbox back, for what has to come before any queued line. What else it does
 * is of the session's inside only.
 */
#ifndef TERN_SESSION_OUTBOX_H
#define TERN_SESSION_OUTBOX_H

#include <stdbool.h>

struct profile;

/* Holds queued lines back until outbox_release: what the last session left open is looked
 * for first, so that lines keep their order. */
void outbox_hold(struct profile *profile);
void outbox_release(struct profile *profile);

/* Whether they are held back. While they are not, no session before left a line open. */
bool outbox_is_held(const struct profile *profile);

/* Inside a job: more can be sent when it is durable (we are in a room). */
void outbox_wake(struct profile *profile);

#endif
