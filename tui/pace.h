/*
 * How often a frame is drawn: what a person does is answered at once, and so is the first
 * news after a silence. In a flood frames are skipped, so that it costs the terminal no
 * more than PACE_RATE, and the badges of what is not shown move a few times a second.
 * Nothing is lost by that: a frame shows all that came before it. For turn.c alone.
 */
#ifndef TERN_TUI_PACE_H
#define TERN_TUI_PACE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	PACE_RATE = 32000,   /* bytes a second that news may cost the terminal */
	PACE_MOST_MS = 200,  /* that a line waits at most */
	PACE_BADGE_MS = 350, /* between two frames for badges alone */
};

enum pace_news {
	PACE_NOTHING,
	PACE_BADGE, /* of something that is not shown */
	PACE_PAGE,  /* on the page that is shown */
};

struct pace {
	uint64_t page_due, badge_due;
	enum pace_news news; /* not drawn yet */
	bool has_key;
};

/* NEWS came; PACE_NOTHING changes nothing. */
void pace_news(struct pace *pace, enum pace_news news);

/* Somebody typed, resized, or the like: the next frame does not wait. */
void pace_key(struct pace *pace);

/* Milliseconds from NOW on until a frame may be drawn, 0 for at once. */
uint64_t pace_wait(const struct pace *pace, uint64_t now);

/* A frame of BYTES was drawn, with all that had come. */
void pace_drawn(struct pace *pace, uint64_t now, uint64_t bytes);

#endif
