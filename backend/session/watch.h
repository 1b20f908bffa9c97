/*
 * Whether somebody looks: what the router says of the frontends, and what follows for the
 * server (XEP-0352) and, after a while, for own availability (auto-away).
 */
#ifndef TERN_SESSION_WATCH_H
#define TERN_SESSION_WATCH_H

#include <stdbool.h>

#include <uv.h>

struct profile;

struct watch {
	int64_t attached; /* frontends, in use or not */
	bool is_active;	  /* somebody sits at a frontend */
	bool is_inactive; /* the server may know that nobody does: for a moment already */
	int64_t left_ms;  /* CLOCK_BOOTTIME when the last one left or went idle */
	int64_t asked_ms; /* the same, when somebody asked who is there */
	unsigned waiting; /* requests that wait for what was kept back (fresh.h) */
	uv_timer_t timer; /* to the next of both while nobody looks */
};

/* Prepares PROFILE's watch: nobody looks. */
void watch_init(struct profile *profile);

/* PROFILE is ready: the waiting time runs from now on. */
void watch_begin(struct profile *profile);

/* ACTIVE frontends are in use. */
void watch_set(struct profile *profile, int64_t active);

/* The option auto_away was changed, availability was chosen by hand (IS_CHOSEN: the time
 * begins anew), or the clock of the machine jumped. */
void watch_again(struct profile *profile, bool is_chosen);

/* Somebody asks who is there: for a moment the server takes that for looking, own
 * availability does not. True if the server had been told that nobody looks. */
bool watch_rouse(struct profile *profile);

/* Ends the timer. */
void watch_done(struct profile *profile);

#endif
