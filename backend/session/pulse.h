/*
 * Whether the link lives. Any byte proves that it does. What we say is to be followed by
 * one within dead_link seconds: after half of that the server is asked, at the end the
 * link is given up. Where nobody says anything the server is asked after four minutes.
 */
#ifndef TERN_SESSION_PULSE_H
#define TERN_SESSION_PULSE_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

struct profile;

/* Times are those of the loop, in milliseconds. */
struct pulse {
	uv_timer_t timer;    /* runs while online */
	uint64_t first_said; /* since a byte was last seen to come after what we said */
	uint64_t last_said;
	uint64_t asked_at;
	uint64_t grace;	 /* after asked_at */
	bool is_unheard; /* no byte was seen to come since first_said */
	bool has_asked;
	bool is_last_look; /* what lies unread is read first */
};

enum pulse_verdict { PULSE_WAIT, PULSE_ASK, PULSE_LOSE };

/* What is to be done at NOW, when the last byte came at HEARD: DEAD is how long silence
 * after something said may last, IDLE how long any other does before the server is asked.
 * *RET_NEXT is when to look again. */
enum pulse_verdict pulse_judge(struct pulse *pulse, uint64_t now, uint64_t heard,
			       uint64_t dead, uint64_t idle, uint64_t *ret_next);

/* There is reason to doubt: true is PULSE_ASK at once, with a GRACE of its own. False if
 * a question is open that ends no later: doubting on does not keep a dead link alive. */
bool pulse_doubt(struct pulse *pulse, uint64_t now, uint64_t heard, uint64_t grace);

/* Prepares PROFILE's pulse. */
void pulse_init(struct profile *profile);

/* The stream is online: begins to look. */
void pulse_begin(struct profile *profile);

/* Something was said to the server, or waits to be said. */
void pulse_said(struct profile *profile);

/* There is reason to doubt the link (another address, a suspend, a user who
 * waits): the server is asked now, and has a quarter of dead_link for its answer. */
void pulse_check(struct profile *profile);

/* The option dead_link was changed. */
void pulse_again(struct profile *profile);

/* The stream ended. */
void pulse_stop(struct profile *profile);

/* Ends the timer. */
void pulse_done(struct profile *profile);

#endif
