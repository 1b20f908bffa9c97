/*
 * Who looks: how many frontends are attached to a profile, and at how many of them
 * somebody sits. The profile's session process is told at each change.
 */
#ifndef TERN_ROUTER_WATCH_H
#define TERN_ROUTER_WATCH_H

#include <stdbool.h>

struct frontend;
struct profile;
struct router;

/* Tells the session process of PROFILE, if it is open and was not told so yet. */
void watch_tell(struct router *router, struct profile *profile);

/* FRONTEND's user went idle or came back. */
void watch_idle(struct frontend *frontend, bool is_idle);

#endif
