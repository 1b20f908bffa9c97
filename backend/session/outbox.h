/*
 * Holding the outbox back, for what has to come before any queued line. What else it does
 * is of the session's inside only.
 */
#ifndef TERN_SESSION_OUTBOX_H
#define TERN_SESSION_OUTBOX_H

struct profile;

/* Holds queued lines back until outbox_release: what the last session left open is looked
 * for first, so that lines keep their order. */
void outbox_hold(struct profile *profile);
void outbox_release(struct profile *profile);

#endif
